package redacttest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// mask is a rule: it keeps the first letter of each word.
func mask(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = w[:1] + strings.Repeat("*", len(w)-1)
	}
	return strings.Join(words, " ") + "\n"
}

func TestGoldenRule(t *testing.T) {
	redacttest.GoldenRule(t, "mask", mask)
}

// TestGolden runs in a directory of its own, so it is not parallel.
func TestGolden(t *testing.T) {
	t.Chdir(t.TempDir())
	failures := func(fn func(t testing.TB)) []string {
		errs, _ := attempt(fn)
		return errs
	}
	missing := failures(func(t testing.TB) { redacttest.Golden(t, "a/b", "one\ntwo\n") })
	require.Len(t, missing, 1)
	assert.Contains(t, missing[0], "to write it set REDACTTEST_UPDATE=1")

	t.Setenv(redacttest.UpdateEnv, "1")
	assert.Empty(t, failures(func(t testing.TB) { redacttest.Golden(t, "a/b", "one\ntwo\n") }))
	written, err := os.ReadFile(filepath.Join("testdata", "a", "b.golden"))
	require.NoError(t, err)
	assert.Equal(t, "one\ntwo\n", string(written))

	t.Setenv(redacttest.UpdateEnv, "")
	assert.Empty(t, failures(func(t testing.TB) { redacttest.Golden(t, "a/b", "one\ntwo\n") }))
	for got, want := range map[string]string{
		"one\n2\n":          "testdata/a/b.golden:2\nwant \"two\\n\"\n got \"2\\n\"",
		"one\ntwo":          "testdata/a/b.golden:2\nwant \"two\\n\"\n got \"two\"",
		"one\ntwo\nthree":   "testdata/a/b.golden:3\nwant \"\"\n got \"three\"",
		"":                  "testdata/a/b.golden:1\nwant \"one\\n\"\n got \"\"",
		"one\r\ntwo\nthree": "testdata/a/b.golden:1\nwant \"one\\n\"\n got \"one\\r\\n\"",
	} {
		errs := failures(func(t testing.TB) { redacttest.Golden(t, "a/b", got) })
		if assert.Len(t, errs, 1, "%q", got) {
			assert.Equal(t, "redacttest: "+want, errs[0])
		}
	}
}
