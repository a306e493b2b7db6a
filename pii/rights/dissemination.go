package rights

import (
	"context"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Finding is what a person found of one question. The zero Finding is no answer.
type Finding uint8

// The findings.
const (
	No Finding = iota + 1
	Yes
)

// Assessment is what a person found of the conditions to cease dissemination or de-index (P-39.1 s. 28.1). Nothing is concluded from it here: who assessed decides, by
// [Desk.Answer] or [Desk.Refuse].
type Assessment struct {
	Contravenes Finding `json:"contravenes"` // the dissemination contravenes the law or an order. If Yes, the three need no answer

	SeriousInjury Finding `json:"serious_injury"` // to her reputation or privacy
	Outweighs     Finding `json:"outweighs"`      // clearly, the public's interest in knowing and the freedom of expression
	NoMore        Finding `json:"no_more"`        // what is asked for does not exceed what is necessary
}

// Assess records what who found, and where the reasons are written down, which is required: the seven factors of the law among them. Assessing again
// adds to what was found before. The error is [ErrInvalid] if a question was left open.
func (d *Desk) Assess(ctx context.Context, who purpose.Actor, s consent.Subject, id string, a Assessment, reasons string) error {
	open := func(f Finding) bool { return f != No && f != Yes }
	if reasons == "" || open(a.Contravenes) || a.Contravenes == No && (open(a.SeriousInjury) || open(a.Outweighs) || open(a.NoMore)) {
		return ErrInvalid
	}
	return d.on(ctx, s, Event{Request: id, Kind: Assessed, By: who, Evidence: reasons, Assessment: &a}, func(r *Request) error {
		switch {
		case r.Kind != CeaseDissemination:
			return ErrKind
		case r.settled != 0:
			return ErrSettled
		}
		return nil
	})
}
