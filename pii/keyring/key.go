package keyring

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Key is one data key, ready for use. It is the same type as pii.Key, where its contract is; package pii asks a [Ring]
// for keys and most programs never name this type. Encrypt and Decrypt fail with [ErrDead] once Live is false, and do not
// look at the clock: who keeps a Key compares Expires. A Key prints as a fixed text. It is safe for concurrent use.
type Key = interface {
	Encrypt(plaintext, associatedData []byte) ([]byte, error)
	Decrypt(ciphertext, associatedData []byte) ([]byte, error)
	Check() [16]byte
	Tag(caseID string) [16]byte
	Live() bool
	Expires() time.Time
}

const (
	keySize    = 32
	checkLabel = "purposebound key check v1"
	tagLabel   = "purposebound case tag v1"
)

// dataKey is a Key. What is secret stands behind functions, which printers and differs show as an address.
type dataKey struct {
	encrypt func(plaintext, associatedData []byte) ([]byte, error)
	decrypt func(ciphertext, associatedData []byte) ([]byte, error)
	derive  func(info []byte) [16]byte
	check   [16]byte
	epoch   *atomic.Uint64
	born    uint64
	expires time.Time
}

var _ Key = (*dataKey)(nil)

// newDataKey makes a key of 32 raw bytes, which it does not keep.
func newDataKey(raw []byte, tenant string, s consent.Subject, c purpose.Compartment) (*dataKey, error) {
	aead, err := subtle.NewAESGCM(raw)
	if err != nil || len(raw) != keySize {
		return nil, ErrForged // a wrap that opens to something else than a key
	}
	pseudorandom, err := hkdf.Extract(sha256.New, raw, nil)
	if err != nil {
		return nil, because(ErrWrap, err)
	}
	k := &dataKey{
		encrypt: aead.Encrypt,
		decrypt: aead.Decrypt,
		derive: func(info []byte) [16]byte {
			out, err := hkdf.Expand(sha256.New, pseudorandom, string(info), 16)
			if err != nil {
				panic("keyring: HKDF-SHA256 refused 16 bytes: " + err.Error())
			}
			return [16]byte(out)
		},
	}
	k.check = k.derive(prefixed(checkLabel, tenant, string(s), string(c)))
	return k, nil
}

// prefixed returns label followed by each text with its length in four bytes, big-endian, before it.
func prefixed(label string, texts ...string) []byte {
	size := len(label)
	for _, text := range texts {
		size += 4 + len(text)
	}
	out := append(make([]byte, 0, size), label...)
	for _, text := range texts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
		out = append(out, text...)
	}
	return out
}

func (k *dataKey) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	if !k.Live() {
		return nil, ErrDead
	}
	return k.encrypt(plaintext, associatedData)
}

func (k *dataKey) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	if !k.Live() {
		return nil, ErrDead
	}
	plaintext, err := k.decrypt(ciphertext, associatedData)
	if err != nil {
		return nil, err
	}
	if !k.Live() { // shredded while decrypting
		clear(plaintext)
		return nil, ErrDead
	}
	return plaintext, nil
}

func (k *dataKey) Check() [16]byte            { return k.check }
func (k *dataKey) Tag(caseID string) [16]byte { return k.derive(prefixed(tagLabel, caseID)) }
func (k *dataKey) Live() bool                 { return k.epoch.Load() == k.born }
func (k *dataKey) Expires() time.Time         { return k.expires }

// Format prints a fixed text, whatever the verb.
func (k *dataKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[data key]") }
