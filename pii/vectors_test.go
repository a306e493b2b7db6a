package pii_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// vectorFile is testdata/token_v1.json. It was made once and is never changed: a token that was sealed must open for ever.
type vectorFile struct {
	Vectors       []vector    `json:"vectors"`
	Malformed     []malformed `json:"malformed_tokens"`
	MalformedText []malformed `json:"malformed_texts"`
	Frames        []malformed `json:"malformed_frames"`
}

type vector struct {
	Name        string       `json:"name"`
	Policy      string       `json:"policy"` // which of vectorPolicy, for the tests of this package
	Purposes    []string     `json:"purposes"`
	Subject     string       `json:"subject"`
	Tenant      string       `json:"tenant"`
	Compartment string       `json:"compartment"`
	Case        string       `json:"case,omitempty"`
	Record      *string      `json:"record,omitempty"`
	Attribute   string       `json:"attribute"`
	Width       int          `json:"width,omitempty"`
	Text        string       `json:"text"`
	Key         string       `json:"key"`               // hex
	Tables      string       `json:"policy_tables_hex"` // see format.md
	Header      vectorHeader `json:"header"`
	HeaderHex   string       `json:"header_hex"`
	Associated  string       `json:"associated_data_hex"`
	Frame       string       `json:"frame_hex"`
	Token       string       `json:"token"` // base64url
}

type vectorHeader struct {
	Flags     byte     `json:"flags"`
	Policy    uint16   `json:"policy"`
	Attribute uint16   `json:"attribute"`
	Purposes  []uint16 `json:"purposes"`
	Collected int64    `json:"collected_unix"`
	Origin    byte     `json:"origin"`
	Classes   []uint16 `json:"classes"`
	CaseTag   string   `json:"case_tag_hex,omitempty"`
	KeyCheck  string   `json:"key_check_hex"`
}

type malformed struct {
	Reason string `json:"reason"`
	Bytes  string `json:"bytes"` // hex of a token or frame; the text itself of a text
}

// shortest are the fewest vectors that leave nothing of the format untried.
const shortest = 9

func readVectors(tb testing.TB) vectorFile {
	tb.Helper()
	data, err := os.ReadFile("testdata/token_v1.json")
	require.NoError(tb, err, "the vectors are part of the format and must be here")
	var f vectorFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	require.NoError(tb, decoder.Decode(&f))
	require.GreaterOrEqual(tb, len(f.Vectors), shortest)
	require.GreaterOrEqual(tb, len(f.Malformed), 25)
	require.GreaterOrEqual(tb, len(f.MalformedText), 5)
	require.GreaterOrEqual(tb, len(f.Frames), 5)
	return f
}

// vectorPolicy returns the policies the vectors were sealed under. They must not change either.
func vectorPolicy(name string) purpose.Document {
	text := purpose.Text{EN: "x", FR: "x"}
	d := purpose.Document{
		Version: "vectors", Effective: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English},
	}
	add := func(id purpose.ID, domain, class string, keep purpose.Period, attributes ...purpose.Attribute) {
		d.Purposes = append(d.Purposes, purpose.Spec{
			ID: id, Domain: domain, Title: text, Basis: purpose.LegalGround, Citation: "x", Attributes: attributes,
			Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles:      map[purpose.Role][]purpose.Attribute{Agent: attributes},
			Retention:  purpose.Retention{Class: class, Keep: keep, From: purpose.FromCollection},
		})
	}
	years := purpose.Period{Years: 1000}
	switch name {
	case "small":
		attributes := []purpose.Attribute{"identity.email", "identity.name", "preferences.language", "communications.text"}
		add("newsletter", "marketing", "", years, attributes...)
		add("service", "service", "", years, attributes...)
		add("session", "service", "session", purpose.Period{Days: 300_000}, attributes...)
	case "large":
		filler := make([]purpose.Attribute, 140)
		for i := range filler {
			filler[i] = purpose.Attribute(fmt.Sprintf("a.f%03d", i))
		}
		add("a", "a", "", years, filler...)
		for i := range 200 {
			add(purpose.ID(fmt.Sprintf("p%03d", i)), fmt.Sprintf("d%03d", i), fmt.Sprintf("k%03d", i), years, "identity.email")
		}
	}
	return d
}

// reading is what a second reader of the format, written from format.md alone, finds in a token.
type reading struct {
	vectorHeader
	size int
}

var errUnread = errors.New("the second reader refuses the token")

