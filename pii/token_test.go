package pii_test

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// code is a coded kind: short texts, padded to one width.
type code struct{}

func (code) Attribute() purpose.Attribute         { return "preferences.language" }
func (code) Canonical(text string) (string, bool) { return text, text != "" && len(text) <= 64 }
func (code) Width() int                           { return 8 }

// gender is a coded kind of the shop.
type gender struct{ code }

func (gender) Attribute() purpose.Attribute { return "communications.text" }

// note is a coded kind whose texts have lengths of one byte and of two.
type note struct{}

func (note) Attribute() purpose.Attribute         { return "communications.text" }
func (note) Canonical(text string) (string, bool) { return text, text != "" }
func (note) Width() int                           { return 300 }

// tokenLength returns the length of a text's token, and what was encrypted.
func tokenLength[K pii.Kind](t *testing.T, x *rig, in *pii.Intake, text string) (int, *sealing) {
	t.Helper()
	var field pii.Sealed[K]
	require.NoError(t, field.Seal(in, text))
	return len(bytesOf(t, field)), x.keys.seen.Load()
}

// The overhead is all that a token has beside its text: header, length, padding, nonce and tag.
func TestTokenOverhead(t *testing.T) {
	t.Parallel()
	const limit = 96
	x := newRig(t)
	in := x.collect(t, marie, Service, Analytics)
	most, at := 0, 0
	for n := 1; n <= 200; n++ {
		length, _ := tokenLength[pii.Text](t, x, in, strings.Repeat("x", n))
		assert.LessOrEqual(t, length-n, limit, "text of %d bytes", n)
		if length-n > most {
			most, at = length-n, n
		}
	}
	assert.Positive(t, most)
	t.Logf("the most is %d bytes, for a text of %d", most, at)
}

// padme is the padding of PURBs (Nikitin et al., 2019), written down a second time.
func padme(n int) int {
	if n <= 16 {
		return 16
	}
	e := bits.Len(uint(n)) - 1
	step := 1 << (e - bits.Len(uint(e)))
	return (n + step - 1) / step * step
}

// lengthOf returns how many bytes the length of n bytes of text takes.
func lengthOf(n int) int { return len(binary.AppendUvarint(nil, uint64(n))) }

func TestPadding(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service)
	seen := make(map[int]bool)
	for _, n := range append(slices.Collect(sequence(1, 600)), 1023, 1024, 4095, 4097, 65535, 1<<20-64) {
		_, s := tokenLength[pii.Text](t, x, in, strings.Repeat("x", n))
		plain := lengthOf(n) + n
		assert.Len(t, s.frame, padme(plain), "text of %d bytes", n)
		assert.LessOrEqual(t, float64(len(s.frame)), max(16, 1.12*float64(plain)), "text of %d bytes", n)
		assert.GreaterOrEqual(t, len(s.frame), plain)
		seen[len(s.frame)] = true
	}
	assert.Less(t, len(seen), 60, "few lengths in all")
}

func sequence(from, to int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for n := from; n <= to && yield(n); n++ {
		}
	}
}

// A coded kind's token has one length, whatever it says.
func TestPaddingOfCodedKinds(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service)
	for _, text := range []string{"f", "female", "8 bytes!"} {
		_, s := tokenLength[gender](t, x, in, text)
		assert.Len(t, s.frame, 9, text)
	}
	_, s := tokenLength[gender](t, x, in, "longer than its width")
	assert.Len(t, s.frame, padme(22), "a text that does not fit is padded as any other")

	want, _ := tokenLength[note](t, x, in, "x")
	for _, n := range []int{2, 126, 127, 128, 200, 300} {
		length, _ := tokenLength[note](t, x, in, strings.Repeat("x", n))
		assert.Equal(t, want, length, "the token of a text of %d bytes tells that it is not of 1", n)
	}
}

// has must find whole ordinals: the last byte of a long one is a short one too.
func TestCollectedForFindsWholeOrdinals(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParametersWithSeed(3))
	properties.Property("a purpose is in the set that was written", prop.ForAll(func(ordinals []uint16, asked uint16) bool {
		slices.Sort(ordinals)
		ordinals = slices.Compact(ordinals)
		if len(ordinals) == 0 || len(ordinals) > 16 {
			return true
		}
		token := []byte{1, 0, 1, 0, byte(len(ordinals))}
		for _, o := range ordinals {
			token = binary.AppendUvarint(token, uint64(o))
		}
		token = append(append(token, 0, 1, 1, 0), make([]byte, 16+28)...)
		if pii.CollectedFor(token, asked) != slices.Contains(ordinals, asked) {
			return false
		}
		for _, o := range ordinals {
			if !pii.CollectedFor(token, o) {
				return false
			}
		}
		return true
	}, gen.SliceOfN(6, gen.UInt16Range(0, 900)), gen.UInt16Range(0, 7)))
	properties.TestingRun(t)
}
