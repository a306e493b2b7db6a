package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// What the program lets out is read back and measured as somebody would who was given the files alone.
func TestRun(t *testing.T) {
	t.Parallel()
	dir, today := t.TempDir(), time.Now()
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, dir, 600, today))
	assert.Contains(t, out.String(), "3 may not be studied")

	file, err := os.Open(filepath.Join(dir, "release.csv"))
	require.NoError(t, err)
	defer file.Close()
	table, err := anonymity.CSV{}.Read(file, study.Columns...)
	require.NoError(t, err)
	assert.Equal(t, 597, table.Rows())
	report, err := table.Measure()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, report.K, 5)
	classes, err := table.Classes()
	require.NoError(t, err)
	work, err := classes.Attribute("work")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, work.Distinct(), 2)

	written, err := os.Open(filepath.Join(dir, "dossier.json"))
	require.NoError(t, err)
	defer written.Close()
	d, err := dossier.Read(written)
	require.NoError(t, err)
	assert.Empty(t, d.Findings())
	sealed, err := dossier.Seal(d, rowsOf(table), tableOf, today)
	require.NoError(t, err, "the dossier is about the file beside it")
	encoded, err := json.Marshal(sealed)
	require.NoError(t, err)
	assert.Equal(t, `"[anonymised]"`, string(encoded))
	_, err = sealed.Open(today.AddDate(1, 0, 0))
	assert.ErrorIs(t, err, dossier.ErrReview)

	for _, name := range []string{"dossier.html", "dossier.fr.html"} {
		page, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Contains(t, string(page), "Camille Exemple")
		assert.NotContains(t, string(page), "Tremblay")
	}
}

// With nobody, or with too few to hide anyone, nothing is written.
func TestTooFew(t *testing.T) {
	t.Parallel()
	for _, people := range []int{-5, 0, 1, 3, 20} {
		dir := t.TempDir()
		require.Error(t, run(t.Context(), io.Discard, dir, people, time.Now()), people)
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, files)
	}
}

// Under the purpose of studies no value opens as it is, and a table that was not generalised is not let out.
func TestRefusals(t *testing.T) {
	t.Parallel()
	registry, vault, err := open()
	require.NoError(t, err)
	defer registry.Close()
	today := time.Now()
	clients, err := study.TakeIn(t.Context(), registry, vault, 200, 7, today)
	require.NoError(t, err)
	analytics, err := vault.Accessor(study.Analytics)
	require.NoError(t, err)
	err = analytics.Do(t.Context(), study.Analyst, clients[0].ID, func(use *pii.Use) error {
		_, err := clients[0].Born.Reveal(use)
		return err
	})
	assert.ErrorIs(t, err, purpose.DeidentifiedOnly)

	before, denied, err := derive(t.Context(), analytics, clients, today)
	require.NoError(t, err)
	assert.Zero(t, denied)
	sealed, _, err := seal(t.Context(), before, before, today)
	assert.ErrorIs(t, err, dossier.ErrRisk)
	assert.ErrorIs(t, write(t.TempDir(), sealed, today), dossier.ErrNothing)
}

func TestTrade(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"La toiture coule": "roof", "THE ROOF": "roof", "A ramp for a wheelchair": "accessibility", "Marie at 514 555-0143 wants a shelf": "other",
	} {
		got, ok := study.Trade{}.Generalise(text)
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
	_, ok := study.Trade{}.Generalise("")
	assert.False(t, ok)
}
