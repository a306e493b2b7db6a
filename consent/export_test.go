package consent

import (
	"errors"
	"fmt"
	"iter"
	"time"
	"unsafe"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Folded is a state, for tests of fold. Two are equal if everything later decisions rest on is.
type Folded struct{ state state }

// FoldForTest is fold, over events that come after those of f.
func FoldForTest(f Folded, events iter.Seq2[Event, error]) (Folded, error) {
	s, err := fold(f.state, events)
	return Folded{s}, err
}

// Facts are the facts of the state.
func (f Folded) Facts() *purpose.Facts { return &f.state.facts }

// RepackForTest packs and unpacks a state. What nobody asks of a packed one is left out on both sides.
func RepackForTest(r *Registry, f Folded) (before, after Folded, size int) {
	f.state.last = time.Time{}
	p := r.words.pack(&f.state)
	if p.ledger() != f.state.facts.Ledger {
		panic("the head of a packed state differs")
	}
	return f, Folded{*r.words.unpack(p)}, len(p)
}

// CachedForTest counts the subjects that are kept in memory.
func (r *Registry) CachedForTest() int {
	n := 0
	for i := range r.shards {
		r.shards[i].mu.Lock()
		n += len(r.shards[i].subjects)
		r.shards[i].mu.Unlock()
	}
	return n
}

// CopyForTest copies a permit as no program may.
func CopyForTest(p *Permit) *Permit {
	c := &Permit{grant: p.grant, clock: p.clock, ctx: p.ctx, begun: p.begun, deadline: p.deadline}
	return c
}

// BothForTest reads a record's parts both ways. ok is false if the quick reader leaves one to the strict.
func BothForTest(r Record) (quickly, strictly string, ok bool) {
	var a, b envelope
	var p, q payload
	if !(quick{b: string(r.Envelope)}).envelope(&a) || !(quick{b: string(r.Payload)}).payload(&p) {
		return "", "", false
	}
	if err := errors.Join(strict(r.Envelope, &b), strict(r.Payload, &q)); err != nil {
		return fmt.Sprintf("%+v %+v", a, p), err.Error(), true
	}
	return fmt.Sprintf("%+v %+v", a, p), fmt.Sprintf("%+v %+v", b, q), true
}

// TimesForTest reads a time both ways. ok is false if the quick reader leaves one to the other.
func TimesForTest(text string) (quickly, slowly time.Time, ok bool, err error) {
	quickly, ok = quickTime(text)
	slowly, err = time.Parse(time.RFC3339Nano, text)
	if err == nil && stamp(slowly) != text {
		err = ErrFormat
	}
	return quickly, slowly.UTC(), ok, err
}

// TagForTest reads a language.
func TagForTest(text string) (language.Tag, error) { return tag(text) }

// LayoutForTest returns how many bytes an entry takes, where in it that ends which beginning a use looks at, and where its first grant begins.
func LayoutForTest() (size, looked, first uintptr) {
	var e entry
	return unsafe.Sizeof(e), unsafe.Offsetof(e.attached) + unsafe.Sizeof(e.attached), unsafe.Offsetof(e.first)
}
