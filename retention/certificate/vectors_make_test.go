//go:build makevectors

package certificate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/jwt"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/retention/certificate"
)

// TestMakeVectors writes testdata/tokens_v1.json, or that of another version, if it is not there. It was run once for each; what it wrote is the format.
func TestMakeVectors(t *testing.T) {
	for _, version := range versions {
		t.Run(fmt.Sprint(version), func(t *testing.T) { makeVectors(t, version) })
	}
}

func makeVectors(t *testing.T, version int) {
	path := fmt.Sprintf("testdata/tokens_v%d.json", version)
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "the vectors are frozen")

	private, public := keys(t)
	signer, err := certificate.NewSigner(private, issuer)
	require.NoError(t, err)
	f, stranger := newForger(t), newForger(t)
	file := vectorFile{Issuer: issuer, Subject: string(marie)}

	// One key is Tink's, which signs what is verified; the other signs what is refused.
	text, err := jwt.JWKSetFromPublicKeysetHandle(public)
	require.NoError(t, err)
	var set struct {
		Keys []any `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(text, &set))
	set.Keys = append(set.Keys, f.jwk())
	file.Keys, err = json.Marshal(set)
	require.NoError(t, err)
	handle, err := jwt.JWKSetToPublicKeysetHandle(file.Keys)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, handle.WriteWithNoSecrets(keyset.NewJSONWriter(&b)))
	file.Keyset = b.Bytes()

	all := certificates(version)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		token, err := signer.Sign(all[name])
		require.NoError(t, err)
		file.Verified = append(file.Verified, vector{Name: name, Token: token})
	}
	claims := golden(t, version)
	for _, e := range edits(version) {
		file.Refused = append(file.Refused, vector{e.name, "format", f.sign(es256, e.apply(t, claims))})
	}
	parts := strings.Split(file.Verified[0].Token, ".")
	other := strings.Split(file.Verified[1].Token, ".")
	for _, v := range []struct{ name, token string }{
		{"no algorithm", encode(`{"alg":"none","typ":"purposebound-erasure+jwt"}`) + "." + parts[1] + "."},
		{"another algorithm", f.sign(`{"alg":"ES384","typ":"purposebound-erasure+jwt"}`, claims)},
		{"another type", f.sign(`{"alg":"ES256","typ":"JWT"}`, claims)},
		{"no type", f.sign(`{"alg":"ES256"}`, claims)},
		{"another key", stranger.sign(es256, claims)},
		{"another issuer", f.sign(es256, strings.Replace(claims, `"shop.example"`, `"other.example"`, 1))},
		{"the claims of another", parts[0] + "." + other[1] + "." + parts[2]},
		{"the signature of another", parts[0] + "." + parts[1] + "." + other[2]},
		{"no signature", parts[0] + "." + parts[1] + "."},
	} {
		file.Refused = append(file.Refused, vector{v.name, "signature", v.token})
	}
	out, err := json.MarshalIndent(file, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(out, '\n'), 0o644))
}