// readToken is that reader. It shares nothing with the package.
func readToken(token []byte) (r reading, err error) {
	defer func() {
		if recover() != nil { // it ran past the end
			err = errUnread
		}
	}()
	rest := token
	refuse := func(when bool) {
		if when {
			panic(errUnread)
		}
	}
	take := func() byte {
		b := rest[0]
		rest = rest[1:]
		return b
	}
	integer := func(most uint64) uint64 {
		v, n := binary.Uvarint(rest)
		refuse(n <= 0 || v > most || !bytes.Equal(binary.AppendUvarint(nil, v), rest[:n]))
		rest = rest[n:]
		return v
	}
	set := func() (of []uint16) {
		n := int(take())
		refuse(n < 1 || n > 16)
		for range n {
			o := uint16(integer(65535))
			refuse(len(of) > 0 && o <= of[len(of)-1])
			of = append(of, o)
		}
		return of
	}
	refuse(len(token) > 1024+2<<20 || take() != 1)
	r.Flags = take()
	refuse(r.Flags > 7)
	r.Policy, r.Attribute = uint16(integer(65535)), uint16(integer(65535))
	r.Purposes = set()
	if r.Flags&4 != 0 {
		r.Collected = int64(integer(1 << 40))
	} else {
		r.Collected = int64(integer(1<<40/86400)) * 86400
	}
	r.Origin = take()
	refuse(r.Origin < 1 || r.Origin > 3)
	r.Classes = set()
	if r.Flags&1 != 0 {
		r.CaseTag, rest = hex.EncodeToString(rest[:16]), rest[16:]
	}
	r.KeyCheck, rest = hex.EncodeToString(rest[:16]), rest[16:]
	r.size = len(token) - len(rest)
	refuse(r.size > 1024 || len(rest) < 28)
	return r, nil
}

// readFrame is the second reader of what was encrypted.
func readFrame(frame []byte) (string, bool) {
	n, size := binary.Uvarint(frame)
	if size <= 0 || n < 1 || n > 1<<20 || n > uint64(len(frame)-size) || !bytes.Equal(binary.AppendUvarint(nil, n), frame[:size]) {
		return "", false
	}
	text, zeros := frame[size:size+int(n)], frame[size+int(n):]
	return string(text), len(bytes.Trim(zeros, "\x00")) == 0
}

func decodeHex(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(tb, err)
	return b
}

func decodeToken(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	require.NoError(tb, err)
	return b
}

// prefixed is the lp of the keyring's format.
func prefixed(label string, texts ...string) string {
	for _, text := range texts {
		label += string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	return label
}

// derived is how the key check and the case tag are made, by the keyring's format.
func derived(tb testing.TB, key []byte, info string) []byte {
	tb.Helper()
	b, err := hkdf.Key(sha256.New, key, nil, info, 16)
	require.NoError(tb, err)
	return b
}

// A second reader, written from format.md with nothing but the standard library, reads every vector.
func TestVectorsReadIndependently(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			token, key := decodeToken(t, v.Token), decodeHex(t, v.Key)
			r, err := readToken(token)
			require.NoError(t, err)
			assert.Equal(t, v.Header, r.vectorHeader)
			assert.Equal(t, v.HeaderHex, hex.EncodeToString(token[:r.size]))

			assert.Equal(t, v.Header.KeyCheck, hex.EncodeToString(derived(t, key, prefixed("purposebound key check v1", v.Tenant, v.Subject, v.Compartment))))
			if v.Case != "" {
				assert.Equal(t, v.Header.CaseTag, hex.EncodeToString(derived(t, key, prefixed("purposebound case tag v1", v.Case))))
			}
			assert.Equal(t, v.Case != "", v.Header.Flags&1 != 0)
			assert.Equal(t, v.Record != nil, v.Header.Flags&2 != 0)

			counted := func(text string) []byte { return append(binary.AppendUvarint(nil, uint64(len(text))), text...) }
			associated := append([]byte("purposebound token v1\x00"), token[:r.size]...)
			associated = append(associated, decodeHex(t, v.Tables)...)
			associated = append(append(associated, counted(v.Subject)...), counted(v.Tenant)...)
			if v.Record != nil {
				associated = append(associated, counted(*v.Record)...)
			}
			assert.Equal(t, v.Associated, hex.EncodeToString(associated))

			block, err := aes.NewCipher(key)
			require.NoError(t, err)
			gcm, err := cipher.NewGCM(block)
			require.NoError(t, err)
			frame, err := gcm.Open(nil, token[r.size:r.size+12], token[r.size+12:], associated)
			require.NoError(t, err)
			assert.Equal(t, v.Frame, hex.EncodeToString(frame))
			text, ok := readFrame(frame)
			assert.True(t, ok)
			assert.Equal(t, v.Text, text)
			if want := lengthOf(len(v.Text)) + len(v.Text); v.Width >= len(v.Text) {
				assert.Len(t, frame, lengthOf(v.Width)+v.Width)
			} else {
				assert.Len(t, frame, padme(want))
			}
		})
	}
}

