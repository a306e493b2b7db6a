package main

import (
	"context"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/purpose"
)

// supportDesk calls people back. It was handed an accessor for support.assist and nothing else, so this file can be read
// without asking what else it might open.
type supportDesk struct{ assist *pii.Accessor }

// CallBack opens the person's telephone number and dials it. The number is good until dial returns: a withdrawal made
// meanwhile waits for the use to end.
func (d supportDesk) CallBack(ctx context.Context, agent purpose.Actor, p *personRow, dial func(pii.Value[phone.Phone])) error {
	use, err := d.assist.Begin(ctx, agent, p.ID)
	if err != nil {
		return err
	}
	defer use.End()
	number, err := p.Phone.Reveal(use)
	if err != nil {
		return err
	}
	dial(number)
	return nil
}

// Born opens the birth date, which no agent needs: the policy says no.
func (d supportDesk) Born(ctx context.Context, agent purpose.Actor, p *personRow) error {
	return d.assist.Do(ctx, agent, p.ID, func(use *pii.Use) error {
		_, err := p.BirthDate.Reveal(use)
		return err
	})
}

// Email opens the e-mail address.
func (d supportDesk) Email(ctx context.Context, agent purpose.Actor, p *personRow) error {
	return d.assist.Do(ctx, agent, p.ID, func(use *pii.Use) error {
		_, err := p.Email.Reveal(use)
		return err
	})
}

// WorkOrder opens a work order, which is bound to its row.
func (d supportDesk) WorkOrder(ctx context.Context, agent purpose.Actor, j *jobRow) error {
	return d.assist.Do(ctx, agent, j.Client, func(use *pii.Use) error {
		_, err := j.WorkOrder.RevealBound(use, j.record())
		return err
	})
}
