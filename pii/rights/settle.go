package rights

import (
	"context"
	"slices"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Extend gives more days to answer, beyond the rules' first, and records where the notice is that told the person the new time limit, why, and her right to complain (PIPEDA s. 8(4)), which
// is required. It must be called before the first deadline, and can be once. The error is [ErrExtension] otherwise, and where the rules know no extension. In Québec
// only the Commission d’accès à l’information may extend the time (P-39.1 s. 46), so [Quebec] has none.
func (d *Desk) Extend(ctx context.Context, who purpose.Actor, s consent.Subject, id string, days int, notice string) error {
	if notice == "" || !named(who) {
		return ErrInvalid
	}
	if err := d.made(); err != nil {
		return err
	}
	rules := &d.config.Rules
	return d.change(ctx, s, func(all []*Request) (*Event, error) {
		r, err := find(all, id)
		now := d.now()
		switch {
		case err != nil:
			return nil, err
		case r.settled != 0:
			return nil, ErrSettled
		case r.extended, days < 1, days > rules.Extension, !now.Before(r.Deadline):
			return nil, ErrExtension
		}
		deadline := purpose.Period{Days: days}.After(r.Deadline)
		return &Event{Request: id, Kind: Extended, Time: now, By: who, Evidence: notice, Deadline: deadline, Alarm: rules.alarm(r.Received, deadline)}, nil
	})
}

// Answer records that the request was answered: where the answer is, which is required, and on what grounds a part was withheld, if one was. It can be recorded after the deadline: then it is late. A request
// to cease dissemination needs an assessment first, and one for deletion is answered by [Desk.Erase] alone, else the error is [ErrKind].
func (d *Desk) Answer(ctx context.Context, who purpose.Actor, s consent.Subject, id, evidence string, withheld ...Ground) error {
	return d.settle(ctx, s, Event{Request: id, Kind: Answered, By: who, Evidence: evidence, Grounds: slices.Clone(withheld)}, Deletion)
}

// Refuse records that the request was refused, where the letter is that says why, and on what grounds: at least one. [Rules.Letter] has what the letter must say of them. The data is kept
// until the refusal can no longer be contested.
func (d *Desk) Refuse(ctx context.Context, who purpose.Actor, s consent.Subject, id, evidence string, on ...Ground) error {
	if len(on) == 0 {
		return ErrInvalid
	}
	return d.settle(ctx, s, Event{Request: id, Kind: Refused, By: who, Evidence: evidence, Grounds: slices.Clone(on)}, 0)
}

// settle records an answer or a refusal of a request of any kind but one.
func (d *Desk) settle(ctx context.Context, s consent.Subject, e Event, but Kind) error {
	if e.Evidence == "" || slices.ContainsFunc(e.Grounds, func(g Ground) bool { return !g.valid() }) {
		return ErrInvalid
	}
	err := d.on(ctx, s, e, func(r *Request) error {
		switch {
		case r.settled != 0:
			return ErrSettled
		case r.Kind == but:
			return ErrKind
		case r.Kind == CeaseDissemination && !r.assessed:
			return ErrUndecided
		}
		return nil
	})
	if err == nil {
		_ = d.tend(ctx, s) // a hold that is not released now, Due releases
	}
	return err
}

// Contest records that the person contests a refusal, an answer in part, or silence: its hold stays until [Desk.Conclude]. A recourse that came too late for the hold is
// [ErrNoRecourse]: place a hold of your own.
func (d *Desk) Contest(ctx context.Context, who purpose.Actor, s consent.Subject, id, evidence string) error {
	if evidence == "" {
		return ErrInvalid
	}
	return d.on(ctx, s, Event{Request: id, Kind: Contested, By: who, Evidence: evidence}, func(r *Request) error {
		now := d.now()
		if r.contested || r.released || r.Exhausted(now) || r.open(now) {
			return ErrNoRecourse
		}
		return nil
	})
}

// Conclude records that the recourse has come to its end, so that nothing is kept for it any more.
func (d *Desk) Conclude(ctx context.Context, who purpose.Actor, s consent.Subject, id, evidence string) error {
	if evidence == "" {
		return ErrInvalid
	}
	err := d.on(ctx, s, Event{Request: id, Kind: Concluded, By: who, Evidence: evidence}, func(r *Request) error {
		if !r.contested || r.concluded {
			return ErrNoRecourse
		}
		return nil
	})
	if err == nil {
		_ = d.tend(ctx, s) // or Due does
	}
	return err
}

// Erase carries out a request for deletion, and records the answer when all is erased that need not be kept, or, with grounds, that a part is kept. While another request of the person can be contested the error is [consent.ErrHeld]
// and the data restricted; the request is still to be answered in time. If something is kept and no ground was given, the error is [ErrKept]: what could end has ended, and the request is not
// answered. Call it again in both cases: the eraser must stand that.
func (d *Desk) Erase(ctx context.Context, who purpose.Actor, s consent.Subject, id string, kept ...Ground) error {
	if slices.ContainsFunc(kept, func(g Ground) bool { return !g.valid() }) {
		return ErrInvalid
	}
	if _, err := d.pending(ctx, who, s, id, Deletion); err != nil {
		return err
	}
	if err := d.tend(ctx, s); err != nil { // nothing is erased that a request still needs
		return err
	}
	evidence, remains, err := d.config.Eraser.Erase(ctx, s)
	if err != nil {
		return err
	}
	if remains && len(kept) == 0 {
		return ErrKept
	}
	return d.settle(ctx, s, Event{Request: id, Kind: Answered, By: who, Evidence: evidence, Grounds: slices.Clone(kept)}, 0)
}
