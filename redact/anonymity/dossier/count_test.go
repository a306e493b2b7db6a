package dossier_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		assert.Equal(t, c.shown, dossier.Protect(c.counts, 11), c.counts)
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
				shown := dossier.Protect(counts, smallCell)
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
				shown := dossier.Protect(counts, smallCell)
				for i, possible := range seen[fmt.Sprint(shown)] {
					if shown[i].Withheld() {
						require.Greater(t, len(possible), 1, "least %d, total %d: %v tells place %d", smallCell, total, shown, i)
					}
				}
			}
		}
	}
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
