package consent

import (
	"context"
	"errors"
	"time"
)

// Review has all that is kept of a person looked at again. It returns nil only when that survives a crash, it must be safe for concurrent use, and its errors must
// name no person.
type Review func(ctx context.Context, s Subject, now time.Time) error

// WithReview has the review called for a person when something was stored by which what is kept of her may end sooner than was thought: a refusal or a withdrawal, a
// case or an account that closed, a hold that was released. It is called before the call that stored it returns, so who has the answer knows that it is done; who has none, because
// something died, asks again, as for anything that was not answered. Package retention has one.
//
// A review that fails undoes nothing: what was asked for has taken effect. [Hooks].Unreviewed is told, and a planner of package retention has looked at everything that an
// event may end within its interval.
func WithReview(review Review) Option {
	return option(func(r *Registry) error {
		if review == nil {
			return errors.New("consent: WithReview: the review must not be nil")
		}
		r.reviews = review
		return nil
	})
}

// review has what is kept of the person looked at, if err says that something was stored.
func (r *Registry) review(ctx context.Context, s Subject, err error) {
	if r == nil || r.reviews == nil || err != nil && !errors.Is(err, ErrStillDraining) {
		return
	}
	if err := r.reviews(ctx, s, r.Now()); err != nil && r.hooks.Unreviewed != nil {
		r.hooks.Unreviewed(err)
	}
}
