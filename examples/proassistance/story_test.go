package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// played runs the program on a file and returns what it printed.
func played(t *testing.T, file string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-db", file}, &stdout, &stderr)
	require.Zerof(t, code, "%s", stderr.String())
	assert.Empty(t, stderr.String())
	return strings.ReplaceAll(stdout.String(), "\u00a0", " ")
}

// assertTells looks for texts in what was printed.
func assertTells(t *testing.T, printed string, want ...string) {
	t.Helper()
	missing := slices.DeleteFunc(slices.Clone(want), func(w string) bool { return strings.Contains(printed, w) })
	assert.Emptyf(t, missing, "not in what was printed:\n%s", printed)
}

// needles is what must not be found in clear: of each person what names and reaches her, and of each text its longer lines.
func needles(data *dataset) map[consent.Subject][]string {
	all := make(map[consent.Subject][]string)
	for i := range data.People {
		p := &data.People[i]
		digits := strings.ReplaceAll(p.Phone, "-", "")
		all[p.ID] = append(all[p.ID], p.Name, p.Email, p.Phone, digits, p.Address)
	}
	text := func(s consent.Subject, text string) {
		for l := range strings.Lines(text) {
			if l = strings.TrimSpace(l); utf8.RuneCountInString(l) > 30 {
				all[s] = append(all[s], l)
			}
		}
	}
	for i := range data.Jobs {
		text(data.Jobs[i].Client, data.Jobs[i].WorkOrder)
	}
	for i := range data.Messages {
		text(consent.Subject(data.Messages[i].From), data.Messages[i].Text)
	}
	for i := range data.Calls {
		text(data.Calls[i].Subject, data.Calls[i].Transcript)
	}
	return all
}

// assertSealed looks for needles in every file of a directory, and returns the names of the files.
func assertSealed(t *testing.T, dir string, data *dataset) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	texts := slices.Concat(slices.Collect(maps.Values(needles(data)))...)
	for i, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		files[i] = filepath.Base(file)
		assert.Emptyf(t, found(content, texts), "in clear in %s", files[i])
	}
	return files
}

// assertShows looks for needles in what was printed. Of those the story opens on purpose it may show the contact details.
func assertShows(t *testing.T, printed string, data *dataset, opened ...consent.Subject) {
	t.Helper()
	for subject, texts := range needles(data) {
		for i, text := range texts {
			if i < 5 && slices.Contains(opened, subject) {
				continue
			}
			if strings.Contains(printed, text) {
				t.Errorf("the output shows %q of %s", text, subject)
			}
		}
	}
}

// numbers returns the two columns of a line of the summary.
func numbers(t *testing.T, printed, label string) (run, all int) {
	t.Helper()
	m := regexp.MustCompile(`(?m)^ +` + regexp.QuoteMeta(label) + ` +(\d+) +(\d+)$`).FindStringSubmatch(printed)
	require.NotNilf(t, m, "the summary has no line %q", label)
	_, err := fmt.Sscan(m[1]+" "+m[2], &run, &all)
	require.NoError(t, err)
	return run, all
}

// jobsOf returns the jobs of Réjean that are open at first, in the order in which the story closes them.
func jobsOf(data *dataset) []job {
	var open []job
	for _, j := range data.Jobs {
		if j.Professional == rejean && j.Status == "open" {
			open = append(open, j)
		}
	}
	slices.SortFunc(open, func(a, b job) int { return strings.Compare(a.ID, b.ID) })
	return open
}