// The package reads the header of every vector and would write it so.
func TestVectorsParse(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Vectors {
		fields, again, ok := pii.ParseToken(decodeToken(t, v.Token))
		require.True(t, ok, v.Name)
		assert.Equal(t, v.Header, vectorHeader{
			Flags: fields.Flags, Policy: fields.Policy, Attribute: fields.Attribute, Purposes: fields.Purposes, Collected: fields.Collected,
			Origin: byte(fields.Origin), Classes: fields.Classes, CaseTag: hex.EncodeToString(fields.Tag), KeyCheck: hex.EncodeToString(fields.Check),
		}, v.Name)
		assert.Equal(t, v.HeaderHex, hex.EncodeToString(again), v.Name)
	}
}

// vectorRig is a vault whose ring holds the vector's key, written into the store by hand.
func vectorRig(tb testing.TB, v vector) *rig {
	tb.Helper()
	x := newRig(tb, func(p *parts) {
		p.document, p.tenant = vectorPolicy(v.Policy), v.Tenant
		p.clock.Set(time.Unix(v.Header.Collected, 0))
	})
	key := decodeHex(tb, v.Key)
	check := derived(tb, key, prefixed("purposebound key check v1", v.Tenant, v.Subject, v.Compartment))
	wrapContext := prefixed("purposebound key wrap v1", v.Tenant, v.Subject, v.Compartment, "") + "\x00\x00\x00\x01" + string(check)
	wrapped, err := x.parts.kek.Encrypt(key, []byte(wrapContext))
	require.NoError(tb, err)
	row := []byte{1, 0, 0, 0, 0, 1}
	row = binary.BigEndian.AppendUint16(row, uint16(len(v.Compartment)))
	row = append(row, v.Compartment...)
	row = append(row, 0, 0, 0, 1, 1)
	row = append(row, check...)
	row = append(row, 1, 0)
	row = binary.BigEndian.AppendUint16(row, uint16(len(wrapped)))
	row = append(append(row, wrapped...), 0)
	require.NoError(tb, x.parts.store.Save(context.Background(), v.Tenant, consent.Subject(v.Subject), 0, row))
	if v.Case != "" {
		x.openCase(tb, consent.Subject(v.Subject), v.Case, purpose.Actor{Role: Agent})
	}
	return x
}

func revealVector[K pii.Kind](use *pii.Use, v vector) (string, error) {
	var field pii.Sealed[K]
	if err := field.UnmarshalText([]byte(v.Token)); err != nil {
		return "", err
	}
	if v.Record != nil {
		value, err := field.RevealBound(use, *v.Record)
		return value.Plaintext(), err
	}
	value, err := field.Reveal(use)
	return value.Plaintext(), err
}

// A vault opens every vector, whoever sealed it.
func TestVectorsReveal(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			x := vectorRig(t, v)
			for _, id := range v.Purposes {
				use := x.begin(t, purpose.ID(id), agent, consent.Subject(v.Subject))
				var text string
				var err error
				switch v.Attribute {
				case "identity.email":
					text, err = revealVector[pii.Email](use, v)
				case "identity.name":
					text, err = revealVector[pii.Name](use, v)
				case "communications.text":
					text, err = revealVector[pii.Text](use, v)
				case "preferences.language":
					text, err = revealVector[code](use, v)
				default:
					t.Fatalf("no kind has the attribute %s", v.Attribute)
				}
				require.NoError(t, err)
				assert.Equal(t, v.Text, text)
			}
		})
	}
}

func TestMalformedTokensAreRefused(t *testing.T) {
	t.Parallel()
	f := readVectors(t)
	for _, m := range f.Malformed {
		t.Run(m.Reason, func(t *testing.T) {
			t.Parallel()
			token := decodeHex(t, m.Bytes)
			_, err := readToken(token)
			require.ErrorIs(t, err, errUnread)
			_, _, ok := pii.ParseToken(token)
			assert.False(t, ok)

			field := sealedOf[pii.Email](t, decodeToken(t, f.Vectors[0].Token))
			before := field
			require.ErrorIs(t, field.UnmarshalBinary(token), pii.ErrMalformed)
			require.ErrorIs(t, field.UnmarshalText([]byte(base64.RawURLEncoding.EncodeToString(token))), pii.ErrMalformed)
			require.ErrorIs(t, field.Scan(token), pii.ErrMalformed)
			assert.Equal(t, before, field)
		})
	}
}

