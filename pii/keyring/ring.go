package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

const (
	defaultTTL = time.Hour
	epochs     = 1024
	// maxTries is how often a change is tried on a row others keep changing. Each failure is another's success.
	maxTries = 256
)

// Config says where keys are kept and what wraps them. Exactly one of KEK and Wrap is set.
type Config struct {
	// Store keeps the rows. It is required.
	Store Store
	// Tenant separates organisations that share a store: at most 255 bytes of UTF-8 without control characters.
	// It is part of what every key is bound to and cannot change later. Empty is a tenant too.
	Tenant string

	// KEK wraps every data key: XAES-256-GCM or AES-GCM-SIV, see the package documentation.
	KEK tink.AEAD

	// Wrap has the public HPKE key of every domain, and of [Legal] and [Rights].
	Wrap map[string]tink.HybridEncrypt
	// Unwrap has the private keys of the domains this process works for. It may be empty:
	// such a process can seal and cannot open.
	Unwrap map[string]tink.HybridDecrypt
	// Intake authenticates rows and is required with Wrap. Every process that seals or opens holds it.
	// To rotate it, add a key to its keyset everywhere, make it primary, and call [Ring.Rewrap].
	Intake tink.MAC

	// TTL is how long a key may be kept before it is asked for again. If zero, one hour; negative is refused.
	TTL time.Duration
	// Now reports the current time. If nil, time.Now is used.
	Now func() time.Time
}

// Ring makes, finds and destroys the data keys of one tenant's subjects. It satisfies pii.Keys.
// It is safe for concurrent use; make it with [New].
//
// Every error but [ErrConfig], [ErrList] and what Rewrap's report returned matches a [purpose.Reason]; none names a subject. An error of the store or of the key service is behind
// the error, for errors.As, and not in its text.
type Ring struct {
	store  Store
	tenant string
	doors  func() *doors // a function, so that nothing that prints or compares a Ring comes to the keys
	ttl    time.Duration
	now    func() time.Time
	made   made
	seed   maphash.Seed
	epochs [epochs]atomic.Uint64
}

// New returns a ring over cfg. It returns an error that matches [ErrConfig] and names every fault. With HPKE it wraps and
// opens once with each private key, so that a wrong file shows at start-up and not at the first access request.
func New(cfg Config) (*Ring, error) {
	var faults []error
	if cfg.Store == nil {
		faults = append(faults, fmt.Errorf("%w: Store is required", ErrConfig))
	}
	if len(cfg.Tenant) > 255 || !utf8.ValidString(cfg.Tenant) || strings.ContainsFunc(cfg.Tenant, unicode.IsControl) {
		faults = append(faults, fmt.Errorf("%w: Tenant is longer than 255 bytes, not UTF-8 or has control characters", ErrConfig))
	}
	if cfg.TTL < 0 {
		faults = append(faults, fmt.Errorf("%w: TTL is negative", ErrConfig))
	}
	d, err := newDoors(cfg)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	r := &Ring{store: cfg.Store, tenant: cfg.Tenant, doors: func() *doors { return d }, ttl: cfg.TTL, now: cfg.Now, seed: maphash.MakeSeed()}
	if r.ttl == 0 {
		r.ttl = defaultTTL
	}
	if r.now == nil {
		r.now = time.Now
	}
	return r, nil
}

// Tenant returns whose keys the ring holds.
func (r *Ring) Tenant() string { return r.tenant }

// Key returns the key of that subject and compartment whose check is check. It returns [ErrNoKey] if there never was one,
// [ErrShredded], [ErrFenced] or [ErrDropped] if it was destroyed, [ErrNotHeld] if no private key held here opens it, and
// [ErrStore], [ErrForged] or [ErrUnwrap] if it cannot be had now.
func (r *Ring) Key(ctx context.Context, s consent.Subject, c purpose.Compartment, check [16]byte) (Key, error) {
	if err := refuse(s, c); err != nil {
		return nil, err
	}
	now := r.now()
	epoch, born := r.epoch(s)
	st, _, err := r.load(ctx, s)
	if err != nil {
		return nil, err
	}
	missing := ErrNoKey
	if st.fenced {
		missing = ErrFenced
	}
	for _, rec := range st.of(c) {
		if !rec.live {
			missing = ErrShredded
		} else if rec.check == check {
			k, err := r.open(s, &rec)
			if err != nil {
				return nil, err
			}
			return k.handOut(epoch, born, now.Add(r.ttl)), nil
		}
	}
	return nil, missing
}

