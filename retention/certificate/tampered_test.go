package certificate_test

import (
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

// edit is one change of the golden claims, as text: what the issuer could sign and no version writes.
type edit struct{ name, old, new string }

func edits(version int) []edit {
	is := fmt.Sprintf(`"v": %d`, version)
	all := []edit{
		{"the other version", is, fmt.Sprintf(`"v": %d`, 3-version)},
		{"a version that is to come", is, `"v": 3`},
		{"a version of before", is, `"v": 0`},
		{"a version between two", is, `"v": 1.5`},
		{"no version", is + `,`, ``},
		{"a version that is null", is, `"v": null`},
		{"a version as text", is, fmt.Sprintf(`"v": "%d"`, version)},
		{"no body", `"erasure"`, `"destruction"`},
		{"no id", `"jti": "e-1",`, ``},
		{"an empty id", `"jti": "e-1"`, `"jti": ""`},
		{"no issue", `"iat": 1772884860,`, ``},
		{"issued at another second", `1772884860`, `1772884861`},
		{"issued within a second", `1772884860`, `1772884860.123`},
		{"an unknown claim", `"jti"`, `"sub": "canary-subject", "jti"`},
		{"an unknown field", `"digest"`, `"more": 1, "digest"`},
		{"an unknown field of a line", `"attribute"`, `"value": "x", "attribute"`},
		{"a name in other letters", `"digest"`, `"Digest"`},
		{"a body in other letters", `"erasure"`, `"Erasure"`},
		{"no digest", `"digest": "96c982b9d386ab225315546ea7a0406d36011226e9eb4dd9afbbcd484f4d5e31",`, ``},
		{"a digest in capitals", `96c982b9d386ab`, `96C982B9D386AB`},
		{"a digest that is none", `96c982b9d386ab`, `canary-subject`},
		{"no policy", `"policy": "2026-01",`, ``},
		{"no decision", `"decided": "2026-03-07T12:00:00.123Z",`, ``},
		{"decided after it was completed", `T12:00:00.123Z`, `T12:01:00.124Z`},
		{"decided in a zone", `T12:00:00.123Z`, `T07:00:00.123-05:00`},
		{"decided in a zone of no offset", `T12:00:00.123Z`, `T12:00:00.123+00:00`},
		{"decided with a zero at the end", `T12:00:00.123Z`, `T12:00:00.1230Z`},
		{"decided with a comma", `T12:00:00.123Z`, `T12:00:00,123Z`},
		{"decided on a day", `2026-03-07T12:00:00.123Z`, `2026-03-07`},
		{"decided in seconds", `"2026-03-07T12:00:00.123Z"`, `1772884800`},
		{"no lines", `"lines"`, `"rows"`},
		{"lines that are null", `"tables": ["clients", "invoices"]`, `"tables": null`},
		{"a line that is null", `"lines": [`, `"lines": [null, `},
		{"an outcome of no version", `"destroyed"`, `"forgotten"`},
		{"an outcome in capitals", `"destroyed"`, `"Destroyed"`},
		{"retained for no reason", `, "why": "Income Tax Act (Canada) s. 230(4)(b)"`, ``},
		{"an empty reason", `"outcome": "deleted"`, `"outcome": "deleted", "why": ""`},
		{"an end that is null", `"outcome": "deleted"`, `"outcome": "deleted", "until": null`},
		{"destroyed until a day", `"outcome": "destroyed"`, `"outcome": "destroyed", "until": "2032-01-01T00:00:00Z"`},
		{"lines out of order", `"attribute": "identity.email"`, `"attribute": "identity.zip"`},
		{"a line twice", `"attribute": "identity.phone"`, `"attribute": "profile.invoice"`},
		{"tables out of order", `["clients", "invoices"]`, `["invoices", "clients"]`},
		{"a table that is null", `["clients", "invoices"]`, `[null]`},
		{"whether the ledger was blanked is not said", `"redacted": true,`, ``},
		{"whether the ledger was blanked is null", `"redacted": true`, `"redacted": null`},
		{"whether the ledger was blanked as text", `"redacted": true`, `"redacted": "true"`},
		{"backups that are empty", `"2026-04-12T00:00:00Z"`, `""`},
		{"backups that expired before", `"2026-04-12T00:00:00Z"`, `"2026-03-07T00:00:00Z"`},
	}
	if version == 1 {
		return append(all, edit{"an outcome of the other version", `"destroyed"`, `"anonymised"`})
	}
	return append(all, []edit{
		{"nothing that is anonymised", `"anonymised"`, `"destroyed"`},
		{"an outcome in American", `"anonymised"`, `"anonymized"`},
		{"anonymised until a day", `"outcome": "anonymised"`, `"outcome": "anonymised", "until": "2032-01-01T00:00:00Z"`},
		{"anonymised for a reason", `"outcome": "anonymised"`, `"outcome": "anonymised", "why": "CQLR c. P-39.1 s. 23"`},
	}...)
}

// versions are those of the claims.
var versions = []int{1, 2}

func golden(tb testing.TB, version int) string {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/claims_v%d.json", version))
	require.NoError(tb, err)
	return string(text)
}

// apply returns the golden claims with an edit. An edit that changes nothing tests nothing.
func (e edit) apply(tb testing.TB, claims string) string {
	tb.Helper()
	require.Contains(tb, claims, e.old, e.name)
	return strings.Replace(claims, e.old, e.new, 1)
}

// What the issuer signs is read to the letter.
func TestClaimsAreReadToTheLetter(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	v := f.verifier()
	for _, version := range versions {
		claims := golden(t, version)
		c, err := v.Verify(f.sign(es256, claims))
		require.NoError(t, err)
		assert.Equal(t, fullOf(version), c)
		for _, e := range edits(version) {
			name := fmt.Sprintf("version %d, %s", version, e.name)
			text := e.apply(t, claims)
			c, err := v.Verify(f.sign(es256, text))
			require.ErrorIs(t, err, certificate.ErrFormat, name)
			assert.Equal(t, retention.Certificate{}, c, name)
			_, err = certificate.Read([]byte(text))
			require.ErrorIs(t, err, certificate.ErrFormat, name)
		}
		_, err = certificate.Read([]byte(strings.Replace(claims, `"shop.example"`, `""`, 1)))
		require.ErrorIs(t, err, certificate.ErrFormat, "nobody's")
	}
}

// What is no certificate of the issuer is not told apart.
func TestTamperedTokens(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			t.Parallel()
			tampered(t, golden(t, version))
		})
	}
}

