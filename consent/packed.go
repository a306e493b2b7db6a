package consent

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// packed is a state as it is kept in memory: one text without pointers, a tenth of the size of the maps and times it stands for.
// It is read by whoever decides anew, which is rare; what goes on being asked is kept as a [grant]. It never leaves the
// process, so its form may change with any release.
//
// Numbers are varints. It begins with what it is, the reading of the clock before the ledger was read, and the version of the ledger.
type packed string

// What is kept of a subject: a state, or the records it is to be folded from.
const (
	keptState byte = iota
	keptUnread
)

// words are the texts of the policy, which a packed state gives by number. They are not changed once made.
type words struct {
	number    map[string]uint64
	texts     []string
	languages []language.Tag
}

// newWords returns the words of every version of the policy there is by now. What a later one adds is written out.
func newWords(p *purpose.Policy) *words {
	w := &words{number: make(map[string]uint64)}
	add := func(text string) {
		if _, ok := w.number[text]; !ok {
			w.number[text] = uint64(len(w.texts))
			w.texts = append(w.texts, text)
		}
	}
	for n := uint16(1); ; n++ {
		version, ok := p.Numbered(n)
		if !ok {
			return w
		}
		add(version.Version())
		for id := range version.IDs() {
			add(string(id))
			spec, _ := version.Spec(id)
			for role := range spec.Roles {
				add(string(role))
			}
		}
		for _, l := range version.Languages() {
			if !slices.Contains(w.languages, l) {
				w.languages = append(w.languages, l)
			}
		}
	}
}

// ledger is the version of the ledger the state is of.
func (p packed) ledger() uint64 {
	u := unpacker{text: string(p[1:])}
	u.signed()
	return u.number()
}

// pack returns the state in its packed form.
func (w *words) pack(s *state) packed {
	p := packer{words: w, b: append(make([]byte, 0, 256), keptState)}
	p.signed(s.read)
	f := &s.facts
	p.number(f.Ledger)
	p.flag(f.Complete)
	p.consent(f.Notice)
	p.number(uint64(f.Account.Status))
	p.time(f.Account.Opened)
	p.time(f.Account.Closed)
	p.spans(f.Account.Ended)
	p.text(string(f.Residence))
	p.restraints(f)
	p.number(uint64(len(f.Consents)))
	for id, c := range f.Consents {
		p.text(string(id))
		p.consent(c)
	}
	p.number(uint64(len(f.Cases)))
	for id, c := range f.Cases {
		p.text(id)
		p.number(uint64(c.Status))
		p.time(c.Opened)
		p.time(c.Closed)
		p.number(uint64(len(c.Assigned)))
		for _, a := range c.Assigned {
			p.text(string(a.Role))
			p.text(a.ID)
			p.text(a.Case)
		}
		p.spans(c.Ended)
	}
	p.number(uint64(len(f.Consumed)))
	for id, used := range f.Consumed {
		p.text(id)
		p.flag(used)
	}
	p.number(uint64(len(s.languages)))
	for _, l := range s.languages {
		p.language(l)
	}
	p.number(uint64(len(s.requests)))
	for id, r := range s.requests {
		p.text(id)
		p.text(string(r.purpose))
		p.number(r.seq)
	}
	p.number(uint64(len(s.tightened)))
	for id, seq := range s.tightened {
		p.text(string(id))
		p.number(seq)
	}
	return packed(p.b)
}

