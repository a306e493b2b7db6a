package keyring

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/mac/subtle"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(text []byte) error {
	var s string
	err := json.Unmarshal(text, &s)
	if err == nil {
		*h, err = hex.DecodeString(s)
	}
	return err
}

// vectors is testdata/vectors.json.
type vectors struct {
	Keys []struct {
		Key         hexBytes
		Tenant      string
		Subject     consent.Subject
		Compartment purpose.Compartment
		Check       hexBytes
		Tags        []struct {
			Case string
			Tag  hexBytes
		}
		Contexts []struct {
			Domain     string
			Generation uint32
			Context    hexBytes
		}
	}
	Rows []struct {
		Name    string
		Tenant  string
		Subject consent.Subject
		Fenced  bool
		Records []struct {
			Compartment purpose.Compartment
			Generation  uint32
			Live        bool
			Check       hexBytes
			Wraps       []struct {
				Domain string
				Sealed hexBytes
			}
		}
		Body     hexBytes
		MACInput hexBytes `json:"mac_input"`
		Intake   hexBytes
		Tag      hexBytes
		Row      hexBytes
	}
}

func readVectors(tb testing.TB) vectors {
	tb.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(tb, err)
	var v vectors
	require.NoError(tb, json.Unmarshal(text, &v))
	require.NotEmpty(tb, v.Keys)
	require.NotEmpty(tb, v.Rows)
	return v
}

func TestKeyVectors(t *testing.T) {
	t.Parallel()
	seen := map[[16]byte]bool{}
	for _, v := range readVectors(t).Keys {
		k, err := newDataKey(v.Key, v.Tenant, v.Subject, v.Compartment)
		require.NoError(t, err)
		assert.Equal(t, []byte(v.Check), k.check[:])
		assert.False(t, seen[k.check], "two keys with one check")
		seen[k.check] = true
		for _, c := range v.Tags {
			tag := k.Tag(c.Case)
			assert.Equal(t, []byte(c.Tag), tag[:], "case %q", c.Case)
		}
		for _, c := range v.Contexts {
			rec := record{compartment: v.Compartment, generation: c.Generation, check: k.check}
			assert.Equal(t, []byte(c.Context), wrapContext(v.Tenant, v.Subject, &rec, c.Domain))
		}
	}
}

func TestRowVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Rows {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			want := &state{fenced: v.Fenced, records: []record{}}
			for _, r := range v.Records {
				rec := record{compartment: r.Compartment, generation: r.Generation, live: r.Live}
				copy(rec.check[:], r.Check)
				for _, w := range r.Wraps {
					rec.wraps = append(rec.wraps, wrap{w.Domain, w.Sealed})
				}
				want.records = append(want.records, rec)
			}
			assert.Equal(t, []byte(v.Body), want.body())
			assert.Equal(t, []byte(v.MACInput), macInput(v.Tenant, v.Subject, v.Body))
			assert.Equal(t, []byte(v.Row), appendTag(want.body(), v.Tag))

			got, body, tag, ok := decodeRow(v.Row)
			require.True(t, ok)
			assert.Equal(t, want, got)
			assert.Equal(t, []byte(v.Body), body)
			assert.Equal(t, []byte(v.Tag), tag)

			var d doors
			if len(v.Intake) > 0 {
				hmac, err := subtle.NewHMAC("SHA256", v.Intake, 32)
				require.NoError(t, err)
				d.intake = hmac
			} else {
				d.kek = nothing{}
			}
			data, err := d.encode(v.Tenant, v.Subject, want)
			require.NoError(t, err)
			assert.Equal(t, []byte(v.Row), data)
			_, err = d.decode(v.Tenant, v.Subject, Row{1, v.Row})
			require.NoError(t, err)
		})
	}
}

type nothing struct{}

func (nothing) Encrypt([]byte, []byte) ([]byte, error) { return make([]byte, 64), nil }
func (nothing) Decrypt([]byte, []byte) ([]byte, error) { return make([]byte, 16), nil }