// A token of the length that no value can have.
func TestMalformedTokenTooLong(t *testing.T) {
	t.Parallel()
	token := decodeToken(t, readVectors(t).Vectors[0].Token)
	token = append(token, make([]byte, 1024+2<<20-len(token))...)
	_, _, ok := pii.ParseToken(token)
	assert.True(t, ok)
	_, _, ok = pii.ParseToken(append(token, 0))
	assert.False(t, ok)
}

func TestMalformedTextsAreRefused(t *testing.T) {
	t.Parallel()
	f := readVectors(t)
	for _, m := range f.MalformedText {
		t.Run(m.Reason, func(t *testing.T) {
			t.Parallel()
			var field pii.Sealed[pii.Email]
			require.ErrorIs(t, field.UnmarshalText([]byte(m.Bytes)), pii.ErrMalformed)
			require.ErrorIs(t, field.Scan(m.Bytes), pii.ErrMalformed)
			quoted, err := json.Marshal(m.Bytes)
			require.NoError(t, err)
			require.ErrorIs(t, field.UnmarshalJSON(quoted), pii.ErrMalformed)
			assert.True(t, field.IsZero())
		})
	}
}

// What decrypts must still be a frame.
func TestMalformedFramesAreRefused(t *testing.T) {
	t.Parallel()
	for _, m := range readVectors(t).Frames {
		t.Run(m.Reason, func(t *testing.T) {
			t.Parallel()
			frame := decodeHex(t, m.Bytes)
			_, ok := readFrame(frame)
			assert.False(t, ok)
			x := newRig(t)
			sealed := x.seal(t, Service)
			fake := func([]byte, error) ([]byte, error) { return frame, nil }
			x.keys.afterDecrypt.Store(&fake)
			text, err := x.open(t, Service, agent, sealed)
			require.ErrorIs(t, err, pii.ErrDecrypt)
			assert.Empty(t, text)
		})
	}
}

// The worked example of format.md is the first vector.
func TestFormatExampleIsAVector(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("format.md")
	require.NoError(t, err)
	_, example, ok := strings.Cut(string(page), "## Example")
	require.True(t, ok)
	example = strings.Join(strings.Fields(example), "")
	v := readVectors(t).Vectors[0]
	for name, want := range map[string]string{
		"key": v.Key, "check": v.Header.KeyCheck, "header": v.HeaderHex, "associated data": v.Associated, "frame": v.Frame,
		"ciphertext": hex.EncodeToString(decodeToken(t, v.Token)[len(v.HeaderHex)/2:]), "token": v.Token, "subject": v.Subject, "text": v.Text, "compartment": v.Compartment,
	} {
		assert.True(t, strings.Contains(example, strings.Join(strings.Fields(want), "")), "the example does not show the %s %s", name, want)
	}
}

// What the vectors must have between them.
func TestVectorsCoverTheFormat(t *testing.T) {
	t.Parallel()
	vectors := readVectors(t).Vectors
	for name, covers := range map[string]func(vector) bool{
		"minimal":      func(v vector) bool { return v.Header.Flags == 0 && len(v.Header.Purposes) == 1 },
		"two purposes": func(v vector) bool { return len(v.Header.Purposes) == 2 },
		"16 purposes":  func(v vector) bool { return len(v.Header.Purposes) == 16 },
		"seconds":      func(v vector) bool { return v.Header.Flags&4 != 0 && v.Header.Collected%86400 != 0 },
		"case":         func(v vector) bool { return v.Case != "" },
		"record":       func(v vector) bool { return v.Record != nil },
		"empty record": func(v vector) bool { return v.Record != nil && *v.Record == "" },
		"ordinals ≥ 128": func(v vector) bool {
			return v.Header.Attribute >= 128 && v.Header.Purposes[0] >= 128 && v.Header.Classes[0] >= 128
		},
		"unicode subject": func(v vector) bool { return len(v.Subject) > len([]rune(v.Subject)) },
		"tenant":          func(v vector) bool { return v.Tenant != "" },
		"long text":       func(v vector) bool { return len(v.Text) > 300 && len(v.Frame)/2 > len(v.Text)+2 },
		"fixed width":     func(v vector) bool { return v.Width > 0 },
		"observed":        func(v vector) bool { return v.Header.Origin == byte(pii.Observed) },
	} {
		assert.True(t, slices.ContainsFunc(vectors, covers), "no vector for %s", name)
	}
}
