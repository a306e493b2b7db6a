package pii_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// A vault that lacks a part is refused at start-up, and the error says which.
func TestNewVaultNeedsItsParts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	whole := pii.Config{Registry: x.registry, Keys: x.ring, Audit: pii.NoAudit{}}
	v, err := pii.NewVault(whole)
	require.NoError(t, err)
	assert.Same(t, x.registry, v.Registry())

	for name, c := range map[string]struct {
		lacks func(*pii.Config)
		says  string
	}{
		"nothing at all":        {func(c *pii.Config) { *c = pii.Config{} }, "Registry"},
		"no registry":           {func(c *pii.Config) { c.Registry = nil }, "Registry"},
		"no keys":               {func(c *pii.Config) { c.Keys = nil }, "Keys"},
		"a nil ring":            {func(c *pii.Config) { c.Keys = (*keyring.Ring)(nil) }, "Keys"},
		"no auditor":            {func(c *pii.Config) { c.Audit = nil }, "NoAudit"},
		"a nil trail":           {func(c *pii.Config) { c.Audit = (*pii.Trail)(nil) }, "Audit"},
		"a tenant of 256 bytes": {func(c *pii.Config) { c.Tenant = strings.Repeat("x", 256) }, "Tenant"},
	} {
		config := whole
		c.lacks(&config)
		v, err := pii.NewVault(config)
		require.ErrorContains(t, err, c.says, name)
		assert.True(t, strings.HasPrefix(err.Error(), "pii: NewVault: "), err)
		assert.Nil(t, v, name)
	}
	whole.Tenant, whole.Keys = strings.Repeat("x", 255), x.keys // which, unlike a ring, knows no tenant
	_, err = pii.NewVault(whole)
	require.NoError(t, err)
}

// denies calls f, which must neither panic nor succeed.
func denies(t *testing.T, f func() error) {
	t.Helper()
	assert.NotPanics(t, func() { assertNamed(t, f()) })
}

// The zero value of everything reveals and seals nothing, and says so.
func TestZeroValuesDeny(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	ctx := context.Background()
	begin := func(a *pii.Accessor) func() error {
		return func() error { _, err := a.Begin(ctx, agent, marie); return err }
	}
	sealing := func(in *pii.Intake) func() error {
		return func() error { return new(pii.Sealed[pii.Email]).Seal(in, canary) }
	}
	collecting := func(v *pii.Vault) func() error {
		return func() error {
			_, err := v.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
			return err
		}
	}
	accessing := func(v *pii.Vault) func() error {
		return func() error { _, err := v.Accessor(Service); return err }
	}
	value, err := pii.Parse[pii.Email](canary)
	require.NoError(t, err)
	for name, f := range map[string]func() error{
		"a nil use":                 func() error { _, err := sealed.Reveal(nil); return err },
		"the zero use":              func() error { _, err := sealed.Reveal(new(pii.Use)); return err },
		"a nil use, bound":          func() error { _, err := sealed.RevealBound(nil, "row"); return err },
		"the zero use, bound":       func() error { _, err := sealed.RevealBound(new(pii.Use), "row"); return err },
		"a nil accessor":            begin(nil),
		"the zero accessor":         begin(new(pii.Accessor)),
		"a nil accessor, Do":        func() error { return (*pii.Accessor)(nil).Do(ctx, agent, marie, func(*pii.Use) error { return nil }) },
		"the zero accessor, Do":     func() error { return new(pii.Accessor).Do(ctx, agent, marie, func(*pii.Use) error { return nil }) },
		"a nil intake":              sealing(nil),
		"the zero intake":           sealing(new(pii.Intake)),
		"the zero intake, Value":    func() error { return new(pii.Sealed[pii.Email]).SealValue(new(pii.Intake), value) },
		"the zero vault collects":   collecting(new(pii.Vault)),
		"the zero vault's accessor": accessing(new(pii.Vault)),
		"the zero collection":       func() error { _, err := x.Collect(ctx, clerk, marie, pii.Collection{}); return err },
		"the zero actor":            func() error { _, err := x.accessor(t, Service).Begin(ctx, purpose.Actor{}, marie); return err },
		"the zero subject":          func() error { _, err := x.accessor(t, Service).Begin(ctx, agent, ""); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			denies(t, f)
		})
	}

	for _, use := range []*pii.Use{nil, new(pii.Use)} {
		use.End()
		use.End()
		assert.Empty(t, use.Subject())
		assert.False(t, use.Decision().Allowed())
		assert.Error(t, use.Context().Err())
	}
}

func TestZeroFieldsAreAbsent(t *testing.T) {
	t.Parallel()
	var zero pii.Sealed[pii.Email]
	assert.True(t, zero.IsZero())
	assert.Equal(t, "[absent identity.email]", zero.String())
	var value pii.Value[pii.Email]
	assert.True(t, value.IsZero())
	assert.Empty(t, value.Plaintext())
	assert.True(t, value.Equal(pii.Value[pii.Email]{}))
}

// Parsed text is canonical, and what is not of the kind is not repeated.
func TestParse(t *testing.T) {
	t.Parallel()
	v, err := pii.Parse[pii.Email](" Canary.Text@EXAMPLE.com ")
	require.NoError(t, err)
	assert.NotEmpty(t, v.Plaintext())
	again, err := pii.Parse[pii.Email](v.Plaintext())
	require.NoError(t, err)
	assert.True(t, v.Equal(again))
	_, err = pii.Parse[pii.Email]("canary at example")
	require.ErrorIs(t, err, pii.ErrInvalid)
	assertNamed(t, err)
	var invalid *pii.InvalidError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, purpose.Attribute("identity.email"), invalid.Attribute)
}

// Two vaults over one registry, as of two tenants, do not open with each other's keys.
func TestVaultsOfOneRegistryKeepTheirKeysApart(t *testing.T) {
	t.Parallel()
	x := newRig(t, func(p *parts) { p.tenant = "a" })
	sealed := x.seal(t, Service)
	ring, err := keyring.New(keyring.Config{Store: x.parts.store, KEK: x.parts.kek, Tenant: "b", Now: x.parts.clock.Now})
	require.NoError(t, err)
	other, err := pii.NewVault(pii.Config{Registry: x.registry, Keys: ring, Audit: pii.NoAudit{}, Tenant: "b"})
	require.NoError(t, err)
	accessor, err := other.Accessor(Service)
	require.NoError(t, err)
	err = accessor.Do(context.Background(), agent, marie, func(use *pii.Use) error {
		v, err := sealed.Reveal(use)
		assert.True(t, v.IsZero())
		return err
	})
	require.ErrorIs(t, err, pii.ErrWrongSubject)
	text, err := x.open(t, Service, agent, sealed)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
}