// TestWrapOfSomethingElse opens to 16 bytes: an AES key, but not a data key.
func TestWrapOfSomethingElse(t *testing.T) {
	t.Parallel()
	store := &Memory{}
	ring, err := New(Config{Store: store, KEK: nothing{}})
	require.NoError(t, err)
	made, err := ring.MakeKey(t.Context(), "s-1", "a/b")
	require.NoError(t, err)
	_, err = ring.Key(t.Context(), "s-1", "a/b", made.Check())
	require.ErrorIs(t, err, ErrForged)
	_, err = ring.Rewrap(t.Context(), Progress{}, nil)
	require.ErrorIs(t, err, ErrForged)
}

func TestRowsOfTheOtherKind(t *testing.T) {
	t.Parallel()
	hmac, err := subtle.NewHMAC("SHA256", make([]byte, 32), 32)
	require.NoError(t, err)
	kek, hpke := doors{kek: nothing{}}, doors{intake: hmac}
	sealed := func(domain string) *state {
		return &state{records: []record{{"a/b", 1, true, [16]byte{}, []wrap{{domain, []byte("sealed")}}}}}
	}
	for _, test := range []struct {
		name   string
		writer doors
		st     *state
		reader doors
		want   error
	}{
		{"KEK", kek, sealed(""), kek, nil},
		{"HPKE", hpke, sealed("b"), hpke, nil},
		{"a domain under a KEK", kek, sealed("b"), kek, ErrForged},
		{"no domain under HPKE", hpke, sealed(""), hpke, ErrForged},
		{"a tag where none is verified", hpke, sealed(""), kek, ErrForged},
		{"a tag and no records", hpke, &state{}, kek, ErrForged},
		{"no tag", kek, &state{}, hpke, ErrForged},
	} {
		data, err := test.writer.encode("", "s-1", test.st)
		require.NoError(t, err)
		_, err = test.reader.decode("", "s-1", Row{1, data})
		require.ErrorIs(t, err, test.want, test.name)
	}
}

// swapping is a KEK that answers with another data key, as a cipher that does not commit to its key could be made to.
type swapping struct{}

func (swapping) Encrypt([]byte, []byte) ([]byte, error) { return make([]byte, 64), nil }
func (swapping) Decrypt([]byte, []byte) ([]byte, error) { return make([]byte, keySize), nil }

func TestCheckCommitsToTheKey(t *testing.T) {
	t.Parallel()
	ring, err := New(Config{Store: &Memory{}, KEK: swapping{}})
	require.NoError(t, err)
	made, err := ring.MakeKey(t.Context(), "s-1", "a/b")
	require.NoError(t, err)
	_, err = ring.Key(t.Context(), "s-1", "a/b", made.Check())
	require.ErrorIs(t, err, ErrForged)
	_, err = ring.MakeKey(t.Context(), "s-1", "a/b")
	require.ErrorIs(t, err, ErrForged)
	_, err = ring.Rewrap(t.Context(), Progress{}, nil)
	require.ErrorIs(t, err, ErrForged)
}

// TestShreddedWhileDecrypting ends a key between its cipher and its caller.
func TestShreddedWhileDecrypting(t *testing.T) {
	t.Parallel()
	k, err := newDataKey(make([]byte, keySize), "", "s-1", "a/b")
	require.NoError(t, err)
	var epoch atomic.Uint64
	k.handOut(&epoch, 0, time.Time{})
	plaintext := []byte("Marie")
	k.decrypt = func([]byte, []byte) ([]byte, error) {
		epoch.Add(1)
		return plaintext, nil
	}
	opened, err := k.Decrypt(nil, nil)
	require.ErrorIs(t, err, ErrDead)
	assert.Nil(t, opened)
	assert.Equal(t, make([]byte, 5), plaintext)
}

