package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

func TestStory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := openShop(t.Context(), dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	var out bytes.Buffer
	require.NoError(t, s.story(t.Context(), &out))
	text := out.String()
	for _, line := range []string{
		"identity.email   destroyed, keys and rows", "identity.name    destroyed, keys and rows", "identity.phone   destroyed, keys and rows",
		"profile.invoice  kept until 2032-01-01: Income Tax Act (Canada) s. 230(4)(b)",
		"the certificate verifies: 4 lines, hers: true, somebody else's: false",
		"sweep: nothing is due", "sweep: [profile.invoice] ended", "invoices left: 0",
	} {
		assert.Contains(t, text, line)
	}
	assert.Equal(t, 2, bytes.Count(out.Bytes(), []byte("the accountant opens the invoice: yes")), "until the last second, and then no more")
	assert.NotContains(t, text, "the desk opens the invoice: yes")
	assert.NotContains(t, text, "a backup of her e-mail: yes")
	require.Len(t, s.issued, 1)

	// Nothing of hers was ever in the file in clear.
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		stored, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, value := range []string{"Tremblay", "marie@example.com", "5550199", "one gate"} {
			assert.NotContains(t, string(stored), value)
		}
	}
}

func TestTablesCoverThePolicy(t *testing.T) {
	t.Parallel()
	policy, err := purpose.NewPolicy(Policy())
	require.NoError(t, err)
	s, err := openShop(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	assert.Empty(t, retention.Check(policy, s.tables()))
}
