// Command tinkv1 writes keysets made by github.com/google/tink/go v1.7.0, and what they encrypted, to standard output.
// The keys are for tests and protect nothing. Run it in this directory as
//
//	go run . > ../tinkv1.json
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"

	"github.com/google/tink/go/aead"
	"github.com/google/tink/go/daead"
	"github.com/google/tink/go/hybrid"
	"github.com/google/tink/go/insecurecleartextkeyset"
	"github.com/google/tink/go/keyset"
	"github.com/google/tink/go/mac"
	"github.com/google/tink/go/prf"
	sivpb "github.com/google/tink/go/proto/aes_gcm_siv_go_proto"
	tinkpb "github.com/google/tink/go/proto/tink_go_proto"
	"google.golang.org/protobuf/proto"
)

// fixture is one keyset and one thing it made. Bytes are base64.
type fixture struct {
	Name       string `json:"name"`
	Primitive  string `json:"primitive"`               // aead, daead, hybrid, mac or prf
	Keyset     []byte `json:"keyset,omitempty"`        // in clear, Tink's binary form
	KeysetJSON string `json:"keyset_json,omitempty"`   // the same in Tink's JSON form
	Encrypted  []byte `json:"encrypted,omitempty"`     // or encrypted under the keyset named KEK
	KEK        string `json:"kek,omitempty"`           // name of an aead fixture
	Bound      []byte `json:"bound,omitempty"`         // associated data of Encrypted
	Public     []byte `json:"public_keyset,omitempty"` // hybrid: the public keyset
	Plaintext  []byte `json:"plaintext"`
	Context    []byte `json:"context"` // associated data, context info
	Output     []byte `json:"output"`  // ciphertext, tag, or 16 bytes of the PRF
}

var (
	plaintext = []byte("sealed by the last release of the former module")
	context   = []byte("bound to this")
)

func main() {
	log.SetFlags(0)
	siv := func(prefix tinkpb.OutputPrefixType, size uint32) *tinkpb.KeyTemplate {
		format := must(proto.Marshal(&sivpb.AesGcmSivKeyFormat{KeySize: size}))
		return &tinkpb.KeyTemplate{TypeUrl: "type.googleapis.com/google.crypto.tink.AesGcmSivKey", Value: format, OutputPrefixType: prefix}
	}
	kek := must(keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate()))
	fixtures := []fixture{
		seal("AES256_GCM", aead.AES256GCMKeyTemplate()),
		seal("AES256_GCM_RAW", aead.AES256GCMNoPrefixKeyTemplate()),
		seal("AES128_GCM", aead.AES128GCMKeyTemplate()),
		seal("AES128_CTR_HMAC_SHA256", aead.AES128CTRHMACSHA256KeyTemplate()),
		seal("AES256_CTR_HMAC_SHA256", aead.AES256CTRHMACSHA256KeyTemplate()),
		seal("CHACHA20_POLY1305", aead.ChaCha20Poly1305KeyTemplate()),
		seal("AES128_GCM_SIV", siv(tinkpb.OutputPrefixType_TINK, 16)),
		seal("AES256_GCM_SIV", siv(tinkpb.OutputPrefixType_TINK, 32)),
		seal("AES256_GCM_SIV_RAW", siv(tinkpb.OutputPrefixType_RAW, 32)),
		seal("AES256_GCM_LEGACY", prefixed(aead.AES256GCMKeyTemplate(), tinkpb.OutputPrefixType_LEGACY)),
		seal("AES256_GCM_CRUNCHY", prefixed(aead.AES256GCMKeyTemplate(), tinkpb.OutputPrefixType_CRUNCHY)),
		sealWith("XCHACHA20_POLY1305", kek),
		rotated(),
		deterministic("AES_SIV", daead.AESSIVKeyTemplate()),
		toPublic("HPKE_X25519_AES256_GCM", hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM_Key_Template()),
		toPublic("HPKE_X25519_AES256_GCM_RAW", hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM_Raw_Key_Template()),
		toPublic("HPKE_X25519_AES128_GCM", hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_128_GCM_Key_Template()),
		toPublic("HPKE_X25519_CHACHA20_POLY1305", hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_CHACHA20_POLY1305_Key_Template()),
		toPublic("ECIES_P256_AES128_GCM", hybrid.ECIESHKDFAES128GCMKeyTemplate()),
		tag("HMAC_SHA256_128", mac.HMACSHA256Tag128KeyTemplate()),
		tag("HMAC_SHA256_256", mac.HMACSHA256Tag256KeyTemplate()),
		tag("HMAC_SHA256_256_LEGACY", prefixed(mac.HMACSHA256Tag256KeyTemplate(), tinkpb.OutputPrefixType_LEGACY)),
		tag("AES_CMAC", mac.AESCMACTag128KeyTemplate()),
		compute("HMAC_SHA256_PRF", prf.HMACSHA256PRFKeyTemplate()),
		encrypted("ENCRYPTED_KEYSET", kek, nil),
		encrypted("ENCRYPTED_KEYSET_BOUND", kek, []byte("keys of the tests")),
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "\t")
	check(out.Encode(fixtures))
}

