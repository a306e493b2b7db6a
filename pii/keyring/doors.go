package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// The domains every data key is wrapped to besides those of its compartment. Their private keys belong where orders,
// disputes, access requests and rotation are served, not in ordinary processes.
const (
	Legal  = "legal"
	Rights = "rights"
)

// doors wraps and opens data keys and authenticates rows, by one KEK or by HPKE.
type doors struct {
	kek    tink.AEAD // nil: HPKE
	wrap   map[string]tink.HybridEncrypt
	unwrap map[string]tink.HybridDecrypt
	intake tink.MAC
}

func newDoors(cfg Config) (*doors, error) {
	if cfg.KEK != nil {
		if cfg.Wrap != nil || cfg.Unwrap != nil || cfg.Intake != nil {
			return nil, fmt.Errorf("%w: KEK excludes Wrap, Unwrap and Intake", ErrConfig)
		}
		return &doors{kek: cfg.KEK}, nil
	}
	if cfg.Wrap == nil {
		return nil, fmt.Errorf("%w: KEK or Wrap is required", ErrConfig)
	}
	if cfg.Intake == nil {
		return nil, fmt.Errorf("%w: Wrap requires Intake", ErrConfig)
	}
	d := &doors{wrap: maps.Clone(cfg.Wrap), unwrap: maps.Clone(cfg.Unwrap), intake: cfg.Intake}
	var faults []error
	for _, domain := range []string{Legal, Rights} {
		if d.wrap[domain] == nil {
			faults = append(faults, fmt.Errorf("%w: Wrap has no public key of %q", ErrConfig, domain))
		}
	}
	for domain, key := range d.wrap {
		if key == nil || !validName(domain) {
			faults = append(faults, fmt.Errorf("%w: Wrap[%q] is nil or no domain name", ErrConfig, domain))
		}
	}
	if len(faults) == 0 {
		for domain := range d.unwrap {
			if err := d.try(domain); err != nil {
				faults = append(faults, err)
			}
		}
		if tag, err := d.intake.ComputeMAC([]byte(rowLabel)); err != nil || len(tag) == 0 || len(tag) > maxTag ||
			d.intake.VerifyMAC(tag, []byte(rowLabel)) != nil {
			faults = append(faults, fmt.Errorf("%w: Intake does not verify its own MAC", ErrConfig))
		}
	}
	return d, errors.Join(faults...)
}

// try finds at start-up that a private key is not the public key's, before keys are made that nobody opens.
func (d *doors) try(domain string) error {
	public, private := d.wrap[domain], d.unwrap[domain]
	if public == nil || private == nil {
		return fmt.Errorf("%w: Unwrap[%q] is nil or has no public key in Wrap", ErrConfig, domain)
	}
	sealed, err := public.Encrypt([]byte(domain), []byte(wrapLabel))
	if err == nil {
		var opened []byte
		if opened, err = private.Decrypt(sealed, []byte(wrapLabel)); err == nil && string(opened) == domain {
			return nil
		}
	}
	return fmt.Errorf("%w: Unwrap[%q] does not open what Wrap[%q] seals", ErrConfig, domain, domain)
}

// domains returns the domains a key of the compartment is wrapped to, sorted.
func (d *doors) domains(c purpose.Compartment) []string {
	if d.kek != nil {
		return []string{""}
	}
	domains := append(c.Domains(), Legal, Rights)
	slices.Sort(domains)
	return slices.Compact(domains)
}

// complete reports whether the record still has every wrap of its compartment, so that new values may be sealed under it.
func (d *doors) complete(r *record) bool {
	return r.live && slices.EqualFunc(r.wraps, d.domains(r.compartment), func(w wrap, domain string) bool {
		return w.domain == domain
	})
}

// seal wraps raw to each of domains. The record's generation and check must be set.
func (d *doors) seal(raw []byte, tenant string, s consent.Subject, r *record, domains []string) ([]wrap, error) {
	wraps := make([]wrap, 0, len(domains))
	for _, domain := range domains {
		var sealed []byte
		var err error
		context := wrapContext(tenant, s, r, domain)
		if d.kek != nil {
			sealed, err = d.kek.Encrypt(raw, context)
		} else if public := d.wrap[domain]; public != nil {
			sealed, err = public.Encrypt(raw, context)
		} else {
			return nil, ErrNoDomain
		}
		if err != nil || len(sealed) <= len(raw) || len(sealed) > maxWrap {
			return nil, because(ErrWrap, err)
		}
		wraps = append(wraps, wrap{domain, sealed})
	}
	return wraps, nil
}

// door returns the wrap of the record that this process opens, preferring the compartment's own domains.
func (d *doors) door(r *record) (wrap, error) {
	if d.kek != nil {
		return r.wraps[0], nil // a row of the wrong kind was refused when it was read
	}
	member := false
	own := r.compartment.Domains()
	for _, domain := range append(own, Rights, Legal) {
		if d.unwrap[domain] == nil {
			continue
		}
		member = true
		if i, ok := slices.BinarySearchFunc(r.wraps, wrap{domain: domain}, compareWraps); ok {
			return r.wraps[i], nil
		}
	}
	if member {
		return wrap{}, ErrDropped
	}
	return wrap{}, ErrNotHeld
}

// open returns the raw key of a live record. The caller clears it.
func (d *doors) open(tenant string, s consent.Subject, r *record) ([]byte, error) {
	w, err := d.door(r)
	if err != nil {
		return nil, err
	}
	var raw []byte
	context := wrapContext(tenant, s, r, w.domain)
	if d.kek != nil {
		raw, err = d.kek.Decrypt(w.sealed, context)
	} else {
		raw, err = d.unwrap[w.domain].Decrypt(w.sealed, context)
	}
	if err != nil {
		return nil, because(ErrUnwrap, err)
	}
	return raw, nil
}

// decode reads a row and refuses one that is not authentic or was written by a ring of the other kind.
func (d *doors) decode(tenant string, s consent.Subject, row Row) (*state, error) {
	if row.Version == 0 {
		if len(row.Data) > 0 {
			return nil, ErrForged
		}
		return &state{}, nil
	}
	st, body, tag, ok := decodeRow(row.Data)
	if !ok {
		return nil, ErrForged
	}
	if d.intake == nil && len(tag) > 0 || d.intake != nil && d.intake.VerifyMAC(tag, macInput(tenant, s, body)) != nil {
		return nil, ErrForged
	}
	for _, r := range st.records {
		if r.live && (r.wraps[0].domain == "") != (d.kek != nil) {
			return nil, ErrForged
		}
	}
	return st, nil
}

// encode writes a row.
func (d *doors) encode(tenant string, s consent.Subject, st *state) ([]byte, error) {
	var tag []byte
	body := st.body()
	if d.intake != nil {
		var err error
		if tag, err = d.intake.ComputeMAC(macInput(tenant, s, body)); err != nil || len(tag) == 0 || len(tag) > maxTag {
			return nil, because(ErrWrap, err)
		}
	}
	data := appendTag(body, bytes.Clone(tag))
	if len(data) > maxRow {
		return nil, ErrFull
	}
	return data, nil
}