// unpack returns the state that was packed, but for the time of its latest event, which only a reader of the ledger needs.
func (w *words) unpack(text packed) *state {
	u := unpacker{words: w, text: string(text[1:])}
	s := new(state)
	s.read = u.signed()
	f := &s.facts
	f.Ledger = u.number()
	f.Complete = u.flag()
	f.Notice = u.consent()
	f.Account = purpose.Account{Status: purpose.CaseStatus(u.number()), Opened: u.time(), Closed: u.time(), Ended: u.spans()}
	f.Residence = purpose.Jurisdiction(u.string())
	u.restraints(f)
	if n := u.number(); n > 0 {
		f.Consents = make(map[purpose.ID]purpose.Consent, n)
		for range n {
			f.Consents[purpose.ID(u.string())] = u.consent()
		}
	}
	if n := u.number(); n > 0 {
		f.Cases = make(map[string]purpose.Case, n)
		for range n {
			id := u.string()
			c := purpose.Case{Status: purpose.CaseStatus(u.number()), Opened: u.time(), Closed: u.time()}
			for range u.number() {
				c.Assigned = append(c.Assigned, purpose.Actor{Role: purpose.Role(u.string()), ID: u.string(), Case: u.string()})
			}
			c.Ended = u.spans()
			f.Cases[id] = c
		}
	}
	if n := u.number(); n > 0 {
		f.Consumed = make(map[string]bool, n)
		for range n {
			f.Consumed[u.string()] = u.flag()
		}
	}
	for range u.number() {
		s.languages = append(s.languages, u.language())
	}
	if n := u.number(); n > 0 {
		s.requests = make(map[string]request, n)
		for range n {
			s.requests[u.string()] = request{purpose.ID(u.string()), u.number()}
		}
	}
	if n := u.number(); n > 0 {
		s.tightened = make(map[purpose.ID]uint64, n)
		for range n {
			s.tightened[purpose.ID(u.string())] = u.number()
		}
	}
	return s
}

type packer struct {
	words *words
	b     []byte
}

func (p *packer) number(n uint64) { p.b = binary.AppendUvarint(p.b, n) }

func (p *packer) signed(n int64) { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) flag(set bool) {
	if set {
		p.number(1)
	} else {
		p.number(0)
	}
}

// The forms of a text, in the lowest bits of the number it begins with. The rest of the number is a length or the number of a word.
const (
	formText   = iota // as it is
	formWord          // a word of the policy
	formRandom        // an id as [NewSubject] draws it, five bits a character
	forms      = 4
)

const (
	randomAlphabet = "abcdefghijklmnopqrstuvwxyz234567"
	randomLength   = 26
	randomBytes    = (randomLength*5 + 7) / 8
)

func (p *packer) text(s string) {
	if n, ok := p.words.number[s]; ok {
		p.number(n*forms + formWord)
		return
	}
	if bits, ok := squeeze(s); ok {
		p.number(formRandom)
		p.b = append(p.b, bits[:]...)
		return
	}
	p.number(uint64(len(s))*forms + formText)
	p.b = append(p.b, s...)
}

// squeeze packs an id of five bits a character.
func squeeze(s string) (bits [randomBytes]byte, ok bool) {
	if len(s) != randomLength {
		return bits, false
	}
	for i := range len(s) {
		var v byte
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			v = c - 'a'
		case c >= '2' && c <= '7':
			v = c - '2' + 26
		default:
			return bits, false
		}
		at := i * 5
		word := uint16(v) << (11 - at%8)
		bits[at/8] |= byte(word >> 8)
		if at/8+1 < randomBytes {
			bits[at/8+1] |= byte(word)
		}
	}
	return bits, true
}

// spread is the inverse of squeeze.
func spread(bits string) string {
	var s [randomLength]byte
	for i := range s {
		at := i * 5
		word := uint16(bits[at/8]) << 8
		if at/8+1 < len(bits) {
			word |= uint16(bits[at/8+1])
		}
		s[i] = randomAlphabet[word>>(11-at%8)&31]
	}
	return string(s[:])
}

func (p *packer) language(t language.Tag) {
	for i, have := range p.words.languages {
		if have == t {
			p.number(uint64(i) + 1)
			return
		}
	}
	p.number(0)
	p.text(t.String())
}

// The forms of a time.
const (
	timeZero  = iota
	timeNanos // since 1970, in eight bytes
	timeFar   // seconds and nanoseconds: what eight bytes do not reach
)

func (p *packer) time(t time.Time) {
	switch year := t.Year(); {
	case t.IsZero():
		p.number(timeZero)
	case year > 1700 && year < 2200:
		p.number(timeNanos)
		p.b = binary.LittleEndian.AppendUint64(p.b, uint64(t.UnixNano()))
	default:
		p.number(timeFar)
		p.signed(t.Unix())
		p.number(uint64(t.Nanosecond()))
	}
}

