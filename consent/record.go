package consent

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Record is an [Event] as ledgers store it: envelope and payload as bytes, format 1, and the chain that binds them.
// Only ledgers and the registry handle records. The file format.md beside this one describes the format; vectors in testdata fix it.
type Record struct {
	Envelope []byte   // JSON; holds the hash of the payload
	Payload  []byte   // JSON with its own salt; nil once blanked
	Chain    [32]byte // SHA-256 over the chain before it and the envelope
}

type envelope struct {
	Format  int    `json:"v"`
	ID      string `json:"id"`
	Seq     uint64 `json:"seq"`
	Kind    string `json:"kind"`
	Purpose string `json:"purpose,omitempty"`
	Policy  string `json:"policy,omitempty"`
	Time    string `json:"time"`
	Payload []byte `json:"payload"`
}

type payload struct {
	Salt       []byte   `json:"salt"`
	Method     string   `json:"method,omitempty"`
	Language   string   `json:"language,omitempty"`
	Evidence   string   `json:"evidence,omitempty"`
	Operations []string `json:"operations,omitempty"`
	Until      string   `json:"until,omitempty"`
	Guardian   bool     `json:"guardian,omitempty"`
	Request    string   `json:"request,omitempty"`
	Case       string   `json:"case,omitempty"`
	Role       string   `json:"role,omitempty"`
	Actor      string   `json:"actor,omitempty"`
	Occurred   string   `json:"occurred,omitempty"`

	Jurisdiction string `json:"jurisdiction,omitempty"`
	Compartment  string `json:"compartment,omitempty"`
}

const rootLabel = "purposebound ledger of v1\x00"

// Root returns the chain before a subject's first record, so that a ledger does not verify as another subject's.
func Root(s Subject) [32]byte { return sha256.Sum256(append([]byte(rootLabel), s...)) }

const chainLabel = "purposebound ledger v1\x00"

// saltSize is the length of a payload's salt in bytes.
const saltSize = 16

// Encode returns the record of e, which must have its Seq, chained to the record before it ([Root] for the first).
// salt is 16 bytes; nil draws random ones. It returns [ErrFormat] for an event that [Decode] could not give back as it
// was: without id, number or kind, with text that is not UTF-8, with an unknown method or operation, with a time outside
// the years 0 to 9999, already blank, or whose actor works on a case other than the event's.
func Encode(e Event, before [32]byte, salt []byte) (Record, error) {
	if salt == nil {
		salt = make([]byte, saltSize)
		rand.Read(salt)
	}
	if len(salt) != saltSize || !e.storable() {
		return Record{}, fmt.Errorf("%w: encode", ErrFormat)
	}
	p := payload{
		Salt: salt, Evidence: e.Act.Evidence, Guardian: e.Act.Guardian, Request: e.Act.Request,
		Case: e.Case, Role: string(e.Actor.Role), Actor: e.Actor.ID, Jurisdiction: string(e.Jurisdiction),
		Compartment: string(e.Compartment),
	}
	if e.Act.Method != 0 {
		p.Method = e.Act.Method.String()
	}
	if e.Act.Language != language.Und {
		p.Language = e.Act.Language.String()
	}
	for _, op := range e.Act.Operations {
		p.Operations = append(p.Operations, op.String())
	}
	if !e.Act.Until.IsZero() {
		p.Until = stamp(e.Act.Until)
	}
	if !e.Occurred.IsZero() {
		p.Occurred = stamp(e.Occurred)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return Record{}, fmt.Errorf("%w: encode", ErrFormat)
	}
	sum := sha256.Sum256(body)
	head, err := json.Marshal(envelope{
		Format: 1, ID: e.ID, Seq: e.Seq, Kind: e.Kind.String(), Purpose: string(e.Purpose), Policy: e.Policy,
		Time: stamp(e.Time), Payload: sum[:],
	})
	if err != nil {
		return Record{}, fmt.Errorf("%w: encode", ErrFormat)
	}
	return Record{Envelope: head, Payload: body, Chain: link(before, head)}, nil
}

