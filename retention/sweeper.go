package retention

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// The errors of a [Sweeper], besides those of its parts. [consent.ErrHeld] is one that a caller of [Sweeper.Erase] meets.
var (
	// ErrConfig reports a [Config] that no sweeper can work with. What is wrong is in the text.
	ErrConfig = errors.New("retention: the configuration is not complete")
	// ErrErasing says what an item waits for: an erasure of the person that is under way.
	ErrErasing = errors.New("retention: an erasure of the person is under way")
	// ErrSibling says what an item waits for: another of its compartment that is just ending.
	ErrSibling = errors.New("retention: another item of the compartment is just ending")
	// ErrLease is the cause where ending an item took longer than it was the sweeper's.
	ErrLease = errors.New("retention: it took longer than its lease")
	// ErrNoTable reports an attribute of which there are values and no [Table]: it cannot be told that they are gone.
	ErrNoTable = errors.New("retention: no table has the attribute")

	errBusy = errors.New("retention: the person's ledger kept changing")
)

// Config is what a sweeper stands on and how it goes about it. Registry, Store, Keys and Tables are required.
type Config struct {
	Registry *consent.Registry
	Store    Store    // what is kept of whom, and what is due
	Keys     Shredder // a *keyring.Ring
	Tables   []Table  // where the program keeps sealed fields, all of them

	// Certify is handed the certificate of every erasure, before it is recorded as done; an error leaves it to be tried again. It must store it so that it survives a crash, and
	// can be handed one of the same ID again. If nil, certificates are only returned.
	Certify func(ctx context.Context, c Certificate) error
	// Backups is how long a backup of the keys is kept, for certificates. Zero: not told.
	Backups purpose.Period

	Batch    int           // how many items are taken at a time; zero: 100
	Parallel int           // how many items are ended at a time; zero: 1
	Lease    time.Duration // how long items are the sweeper's. At least four times the registry's MaxUse, for ending one waits for uses; zero: that, or ten minutes if that is more
	Review   time.Duration // after how long what waits, has no end yet or may end sooner is looked at again; zero: 30 days
	Retry    time.Duration // when an item is tried again that failed: this much later, then twice that, and so on up to a day or Retry, whichever is longer; zero: a minute

	// Pace is called before each item and returns when it may be looked at: a rate limit. An error stops the sweep. If nil, nothing is waited for.
	Pace func(ctx context.Context) error
}

// Sweeper ends what is due and erases who asked for it. Any number of sweepers may share a store, in one process or in many. It is safe for concurrent use; make it with [NewSweeper].
type Sweeper struct {
	registry *consent.Registry
	store    Store
	keys     Shredder
	tables   []Table
	certify  func(context.Context, Certificate) error
	backups  purpose.Period
	batch    int
	parallel int
	lease    time.Duration
	review   time.Duration
	retry    time.Duration
	pace     func(context.Context) error
}

