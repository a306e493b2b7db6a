package main

import (
	"context"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// callRoom opens the recordings of calls, under the purpose it was handed: which one decides everything.
type callRoom struct{ access *pii.Accessor }

// Listen opens the reference of a recording and plays it.
func (r callRoom) Listen(ctx context.Context, who purpose.Actor, c *callRow, play func(pii.Value[Recording])) error {
	return r.access.Do(ctx, who, c.Subject, func(use *pii.Use) error {
		recording, err := c.Recording.Reveal(use)
		if err == nil {
			play(recording)
		}
		return err
	})
}