func seal(name string, template *tinkpb.KeyTemplate) fixture {
	return sealWith(name, must(keyset.NewHandle(template)))
}

func sealWith(name string, handle *keyset.Handle) fixture {
	f := clear(name, "aead", handle)
	f.Output = must(must(aead.New(handle)).Encrypt(plaintext, context))
	return f
}

// rotated is a keyset of two keys whose ciphertext is of the older.
func rotated() fixture {
	manager := keyset.NewManager()
	check(manager.Rotate(aead.AES256GCMKeyTemplate()))
	old := must(manager.Handle())
	output := must(must(aead.New(old)).Encrypt(plaintext, context))
	check(manager.Rotate(aead.XChaCha20Poly1305KeyTemplate()))
	f := clear("ROTATED", "aead", must(manager.Handle()))
	f.Output = output
	return f
}

func deterministic(name string, template *tinkpb.KeyTemplate) fixture {
	handle := must(keyset.NewHandle(template))
	f := clear(name, "daead", handle)
	f.Output = must(must(daead.New(handle)).EncryptDeterministically(plaintext, context))
	return f
}

func toPublic(name string, template *tinkpb.KeyTemplate) fixture {
	handle := must(keyset.NewHandle(template))
	public := must(handle.Public())
	f := clear(name, "hybrid", handle)
	var buf bytes.Buffer
	check(public.WriteWithNoSecrets(keyset.NewBinaryWriter(&buf)))
	f.Public = buf.Bytes()
	f.Output = must(must(hybrid.NewHybridEncrypt(public)).Encrypt(plaintext, context))
	return f
}

func tag(name string, template *tinkpb.KeyTemplate) fixture {
	handle := must(keyset.NewHandle(template))
	f := clear(name, "mac", handle)
	f.Output = must(must(mac.New(handle)).ComputeMAC(plaintext))
	return f
}

func compute(name string, template *tinkpb.KeyTemplate) fixture {
	handle := must(keyset.NewHandle(template))
	f := clear(name, "prf", handle)
	f.Output = must(must(prf.NewPRFSet(handle)).ComputePrimaryPRF(plaintext, 16))
	return f
}

// encrypted is an AES256_GCM keyset under the keyset XCHACHA20_POLY1305.
func encrypted(name string, kek *keyset.Handle, bound []byte) fixture {
	handle := must(keyset.NewHandle(aead.AES256GCMKeyTemplate()))
	f := fixture{Name: name, Primitive: "aead", KEK: "XCHACHA20_POLY1305", Bound: bound, Plaintext: plaintext, Context: context}
	var buf bytes.Buffer
	check(handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), must(aead.New(kek)), bound))
	f.Encrypted = buf.Bytes()
	f.Output = must(must(aead.New(handle)).Encrypt(plaintext, context))
	return f
}

func clear(name, primitive string, handle *keyset.Handle) fixture {
	var binary, text bytes.Buffer
	check(insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&binary)))
	check(insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)))
	return fixture{
		Name: name, Primitive: primitive, Keyset: binary.Bytes(), KeysetJSON: text.String(),
		Plaintext: plaintext, Context: context,
	}
}

func prefixed(template *tinkpb.KeyTemplate, prefix tinkpb.OutputPrefixType) *tinkpb.KeyTemplate {
	template.OutputPrefixType = prefix
	return template
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
