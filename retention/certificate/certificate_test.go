package certificate_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/jwt"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

const (
	issuer                 = "shop.example"
	marie  consent.Subject = "canary-subject"
)

func keys(tb testing.TB) (private, public *keyset.Handle) {
	tb.Helper()
	private, err := keyset.NewHandle(jwt.ES256Template())
	require.NoError(tb, err)
	public, err = private.Public()
	require.NoError(tb, err)
	return private, public
}

// full is a certificate with everything that one can have.
func full() retention.Certificate {
	at := time.Date(2026, time.March, 7, 12, 0, 0, 123_000_000, time.UTC)
	return retention.Certificate{
		ID: "e-1", Digest: retention.Digest("e-1", marie), Policy: "2026-01", Decided: at, Completed: at.Add(time.Minute),
		Lines: []retention.Line{
			{Attribute: "identity.email", Compartment: "marketing/marketing", Outcome: retention.Destroyed},
			{Attribute: "identity.name", Compartment: "tax/legal", Outcome: retention.Retained, Until: time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC), Why: "Income Tax Act (Canada) s. 230(4)(b)"},
			{Attribute: "identity.phone", Compartment: "service/service", Outcome: retention.Deleted},
			{Attribute: "profile.invoice", Compartment: "service/service", Outcome: retention.Held, Why: "legal.dispute"},
		},
		Tables: []string{"clients", "invoices"}, Redacted: true, Backups: time.Date(2026, time.April, 12, 0, 0, 0, 0, time.UTC),
	}
}

// fullOf is the certificate that is written in a version with everything that one can have.
func fullOf(version int) retention.Certificate {
	c := full()
	if version == 2 {
		c.Lines = slices.Insert(c.Lines, 0, retention.Line{Attribute: "identity.address", Compartment: "marketing/marketing", Outcome: retention.Anonymised})
	}
	return c
}

func pair(tb testing.TB) (*certificate.Signer, *certificate.Verifier) {
	tb.Helper()
	private, public := keys(tb)
	s, err := certificate.NewSigner(private, issuer)
	require.NoError(tb, err)
	v, err := certificate.NewVerifier(public, issuer)
	require.NoError(tb, err)
	return s, v
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	s, v := pair(t)
	for name, change := range map[string]func(*retention.Certificate){
		"full": func(*retention.Certificate) {},
		"brief": func(c *retention.Certificate) {
			c.Lines, c.Tables, c.Redacted, c.Backups = nil, nil, false, time.Time{}
		},
		"at once":                 func(c *retention.Certificate) { c.Completed = c.Decided },
		"retained without an end": func(c *retention.Certificate) { c.Lines[1].Until = time.Time{} },
		"anonymised":              func(c *retention.Certificate) { *c = fullOf(2) },
		"all anonymised":          func(c *retention.Certificate) { c.Lines, c.Redacted = fullOf(2).Lines[:1], false },
		"elsewhen": func(c *retention.Certificate) {
			c.Completed = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
			c.Backups = time.Time{}
		},
	} {
		want := full()
		change(&want)
		token, err := s.Sign(want)
		require.NoError(t, err, name)
		got, err := v.Verify(token)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
		assert.True(t, got.Concerns(marie))
		assert.False(t, got.Concerns("somebody"))
	}
}

// unix returns an instant in UTC; no seconds are none.
func unix(seconds, nanos int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, nanos).UTC()
}

