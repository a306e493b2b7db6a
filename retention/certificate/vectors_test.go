package certificate_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

// vectorFile is testdata/tokens_v1.json, and that of another version. Nobody has the private keys any more: what is in it can be verified and never made again.
type vectorFile struct {
	Issuer   string          `json:"issuer"`
	Subject  string          `json:"subject"` // whose the certificates are
	Keys     json.RawMessage `json:"keys"`    // public, as a set of JSON Web Keys
	Keyset   json.RawMessage `json:"keyset"`  // the same, as Tink writes it
	Verified []vector        `json:"verified"`
	Refused  []vector        `json:"refused"`
}

type vector struct {
	Name  string `json:"name"`
	Error string `json:"error,omitempty"` // "signature" or "format"
	Token string `json:"token"`
}

func readVectors(tb testing.TB, version int) vectorFile {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/tokens_v%d.json", version))
	require.NoError(tb, err)
	var f vectorFile
	require.NoError(tb, json.Unmarshal(text, &f))
	require.NotEmpty(tb, f.Verified)
	require.NotEmpty(tb, f.Refused)
	return f
}

func payloadOf(tb testing.TB, token string) []byte {
	tb.Helper()
	parts := strings.Split(token, ".")
	require.Len(tb, parts, 3)
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(tb, err)
	return b
}

// certificates are what the vectors of a version certify, by name.
func certificates(version int) map[string]retention.Certificate {
	brief, open, whole := fullOf(version), fullOf(version), fullOf(version)
	brief.Lines, brief.Tables, brief.Redacted, brief.Backups = nil, nil, false, time.Time{}
	if version == 2 {
		brief.Lines = fullOf(version).Lines[:1] // without it, it would be of the other
	}
	open.Lines[version].Until = time.Time{} // of the name
	whole.Decided, whole.Completed = whole.Decided.Truncate(time.Second), whole.Completed.Truncate(time.Second)
	return map[string]retention.Certificate{
		"everything that one can have": fullOf(version), "nothing that one need not have": brief, "retained without an end yet": open, "whole seconds": whole,
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			t.Parallel()
			verify(t, readVectors(t, version), certificates(version))
		})
	}
}

func verify(t *testing.T, f vectorFile, want map[string]retention.Certificate) {
	t.Helper()
	require.Equal(t, issuer, f.Issuer)
	handle, err := keyset.ReadWithNoSecrets(keyset.NewJSONReader(strings.NewReader(string(f.Keyset))))
	require.NoError(t, err)
	tink, err := certificate.NewVerifier(handle, issuer)
	require.NoError(t, err)
	require.Len(t, f.Verified, len(want))
	for name, v := range map[string]*certificate.Verifier{"keyset of Tink": tink, "JSON Web Keys": verifierOf(t, f.Keys)} {
		for _, one := range f.Verified {
			c, err := v.Verify(one.Token)
			require.NoError(t, err, "%s, %s", name, one.Name)
			assert.Equal(t, want[one.Name], c, "%s, %s", name, one.Name)
			assert.True(t, c.Concerns(consent.Subject(f.Subject)))
		}
		for _, one := range f.Refused {
			c, err := v.Verify(one.Token)
			expected, ok := map[string]error{"signature": certificate.ErrSignature, "format": certificate.ErrFormat}[one.Error]
			require.True(t, ok, one.Name)
			require.ErrorIs(t, err, expected, "%s, %s", name, one.Name)
			assert.Equal(t, retention.Certificate{}, c, "%s, %s", name, one.Name)
		}
	}
}

// The vectors say the same to a reader that was made from format.md, with no other help than SHA-256, ECDSA and JSON.
func TestVectorsForASecondReader(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		f, want := readVectors(t, version), certificates(version)
		for _, one := range f.Verified {
			c, err := readToken(f, one.Token)
			require.NoError(t, err, one.Name)
			assert.Equal(t, want[one.Name], c, one.Name)
			sum := sha256.Sum256([]byte("purposebound erasure v1\x00" + c.ID + "\x00" + f.Subject))
			assert.Equal(t, hex.EncodeToString(sum[:]), c.Digest, one.Name)
		}
		for _, one := range f.Refused {
			_, err := readToken(f, one.Token)
			require.Error(t, err, one.Name)
		}
	}
}

var errSecond = errors.New("the second reader refuses it")