// NewSweeper returns a sweeper over its parts. Its error names everything that is missing or wrong, and matches [ErrConfig].
func NewSweeper(c Config) (*Sweeper, error) {
	var faults []error
	fault := func(is bool, text string) {
		if is {
			faults = append(faults, fmt.Errorf("%w: %s", ErrConfig, text))
		}
	}
	fault(c.Registry == nil, "Registry must not be nil")
	fault(missing(c.Store), "Store must not be nil")
	fault(missing(c.Keys), "Keys must not be nil")
	fault(len(c.Tables) == 0, "Tables must not be empty: what is erased nowhere is not erased")
	names := make(map[string]bool)
	for _, t := range c.Tables {
		fault(t.Name == "", "a table has no name")
		fault(t.Name != "" && names[t.Name], "two tables have the name "+t.Name)
		fault(len(t.Attributes) == 0, "the table "+t.Name+" has no attributes")
		fault(missing(t.Eraser), "the table "+t.Name+" has no eraser")
		names[t.Name] = true
	}
	fault(c.Batch < 0, "Batch is negative")
	fault(c.Parallel < 0, "Parallel is negative")
	fault(c.Lease < 0, "Lease is negative")
	fault(c.Registry != nil && c.Lease > 0 && c.Lease/4 < c.Registry.MaxUse(), "Lease is shorter than four times the registry's MaxUse")
	fault(c.Review < 0, "Review is negative")
	fault(c.Retry < 0, "Retry is negative")
	fault(c.Backups.Years < 0 || c.Backups.Months < 0 || c.Backups.Days < 0, "Backups is negative")
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	w := &Sweeper{
		registry: c.Registry, store: c.Store, keys: c.Keys, tables: slices.Clone(c.Tables), certify: c.Certify, backups: c.Backups,
		batch: c.Batch, parallel: c.Parallel, lease: c.Lease, review: c.Review, retry: c.Retry, pace: c.Pace,
	}
	for i := range w.tables {
		w.tables[i].Attributes = slices.Clone(w.tables[i].Attributes)
	}
	if w.batch == 0 {
		w.batch = 100
	}
	if w.parallel == 0 {
		w.parallel = 1
	}
	if w.lease == 0 {
		w.lease = max(10*time.Minute, 4*c.Registry.MaxUse())
	}
	if w.review == 0 {
		w.review = defaultReview
	}
	if w.retry == 0 {
		w.retry = time.Minute
	}
	return w, nil
}

// Sweep ends what is due, and yields a step for each item when the queue has been told of it. It stops when nothing is due; run it again from time to time. Its memory does not grow with what is due.
//
// An error is the last pair, and says what stopped the sweep: the queue is away, Config.Pace failed, or ctx ended. What one item met is in its step, and the others go on. What the
// loop leaves, or the sweep that was stopped, is back on the agenda as it was.
func (w *Sweeper) Sweep(ctx context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		for {
			items, b, err := w.take(ctx, w.batchSize())
			if err != nil {
				yield(Step{}, err)
				return
			}
			if len(items) == 0 {
				b.end()
				return
			}
			if !w.work(b, items, yield) {
				return
			}
		}
	}
}

func (w *Sweeper) batchSize() int {
	if w == nil {
		return 0
	}
	return w.batch
}

// batch is the time there is for what was taken together.
type batch struct {
	ctx   context.Context // of the sweep
	lease context.Context // ends before the items are anybody else's
	end   context.CancelFunc
	half  time.Time // nothing is begun later: what is left for an item is enough
}

// take claims what is due.
func (w *Sweeper) take(ctx context.Context, limit int) ([]Item, *batch, error) {
	if w == nil || w.registry == nil || ctx == nil {
		return nil, nil, &purpose.Denied{Reason: purpose.Malformed}
	}
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("retention: sweep: %w", context.Cause(ctx))
	}
	b := &batch{ctx: ctx, half: time.Now().Add(w.lease / 2)} // both run from before the claim
	b.lease, b.end = context.WithTimeoutCause(ctx, w.lease-w.lease/8, ErrLease)
	items, err := w.store.Take(ctx, Claim{Now: w.registry.Now(), For: w.lease, Limit: limit})
	if err != nil {
		b.end()
		return nil, nil, fmt.Errorf("retention: sweep: %w", err)
	}
	return items, b, nil
}

// work ends the items of a batch and reports whether the sweep goes on.
func (w *Sweeper) work(b *batch, items []Item, yield func(Step, error) bool) bool {
	left := items
	defer func() {
		b.end()
		w.giveBack(b.ctx, left) // also when the loop's body or an eraser panics
	}()
	for len(left) > 0 {
		if !time.Now().Before(b.half) {
			return true // those that are left are given back, and taken anew
		}
		group := left[:min(w.parallel, len(left))]
		for range group {
			if w.pace == nil {
				break
			}
			if err := w.pace(b.ctx); err != nil {
				yield(Step{}, fmt.Errorf("retention: sweep: %w", err))
				return false
			}
		}
		steps, err := w.group(b, group)
		if err != nil {
			yield(Step{}, fmt.Errorf("retention: sweep: %w", err))
			return false
		}
		left = left[len(group):]
		stopped := false
		for _, s := range steps {
			stopped = stopped || s.keep
			if !s.keep && !yield(s.Step, nil) {
				return false
			}
		}
		if stopped {
			yield(Step{}, fmt.Errorf("retention: sweep: %w", context.Cause(b.ctx)))
			return false
		}
	}
	return true
}