// A certificate is the same wherever its times were read.
func TestZones(t *testing.T) {
	t.Parallel()
	s, v := pair(t)
	want := full()
	east := want
	zone := time.FixedZone("", 5*60*60)
	east.Decided, east.Completed, east.Backups = want.Decided.In(zone), want.Completed.In(zone), want.Backups.In(zone)
	token, err := s.Sign(east)
	require.NoError(t, err)
	got, err := v.Verify(token)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// TestClaims fixes what is signed: what is anonymised makes another version, and nothing else does.
func TestClaims(t *testing.T) {
	t.Parallel()
	s, _ := pair(t)
	for _, version := range versions {
		token, err := s.Sign(fullOf(version))
		require.NoError(t, err)
		parts := strings.Split(token, ".")
		require.Len(t, parts, 3)
		head, err := base64.RawURLEncoding.DecodeString(parts[0])
		require.NoError(t, err)
		assert.Contains(t, string(head), `"typ":"purposebound-erasure+jwt"`)
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		assert.JSONEq(t, golden(t, version), string(claims))
		for _, text := range []string{string(head), string(claims)} {
			assert.NotContains(t, text, string(marie), "it names nobody")
		}
	}
}

func TestWhatIsNotSigned(t *testing.T) {
	t.Parallel()
	s, _ := pair(t)
	for name, change := range map[string]func(*retention.Certificate){
		"no id":                 func(c *retention.Certificate) { c.ID = "" },
		"no digest":             func(c *retention.Certificate) { c.Digest = "" },
		"no policy":             func(c *retention.Certificate) { c.Policy = "" },
		"not decided":           func(c *retention.Certificate) { c.Decided = time.Time{} },
		"not completed":         func(c *retention.Certificate) { c.Completed = time.Time{} },
		"completed before":      func(c *retention.Certificate) { c.Completed = c.Decided.Add(-1) },
		"backups expire before": func(c *retention.Certificate) { c.Backups = c.Decided },
		"no outcome":            func(c *retention.Certificate) { c.Lines[0].Outcome = 0 },
		"unknown outcome":       func(c *retention.Certificate) { c.Lines[0].Outcome = 99 },
		"no attribute":          func(c *retention.Certificate) { c.Lines[0].Attribute = "" },
		"no compartment":        func(c *retention.Certificate) { c.Lines[0].Compartment = "" },
		"retained by nothing":   func(c *retention.Certificate) { c.Lines[1].Why = "" },
		"held by nothing":       func(c *retention.Certificate) { c.Lines[3].Why = "" },
		"held until a day":      func(c *retention.Certificate) { c.Lines[3].Until = c.Lines[1].Until },
		"destroyed until a day": func(c *retention.Certificate) { c.Lines[0].Until = c.Lines[1].Until },
		"destroyed for a law":   func(c *retention.Certificate) { c.Lines[0].Why = "Income Tax Act (Canada) s. 230(4)(b)" },
		"deleted for a hold":    func(c *retention.Certificate) { c.Lines[2].Why = "legal.dispute" },
		"anonymised until a day": func(c *retention.Certificate) {
			c.Lines[0].Outcome, c.Lines[0].Until = retention.Anonymised, c.Lines[1].Until
		},
		"anonymised for a law": func(c *retention.Certificate) {
			c.Lines[0].Outcome, c.Lines[0].Why = retention.Anonymised, "CQLR c. P-39.1 s. 23"
		},
		"retained until before": func(c *retention.Certificate) { c.Lines[1].Until = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) },
		"a line twice":          func(c *retention.Certificate) { c.Lines[1] = c.Lines[0] },
		"lines out of order":    func(c *retention.Certificate) { c.Lines[0], c.Lines[1] = c.Lines[1], c.Lines[0] },
		"a table twice":         func(c *retention.Certificate) { c.Tables = []string{"clients", "clients"} },
		"tables out of order":   func(c *retention.Certificate) { c.Tables = []string{"invoices", "clients"} },
		"a table of no name":    func(c *retention.Certificate) { c.Tables = []string{"", "clients"} },
		"an id for a digest":    func(c *retention.Certificate) { c.Digest = strings.Repeat("canary-subject--", 4) },
		"another digest":        func(c *retention.Certificate) { c.Digest = strings.ToUpper(c.Digest) },
		"a longer digest":       func(c *retention.Certificate) { c.Digest += "00" },
		"decided before 1970":   func(c *retention.Certificate) { c.Decided = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC) },
		"no UTF-8, id":          func(c *retention.Certificate) { c.ID = "\xff" },
		"no UTF-8, reason":      func(c *retention.Certificate) { c.Lines[1].Why = "\xff" },
	} {
		c := full()
		change(&c)
		token, err := s.Sign(c)
		require.ErrorIs(t, err, certificate.ErrCertificate, name)
		assert.Empty(t, token, name)
	}
	for _, none := range []*certificate.Signer{nil, {}} {
		token, err := none.Sign(full())
		require.ErrorIs(t, err, certificate.ErrSigning)
		assert.Empty(t, token)
	}
}

