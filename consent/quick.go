package consent

import (
	"encoding/base64"
	"strconv"
	"time"
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

func (q *quick) bytes(into []byte) {
	text := q.rest()
	if len(text) > 44 { // what encodes a hash
		q.bad = true
		return
	}
	var from [44]byte
	var space [34]byte // what decodes to no more than a hash
	n, err := strictly.Decode(space[:], from[:copy(from[:], text)])
	q.bad = q.bad || err != nil || n != len(into)
	copy(into, space[:])
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
	sum := make([]byte, 32)
	q.bytes(sum)
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
	out.Salt = make([]byte, saltSize)
	q.bytes(out.Salt)
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
	out.Compartment = q.text(`,"compartment":"`)
	q.lit(`}`)
	if q.bad || len(q.b) > 0 {
		return false
	}
	*p = out
	return true
}

// quickTime reads a time as stamp writes it, and reports whether it could. What it leaves may still be one.
func quickTime(s string) (time.Time, bool) {
	if len(s) < 20 || len(s) > 30 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return time.Time{}, false
	}
	ok := true
	number := func(text string) (n int) {
		for i := range len(text) {
			ok = ok && text[i] >= '0' && text[i] <= '9'
			n = n*10 + int(text[i]-'0')
		}
		return n
	}
	nanos := 0
	if fraction := s[19 : len(s)-1]; fraction != "" {
		ok = fraction[0] == '.' && len(fraction) > 1 && fraction[len(fraction)-1] != '0'
		nanos = number(fraction[1:])
		for range 10 - len(fraction) {
			nanos *= 10
		}
	}
	year, month, day := number(s[:4]), time.Month(number(s[5:7])), number(s[8:10])
	hour, minute, second := number(s[11:13]), number(s[14:16]), number(s[17:19])
	if !ok || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, nanos, time.UTC)
	return t, t.Day() == day // it has such a day
}