// MakeKey returns the newest key of the compartment that this process can seal under, and makes and stores one if there is
// none: no key yet, all destroyed, closed to a domain by [Ring.DropDomain], or, in a process that cannot unwrap, made by
// others. Of two processes that make a first key together, the one whose row is refused takes the other's key.
// It returns [ErrFenced] for a fenced subject, and otherwise the errors of [Ring.Key], [ErrNoDomain], [ErrWrap] and [ErrFull].
func (r *Ring) MakeKey(ctx context.Context, s consent.Subject, c purpose.Compartment) (Key, error) {
	if err := refuse(s, c); err != nil {
		return nil, err
	}
	for range maxTries {
		k, err := r.makeOnce(ctx, s, c)
		if !errors.Is(err, ErrConflict) {
			if err != nil {
				return nil, err
			}
			return k, nil
		}
	}
	return nil, because(ErrStore, ErrConflict)
}

func (r *Ring) makeOnce(ctx context.Context, s consent.Subject, c purpose.Compartment) (*dataKey, error) {
	now := r.now()
	epoch, born := r.epoch(s) // before the row is read: a shredding after that kills the key
	st, version, err := r.load(ctx, s)
	if err != nil {
		return nil, err
	}
	if st.fenced {
		return nil, ErrFenced
	}
	records := st.of(c)
	for _, rec := range slices.Backward(records) {
		if !r.doors().complete(&rec) {
			continue
		}
		if k := r.made.get(rec.check, now); k != nil {
			return k, nil
		}
		k, err := r.open(s, &rec)
		if errors.Is(err, ErrNotHeld) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return k.handOut(epoch, born, now.Add(r.ttl)), nil
	}

	next := record{compartment: c, generation: 1, live: true}
	if n := len(records); n > 0 {
		if records[n-1].generation == math.MaxUint32 {
			return nil, ErrFull
		}
		next.generation = records[n-1].generation + 1
	}
	k, err := r.generate(s, &next)
	if err != nil {
		return nil, err
	}
	at, _ := slices.BinarySearchFunc(st.records, next, compareRecords)
	st.records = slices.Insert(st.records, at, next)
	if err := r.save(ctx, s, version, st); err != nil {
		return nil, err
	}
	k = k.handOut(epoch, born, now.Add(r.ttl))
	if _, err := r.doors().door(&next); err != nil { // it will not be able to unwrap what it made
		r.made.put(k, now)
	}
	return k, nil
}

// generate makes the key of a record and fills in its check and wraps.
func (r *Ring) generate(s consent.Subject, rec *record) (*dataKey, error) {
	var raw [keySize]byte
	defer clear(raw[:])
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, because(ErrWrap, err)
	}
	k, err := newDataKey(raw[:], r.tenant, s, rec.compartment)
	if err != nil {
		return nil, err
	}
	rec.check = k.check
	rec.wraps, err = r.doors().seal(raw[:], r.tenant, s, rec, r.doors().domains(rec.compartment))
	return k, err
}

// open unwraps the key of a live record and compares it with the record's check, which commits to the key.
func (r *Ring) open(s consent.Subject, rec *record) (*dataKey, error) {
	raw, err := r.doors().open(r.tenant, s, rec)
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	k, err := newDataKey(raw, r.tenant, s, rec.compartment)
	if err != nil {
		return nil, err
	}
	if k.check != rec.check {
		return nil, ErrForged
	}
	return k, nil
}

// handOut completes a key that nobody else holds yet.
func (k *dataKey) handOut(epoch *atomic.Uint64, born uint64, expires time.Time) *dataKey {
	k.epoch, k.born, k.expires = epoch, born, expires
	return k
}

// epoch returns the counter that a change to the subject's keys raises, and its value now. Subjects share counters:
// a change to one makes the keys of about every thousandth other be asked for again.
func (r *Ring) epoch(s consent.Subject) (*atomic.Uint64, uint64) {
	counter := &r.epochs[maphash.String(r.seed, string(s))%epochs]
	return counter, counter.Load()
}

// kill ends the keys of the subject that were handed out here.
func (r *Ring) kill(s consent.Subject) {
	counter, _ := r.epoch(s)
	counter.Add(1)
	r.made.forget(counter)
}

// load reads the subject's row.
func (r *Ring) load(ctx context.Context, s consent.Subject) (*state, uint64, error) {
	if err := ended(ctx); err != nil {
		return nil, 0, err
	}
	row, err := r.store.Load(ctx, r.tenant, s)
	if err != nil {
		return nil, 0, storeFault(ctx, err)
	}
	st, err := r.doors().decode(r.tenant, s, row)
	return st, row.Version, err
}

// save writes the subject's row. It returns ErrConflict itself if the row was changed meanwhile.
func (r *Ring) save(ctx context.Context, s consent.Subject, after uint64, st *state) error {
	data, err := r.doors().encode(r.tenant, s, st)
	if err != nil {
		return err
	}
	if err := ended(ctx); err != nil {
		return err
	}
	err = r.store.Save(ctx, r.tenant, s, after, data)
	if err == nil || errors.Is(err, ErrConflict) {
		return err
	}
	return storeFault(ctx, err)
}
