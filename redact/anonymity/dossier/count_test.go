package dossier_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

func TestProtect(t *testing.T) {
	t.Parallel()
	const w = -1
	for _, c := range []struct {
		counts []int
		shown  []dossier.Count
	}{
		{[]int{0, 0, 40}, []dossier.Count{0, 0, 40}},
		{[]int{11, 0, 40}, []dossier.Count{11, 0, 40}},
		{[]int{10, 0, 40, 30}, []dossier.Count{w, 0, w, 30}},
		{[]int{10, 1, 40, 30}, []dossier.Count{w, w, w, 30}},
		{[]int{10, 2, 40, 30}, []dossier.Count{w, w, 40, 30}},
		{[]int{30, 0, 40, 3}, []dossier.Count{30, 0, w, w}},
		{[]int{1, 30, 1, 30}, []dossier.Count{w, w, w, w}},
		{[]int{1, 0, 0, 11}, []dossier.Count{w, 0, 0, w}},
		{[]int{1, 0, 0, 10}, []dossier.Count{w, w, w, w}},
		{[]int{3, 0}, []dossier.Count{w, w}},
	} {
		assert.Equal(t, c.shown, dossier.Protect(c.counts, nil, 11), c.counts)
	}
}

// Whoever knows the rule, the total and what is shown cannot tell any count that is withheld: another list of counts would be shown alike. All lists
// of four counts up to a total are tried.
func TestWithheldCannotBeTold(t *testing.T) {
	t.Parallel()
	for smallCell := 3; smallCell <= 5; smallCell++ {
		for total := smallCell; total <= 16; total++ {
			seen := map[string][]map[int]bool{} // what is shown: for each place, the counts that it may be
			var lists [][]int
			for a := range total + 1 {
				for b := range total - a + 1 {
					for c := range total - a - b + 1 {
						lists = append(lists, []int{a, b, c, total - a - b - c})
					}
				}
			}
			for _, counts := range lists {
				shown := dossier.Protect(counts, nil, smallCell)
				key := fmt.Sprint(shown)
				if seen[key] == nil {
					seen[key] = []map[int]bool{{}, {}, {}, {}}
				}
				for i, n := range counts {
					seen[key][i][n] = true
					if !shown[i].Withheld() {
						require.Equal(t, n, int(shown[i]))
						require.False(t, 0 < n && n < smallCell)
					}
				}
			}
			for _, counts := range lists {
				shown := dossier.Protect(counts, nil, smallCell)
				for i, possible := range seen[fmt.Sprint(shown)] {
					if shown[i].Withheld() {
						require.Greater(t, len(possible), 1, "least %d, total %d: %v tells place %d", smallCell, total, shown, i)
					}
				}
			}
		}
	}
}

// A count that cannot be as low as 1 leaves less room to another that is withheld beside it.
func TestProtectKnowsTheLeast(t *testing.T) {
	t.Parallel()
	const w = -1
	least := []int{1, 1, 2, 6, 11, 20}
	for _, c := range []struct {
		counts []int
		shown  []dossier.Count
	}{
		{[]int{0, 0, 0, 6, 11, 25}, []dossier.Count{0, 0, 0, w, w, w}}, // 17 together, 11 at least of the second
		{[]int{0, 0, 0, 6, 16, 25}, []dossier.Count{0, 0, 0, w, w, 25}},
		{[]int{20, 0, 0, 6, 11, 0}, []dossier.Count{w, 0, 0, w, w, 0}},
		{[]int{0, 0, 0, 6, 11, 0}, []dossier.Count{w, w, w, w, w, w}},
	} {
		assert.Equal(t, c.shown, dossier.Protect(c.counts, least, 11), c.counts)
	}
}

// Of a class of 6 and one of 11, which is the least that its place can have, 17 people together would tell both.
func TestSizesKnowTheLeast(t *testing.T) {
	t.Parallel()
	people := classesOf(t, 6, 11, 25, 60)
	d, err := dossier.Measure(t.Context(), declaration, dossier.Config{Original: people, Release: people, First: true})
	require.NoError(t, err)
	assert.Equal(t, []dossier.Count{0, 0, 0, -1, -1, -1, 60, 0}, d.Record().Individualisation.After.Sizes)
}

// classesOf returns a table of classes of these sizes.
func classesOf(t *testing.T, sizes ...int) *anonymity.Table {
	t.Helper()
	var rows [][]string
	for class, size := range sizes {
		for i := range size {
			rows = append(rows, []string{fmt.Sprint(class), fmt.Sprint(i % 3)})
		}
	}
	people, err := anonymity.FromRows(slices.Values(rows),
		anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "s", Role: anonymity.Sensitive})
	require.NoError(t, err)
	return people
}

// Joined to itself a table counts the people of small classes once more, otherwise divided: 26 who stand among few, of whom 20 are in classes of 2 to 4,
// would leave 6 in a class of their own.
func TestJoinDoesNotTellSizes(t *testing.T) {
	t.Parallel()
	people := classesOf(t, 4, 4, 4, 4, 4, 6, 15, 15, 30, 60)
	for name, c := range map[string]dossier.Config{
		"original": {Original: people, Release: people, First: true},
		"earlier":  {Original: people, Release: people, Earlier: map[string]*anonymity.Table{"before": people}},
	} {
		d, err := dossier.Measure(t.Context(), declaration, c)
		require.NoError(t, err, name)
		r := d.Record()
		require.Equal(t, []dossier.Count{0, 0, 20, -1, -1, 30, 60, 0}, r.Individualisation.After.Sizes)
		for _, l := range r.Correlation {
			for _, m := range []dossier.Matches{l.Before, l.After} {
				assert.Equal(t, []dossier.Count{0, 0, -1, -1}, m.Found, name)
				assert.Nil(t, m.Average, name)
			}
		}
		r.Correlation[0].After.Found = []dossier.Count{0, 0, 26, 120}
		text, err := dossier.Encode(r)
		require.NoError(t, err)
		_, err = dossier.Read(bytes.NewReader(text))
		assert.ErrorIs(t, err, dossier.ErrFigures)
	}
}

// Of a table so small that everything is withheld there is a dossier as well, if others are there to be tried.
func TestEverythingWithheld(t *testing.T) {
	t.Parallel()
	d, err := dossier.Measure(t.Context(), declaration, dossier.Config{
		Original: classesOf(t, 5, 6), Release: classesOf(t, 5, 6), Control: classesOf(t, 20, 20), First: true, Limits: dossier.Limits{Class: 6, Match: 6},
	})
	require.NoError(t, err)
	for _, l := range d.Record().Correlation {
		assert.Equal(t, []dossier.Count{-1, -1, -1, -1}, l.After.Found)
	}
	var text bytes.Buffer
	require.NoError(t, d.WriteJSON(&text))
	_, err = dossier.Read(&text)
	require.NoError(t, err)
}

func TestCountText(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal([]dossier.Count{0, 12, -1, -7})
	require.NoError(t, err)
	assert.Equal(t, "[0,12,null,null]", string(text))
	var counts []dossier.Count
	require.NoError(t, json.Unmarshal([]byte("[0,12,null]"), &counts))
	assert.Equal(t, []dossier.Count{0, 12, -1}, counts)
	assert.Equal(t, "12 withheld", fmt.Sprint(counts[1], " ", counts[2]))
	for _, bad := range []string{"-1", "1.5", `"3"`, "1e99", "{}"} {
		var c dossier.Count
		assert.ErrorIs(t, c.UnmarshalJSON([]byte(bad)), dossier.ErrFormat, bad)
	}
}