func TestWhatDoesNotVerify(t *testing.T) {
	t.Parallel()
	private, public := keys(t)
	s, err := certificate.NewSigner(private, issuer)
	require.NoError(t, err)
	v, err := certificate.NewVerifier(public, issuer)
	require.NoError(t, err)
	good, err := s.Sign(full())
	require.NoError(t, err)

	strange, _ := pair(t)
	other, err := strange.Sign(full())
	require.NoError(t, err)
	elsewhere, err := certificate.NewSigner(private, "other.example")
	require.NoError(t, err)
	foreign, err := elsewhere.Sign(full())
	require.NoError(t, err)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"purposebound-erasure+jwt"}`))
	raw, err := jwt.NewSigner(private)
	require.NoError(t, err)
	typed := func(typ string, claims map[string]any) string {
		name, id, at := issuer, "e-1", full().Completed.Truncate(time.Second)
		token, err := jwt.NewRawJWT(&jwt.RawJWTOptions{TypeHeader: &typ, Issuer: &name, JWTID: &id, IssuedAt: &at, WithoutExpiration: true, CustomClaims: claims})
		require.NoError(t, err)
		signed, err := raw.SignAndEncode(token)
		require.NoError(t, err)
		return signed
	}
	for name, token := range map[string]string{
		"empty": "", "no token": "a.b.c", "other key": other, "other issuer": foreign, "no algorithm": none + "." + parts[1] + ".",
		"other claims": parts[0] + "." + strings.Split(other, ".")[1] + "x." + parts[2], "cut": good[:len(good)-4], "other type": typed("JWT", nil),
	} {
		_, err := v.Verify(token)
		require.ErrorIs(t, err, certificate.ErrSignature, name)
	}
	for _, none := range []*certificate.Verifier{nil, {}} {
		_, err = none.Verify(good)
		require.ErrorIs(t, err, certificate.ErrSignature)
	}

	text, err := os.ReadFile("testdata/claims_v1.json")
	require.NoError(t, err)
	for name, change := range map[string]func(map[string]any){
		"no body":            func(m map[string]any) { delete(m, "erasure") },
		"other version":      func(m map[string]any) { m["erasure"].(map[string]any)["v"] = 2 },
		"unknown field":      func(m map[string]any) { m["erasure"].(map[string]any)["more"] = true },
		"unknown claim":      func(m map[string]any) { m["more"] = true },
		"no lines":           func(m map[string]any) { delete(m["erasure"].(map[string]any), "lines") },
		"no tables":          func(m map[string]any) { delete(m["erasure"].(map[string]any), "tables") },
		"a time with a zone": func(m map[string]any) { m["erasure"].(map[string]any)["decided"] = "2026-03-07T12:00:00.123+00:00" },
		"another completion": func(m map[string]any) { m["erasure"].(map[string]any)["completed"] = "2026-03-07T12:01:01.123Z" },
		"outcome of another version": func(m map[string]any) {
			m["erasure"].(map[string]any)["lines"].([]any)[0].(map[string]any)["outcome"] = "anonymised"
		},
	} {
		var golden map[string]any
		require.NoError(t, json.Unmarshal(text, &golden))
		change(golden)
		for _, registered := range []string{"iss", "iat", "jti"} {
			delete(golden, registered)
		}
		_, err := v.Verify(typed("purposebound-erasure+jwt", golden))
		require.ErrorIs(t, err, certificate.ErrFormat, name)
	}
	var golden map[string]any
	require.NoError(t, json.Unmarshal(text, &golden))
	for _, registered := range []string{"iss", "iat", "jti"} {
		delete(golden, registered)
	}
	_, err = v.Verify(typed("purposebound-erasure+jwt", golden))
	require.NoError(t, err, "unchanged, it verifies")
}

func TestMissingParts(t *testing.T) {
	t.Parallel()
	private, public := keys(t)
	for _, make := range []func() error{
		func() error { _, err := certificate.NewSigner(nil, issuer); return err },
		func() error { _, err := certificate.NewSigner(private, ""); return err },
		func() error { _, err := certificate.NewSigner(public, issuer); return err },
		func() error { _, err := certificate.NewVerifier(nil, issuer); return err },
		func() error { _, err := certificate.NewVerifier(public, ""); return err },
		func() error { _, err := certificate.NewVerifier(private, issuer); return err },
		func() error { _, err := certificate.NewSigner(private, "\xff"); return err },
		func() error { _, err := certificate.NewVerifier(public, "\xff"); return err },
	} {
		require.Error(t, make())
	}
}

func Example() {
	private, err := keyset.NewHandle(jwt.ES256Template()) // in production, kept in a KMS
	if err != nil {
		panic(err)
	}
	public, err := private.Public()
	if err != nil {
		panic(err)
	}
	signer, err := certificate.NewSigner(private, "shop.example")
	if err != nil {
		panic(err)
	}
	token, err := signer.Sign(full())
	if err != nil {
		panic(err)
	}
	// Whoever has the public keys can tell, years later, what was erased, and who knows her id, that it is hers.
	verifier, err := certificate.NewVerifier(public, "shop.example")
	if err != nil {
		panic(err)
	}
	c, err := verifier.Verify(token)
	fmt.Println(err, c.Concerns(marie), len(c.Lines), c.Completed.Format(time.DateOnly))
	_, err = verifier.Verify(token + "x")
	fmt.Println(err)
	// Output:
	// <nil> true 4 2026-03-07
	// certificate: the signature is not the issuer's
}
