package consent

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Review has all that is kept of a person looked at again, and returns nil only when that survives a crash. It must be safe for concurrent use, and its errors must
// name no person.
type Review func(ctx context.Context, s Subject, now time.Time) error

// reviewing is how long a review may take: what it is about is stored already.
const reviewing = 5 * time.Second

// WithReview has the review called for a person when something was stored by which what is kept of her may end sooner than was thought: a refusal or a withdrawal, a
// case or an account that closed, a hold that was released. It is called before the call that stored it returns, so who has the answer knows that it is done; who has none, because
// something died, asks again, as for anything that was not answered. Package retention has one.
//
// A review that fails, panics or takes more than five seconds undoes nothing: what was asked for has taken effect. [Hooks].Unreviewed is told, and a planner of package retention has
// what an event may end looked at within its interval all the same. It has a context of its own, for that of the call may be over. Where several registries share a
// ledger, that of a hold which was released is called a second later, when no other goes by what it read before.
func WithReview(review Review) Option {
	return option(func(r *Registry) error {
		if review == nil {
			return errors.New("consent: WithReview: the review must not be nil")
		}
		r.reviews = review
		return nil
	})
}

// review has what is kept of the person looked at, if err says that something was stored, or may have been, now or before.
func (r *Registry) review(ctx context.Context, s Subject, loosened bool, err error) {
	if r == nil || r.reviews == nil {
		return
	}
	switch {
	case err == nil, errors.Is(err, ErrStillDraining), errors.Is(err, ErrOutcomeUnknown), loosened && errors.Is(err, ErrNoHold):
	default:
		return
	}
	if loosened && r.node != nil {
		time.Sleep(time.Duration(recent)) // also when it was asked for again, for it may have been stored just now
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reviewing)
	defer cancel()
	done := make(chan error, 1) // a review that does not heed its context is not waited for
	go func() {
		failed := errors.New("consent: the review panicked")
		defer func() {
			if failed != nil {
				_ = recover() // what it says could name somebody
			}
			done <- failed
		}()
		failed = r.reviews(ctx, s, r.Now())
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = fmt.Errorf("consent: the review takes too long: %w", ctx.Err())
	}
	if err != nil && r.hooks.Unreviewed != nil {
		r.hooks.Unreviewed(err)
	}
}