func readToken(f vectorFile, token string) (retention.Certificate, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return retention.Certificate{}, errSecond
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(p); err != nil {
			return retention.Certificate{}, err
		}
	}
	var header map[string]any
	if err := json.Unmarshal(raw[0], &header); err != nil || header["alg"] != "ES256" || header["typ"] != "purposebound-erasure+jwt" || header["crit"] != nil {
		return retention.Certificate{}, errSecond
	}
	var set struct {
		Keys []struct{ X, Y, Kid string }
	}
	if err := json.Unmarshal(f.Keys, &set); err != nil {
		return retention.Certificate{}, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	number := func(text string) *big.Int {
		b, _ := base64.RawURLEncoding.DecodeString(text)
		return new(big.Int).SetBytes(b)
	}
	for _, k := range set.Keys {
		if kid, ok := header["kid"]; ok && kid != k.Kid {
			continue
		}
		point := append([]byte{4}, number(k.X).FillBytes(make([]byte, 32))...)
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(point, number(k.Y).FillBytes(make([]byte, 32))...))
		if err != nil {
			return retention.Certificate{}, err
		}
		if len(raw[2]) == 64 && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
			return readClaims(raw[1], f.Issuer)
		}
	}
	return retention.Certificate{}, errSecond
}

// A time as format.md has it. Whether there is such a day is for the calendar to say.
var instant = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,8}[1-9])?Z$`)

// readClaims reads the tables of format.md, row by row.
func readClaims(text []byte, issuer string) (c retention.Certificate, err error) {
	defer func() {
		if recover() != nil { // of another type than the table says
			c, err = retention.Certificate{}, errSecond
		}
	}()
	refuse := func(is bool) {
		if is {
			panic(errSecond)
		}
	}
	fields := func(m map[string]any, required string, optional ...string) {
		for _, name := range strings.Fields(required) {
			_, ok := m[name]
			refuse(!ok)
		}
		for name := range maps.Keys(m) {
			refuse(!slices.Contains(strings.Fields(required), name) && !slices.Contains(optional, name))
		}
	}
	at := func(m map[string]any, name string) time.Time {
		if _, ok := m[name]; !ok {
			return time.Time{}
		}
		refuse(!instant.MatchString(m[name].(string)))
		t, err := time.Parse(time.RFC3339Nano, m[name].(string))
		refuse(err != nil || t.Year() < 1970)
		return t
	}
	some := func(v any) string { refuse(v.(string) == ""); return v.(string) }

	var all map[string]any
	refuse(json.Unmarshal(text, &all) != nil)
	fields(all, "iss iat jti erasure")
	refuse(all["iss"] != issuer)
	e := all["erasure"].(map[string]any)
	fields(e, "v digest policy decided completed lines tables redacted", "backups")
	refuse(e["v"] != 1.0 && e["v"] != 2.0 || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(e["digest"].(string)))
	c = retention.Certificate{
		ID: some(all["jti"]), Digest: e["digest"].(string), Policy: some(e["policy"]), Decided: at(e, "decided"), Completed: at(e, "completed"),
		Redacted: e["redacted"].(bool), Backups: at(e, "backups"),
	}
	refuse(all["iat"] != float64(c.Completed.Unix()) || c.Completed.Before(c.Decided) || !c.Backups.IsZero() && c.Backups.Before(c.Completed))
	for _, t := range e["tables"].([]any) {
		refuse(len(c.Tables) > 0 && some(t) <= c.Tables[len(c.Tables)-1])
		c.Tables = append(c.Tables, some(t))
	}
	anonymised := false
	for i, one := range e["lines"].([]any) {
		m := one.(map[string]any)
		l := retention.Line{Attribute: purpose.Attribute(some(m["attribute"])), Compartment: purpose.Compartment(some(m["compartment"]))}
		switch m["outcome"] {
		case "destroyed":
			l.Outcome = retention.Destroyed
			fields(m, "attribute compartment outcome")
		case "deleted":
			l.Outcome = retention.Deleted
			fields(m, "attribute compartment outcome")
		case "anonymised":
			l.Outcome, anonymised = retention.Anonymised, true
			fields(m, "attribute compartment outcome")
		case "retained":
			l.Outcome, l.Until, l.Why = retention.Retained, at(m, "until"), some(m["why"])
			fields(m, "attribute compartment outcome why", "until")
		case "held":
			l.Outcome, l.Why = retention.Held, some(m["why"])
			fields(m, "attribute compartment outcome why")
		default:
			refuse(true)
		}
		if i > 0 {
			before := c.Lines[i-1]
			refuse(cmp.Or(cmp.Compare(before.Attribute, l.Attribute), cmp.Compare(before.Compartment, l.Compartment)) >= 0)
		}
		c.Lines = append(c.Lines, l)
	}
	refuse(anonymised != (e["v"] == 2.0))
	return c, nil
}
