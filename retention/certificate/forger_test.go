package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/jwt"

	"github.com/purposebound/purposebound/retention/certificate"
)

// forger has the key of an issuer and signs whatever it is given, also what Tink would not.
type forger struct {
	tb  testing.TB
	key *ecdsa.PrivateKey
}

func newForger(tb testing.TB) *forger {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	return &forger{tb, key}
}

const es256 = `{"alg":"ES256","typ":"purposebound-erasure+jwt"}`

func encode[T string | []byte](b T) string { return base64.RawURLEncoding.EncodeToString([]byte(b)) }

// sign returns a token of any header and claims, with an ES256 signature.
func (f *forger) sign(header, claims string) string {
	f.tb.Helper()
	text := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, f.key, sum[:])
	require.NoError(f.tb, err)
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + encode(signature[:])
}

// jwk returns the public key as a JSON Web Key.
func (f *forger) jwk() map[string]any {
	f.tb.Helper()
	point, err := f.key.PublicKey.Bytes() // 4, x, y
	require.NoError(f.tb, err)
	return map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:]), "alg": "ES256", "use": "sig", "key_ops": []any{"verify"}}
}

func (f *forger) verifier() *certificate.Verifier {
	f.tb.Helper()
	set, err := json.Marshal(map[string]any{"keys": []any{f.jwk()}})
	require.NoError(f.tb, err)
	return verifierOf(f.tb, set)
}

// verifierOf returns a verifier over a set of JSON Web Keys.
func verifierOf(tb testing.TB, set []byte) *certificate.Verifier {
	tb.Helper()
	keys, err := jwt.JWKSetToPublicKeysetHandle(set)
	require.NoError(tb, err)
	v, err := certificate.NewVerifier(keys, issuer)
	require.NoError(tb, err)
	return v
}