// Decode returns the event of a record after checking it against the record before it.
// It returns [ErrChain] if a byte of either was changed, [ErrFormat] for a kind or field it does not know.
func Decode(r Record, before [32]byte) (Event, error) {
	if want := link(before, r.Envelope); subtle.ConstantTimeCompare(want[:], r.Chain[:]) != 1 {
		return Event{}, ErrChain
	}
	var h envelope
	if !(quick{b: string(r.Envelope)}).envelope(&h) {
		if err := strict(r.Envelope, &h); err != nil || h.Format != 1 {
			return Event{}, ErrFormat
		}
	}
	e := Event{
		ID: strings.Clone(h.ID), Seq: h.Seq, Blank: r.Payload == nil,
		Purpose: purpose.ID(shared(h.Purpose)), Policy: shared(h.Policy), // of which there are few, in very many subjects
	}
	e.Kind = Kind(slices.Index(kindText[1:], h.Kind) + 1)
	var err error
	if e.Time, err = unstamp(h.Time); err != nil || e.Kind == 0 || e.Seq == 0 || !validID(e.ID) || len(h.Payload) != sha256.Size {
		return Event{}, ErrFormat
	}
	if e.Blank {
		return e, nil
	}
	sum := sha256.Sum256(r.Payload)
	if !bytes.Equal(sum[:], h.Payload) {
		return Event{}, ErrChain
	}
	var p payload
	if !(quick{b: string(r.Payload)}).payload(&p) {
		if err := strict(r.Payload, &p); err != nil || len(p.Salt) != saltSize {
			return Event{}, ErrFormat
		}
	}
	e.Jurisdiction, e.Compartment = purpose.Jurisdiction(shared(p.Jurisdiction)), purpose.Compartment(shared(p.Compartment))
	e.Case, e.Actor = strings.Clone(p.Case), purpose.Actor{Role: purpose.Role(shared(p.Role)), ID: strings.Clone(p.Actor)}
	e.Act = Act{Evidence: strings.Clone(p.Evidence), Guardian: p.Guardian, Request: strings.Clone(p.Request)}
	e.Act.Method = Method(slices.Index(methodText[1:], p.Method) + 1)
	if p.Method != "" && e.Act.Method == 0 {
		return Event{}, ErrFormat
	}
	if p.Language != "" {
		if e.Act.Language, err = tag(p.Language); err != nil {
			return Event{}, ErrFormat
		}
	}
	for _, text := range p.Operations {
		op, ok := purpose.ParseOperation(text)
		if !ok || op == purpose.Sell {
			return Event{}, ErrFormat
		}
		e.Act.Operations = append(e.Act.Operations, op)
	}
	if p.Occurred != "" {
		if e.Occurred, err = unstamp(p.Occurred); err != nil {
			return Event{}, ErrFormat
		}
	}
	if p.Until != "" {
		if e.Act.Until, err = unstamp(p.Until); err != nil {
			return Event{}, ErrFormat
		}
	}
	return e, nil
}

// shared returns the text, as the one copy that all have.
func shared(text string) string {
	if text == "" {
		return ""
	}
	return unique.Make(text).Value()
}

// tag reads a language, raw: it must come back as it was written and not as today's tables would write it.
func tag(text string) (language.Tag, error) {
	switch text { // a hundred times faster
	case "en":
		return language.English, nil
	case "fr":
		return language.French, nil
	case "fr-CA":
		return language.CanadianFrench, nil
	}
	return language.Raw.Parse(text)
}

// storable reports whether e comes back from a record as it is.
func (e Event) storable() bool {
	if e.Kind == 0 || int(e.Kind) >= len(kindText) || int(e.Act.Method) >= len(methodText) || e.Seq == 0 || e.Blank ||
		!validID(e.ID) || e.Actor.Case != "" && e.Actor.Case != e.Case {
		return false
	}
	for _, text := range []string{
		string(e.Purpose), e.Policy, e.Act.Evidence, e.Act.Request, e.Case, string(e.Actor.Role), e.Actor.ID, string(e.Jurisdiction),
		string(e.Compartment),
	} {
		if !utf8.ValidString(text) {
			return false
		}
	}
	for _, t := range []time.Time{e.Time, e.Act.Until, e.Occurred} {
		if y := t.UTC().Year(); y < 0 || y > 9999 {
			return false
		}
	}
	for _, op := range e.Act.Operations {
		if got, ok := purpose.ParseOperation(op.String()); !ok || got != op || op == purpose.Sell {
			return false // nobody consents to being sold
		}
	}
	if e.Act.Language != language.Und {
		text := e.Act.Language.String()
		if tag, err := language.Raw.Parse(text); err != nil || tag.String() != text {
			return false
		}
	}
	return true
}

// validID reports whether id can name an event: 1 to 128 bytes of UTF-8 without the zero byte, which not every database stores.
func validID(id string) bool {
	return id != "" && len(id) <= 128 && utf8.ValidString(id) && strings.IndexByte(id, 0) < 0
}

// Redacted returns the record without its payload if erasure may blank it, else the record as it is.
// The chain verifies either way. It returns [ErrFormat] for a kind it does not know.
func (r Record) Redacted() (Record, error) {
	var h envelope
	if err := strict(r.Envelope, &h); err != nil || h.Format != 1 {
		return Record{}, ErrFormat
	}
	kind := Kind(slices.Index(kindText[1:], h.Kind) + 1)
	if kind == 0 {
		return Record{}, ErrFormat
	}
	if !kind.proof() {
		r.Payload = nil
	}
	return r, nil
}

// link is the chain over one more envelope.
func link(before [32]byte, head []byte) [32]byte {
	b := append(make([]byte, 0, 512), chainLabel...) // most envelopes leave it on the stack
	b = append(b, before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(head)))
	return sha256.Sum256(append(b, head...))
}

// strict decodes one JSON value and refuses fields it does not know and anything after the value.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return ErrFormat
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// unstamp reads what stamp writes, and nothing else: an instant has one text.
func unstamp(s string) (time.Time, error) {
	if t, ok := quickTime(s); ok {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err == nil && stamp(t) != s {
		err = ErrFormat
	}
	return t.UTC(), err
}
