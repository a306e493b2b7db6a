package main

import (
	"context"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/purpose"
)

// fieldWork is the professional's application: the client of a job, for as long as the job is open and his.
type fieldWork struct{ contact *pii.Accessor }

// contact is what a professional needs to go to work.
type contact struct {
	name    pii.Value[pii.Name]
	phone   pii.Value[phone.Phone]
	address pii.Value[pii.Address]
}

// Visit opens the client's contact details for one professional and one job, and shows them.
func (f fieldWork) Visit(ctx context.Context, pro consent.Subject, jobID string, client *personRow, show func(contact)) error {
	// The case in the actor is what the ledger is asked about: is it open, and assigned to this professional?
	who := purpose.Actor{Role: Professional, ID: string(pro), Case: jobID}
	return f.contact.Do(ctx, who, client.ID, func(use *pii.Use) (err error) {
		var c contact
		if c.name, err = client.Name.Reveal(use); err != nil {
			return err
		}
		if c.phone, err = client.Phone.Reveal(use); err != nil {
			return err
		}
		if c.address, err = client.Address.Reveal(use); err != nil {
			return err
		}
		show(c)
		return nil
	})
}
