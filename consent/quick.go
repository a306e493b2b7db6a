package consent

import (
	"encoding/base64"
	"strconv"
)

// quick reads JSON exactly as Encode writes it when no text in it needs an escape, which is nearly always: a tenth of the
// time of encoding/json, and a subject that is not in memory waits for as many of these as it has events.
// Whatever is not of that form is left to strict.
//
// The texts it returns are parts of the one it was given: who keeps one clones it.
type quick struct {
	b   string
	bad bool
}

// lit takes text that must come next.
func (q *quick) lit(text string) {
	if len(q.b) < len(text) || q.b[:len(text)] != text {
		q.bad = true
		return
	}
	q.b = q.b[len(text):]
}

// maybe takes text if it comes next.
func (q *quick) maybe(text string) bool {
	if q.bad || len(q.b) < len(text) || q.b[:len(text)] != text {
		return false
	}
	q.b = q.b[len(text):]
	return true
}

// rest takes the rest of a text, its closing quotation mark included.
func (q *quick) rest() string {
	for i := range len(q.b) {
		switch c := q.b[i]; {
		case c == '"':
			text := q.b[:i]
			q.b = q.b[i+1:]
			return text
		case c < ' ' || c == '\\' || c >= 0x80:
			q.bad = true
			return ""
		}
	}
	q.bad = true
	return ""
}

// text takes a field that may be missing. It follows a comma.
func (q *quick) text(before string) string {
	if !q.maybe(before) {
		return ""
	}
	text := q.rest()
	q.bad = q.bad || text == "" // would not have been written
	return text
}

// strictly is base64 as Encode writes it, and in no other way.
var strictly = base64.StdEncoding.Strict()

func (q *quick) bytes(into []byte) []byte {
	text := q.rest()
	if strictly.DecodedLen(len(text)) > len(into)+2 {
		q.bad = true
		return nil
	}
	var space [34]byte // what decodes to no more than a hash
	n, err := strictly.Decode(space[:], []byte(text))
	q.bad = q.bad || err != nil || n != len(into)
	copy(into, space[:])
	return into
}

func (q *quick) number() uint64 {
	i := 0
	for i < len(q.b) && i < 20 && q.b[i] >= '0' && q.b[i] <= '9' {
		i++
	}
	n, err := strconv.ParseUint(q.b[:i], 10, 64)
	q.bad = q.bad || err != nil || q.b[0] == '0' && i > 1
	q.b = q.b[i:]
	return n
}

// envelope reads an envelope, and reports whether it could.
func (q quick) envelope(h *envelope) bool {
	q.lit(`{"v":1,"id":"`)
	id := q.rest()
	q.lit(`,"seq":`)
	if q.bad || len(q.b) == 0 {
		return false
	}
	seq := q.number()
	q.lit(`,"kind":"`)
	kind := q.rest()
	purpose, policy := q.text(`,"purpose":"`), q.text(`,"policy":"`)
	q.lit(`,"time":"`)
	at := q.rest()
	q.lit(`,"payload":"`)
	sum := q.bytes(make([]byte, 32))
	q.lit(`}`)
	if q.bad || len(q.b) > 0 {
		return false
	}
	*h = envelope{Format: 1, ID: id, Seq: seq, Kind: kind, Purpose: purpose, Policy: policy, Time: at, Payload: sum}
	return true
}

// payload reads a payload, and reports whether it could.
func (q quick) payload(p *payload) bool {
	var out payload
	q.lit(`{"salt":"`)
	out.Salt = q.bytes(make([]byte, saltSize))
	out.Method, out.Language, out.Evidence = q.text(`,"method":"`), q.text(`,"language":"`), q.text(`,"evidence":"`)
	if q.maybe(`,"operations":["`) {
		out.Operations = append(out.Operations, q.rest())
		for q.maybe(`,"`) {
			out.Operations = append(out.Operations, q.rest())
		}
		q.lit(`]`)
	}
	out.Until = q.text(`,"until":"`)
	out.Guardian = q.maybe(`,"guardian":true`)
	out.Request, out.Case, out.Role = q.text(`,"request":"`), q.text(`,"case":"`), q.text(`,"role":"`)
	out.Actor, out.Occurred, out.Jurisdiction = q.text(`,"actor":"`), q.text(`,"occurred":"`), q.text(`,"jurisdiction":"`)
	q.lit(`}`)
	if q.bad || len(q.b) > 0 {
		return false
	}
	*p = out
	return true
}
