package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// mailing sends the newsletter. Whoever put a letter in the queue may have been right at the time; consent is asked for
// again at the moment of sending, which is the only one that counts.
type mailing struct {
	newsletter *pii.Accessor
	post       func(to pii.Value[pii.Email]) error // the mail server
}

// mailed is how a mailing went.
type mailed struct {
	sent    []consent.Subject
	refused map[purpose.Reason][]*purpose.Denied
}

// reasons returns why letters were refused, the most frequent reason first.
func (m mailed) reasons() []purpose.Reason {
	return slices.SortedFunc(maps.Keys(m.refused), func(a, b purpose.Reason) int {
		return cmp.Or(len(m.refused[b])-len(m.refused[a]), cmp.Compare(a, b))
	})
}

// Send posts a letter to each of the people who consents. It skips who is refused, and stops when there is no answer:
// an outage is not a refusal, and taking it for one would look like thousands of them.
func (m mailing) Send(ctx context.Context, mailer purpose.Actor, to []personRow) (mailed, error) {
	result := mailed{refused: make(map[purpose.Reason][]*purpose.Denied)}
	addresses := make(map[consent.Subject]pii.Sealed[pii.Email], len(to))
	for i := range to {
		addresses[to[i].ID] = to[i].Email
	}
	for use, err := range m.newsletter.Each(ctx, mailer, subjects(to)) {
		var address pii.Value[pii.Email]
		if err == nil {
			address, err = addresses[use.Subject()].Reveal(use)
		}
		if denied, ok := errors.AsType[*purpose.Denied](err); ok && errors.Is(err, purpose.ErrDenied) {
			result.refused[denied.Reason] = append(result.refused[denied.Reason], denied)
			continue
		}
		if err == nil {
			err = m.post(address)
		}
		if err != nil {
			return result, fmt.Errorf("mailing: %w", err)
		}
		result.sent = append(result.sent, use.Subject())
	}
	return result, nil
}
