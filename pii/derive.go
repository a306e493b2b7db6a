package pii

import (
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"time"
	"unsafe"

	"github.com/purposebound/purposebound/purpose"
)

// Generaliser turns the text of a value into something less telling: a birth date into an age band, an address into its
// region. It reports false if it cannot, and must not keep the text. An error is not asked for because its text could carry the value.
type Generaliser[D any] interface {
	Generalise(text string) (D, bool)
}

// Derived is what a generaliser made of a value. It is still personal data: it knows the purpose it was made under and,
// if that is known, when the purpose stops. It prints and encodes as little as a [Value] does.
// The zero Derived holds nothing.
type Derived[D any] struct {
	_ [0]func()
	p unsafe.Pointer // to a derived[D]
}

type derived[D any] struct {
	value   D
	purpose purpose.ID
	until   time.Time
}

// Derive opens a field in a use and hands its text to the generaliser; only what that returns leaves.
// It is the one way to use data under a purpose that is de-identified. It returns the errors of [Sealed.Reveal],
// and [ErrInvalid] if the generaliser could not.
func Derive[K Kind, D any](use *Use, s Sealed[K], g Generaliser[D]) (Derived[D], error) {
	var k K
	if isNil(g) {
		return Derived[D]{}, &purpose.Denied{Attribute: k.Attribute(), Reason: purpose.Malformed}
	}
	frame, end, err := use.open(s.token, k.Attribute(), "", false, true)
	if err != nil {
		return Derived[D]{}, err
	}
	text := Value[K]{p: unsafe.Pointer(unsafe.SliceData(frame))}.Plaintext()
	value, ok := g.Generalise(text)
	if !ok {
		return Derived[D]{}, &InvalidError{k.Attribute()}
	}
	// The generaliser may have taken its time.
	p := use.permit()
	a := p.Gate().Owner().(*Accessor) // open checked it
	now, reason := p.Check()
	if reason == purpose.Permitted && !end.IsZero() && !p.Time(now).Before(end) {
		reason = purpose.RetentionExpired
	}
	if reason != purpose.Permitted {
		return Derived[D]{}, a.vault.denied(p, a.purpose, k.Attribute(), reason, nil)
	}
	return Derived[D]{p: unsafe.Pointer(&derived[D]{value, a.purpose, end})}, nil
}

// Reveal returns the derived value.
func (d Derived[D]) Reveal() D {
	if d.p == nil {
		var zero D
		return zero
	}
	return (*derived[D])(d.p).value
}

// Purpose returns the purpose the value was derived under.
func (d Derived[D]) Purpose() purpose.ID {
	if d.p == nil {
		return ""
	}
	return (*derived[D])(d.p).purpose
}

// Until returns when the purpose stops using what the value was derived from; the zero time if nothing has set an end yet.
func (d Derived[D]) Until() time.Time {
	if d.p == nil {
		return time.Time{}
	}
	return (*derived[D])(d.p).until
}

// IsZero reports whether d holds nothing.
func (d Derived[D]) IsZero() bool { return d.p == nil }

// String returns "[derived]".
func (d Derived[D]) String() string { return "[derived]" }

// Format prints "[derived]", whatever the verb.
func (d Derived[D]) Format(f fmt.State, _ rune) { io.WriteString(f, d.String()) }

// GoString returns what String does.
func (d Derived[D]) GoString() string { return d.String() }

// LogValue returns what String does.
func (d Derived[D]) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText fails with [ErrPlaintext], and so do the encoders that ask for it.
func (d Derived[D]) MarshalText() ([]byte, error) { return nil, ErrPlaintext }

// MarshalBinary fails with [ErrPlaintext].
func (d Derived[D]) MarshalBinary() ([]byte, error) { return nil, ErrPlaintext }

// Value fails with [ErrPlaintext].
func (d Derived[D]) Value() (driver.Value, error) { return nil, ErrPlaintext }
