package rights

import (
	"context"
	"errors"
	"slices"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Rectify seals another text in place of the field's value, on a request for rectification, and records that it was done. The value is collected for the purposes that the old one was, less those refused since, unless how names some;
// how needs the case of a value that has one. It returns the ids of the recipients that the attribute was disclosed to, sorted: the law has them informed (C.C.Q. art. 40 par. 2; P-39.1 s. 35; PIPEDA 4.9.5).
//
// The file keeps which attribute was rectified, when, by whom and who is to be informed, and neither value: whether the old one is kept, and where, is the program's
// decision. So is what was derived from it: derive it anew. The field is left as it was on every error.
func Rectify[K pii.Kind](ctx context.Context, d *Desk, who purpose.Actor, s consent.Subject, id string, field *pii.Sealed[K], text string, how pii.Collection) (inform []string, err error) {
	open := func(use *pii.Use) error { _, err := field.Reveal(use); return err }
	seal := func(next *pii.Sealed[K], into *pii.Intake) error { return next.Seal(into, text) }
	return rectify(ctx, d, who, s, id, field, open, seal, how)
}

// RectifyBound is [Rectify] for a field that was sealed by [pii.Sealed.SealBound] with the record old. The new value is bound to the record next: the same, or that of the row's next version.
func RectifyBound[K pii.Kind](
	ctx context.Context, d *Desk, who purpose.Actor, s consent.Subject, id string, field *pii.Sealed[K], text string, how pii.Collection, old, next string,
) (inform []string, err error) {
	open := func(use *pii.Use) error { _, err := field.RevealBound(use, old); return err }
	seal := func(sealed *pii.Sealed[K], into *pii.Intake) error { return sealed.SealBound(into, text, next) }
	return rectify(ctx, d, who, s, id, field, open, seal, how)
}

func rectify[K pii.Kind](
	ctx context.Context, d *Desk, who purpose.Actor, s consent.Subject, id string, field *pii.Sealed[K],
	open func(*pii.Use) error, seal func(*pii.Sealed[K], *pii.Intake) error, how pii.Collection,
) (inform []string, err error) {
	if d == nil || field == nil {
		return nil, ErrInvalid
	}
	r, err := d.pending(ctx, who, s, id, Rectification)
	if err != nil {
		return nil, err
	}
	old, err := field.Describe(d.config.Vault)
	switch {
	case errors.Is(err, pii.ErrAbsent): // incomplete: there was none
	case err != nil:
		return nil, err
	case old.HasCase && how.Case == "":
		return nil, ErrInvalid
	default:
		// That the field is hers is known only by opening it.
		if err := d.own.Do(ctx, who, s, open); err != nil {
			return nil, err
		}
	}
	if len(how.For) == 0 {
		how.For = old.Purposes
	}
	if how.Method == 0 {
		how.Method = methods[r.Channel]
	}
	into, err := d.config.Vault.Collect(ctx, who, s, how)
	if err != nil {
		return nil, err
	}
	var next pii.Sealed[K]
	if err := seal(&next, into); err != nil {
		return nil, err
	}
	var k K
	for a, err := range d.config.Disclosures.Disclosures(ctx, s) {
		if err != nil {
			return nil, &outage{"audit", err}
		}
		if disclosed(&a, s) && a.Attribute == k.Attribute() {
			inform = append(inform, a.Recipient)
		}
	}
	slices.Sort(inform)
	inform = slices.Compact(inform)
	err = d.on(ctx, s, Event{Request: id, Kind: Corrected, By: who, Attribute: k.Attribute(), Inform: inform}, func(r *Request) error {
		if r.settled != 0 {
			return ErrSettled
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	*field = next
	return inform, nil
}