func TestDecoderRefuses(t *testing.T) {
	t.Parallel()
	live := func(c purpose.Compartment, g uint32, wraps ...wrap) record {
		return record{compartment: c, generation: g, live: true, wraps: wraps}
	}
	w := func(domain string) wrap { return wrap{domain, []byte("sealed")} }
	good := state{records: []record{live("a/b", 1, w("b"), w("legal"))}}
	many := make([]wrap, maxDomains+1)
	for i := range many {
		many[i] = w(fmt.Sprintf("d%03d", i))
	}
	for name, st := range map[string]state{
		"records out of order":     {records: []record{live("b/b", 1, w("")), live("a/b", 1, w(""))}},
		"generations out of order": {records: []record{live("a/b", 2, w("")), live("a/b", 1, w(""))}},
		"a record twice":           {records: []record{live("a/b", 1, w("")), live("a/b", 1, w(""))}},
		"generation zero":          {records: []record{live("a/b", 0, w(""))}},
		"no wraps":                 {records: []record{live("a/b", 1)}},
		"an empty wrap":            {records: []record{live("a/b", 1, wrap{domain: "b"})}},
		"wraps out of order":       {records: []record{live("a/b", 1, w("legal"), w("b"))}},
		"a wrap twice":             {records: []record{live("a/b", 1, w("b"), w("b"))}},
		"no domain among others":   {records: []record{live("a/b", 1, w(""), w("b"))}},
		"a domain that cannot be":  {records: []record{live("a/b", 1, w("a b"))}},
		"too many wraps":           {records: []record{live("a/b", 1, many...)}},
		"no compartment":           {records: []record{live("", 1, w(""))}},
		"a compartment unsorted":   {records: []record{live("a/c+b", 1, w(""))}},
		"a long compartment":       {records: []record{live(purpose.Compartment("a/"+strings.Repeat("x", maxDomain+1)), 1, w(""))}},
	} {
		_, _, _, ok := decodeRow(appendTag(st.body(), nil))
		assert.False(t, ok, name)
	}
	change := func(at int, to byte) []byte {
		data := appendTag(good.body(), nil)
		data[at] = to
		return data
	}
	for name, data := range map[string][]byte{
		"nothing":          {},
		"version 0":        change(0, 0),
		"version 2":        change(0, 2),
		"unknown flag":     change(1, 2),
		"too many records": change(2, 0xff),
		"one record more":  change(5, 2),
		"one record less":  change(5, 0),
		"state 0":          change(6+2+3+4, 0),
		"state 3":          change(6+2+3+4, 3),
		"too large":        append(appendTag(good.body(), nil), make([]byte, maxRow)...),
		"a tag cut short":  append(good.body(), 2, 0),
		"more than a tag":  append(good.body(), 0, 0),
	} {
		_, _, _, ok := decodeRow(data)
		assert.False(t, ok, name)
	}
	_, _, _, ok := decodeRow(appendTag(good.body(), nil))
	assert.True(t, ok)
}

func TestFullRow(t *testing.T) {
	t.Parallel()
	d := doors{kek: nothing{}}
	st := &state{}
	for i := range 2000 {
		st.records = append(st.records, record{"a/b", uint32(i + 1), true, [16]byte{}, []wrap{{"", make([]byte, 600)}}})
	}
	_, err := d.encode("", "s-1", st)
	require.ErrorIs(t, err, ErrFull)
	st.records = st.records[:1000]
	data, err := d.encode("", "s-1", st)
	require.NoError(t, err)
	_, err = d.decode("", "s-1", Row{1, data})
	require.NoError(t, err)

	last := &state{records: []record{{compartment: "a/b", generation: 1<<32 - 1}}}
	store := &Memory{}
	data, err = d.encode("", "s-1", last)
	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), "", "s-1", 0, data))
	ring, err := New(Config{Store: store, KEK: nothing{}})
	require.NoError(t, err)
	_, err = ring.MakeKey(t.Context(), "s-1", "a/b")
	require.ErrorIs(t, err, ErrFull, "generations do not start over")
}

