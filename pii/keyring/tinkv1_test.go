package keyring_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/daead"
	"github.com/tink-crypto/tink-go/v2/hybrid"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// fixture is one of testdata/tinkv1.json, made by testdata/tinkv1 with github.com/google/tink/go v1.7.0.
type fixture struct {
	Name       string
	Primitive  string
	Keyset     []byte
	KeysetJSON string `json:"keyset_json"`
	Encrypted  []byte
	KEK        string
	Bound      []byte
	Public     []byte `json:"public_keyset"`
	Plaintext  []byte
	Context    []byte
	Output     []byte
}

func fixtures(tb testing.TB) map[string]fixture {
	tb.Helper()
	var list []fixture
	readJSON(tb, "testdata/tinkv1.json", &list)
	require.Equal(tb, 26, len(list), "fixtures")
	named := make(map[string]fixture, len(list))
	for _, f := range list {
		named[f.Name] = f
	}
	require.Equal(tb, len(list), len(named), "names of fixtures")
	return named
}

func (f fixture) handle(tb testing.TB) *keyset.Handle {
	tb.Helper()
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(f.Keyset)))
	require.NoError(tb, err)
	return handle
}

// TestTinkV1 opens with the present Tink what the former module's last release made.
func TestTinkV1(t *testing.T) {
	t.Parallel()
	all := fixtures(t)
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handles []*keyset.Handle
			if f.KEK != "" {
				kek, err := aead.New(all[f.KEK].handle(t))
				require.NoError(t, err)
				handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(f.Encrypted)), kek, f.Bound)
				require.NoError(t, err)
				handles = append(handles, handle)
				_, err = keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(f.Encrypted)), kek, []byte("other"))
				require.Error(t, err)
			} else {
				text, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(f.KeysetJSON)))
				require.NoError(t, err)
				handles = append(handles, f.handle(t), text)
			}
			for _, handle := range handles {
				open(t, f, handle)
			}
		})
	}
}

func open(t *testing.T, f fixture, handle *keyset.Handle) {
	switch f.Primitive {
	case "aead":
		a, err := aead.New(handle)
		require.NoError(t, err)
		opened, err := a.Decrypt(f.Output, f.Context)
		require.NoError(t, err)
		assert.Equal(t, f.Plaintext, opened)
		_, err = a.Decrypt(f.Output, []byte("other"))
		require.Error(t, err)
	case "daead":
		d, err := daead.New(handle)
		require.NoError(t, err)
		again, err := d.EncryptDeterministically(f.Plaintext, f.Context)
		require.NoError(t, err)
		assert.Equal(t, f.Output, again)
	case "hybrid":
		private, err := hybrid.NewHybridDecrypt(handle)
		require.NoError(t, err)
		public, err := keyset.ReadWithNoSecrets(keyset.NewBinaryReader(bytes.NewReader(f.Public)))
		require.NoError(t, err)
		seal, err := hybrid.NewHybridEncrypt(public)
		require.NoError(t, err)
		fresh, err := seal.Encrypt(f.Plaintext, f.Context)
		require.NoError(t, err)
		for _, sealed := range [][]byte{f.Output, fresh} {
			opened, err := private.Decrypt(sealed, f.Context)
			require.NoError(t, err)
			assert.Equal(t, f.Plaintext, opened)
			_, err = private.Decrypt(sealed, []byte("other"))
			require.Error(t, err)
		}
	case "mac":
		m, err := mac.New(handle)
		require.NoError(t, err)
		require.NoError(t, m.VerifyMAC(f.Output, f.Plaintext))
		require.Error(t, m.VerifyMAC(f.Output, f.Context))
	case "prf":
		set, err := prf.NewPRFSet(handle)
		require.NoError(t, err)
		again, err := set.ComputePrimaryPRF(f.Plaintext, uint32(len(f.Output)))
		require.NoError(t, err)
		assert.Equal(t, f.Output, again)
	default:
		t.Fatalf("no check for primitive %q", f.Primitive)
	}
}

// frozen is a row of testdata/rows.json: written once under the keysets of testdata/tinkv1.json, never again.
type frozen struct {
	Tenant  string
	Subject consent.Subject
	HPKE    bool
	Row     []byte
	Keys    []frozenKey
}

type frozenKey struct {
	Compartment purpose.Compartment
	Check       []byte
	Case        string
	Tag         []byte
	Sealed      []byte
	Plaintext   string
}

// frozenConfig is a ring's configuration under keysets of the former Tink. doors are the private keys held.
func frozenConfig(tb testing.TB, store keyring.Store, tenant string, withHPKE bool, doors ...string) keyring.Config {
	tb.Helper()
	all := fixtures(tb)
	if !withHPKE {
		return keyring.Config{Store: store, Tenant: tenant, KEK: must(aead.New(all["AES256_GCM_SIV"].handle(tb)))}
	}
	cfg := keyring.Config{
		Store: store, Tenant: tenant, Wrap: map[string]tink.HybridEncrypt{}, Unwrap: map[string]tink.HybridDecrypt{},
		Intake: must(mac.New(all["HMAC_SHA256_256"].handle(tb))),
	}
	for domain, name := range map[string]string{
		"service":      "HPKE_X25519_AES256_GCM",
		"marketing":    "HPKE_X25519_AES256_GCM_RAW",
		keyring.Legal:  "HPKE_X25519_CHACHA20_POLY1305",
		keyring.Rights: "HPKE_X25519_AES128_GCM",
	} {
		handle := all[name].handle(tb)
		cfg.Wrap[domain] = must(hybrid.NewHybridEncrypt(must(handle.Public())))
		for _, door := range doors {
			if door == domain {
				cfg.Unwrap[domain] = must(hybrid.NewHybridDecrypt(handle))
			}
		}
	}
	return cfg
}

// TestFrozenRows opens what an earlier version of this package stored.
func TestFrozenRows(t *testing.T) {
	t.Parallel()
	var rows []frozen
	readJSON(t, "testdata/rows.json", &rows)
	require.Len(t, rows, 2)
	for _, row := range rows {
		doors := []string{""}
		if row.HPKE {
			doors = []string{"marketing", "service", keyring.Legal, keyring.Rights}
		}
		require.Len(t, row.Keys, 2)
		for _, door := range doors {
			store := &keyring.Memory{}
			require.NoError(t, store.Save(t.Context(), row.Tenant, row.Subject, 0, row.Row))
			ring, err := keyring.New(frozenConfig(t, store, row.Tenant, row.HPKE, door))
			require.NoError(t, err)
			opened := 0
			for _, want := range row.Keys {
				k, err := ring.Key(t.Context(), row.Subject, want.Compartment, [16]byte(want.Check))
				if door == "marketing" && want.Compartment == service {
					require.ErrorIs(t, err, keyring.ErrNotHeld)
					continue
				}
				require.NoError(t, err)
				text, err := k.Decrypt(want.Sealed, []byte(want.Case))
				require.NoError(t, err)
				assert.Equal(t, want.Plaintext, string(text))
				tag := k.Tag(want.Case)
				assert.Equal(t, want.Tag, tag[:])
				opened++
			}
			assert.Positive(t, opened)
			_, err = ring.Key(t.Context(), row.Subject, "old/service", [16]byte{})
			require.ErrorIs(t, err, keyring.ErrShredded)
		}
	}
}
