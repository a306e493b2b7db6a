package keyring

import (
	"context"
	"errors"

	"github.com/purposebound/purposebound/consent"
)

// Progress is how far a [Ring.Rewrap] came. Its zero value is the beginning.
// After names a subject: keep it with the keys, out of logs.
type Progress struct {
	After    consent.Subject // the last subject done; all up to it are
	Subjects int             // rows read
	Keys     int             // keys wrapped again
}

// Rewrap wraps every live key of the tenant again, under the primary KEK or the present public keys, and authenticates
// every row again, so that an older KEK, private key or intake key can be destroyed. Rotate so: add the new key to the
// keyset everywhere, make it primary, Rewrap, and destroy the old one when the last backup made before has expired.
//
// It goes through the subjects in order, from the one after from.After, and calls report, if not nil, after each; report
// may store the progress and ends the run by an error, which Rewrap returns. It returns how far it came: passed back as
// from it goes on there. Repeating it is harmless, and any change made meanwhile wins.
// Data keys stay what they are, and keys handed out stay live. Wraps that [Ring.DropDomain] destroyed do not come back.
//
// With HPKE it needs a private key that opens every key, [Legal] or [Rights]; it stops at the first key it cannot open.
// The store must be a [Lister], else it returns [ErrList].
func (r *Ring) Rewrap(ctx context.Context, from Progress, report func(Progress) error) (Progress, error) {
	lister, ok := r.store.(Lister)
	if !ok {
		return from, ErrList
	}
	if err := ended(ctx); err != nil {
		return from, err
	}
	for s, err := range lister.Subjects(ctx, r.tenant, from.After) {
		if err != nil {
			return from, storeFault(ctx, err)
		}
		keys, err := r.rewrap(ctx, s)
		if err != nil {
			return from, err
		}
		from.After = s
		from.Subjects++
		from.Keys += keys
		if report != nil {
			if err := report(from); err != nil {
				return from, err
			}
		}
	}
	return from, nil
}

func (r *Ring) rewrap(ctx context.Context, s consent.Subject) (int, error) {
	for range maxTries {
		st, version, err := r.load(ctx, s)
		if err != nil {
			return 0, err
		}
		keys := 0
		for i := range st.records {
			if rec := &st.records[i]; rec.live {
				if err := r.rewrapRecord(s, rec); err != nil {
					return 0, err
				}
				keys++
			}
		}
		if err = r.save(ctx, s, version, st); !errors.Is(err, ErrConflict) {
			return keys, err
		}
	}
	return 0, because(ErrStore, ErrConflict)
}

func (r *Ring) rewrapRecord(s consent.Subject, rec *record) error {
	raw, err := r.doors().open(r.tenant, s, rec)
	if err != nil {
		return err
	}
	defer clear(raw)
	k, err := newDataKey(raw, r.tenant, s, rec.compartment)
	if err != nil {
		return err
	}
	if k.check != rec.check {
		return ErrForged
	}
	domains := make([]string, len(rec.wraps))
	for i, w := range rec.wraps {
		domains[i] = w.domain
	}
	rec.wraps, err = r.doors().seal(raw, r.tenant, s, rec, domains)
	return err
}
