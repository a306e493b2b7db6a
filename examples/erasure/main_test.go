package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/pii/rights/rightstest"
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
		"identity.phone   went to Messagerie du Fleuve on 2025-03-07", "values given: 5, withheld: 0",
		"rights: IdentityNotVerified: rectification by sms needs recognised, has claimed", "to be told of the new one: carrier",
		"identity.email   This is destroyed, with its key.", "identity.name    This is destroyed, with its key.", "identity.phone   This is destroyed, with its key.",
		"profile.invoice  This is kept until 2032-01-01: Income Tax Act (Canada) s. 230(4)(b).",
		"the certificate verifies: 5 lines, hers: true, somebody else's: false", "A law obliges us to keep it.", "values given: 1, withheld: 0",
		"sweep: [identity.name] ended: 24", "sweep: nothing is due", "sweep: [profile.invoice] ended: 1", "invoices left: 0", "invoices back: 1",
	} {
		assert.Contains(t, text, line)
	}
	assert.Equal(t, 2, bytes.Count(out.Bytes(), []byte("the accountant opens the invoice: yes")), "until the last second, and then no more")
	assert.Equal(t, 1, bytes.Count(out.Bytes(), []byte("the counter opens the invoice: yes")), "once she was answered, until she asked for the deletion")
	assert.NotContains(t, text, "the copy of her e-mail: yes")
	require.Len(t, s.issued, 1)

	// What happened to her requests is there, and what she said in them is not.
	ids, err := s.ids(t.Context(), "SELECT DISTINCT client FROM requests")
	require.NoError(t, err)
	require.Len(t, ids, 1)
	all, err := s.desk.Requests(t.Context(), ids[0])
	require.NoError(t, err)
	require.Len(t, all, 4)
	for i, kind := range []rights.Kind{rights.Access, rights.Rectification, rights.Deletion, rights.Access} {
		r := all[i]
		assert.Equal(t, kind, r.Kind)
		assert.Equal(t, rights.StateAnswered, r.State(s.Now()))
		assert.False(t, r.Late())
		assert.True(t, r.Nature.IsZero())
	}
	answered := all[2].Events[len(all[2].Events)-1]
	assert.Equal(t, s.issued[0].ID, answered.Evidence, "the proof of the deletion is its certificate")
	assert.Equal(t, []rights.Ground{rights.KeptByLaw}, answered.Grounds)
	facts, err := s.registry.Facts(t.Context(), ids[0])
	require.NoError(t, err)
	assert.Empty(t, facts.Holds)

	// Nothing of hers was ever in the file in clear.
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		stored, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, value := range []string{"Tremblay", "marie@example.com", "5550199", "5550142", "one gate", "Everything, please", "My number"} {
			assert.NotContains(t, string(stored), value)
		}
	}
}

func TestRequestsConform(t *testing.T) {
	t.Parallel()
	rightstest.TestStore(t, func(tb testing.TB) rights.Store {
		s, err := openShop(tb.Context(), tb.TempDir())
		require.NoError(tb, err)
		tb.Cleanup(func() { assert.NoError(tb, s.Close()) })
		return s.requests
	})
}

func TestBar(t *testing.T) {
	t.Parallel()
	var plain bytes.Buffer
	b := newBar(&plain, 8)
	for range 8 {
		b.step()
	}
	b.end()
	assert.Equal(t, "  sweep: 2 of 8\n  sweep: 4 of 8\n  sweep: 6 of 8\n  sweep: 8 of 8\n", plain.String())

	var terminal bytes.Buffer
	b = &bar{out: &terminal, drawn: true, total: 2}
	for range 3 { // one more than was thought
		b.step()
	}
	b.end()
	half, whole := strings.Repeat("#", 15)+strings.Repeat(".", 15), strings.Repeat("#", 30)
	assert.Equal(t, "\r  sweep ["+half+"] 1 of 2\r  sweep ["+whole+"] 2 of 2\r  sweep ["+whole+"] 3 of 3\r\x1b[K", terminal.String())

	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	assert.False(t, newBar(file, 1).drawn, "a file is no terminal")
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