func TestStory(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	jobs := jobsOf(data)
	require.Greater(t, len(jobs), 1)
	dir := t.TempDir()
	file := filepath.Join(dir, "story.db")

	first := played(t, file)
	assertTells(t, first,
		"1. Everybody is taken in", "228 people, 153 jobs, 168 messages, 46 calls",
		"2. Support calls Marie back", "opened: +14505550142", "AttributeNotForRole", "« Ce rôle n’a pas besoin du renseignement. »",
		"3. The newsletter goes to those who said yes", "opened      84 addresses", "117, ConsentRefused", "27, ConsentUnknown",
		"4. The professional sees the client while the job is open", "CaseNotOpen", "« Le dossier n’est pas ouvert. »",
		"5. A recording is asked for", "CategoryNotInPurpose", "opened: rec/2026/03/k-0010.opus",
		"6. How old are the clients?", "DeidentifiedOnly",
		"7. Marie withdraws", "84 letters, 83 sent and 1 refused", "ConsentWithdrawn",
		"« La personne concernée a retiré son consentement. Vous ne recevrez pas",
		"8. Somebody with the database moves sealed values", "not this subject's", "another attribute", "another record",
		"9. The table as an intruder sees it", "phone: 0 found",
	)
	assertShows(t, first, data, marie, jobs[0].Client)
	assertFits(t, first, file)

	assert.ElementsMatch(t, []string{"story.db", "story.db-purposebound-lock", "story.db.audit.jsonl", "story.db.kek"}, assertSealed(t, dir, data))
	info, err := os.Stat(file + ".kek")
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "others may read the key")

	second := played(t, file)
	assertTells(t, second,
		"nothing is taken in twice", "all of them by an earlier run", "opened      83 addresses",
		jobs[0].ID+"      closed", jobs[1].ID+"      open", "7. Marie had withdrawn", "84 letters, 83 sent and 1 refused", "phone: 0 found",
	)
	assertShows(t, second, data, marie, jobs[1].Client)
	assertFits(t, second, file)
	assertSealed(t, dir, data)

	for _, label := range []string{"people", "jobs, messages and calls", "values sealed"} {
		now, all := numbers(t, first, label)
		assert.Positive(t, now, label)
		assert.Equal(t, now, all, label)
		now, again := numbers(t, second, label)
		assert.Zero(t, now, label)
		assert.Equal(t, all, again, label)
	}
	for _, label := range []string{"events in the ledger", "values opened", "refused: ConsentWithdrawn", "entries in the audit"} {
		_, before := numbers(t, first, label)
		now, all := numbers(t, second, label)
		assert.Positive(t, now, label)
		assert.Equal(t, before+now, all, label)
	}

	// When he has no job left, the story goes on without him.
	o, err := openOffice(t.Context(), file)
	require.NoError(t, err)
	require.NoError(t, o.write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE jobs SET status = 'closed' WHERE professional = ?", string(rejean))
		return err
	}))
	require.NoError(t, o.Close())
	last := played(t, file)
	assertTells(t, last, "He has no open job any more")
	assertShows(t, last, data, marie)
}

// assertFits checks that a terminal shows the story: how long it is and how wide. Paths are as long as they are.
func assertFits(t *testing.T, printed, path string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
	assert.LessOrEqual(t, len(lines), 92)
	for _, l := range lines {
		if !strings.Contains(l, path) {
			assert.LessOrEqualf(t, columns(l), pageWidth, "%s", l)
		}
		assert.Equal(t, strings.TrimRight(l, " "), l, "blanks at the end")
	}
}