func tampered(t *testing.T, claims string) {
	t.Helper()
	f, stranger := newForger(t), newForger(t)
	v := f.verifier()
	good := f.sign(es256, claims)
	_, err := v.Verify(good)
	require.NoError(t, err)
	parts := strings.Split(good, ".")
	other := strings.Split(f.sign(es256, strings.Replace(claims, `"e-1"`, `"e-2"`, 1)), ".")
	mac := func(header string) string {
		text := encode(header) + "." + parts[1]
		point, err := f.key.PublicKey.Bytes()
		require.NoError(t, err)
		h := hmac.New(sha256.New, point) // the public key as a secret
		h.Write([]byte(text))
		return text + "." + encode(h.Sum(nil))
	}
	claim := func(old, with string) string { return f.sign(es256, strings.Replace(claims, old, with, 1)) }
	for name, token := range map[string]string{
		"empty":                           "",
		"dots":                            "..",
		"no signature":                    parts[0] + "." + parts[1],
		"an empty signature":              parts[0] + "." + parts[1] + ".",
		"a signature of zeros":            parts[0] + "." + parts[1] + "." + encode(make([]byte, 64)),
		"half a signature":                parts[0] + "." + parts[1] + "." + parts[2][:40],
		"four parts":                      good + "." + parts[2],
		"a blank before":                  " " + good,
		"a line break after":              good + "\n",
		"padding":                         good + "=",
		"the header of another":           encode(`{"alg":"ES256","typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"the claims of another":           parts[0] + "." + other[1] + "." + parts[2],
		"the signature of another":        parts[0] + "." + parts[1] + "." + other[2],
		"another key":                     stranger.sign(es256, claims),
		"no algorithm":                    encode(`{"alg":"none","typ":"purposebound-erasure+jwt"}`) + "." + parts[1] + ".",
		"no algorithm, signed":            f.sign(`{"alg":"none","typ":"purposebound-erasure+jwt"}`, claims),
		"no algorithm said":               f.sign(`{"typ":"purposebound-erasure+jwt"}`, claims),
		"another algorithm":               f.sign(`{"alg":"ES384","typ":"purposebound-erasure+jwt"}`, claims),
		"the public key as a secret":      mac(`{"alg":"HS256","typ":"purposebound-erasure+jwt"}`),
		"what must be understood":         f.sign(`{"alg":"ES256","typ":"purposebound-erasure+jwt","crit":["b64"],"b64":true}`, claims),
		"no type":                         f.sign(`{"alg":"ES256"}`, claims),
		"another type":                    f.sign(`{"alg":"ES256","typ":"JWT"}`, claims),
		"a type in capitals":              f.sign(`{"alg":"ES256","typ":"Purposebound-Erasure+JWT"}`, claims),
		"a header twice":                  f.sign(`{"alg":"ES256","alg":"ES256","typ":"purposebound-erasure+jwt"}`, claims),
		"no issuer":                       claim(`"iss": "shop.example",`, ``),
		"another issuer":                  claim(`"shop.example"`, `"other.example"`),
		"an issuer in capitals":           claim(`"shop.example"`, `"Shop.example"`),
		"more issuers":                    claim(`"shop.example"`, `["shop.example"]`),
		"somebody it is for":              claim(`"jti"`, `"aud": "somebody", "jti"`),
		"an expiry":                       claim(`"jti"`, `"exp": 1804420860, "jti"`),
		"a claim twice":                   claim(`"jti": "e-1"`, `"jti": "e-2", "jti": "e-1"`),
		"a field twice":                   claim(`"digest"`, `"digest": "x", "digest"`),
		"claims that are no object":       f.sign(es256, `[`+claims+`]`),
		"claims that are null":            f.sign(es256, `null`),
		"claims with more after them":     f.sign(es256, claims+`{}`),
		"claims that do not end":          f.sign(es256, strings.TrimRight(claims, "}\n ")),
		"claims of nothing":               f.sign(es256, ``),
		"claims that are no UTF-8":        claim(`"2026-01"`, "\"\xff\""),
		"an issue of text":                claim(`1772884860`, `"1772884860"`),
		"an issue that no calendar has":   claim(`1772884860`, `1e300`),
		"claims that are deeper than any": f.sign(es256, strings.Repeat(`{"a":`, 20_000)+`1`+strings.Repeat(`}`, 20_000)),
	} {
		c, err := v.Verify(token)
		require.ErrorIs(t, err, certificate.ErrSignature, name)
		assert.Equal(t, certificate.ErrSignature.Error(), err.Error(), "%s: the reason is hidden", name)
		assert.NoError(t, errors.Unwrap(err), name)
		assert.Equal(t, retention.Certificate{}, c, name)
	}
}

func TestEveryCharacterOfATokenCounts(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	v := f.verifier()
	for _, version := range versions {
		token := []byte(f.sign(es256, golden(t, version)))
		for i := range token {
			have := token[i]
			token[i] = 'A'
			if have == 'A' {
				token[i] = 'Q'
			}
			_, err := v.Verify(string(token))
			require.ErrorIs(t, err, certificate.ErrSignature, "character %d of %d", i, len(token))
			token[i] = have
		}
		_, err := v.Verify(string(token))
		require.NoError(t, err)
	}
}

// A signature of ECDSA has a twin, which says the same of the same: a token is not what tells one certificate from another.
func TestTheTwinOfASignatureSaysTheSame(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	v, token := f.verifier(), f.sign(es256, golden(t, 1))
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	s := new(big.Int).SetBytes(signature[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(signature[32:])
	twin := parts[0] + "." + parts[1] + "." + encode(signature)
	require.NotEqual(t, token, twin)
	c, err := v.Verify(twin)
	require.NoError(t, err)
	assert.Equal(t, full(), c)
}
