package redact_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/purposebound/purposebound/redact"
)

// skeleton writes every digit as 9, every capital as A and every other letter as a.
func skeleton(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsMark(r):
			return -1
		case unicode.IsNumber(r):
			return '9'
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			return 'A'
		case unicode.IsLetter(r):
			return 'a'
		}
		return r
	}, norm.NFC.String(text))
}

func TestShapes(t *testing.T) {
	t.Parallel()
	s := shapes(t, "2026-03", firstKey, "any")
	for text, want := range map[string]string{
		"514 555-0143":            "999 999-9999",
		"G1R 4S9":                 "A9A 9A9",
		"julie.gagnon@exemple.ca": "aaaaa.aaaaaa@aaaaaaa.aa",
		"Élodie":                  "Aaaaaa",
		"E\u0301lodie":            "Aaaaaa",
		"x\u0302y":                "aa",
		"Ольга 李 ٣½ Ⅷ":            "Aaaaa a 99 9",
		"[2026-03-02]":            "[9999-99-99]",
		"♥ 1":                     "♥ 9",
	} {
		got, err := s.Pseudonymise(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, skeleton(got), text)
		for _, r := range got {
			assert.False(t, r >= 128 && unicode.In(r, unicode.L, unicode.M, unicode.N), text)
		}
		again, err := shapes(t, "2026-03", firstKey, "any").Pseudonymise(text)
		require.NoError(t, err)
		assert.Equal(t, got, again, "deterministic")
	}
}

func TestShapesRefuse(t *testing.T) {
	t.Parallel()
	s := shapes(t, "2026-03", firstKey, "any")
	for name, value := range map[string]string{
		"empty": "", "separators only": " - ", "symbols only": "♥", "mark only": "\u0301", "not UTF-8": "4\xff", "line end": "4\n", "tab": "4\t",
		"invisible": "4\u200b", "direction": "\u202e4", "private": "4\ue000", "unassigned": "4\U000E0FFF", "too long": strings.Repeat("4", 257),
	} {
		got, err := s.Pseudonymise(value)
		assert.Empty(t, got, name)
		assert.ErrorIs(t, err, redact.ErrValue, name)
	}
	_, err := s.Pseudonymise(strings.Repeat("4", 256))
	assert.NoError(t, err)
	_, err = redact.Shapes{}.Pseudonymise("4")
	assert.ErrorIs(t, err, redact.ErrIncomplete)
}

// What comes out differs from what came in, though one digit in ten would be itself by chance.
func TestShapesNeverReturnTheValue(t *testing.T) {
	t.Parallel()
	for i := range 200 {
		s := shapes(t, redact.ReleaseID(fmt.Sprint(i)), firstKey, "any")
		for _, value := range []string{"7", "b", "Q", "-0-"} {
			got, err := s.Pseudonymise(value)
			require.NoError(t, err)
			assert.NotEqual(t, value, got)
		}
	}
}

// Each of ten digits and of 26 letters is as likely as any other: chi-squared stays below the value that chance passes once in a million.
func TestShapesAreEven(t *testing.T) {
	t.Parallel()
	s := shapes(t, "2026-03", firstKey, "any")
	digits, letters := map[byte]int{}, map[byte]int{}
	const n = 500
	for i := range n {
		got, err := s.Pseudonymise(fmt.Sprintf("%012d", i) + strings.Repeat("q", 12))
		require.NoError(t, err)
		for j := range 12 {
			digits[got[j]]++
			letters[got[12+j]]++
		}
	}
	for counts, limit := range map[*map[byte]int]struct {
		kinds int
		most  float64
	}{&digits: {10, 46.0}, &letters: {26, 75.0}} {
		require.Len(t, *counts, limit.kinds)
		expected := float64(12*n) / float64(limit.kinds)
		sum := 0.0
		for _, count := range *counts {
			sum += (float64(count) - expected) * (float64(count) - expected) / expected
		}
		assert.Less(t, sum, limit.most)
	}
}

// constant is no pseudo-random function: it always gives the same byte.
type constant byte

func (c constant) ComputePRF(_ []byte, outputLength uint32) ([]byte, error) {
	out := make([]byte, outputLength)
	for i := range out {
		out[i] = byte(c)
	}
	return out, nil
}

// A key that is no pseudo-random function ends the search, whether no byte of it can be used or the value comes out again and again.
func TestShapesEndWithABadKey(t *testing.T) {
	t.Parallel()
	for value, key := range map[string]constant{"4": 255, "0000": 0, "aaaa": 0} {
		_, err := shapes(t, "2026-03", key, "any").Pseudonymise(value)
		assert.ErrorIs(t, err, redact.ErrKey, value)
	}
}

func FuzzShapes(f *testing.F) {
	for _, text := range []string{"514 555-0143", "Élodie", "x\u0302", "ǅ", "\u0301", "½", "4\xff"} {
		f.Add(text)
	}
	s := shapes(f, "2026-03", firstKey, "any")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := s.Generalise(text)
		wellFormed(t, text, got, ok)
		if ok && (skeleton(got) != skeleton(text) || got == text || strings.ContainsFunc(got, unicode.IsMark)) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func ExampleRelease_Shapes() {
	release, err := redact.NewRelease("2026-03/heating-study", firstKey)
	must(err)
	phones, err := release.Shapes("phone")
	must(err)
	fmt.Println(phones.Generalise("514 555-0143"))
	// Output: 846 734-5895 true
}
