package dossier_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// released are ways to write that stand for some of the numbers 0 to 5, by themselves and as absent cells.
var released = []string{"*", "", "0", "3", "0-1", "2-3", "4-5", "0-2", "1-4", "≥3", "{0, 5}", "7"}

// standsFor reports whether a cell stands for a number of the original, said once more and by listing.
func standsFor(cell, number string, known map[string]bool) bool {
	if known[cell] {
		return cell == number
	}
	listed := map[string]string{"0-1": "01", "2-3": "23", "4-5": "45", "0-2": "012", "1-4": "1234", "≥3": "345", "{0, 5}": "05"}[cell]
	for _, digit := range listed {
		if string(digit) == number {
			return true
		}
	}
	return false
}

// agree reports whether two rows may be of one person.
func agree(a, b []string, aFine, bFine bool, known []map[string]bool) bool {
	for i := range a {
		if a[i] == "*" || a[i] == "" || b[i] == "*" || b[i] == "" || a[i] == b[i] {
			continue
		}
		both := false
		for n := range 6 {
			number := strconv.Itoa(n)
			if !known[i][number] {
				continue
			}
			inA, inB := standsFor(a[i], number, known[i]), standsFor(b[i], number, known[i])
			if aFine {
				inA = a[i] == number
			}
			if bFine {
				inB = b[i] == number
			}
			both = both || inA && inB
		}
		if !both {
			return false
		}
	}
	return true
}

func same(a, b []string) bool {
	for i := range a {
		x, y := a[i], b[i]
		if x == "" {
			x = "*"
		}
		if y == "" {
			y = "*"
		}
		if x != y {
			return false
		}
	}
	return true
}

// The join is what comparing every row with every row says.
func TestJoinReference(t *testing.T) {
	t.Parallel()
	p := gopter.DefaultTestParameters()
	p.MinSuccessfulTests = 150
	properties := gopter.NewProperties(p)
	quasi := []anonymity.Column{{Name: "x", Role: anonymity.QuasiIdentifier}, {Name: "y", Role: anonymity.QuasiIdentifier}}
	rowsOf := func(numbers []int, texts []string) (rows [][]string) {
		for i := 0; i+1 < len(numbers); i += 2 {
			rows = append(rows, []string{texts[numbers[i]%len(texts)], texts[numbers[i+1]%len(texts)]})
		}
		return rows
	}
	digits := []string{"0", "1", "2", "3", "4", "5", ""}
	numbers := gen.SliceOfN(24, gen.IntRange(0, 10_000))
	properties.Property("release, earlier and original", prop.ForAll(func(o, r, e []int) bool {
		originals, releases, earliers := rowsOf(o, digits), rowsOf(r, released), rowsOf(e, released)
		tables := map[*anonymity.Table][][]string{}
		for _, rows := range [][][]string{originals, releases, earliers} {
			table, err := anonymity.FromRows(slices.Values(rows), quasi...)
			require.NoError(t, err)
			tables[table] = rows
		}
		var original, release, earlier *anonymity.Table
		for table, rows := range tables {
			switch {
			case &rows[0] == &originals[0]:
				original = table
			case &rows[0] == &releases[0]:
				release = table
			default:
				earlier = table
			}
		}
		known := []map[string]bool{{}, {}}
		for _, row := range originals {
			known[0][row[0]], known[1][row[1]] = true, true
		}
		for _, of := range []struct {
			a, b  *anonymity.Table
			whole bool
		}{{release, original, true}, {release, earlier, false}, {original, earlier, false}, {original, original, true}} {
			got, err := dossier.Among(of.a, of.b, original, of.whole)
			require.NoError(t, err)
			for i, a := range tables[of.a] {
				matching, alike := 0, 0
				for _, b := range tables[of.b] {
					if agree(a, b, of.a == original, of.b == original, known) {
						matching++
					}
				}
				for _, b := range tables[of.a] {
					if same(a, b) {
						alike++
					}
				}
				if !of.whole && matching > 0 {
					matching = max(matching, alike)
				}
				if !assert.Equal(t, matching, got[i], "%v in %v", a, tables[of.b]) {
					return false
				}
			}
		}
		return true
	}, numbers, numbers, numbers))
	properties.TestingRun(t)
}

// A token that two releases share tells its person, whatever the quasi-identifiers hide; tokens of releases with different keys tell nobody.
func TestTokens(t *testing.T) {
	t.Parallel()
	columns := []anonymity.Column{{Name: "area", Role: anonymity.QuasiIdentifier}, {Name: "token", Role: anonymity.Other}}
	tokens := func(prefix string) *anonymity.Table {
		var rows [][]string
		for i := range 20 {
			rows = append(rows, []string{"H", prefix + strconv.Itoa(i)})
		}
		rows = append(rows, []string{"H", prefix + "0"}, []string{"H", ""}, []string{"H", "*"})
		table, err := anonymity.FromRows(slices.Values(rows), columns...)
		require.NoError(t, err)
		return table
	}
	original, one, two := tokens("o"), tokens("a"), tokens("b")
	shared, err := dossier.Among(one, tokens("a"), original, false)
	require.NoError(t, err)
	want := slices.Repeat([]int{1}, 23)
	want[0], want[20], want[21], want[22] = 2, 2, 23, 23
	assert.Equal(t, want, shared)
	single, err := anonymity.FromRows(slices.Values([][]string{{"a0"}}), columns[1])
	require.NoError(t, err)
	twice, err := dossier.Among(one, single, original, false)
	require.NoError(t, err)
	want = make([]int, 23)
	want[0], want[20] = 2, 2
	assert.Equal(t, want, twice, "two rows of the release have the token")
	apart, err := dossier.Among(one, two, original, false)
	require.NoError(t, err)
	assert.Equal(t, slices.Repeat([]int{23}, 23), apart)
}