// spans packs the earlier stretches of a case or an account, in one byte if there are none.
func (p *packer) spans(ended []purpose.Span) {
	p.number(uint64(len(ended)))
	for _, s := range ended {
		p.time(s.Opened)
		p.time(s.Closed)
		p.time(s.Reopened)
	}
}

func (u *unpacker) spans() (ended []purpose.Span) {
	for range u.number() {
		ended = append(ended, purpose.Span{Opened: u.time(), Closed: u.time(), Reopened: u.time()})
	}
	return ended
}

// restraints packs holds and erasures, in one byte if there are none.
func (p *packer) restraints(f *purpose.Facts) {
	if f.HoldsKnown && len(f.Holds) == 0 && len(f.Erasures) == 0 && f.Erased.IsZero() {
		p.number(0)
		return
	}
	p.number(1)
	p.flag(f.HoldsKnown)
	p.time(f.Erased)
	p.number(uint64(len(f.Holds)))
	for _, h := range f.Holds {
		p.text(h.ID)
		p.text(string(h.Purpose))
		p.text(h.Case)
		p.time(h.Since)
	}
	p.number(uint64(len(f.Erasures)))
	for _, e := range f.Erasures {
		p.text(e.ID)
		p.text(string(e.Compartment))
		p.text(e.Case)
	}
}

func (u *unpacker) restraints(f *purpose.Facts) {
	if u.number() == 0 {
		f.HoldsKnown = true
		return
	}
	f.HoldsKnown, f.Erased = u.flag(), u.time()
	for range u.number() {
		f.Holds = append(f.Holds, purpose.Hold{ID: u.string(), Purpose: purpose.ID(u.string()), Case: u.string(), Since: u.time()})
	}
	for range u.number() {
		f.Erasures = append(f.Erasures, purpose.Erasure{ID: u.string(), Compartment: purpose.Compartment(u.string()), Case: u.string()})
	}
}

func (p *packer) consent(c purpose.Consent) {
	p.number(uint64(c.Status))
	p.time(c.Since)
	if c.Status != purpose.Given { // all else is of what was given
		return
	}
	p.time(c.Until)
	p.number(uint64(c.Operations))
	p.text(c.Policy)
	p.text(c.Recipient)
	p.text(c.Request)
}

// unpacker reads what a packer of the same words wrote. It is given nothing else.
type unpacker struct {
	words *words
	text  string
}

func (u *unpacker) number() uint64 {
	var n uint64
	for shift := 0; ; shift += 7 {
		c := u.text[0]
		u.text = u.text[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

func (u *unpacker) signed() int64 {
	n := u.number()
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacker) flag() bool { return u.number() != 0 }

func (u *unpacker) take(n uint64) string {
	s := u.text[:n]
	u.text = u.text[n:]
	return s
}

func (u *unpacker) string() string {
	n := u.number()
	switch n % forms {
	case formWord:
		return u.words.texts[n/forms]
	case formRandom:
		return spread(u.take(randomBytes))
	}
	return u.take(n / forms)
}

func (u *unpacker) language() language.Tag {
	if n := u.number(); n > 0 {
		return u.words.languages[n-1]
	}
	t, _ := tag(u.string()) // it was read from a record by the same function
	return t
}

func (u *unpacker) time() time.Time {
	switch u.number() {
	case timeZero:
		return time.Time{}
	case timeNanos:
		var n uint64
		for i, c := range []byte(u.take(8)) {
			n |= uint64(c) << (8 * i)
		}
		return time.Unix(0, int64(n)).UTC()
	}
	sec := u.signed()
	return time.Unix(sec, int64(u.number())).UTC()
}

func (u *unpacker) consent() purpose.Consent {
	c := purpose.Consent{Status: purpose.Status(u.number()), Since: u.time()}
	if c.Status != purpose.Given {
		return c
	}
	c.Until = u.time()
	c.Operations = purpose.Operations(u.number() & math.MaxUint16)
	c.Policy, c.Recipient, c.Request = u.string(), u.string(), u.string()
	return c
}