// TestRowRoundTrip: what is written is read, and is the only way to write it.
func TestRowRoundTrip(t *testing.T) {
	t.Parallel()
	params := gopter.DefaultTestParameters()
	params.MinSuccessfulTests = 200
	properties := gopter.NewProperties(params)
	properties.Property("decode(encode(state)) = state", prop.ForAll(
		func(fenced bool, generations []uint32, names []string, sealed, tag []byte) bool {
			st := &state{fenced: fenced, records: []record{}}
			slices.Sort(names)
			names = slices.Compact(names)
			for i, g := range generations {
				c := purpose.Compartment("c/d")
				if i%2 == 0 && len(names) > 0 {
					c = purpose.Compartment("c/" + strings.Join(names, "+"))
				}
				rec := record{compartment: c, generation: max(g, 1), live: g%3 > 0}
				if rec.live {
					rec.check[0] = byte(g)
					rec.wraps = []wrap{{"", append([]byte{1}, sealed...)}}
				}
				st.records = append(st.records, rec)
			}
			slices.SortFunc(st.records, compareRecords)
			st.records = slices.CompactFunc(st.records, func(a, b record) bool { return compareRecords(a, b) == 0 })
			body := st.body()
			got, gotBody, gotTag, ok := decodeRow(appendTag(bytes.Clone(body), tag))
			return ok && assert.ObjectsAreEqual(st, got) && bytes.Equal(body, gotBody) && bytes.Equal(tag, gotTag)
		},
		gen.Bool(),
		gen.SliceOf(gen.UInt32()),
		gen.SliceOfN(4, gen.Identifier().Map(func(s string) string { return s[:min(len(s), maxDomain)] })),
		gen.SliceOf(gen.UInt8()),
		gen.SliceOf(gen.UInt8()),
	))
	properties.TestingRun(t)
}

func FuzzDecodeRow(f *testing.F) {
	for _, v := range readVectors(f).Rows {
		f.Add([]byte(v.Row))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		st, body, tag, ok := decodeRow(data)
		if !ok {
			return
		}
		if !bytes.Equal(st.body(), body) || !bytes.Equal(appendTag(st.body(), tag), data) {
			t.Fatalf("accepted what would be written otherwise: %x", data)
		}
	})
}

// TestNoKeyInMemoryDump prints a key without its Format: the bytes of the data key and of what is derived from it are absent.
func TestNoKeyInMemoryDump(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0x5a, 0xc3}, keySize/2)
	k, err := newDataKey(raw, "", "s-1", "a/b")
	require.NoError(t, err)
	type bare dataKey
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		text := fmt.Sprintf(verb, (*bare)(k))
		for _, secret := range []string{"90 195", "5ac3", "0x5a, 0xc3"} {
			assert.NotContains(t, text, secret, verb)
		}
	}
	clear(raw)
	tag := k.Tag("job")
	again, err := newDataKey(bytes.Repeat([]byte{0x5a, 0xc3}, keySize/2), "", "s-1", "a/b")
	require.NoError(t, err)
	assert.Equal(t, again.Tag("job"), tag, "a key does not keep the bytes it was made of")
}

func TestMadeIsBounded(t *testing.T) {
	t.Parallel()
	ring, err := New(Config{Store: &Memory{}, KEK: nothing{}})
	require.NoError(t, err)
	now := ring.now()
	for i := range maxMade + 100 {
		epoch, born := ring.epoch(consent.Subject(fmt.Sprint(i)))
		k := (&dataKey{check: [16]byte{byte(i), byte(i >> 8)}}).handOut(epoch, born, now.Add(1))
		ring.made.put(k, now)
		require.Same(t, k, ring.made.get(k.check, now))
	}
	assert.LessOrEqual(t, len(ring.made.keys), maxMade)
	last := [16]byte{(maxMade + 99) & 0xff, (maxMade + 99) >> 8}
	assert.Nil(t, ring.made.get(last, now.Add(1)), "expired")
	ring.kill(consent.Subject(fmt.Sprint(maxMade + 99)))
	_, there := ring.made.keys[last]
	assert.False(t, there, "a destroyed key is forgotten")
}