// What is stopped while it takes people in goes on where it was, also from the log that was not written back.
func TestTakingInIsContinued(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	data.People, data.Jobs, data.Messages, data.Calls = data.People[:4*batch], nil, nil, nil
	dir := t.TempDir()
	file := filepath.Join(dir, "stopped.db")

	ctx, stop := context.WithCancel(t.Context())
	o, err := openOffice(ctx, file)
	require.NoError(t, err)
	err = takeIn(ctx, o, data, func(done, _ int) {
		if done >= len(data.People)/2 {
			stop()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	have, err := o.ids(t.Context(), "people")
	require.NoError(t, err)
	assert.Less(t, len(have), len(data.People))
	assert.Greater(t, len(have), batch)
	half := &data.People[len(data.People)-1] // as if it had been stopped in the middle of a person
	require.NoError(t, o.recordAnswers(t.Context(), half))
	assert.Contains(t, assertSealed(t, dir, data), "stopped.db-wal")
	require.NoError(t, o.Close())

	o, err = openOffice(t.Context(), file)
	require.NoError(t, err)
	defer func() { assert.NoError(t, o.Close()) }()
	require.NoError(t, takeIn(t.Context(), o, data, func(int, int) {}))
	have, err = o.ids(t.Context(), "people")
	require.NoError(t, err)
	assert.Len(t, have, len(data.People))
	for i := range data.People {
		p := &data.People[i]
		kinds := make(map[consent.Kind]int)
		for e, err := range o.registry.History(t.Context(), p.ID) {
			require.NoError(t, err)
			kinds[e.Kind]++
		}
		assert.Positive(t, kinds[consent.Noticed]) // twice for who was being taken in
		delete(kinds, consent.Noticed)
		want := map[consent.Kind]int{consent.AccountOpened: 1, consent.Granted: len(p.Granted), consent.Refused: len(p.Refused)}
		maps.DeleteFunc(want, func(_ consent.Kind, n int) bool { return n == 0 })
		assert.Equalf(t, want, kinds, "%s", p.ID)
	}
}

func TestFileInUse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "used.db")
	o, err := openOffice(t.Context(), file)
	require.NoError(t, err)
	defer func() { assert.NoError(t, o.Close()) }()

	var stdout, stderr bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), []string{"-db", file}, &stdout, &stderr))
	assert.Empty(t, stdout.String())
	assert.Equal(t, "proassistance: another program is using "+file+"; wait for it to end, or name another file with -db\n", stderr.String())
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys.db")
	o, err := openOffice(t.Context(), file)
	require.NoError(t, err)
	data := loaded(t)
	_, err = o.takePerson(t.Context(), &data.People[0])
	require.NoError(t, err)
	require.NoError(t, o.Close())

	// Gone, it is not replaced by another, with which nothing would ever open.
	require.NoError(t, os.Rename(file+".kek", file+".gone"))
	_, err = openOffice(t.Context(), file)
	require.ErrorContains(t, err, "is gone")
	assert.NoFileExists(t, file+".kek")

	// Another one opens nothing, and that is an outage, not a refusal.
	other := filepath.Join(t.TempDir(), "other.kek")
	_, err = openKEK(other, false)
	require.NoError(t, err)
	require.NoError(t, os.Rename(other, file+".kek"))
	o, err = openOffice(t.Context(), file)
	require.NoError(t, err)
	_, err = o.takePerson(t.Context(), &data.People[0])
	assert.ErrorIs(t, err, purpose.KeyUnavailable)
	require.NoError(t, o.Close())

	// And one that is no key is no key.
	require.NoError(t, os.WriteFile(file+".kek", []byte("{}"), 0o600))
	_, err = openOffice(t.Context(), file)
	assert.ErrorContains(t, err, "the key file")
}

func TestArguments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"-h"}, 0, "-db file"},
		{"an unknown flag", []string{"-database", "x"}, 2, "not defined"},
		{"an argument", []string{"x.db"}, 2, "no arguments"},
		{"a directory that is not there", []string{"-db", filepath.Join("no", "such", "directory", "x.db")}, 1, "proassistance: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			assert.Equal(t, tt.code, run(t.Context(), tt.args, &stdout, &stderr))
			assert.Contains(t, stderr.String(), tt.want)
			assert.Empty(t, stdout.String())
		})
	}
	t.Run("stopped before it began", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithCancel(t.Context())
		stop()
		var stdout, stderr bytes.Buffer
		assert.Equal(t, 1, run(ctx, []string{"-db", filepath.Join(t.TempDir(), "x.db")}, &stdout, &stderr))
		assert.Contains(t, stderr.String(), "run it again")
	})
}