// group looks at items together. Each is settled as soon as it was looked at.
func (w *Sweeper) group(b *batch, items []Item) ([]settled, error) {
	steps, faults := make([]settled, len(items)), make([]error, len(items))
	one := func(n int) {
		steps[n] = w.look(b.lease, items[n])
		faults[n] = w.settle(b.ctx, &steps[n])
	}
	if len(items) == 1 {
		one(0)
		return steps, faults[0]
	}
	var all sync.WaitGroup
	for n := range items {
		all.Go(func() { one(n) })
	}
	all.Wait()
	return steps, errors.Join(faults...)
}

// look ends the item or says why not.
func (w *Sweeper) look(ctx context.Context, i Item) settled {
	var s settled
	if i.Compartment == "" {
		s = w.resume(ctx, i)
	} else {
		s = w.item(ctx, i)
	}
	if s.Action == Failed && ctx.Err() != nil {
		if cause := context.Cause(ctx); errors.Is(cause, ErrLease) {
			s.Cause = fmt.Errorf("%w: %w", ErrLease, s.Cause)
		} else {
			s.keep = true // the sweep was stopped, and that is no failure of the item
		}
	}
	return s
}

// settle tells the queue of a step.
func (w *Sweeper) settle(ctx context.Context, s *settled) error {
	ctx, end := unhurried(ctx)
	defer end()
	i := s.Item
	switch {
	case s.done:
		return w.store.Settle(ctx, []Item{i}, nil)
	case s.keep:
	case s.Action == Failed:
		i.Failures++
		s.Next = w.registry.Now().Add(w.delay(i.Failures))
		i.Due = s.Next
	default:
		i.Failures, i.Due = 0, s.Next
	}
	return w.store.Settle(ctx, nil, []Item{i})
}

// giveBack gives back what was not looked at. If it cannot be, the claim ends by itself.
func (w *Sweeper) giveBack(ctx context.Context, items []Item) {
	if len(items) == 0 {
		return
	}
	ctx, end := unhurried(ctx)
	defer end()
	_ = w.store.Settle(ctx, nil, items)
}

// unhurried lets what has been done be told after the sweep's context has ended.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
}

// delay returns how long an item is left alone that failed so often.
func (w *Sweeper) delay(failures int) time.Duration {
	longest := max(w.retry, 24*time.Hour)
	d := w.retry
	for range failures - 1 {
		if d *= 2; d >= longest || d <= 0 {
			return longest
		}
	}
	return d
}

// Preview yields what a sweep would do now with at most limit items, those due longest first: [Ended] and [Erased] are those it would try to end. It changes nothing; but the items are its own until the loop ends, and a
// sweep that runs meanwhile passes them over.
func (w *Sweeper) Preview(ctx context.Context, limit int) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		if limit <= 0 {
			yield(Step{}, errors.New("retention: preview: the limit must be positive"))
			return
		}
		items, b, err := w.take(ctx, limit)
		if err != nil {
			yield(Step{}, err)
			return
		}
		defer func() {
			b.end()
			w.giveBack(ctx, items)
		}()
		for _, i := range items {
			var s settled
			if i.Compartment == "" {
				s = w.foresee(b.lease, i)
			} else {
				_, s = w.decide(b.lease, i)
			}
			if ctx.Err() != nil {
				yield(Step{}, fmt.Errorf("retention: preview: %w", context.Cause(ctx)))
				return
			}
			if s.Action == Failed {
				s.Next = w.registry.Now().Add(w.delay(i.Failures + 1))
			}
			if !yield(s.Step, nil) {
				return
			}
		}
	}
}
