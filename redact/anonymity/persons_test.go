package anonymity_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// told puts a column before the others that says who a row is about.
func told(role anonymity.Role, d anonymity.Distance) []anonymity.Column {
	return append([]anonymity.Column{{Name: "client", Role: role}}, columns(quasi, d)...)
}

// peopled gives each row a person, of whom there are about so many rows each, and returns the names.
func peopled(seed uint64, rows [][]string, each int) []string {
	random := rand.New(rand.NewPCG(seed, 9))
	names := make([]string, len(rows))
	for i := range names {
		names[i] = "client " + strconv.Itoa(random.IntN(1+len(rows)/each))
	}
	return names
}

func joined(rows [][]string, names []string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = append([]string{names[i]}, row...)
	}
	return out
}

// measuredBy measures rows whose first cell is the person's.
func measuredBy(rows [][]string, names []string, d anonymity.Distance) (anonymity.Report, error) {
	t, err := anonymity.FromRows(slices.Values(joined(rows, names)), told(anonymity.DirectIdentifier, d)...)
	if err != nil {
		return anonymity.Report{}, err
	}
	if t, err = t.By("client"); err != nil {
		return anonymity.Report{}, err
	}
	r, err := t.Measure()
	r.Named = nil
	return r, err
}

// reportedBy is the report by person by the definitions: classes and values as sets of people.
func reportedBy(rows [][]string, names []string, emd func(values []string, p, q []float64) float64) (r anonymity.Report, ok bool) {
	r, ok = reported(rows, emd)
	if !ok {
		return r, false
	}
	classes, _ := classesOf(rows)
	r.K, r.Unique, r.Prosecutor, r.Sensitive = math.MaxInt, 0, anonymity.Risk{}, nil
	smallest := map[string]int{}
	for _, class := range classes {
		people := map[string]bool{}
		for _, row := range class {
			people[names[row]] = true
		}
		r.K = min(r.K, len(people))
		for name := range people {
			if n, there := smallest[name]; !there || len(people) < n {
				smallest[name] = len(people)
			}
		}
	}
	r.Persons = len(smallest)
	for _, n := range smallest {
		share := 1 / float64(len(smallest))
		r.Prosecutor.Average += share / float64(n)
		r.Prosecutor.Highest = max(r.Prosecutor.Highest, 1/float64(n))
		if 1/float64(n) > anonymity.DefaultThreshold {
			r.Prosecutor.Above += share
		}
		if n == 1 {
			r.Unique += share
		}
	}
	if s, ok := inferredBy(rows, names, classes, emd); ok {
		r.Sensitive = []anonymity.Inference{s}
	}
	return r, true
}

// having returns how many people have each value in some rows, and how many have any.
func having(rows [][]string, names []string, of []int) (counts map[string]float64, people float64) {
	all, having := map[string]bool{}, map[[2]string]bool{}
	counts = map[string]float64{}
	for _, row := range of {
		if value := rows[row][quasi]; shows(value) {
			all[names[row]], having[[2]string{names[row], value}] = true, true
		}
	}
	for pair := range having {
		counts[pair[1]]++
	}
	return counts, float64(len(all))
}

func inferredBy(rows [][]string, names []string, classes map[string][]int, emd func(values []string, p, q []float64) float64) (s anonymity.Inference, ok bool) {
	var every []int
	for row := range rows {
		every = append(every, row)
	}
	table, everyone := having(rows, names, every)
	values := slices.Sorted(maps.Keys(table))
	s = anonymity.Inference{Name: "s", Distinct: math.MaxInt, Entropy: math.Inf(1)}
	var all [][]float64
	for _, class := range classes {
		counts, people := having(rows, names, class)
		if people == 0 {
			continue
		}
		ok = true
		q := distribution(values, counts)
		s.Closeness = max(s.Closeness, emd(values, distribution(values, table), q))
		entropy, l := 1.0, len(counts)
		for i, value := range values {
			if counts[value] == people {
				l = 1
			}
			s.Alpha = max(s.Alpha, counts[value]/people)
			if counts[value] == 0 {
				s.Delta = math.Inf(1)
				continue
			}
			entropy *= math.Pow(q[i], -q[i])
			p := table[value] / everyone
			gain := counts[value]/people/p - 1
			s.Beta = max(s.Beta, gain)
			if math.Exp(-gain) < p-1e-12 {
				s.EnhancedBeta = math.Inf(1)
			}
			s.EnhancedBeta = max(s.EnhancedBeta, gain)
			s.DeltaPresent = max(s.DeltaPresent, math.Abs(math.Log(counts[value]/people)-math.Log(p)))
		}
		if l == 1 {
			entropy = 1
		}
		s.Distinct, s.Entropy = min(s.Distinct, l), min(s.Entropy, entropy)
		sorted := slices.Sorted(maps.Values(counts))
		slices.Reverse(sorted)
		all = append(all, sorted)
	}
	s.Delta = max(s.Delta, s.DeltaPresent)
	for _, counts := range all {
		var tail float64
		for _, n := range counts[s.Distinct-1:] {
			tail += n
		}
		s.Recursive = max(s.Recursive, counts[0]/tail)
	}
	return s, ok
}

func TestMeasuresByPersonAreTheirDefinitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		d    anonymity.Distance
		work func(values []string, p, q []float64) float64
	}{
		{"equal", anonymity.Distance{}, equalWork},
		{"numeric", anonymity.Numeric(), orderedWork},
		{"hierarchy", anonymity.Hierarchy(tree), treeWork(tree)},
	} {
		for _, each := range []int{2, 5} {
			law(t, fmt.Sprintf("%s, %d rows each", c.name, each), func(seed uint64, gaps int) bool {
				rows := generated(seed, gaps)
				names := peopled(seed, rows, each)
				want, some := reportedBy(rows, names, c.work)
				got, err := measuredBy(rows, names, c.d)
				if !some {
					return err != nil
				}
				return err == nil && alike(want, got) && want.Persons == got.Persons
			})
		}
	}
}

func TestLawsByPerson(t *testing.T) {
	t.Parallel()
	law(t, "where every row is another person nothing changes", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		var names []string
		for i := range rows {
			names = append(names, "client "+strconv.Itoa(i*7%len(rows)*len(rows)+i))
		}
		before, failed := measured(rows, anonymity.Numeric())
		after, err := measuredBy(rows, names, anonymity.Numeric())
		if failed != nil {
			return err != nil
		}
		before.Persons = before.Rows - before.Suppressed
		return err == nil && reflect.DeepEqual(before, after)
	})
	law(t, "the order of rows does not matter", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		names := peopled(seed, rows, 3)
		before, failed := measuredBy(rows, names, anonymity.Numeric())
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(rows), func(i, j int) {
			rows[i], rows[j] = rows[j], rows[i]
			names[i], names[j] = names[j], names[i]
		})
		after, err := measuredBy(rows, names, anonymity.Numeric())
		return (failed == nil) == (err == nil) && alike(before, after)
	})
	law(t, "the names of people do not matter", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		names := peopled(seed, rows, 3)
		before, failed := measuredBy(rows, names, anonymity.Numeric())
		for i, name := range names {
			names[i] = strings.ToUpper(name) + "\x00,\"*"
		}
		after, err := measuredBy(rows, names, anonymity.Numeric())
		return (failed == nil) == (err == nil) && reflect.DeepEqual(before, after)
	})
	law(t, "a row that is there again changes nothing", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		names := peopled(seed, rows, 2)
		before, failed := measuredBy(rows, names, anonymity.Numeric())
		random := rand.New(rand.NewPCG(seed, 5))
		for range 1 + random.IntN(60) {
			i := random.IntN(len(rows))
			rows, names = append(rows, rows[i]), append(names, names[i])
		}
		after, err := measuredBy(rows, names, anonymity.Numeric())
		before.Rows, before.Suppressed, before.Partial = after.Rows, after.Suppressed, after.Partial
		return (failed == nil) == (err == nil) && alike(before, after) && before.Persons == after.Persons
	})
	law(t, "people taken for one never raise k, and never lower the risk", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		names := peopled(seed, rows, 2)
		before, failed := measuredBy(rows, names, anonymity.Numeric())
		for i := range names {
			if names[i] == "client 1" {
				names[i] = "client 0"
			}
		}
		after, err := measuredBy(rows, names, anonymity.Numeric())
		return (failed == nil) == (err == nil) && after.K <= before.K && after.Prosecutor.Highest >= before.Prosecutor.Highest
	})
	law(t, "rows are never fewer than people", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		byRow, failed := measured(rows, anonymity.Numeric())
		byPerson, err := measuredBy(rows, peopled(seed, rows, 3), anonymity.Numeric())
		return (failed == nil) == (err == nil) && byPerson.K <= byRow.K && byPerson.Prosecutor.Highest >= byRow.Prosecutor.Highest &&
			(len(byRow.Sensitive) == 0 || byPerson.Sensitive[0].Distinct <= byRow.Sensitive[0].Distinct)
	})
}

// One person five times is nobody among five.
func TestOnePersonSeveralTimes(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"ann", "a", "1"},
		{"ann", "a", "2"},
		{"ann", "a", "3"},
		{"ann", "a", "4"},
		{"ann", "a", "5"},
		{"bob", "b", "1"},
		{"bob", "b", "2"},
		{"cyd", "b", "2"},
		{"dee", "b", "2"},
	}
	columns := append([]anonymity.Column{{Name: "client", Role: anonymity.DirectIdentifier}}, columns(1, anonymity.Distance{})...)
	byRow := table(t, columns, rows...)
	report, err := byRow.Measure()
	require.NoError(t, err)
	assert.Equal(t, 4, report.K)
	assert.Equal(t, []string{"client"}, report.Repeated)
	assert.Zero(t, report.Persons)
	assert.Contains(t, report.String(), "column client repeats: rows are counted, not people\n")
	assert.Nil(t, byRow.Persons())

	byPerson, err := byRow.By("client")
	require.NoError(t, err)
	assert.Equal(t, []uint32{0, 0, 0, 0, 0, 1, 1, 2, 3}, byPerson.Persons())
	report, err = byPerson.Measure()
	require.NoError(t, err)
	assert.Equal(t, 1, report.K)
	assert.Empty(t, report.Repeated)
	assert.Equal(t, 4, report.Persons)
	assert.InDelta(t, 0.25, report.Unique, 0)
	assert.InDelta(t, (1+3*1.0/3)/4, report.Prosecutor.Average, 1e-15)
	assert.Equal(t, 1, report.Sensitive[0].Distinct, "all three have 2")
	assert.InDelta(t, 1, report.Sensitive[0].Alpha, 0)
	classes, err := byPerson.Classes()
	require.NoError(t, err)
	values, err := classes.Attribute("s")
	require.NoError(t, err)
	assert.InDelta(t, 3.0/4, values.Recursive(1), 0)
	assert.Equal(t, math.Inf(1), values.Recursive(2), "no second value, where all have one")
	assert.Contains(t, report.String(), "9 rows, 0 suppressed, 0 with absent cells; 2 classes of 4 people\nk = 1\n25.0 % of the people are unique\nrisk of a person:")
	assert.NotContains(t, fmt.Sprintf("%+v %s", report, report), "ann")

	again, err := byRow.ByPersons([]uint32{7, 7, 7, 7, 7, 9, 9, 1, 4})
	require.NoError(t, err)
	same, err := again.Measure()
	require.NoError(t, err)
	assert.Equal(t, report, same)
}

// How a table came to be, by rows, from CSV with quotation marks or without, or coded, does not matter for who is who.
func TestByIsTheSameHoweverTheTableWasMade(t *testing.T) {
	t.Parallel()
	columns := append([]anonymity.Column{{Name: "client", Role: anonymity.DirectIdentifier}}, columns(1, anonymity.Distance{})...)
	of := []uint32{0, 1, 0, 2, 1}
	rows := [][]string{{"anna", "a", "1"}, {"anton", "a", "1"}, {"anna", "a", "2"}, {"ann", "a", "1"}, {"anton", "a", "1"}}
	csv := "client,q0,s\nanna,a,1\nanton,a,1\nanna,a,2\nann,a,1\nanton,a,1\n"
	tables := map[string]*anonymity.Table{"rows": table(t, columns, rows...)}
	for name, text := range map[string]string{"plain": csv, "quoted": strings.ReplaceAll(csv, "anna", `"anna"`), "quoted late": strings.ReplaceAll(csv, "ann,", `"ann",`)} {
		read, err := anonymity.CSV{}.Read(strings.NewReader(text), columns...)
		require.NoError(t, err)
		tables[name] = read
	}
	coded, err := anonymity.FromCoded(5, columns, [][]uint32{{0, 1, 3, 2, 1}, {0, 0, 0, 0, 0}, {0, 0, 1, 0, 0}}, [][]string{{"anna", "anton", "ann", "anna"}, {"a"}, {"1", "2"}})
	require.NoError(t, err)
	tables["coded"] = coded
	for name, table := range tables {
		by, err := table.By("client")
		require.NoError(t, err, name)
		assert.Equal(t, of, by.Persons(), name)
		report, err := by.Measure()
		require.NoError(t, err)
		assert.Equal(t, 3, report.K, name)
	}
	for _, role := range []anonymity.Role{anonymity.Other, anonymity.QuasiIdentifier, anonymity.Sensitive} {
		columns := slices.Clone(columns)
		columns[0].Role = role
		by, err := table(t, columns, rows...).By("client")
		require.NoError(t, err)
		assert.Equal(t, of, by.Persons(), role)
	}
}

// Who is told apart stays so, whatever becomes of the table or of the numbers.
func TestByKeepsItsRows(t *testing.T) {
	t.Parallel()
	columns := append([]anonymity.Column{{Name: "client", Role: anonymity.DirectIdentifier}}, columns(1, anonymity.Distance{})...)
	rows := table(t, columns, []string{"x", "a", "1"}, []string{"x", "a", "2"})
	by, err := rows.By("client")
	require.NoError(t, err)
	require.NoError(t, rows.Append("y", "b", "3"))
	require.NoError(t, rows.Append("", "a", "3"))
	require.ErrorIs(t, by.Append("y", "b", "3"), anonymity.ErrFull)
	by.Persons()[0] = 7
	assert.Equal(t, []uint32{0, 0}, by.Persons())
	assert.Equal(t, [][]string{{"", "a", "1"}, {"", "a", "2"}}, rowsOf(by))
	report, err := by.Measure()
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1, 1}, []int{report.Rows, report.K, report.Persons})
	again, err := by.By("client")
	require.NoError(t, err)
	assert.Equal(t, by.Persons(), again.Persons())
}

// Nobody is counted whom nothing is known of, and what counts rows says so.
func TestRefusalsByPerson(t *testing.T) {
	t.Parallel()
	columns := []anonymity.Column{
		{Name: "client", Role: anonymity.DirectIdentifier, Missing: []string{"none"}},
		{Name: "token", Role: anonymity.Other},
		{Name: "q0", Role: anonymity.QuasiIdentifier},
	}
	for _, absent := range []string{"", "*", "none"} {
		rows := table(t, columns, []string{"x", "1", "a"}, []string{absent, "2", "a"})
		_, err := rows.By("client")
		require.ErrorIs(t, err, anonymity.ErrPerson)
		assert.NotContains(t, err.Error(), "x\"")
		report, err := rows.Measure()
		require.NoError(t, err)
		assert.Empty(t, report.Repeated)
	}
	unsaid := table(t, columns, []string{"", "1", "a"}, []string{"", "2", "a"}, []string{"", "", "a"})
	_, err := unsaid.By("token")
	require.ErrorIs(t, err, anonymity.ErrPerson)
	_, err = unsaid.By("nobody")
	require.ErrorIs(t, err, anonymity.ErrColumn)
	_, err = unsaid.ByPersons([]uint32{1, 2})
	require.ErrorIs(t, err, anonymity.ErrRagged)
	report, err := unsaid.Measure()
	require.NoError(t, err)
	assert.Empty(t, report.Repeated, "what is absent does not repeat")

	rows := table(t, columns, []string{"x", "1", "a"}, []string{"y", "2", "a"}, []string{"x", "1", "b"}, []string{"z", "1", "b"})
	by, err := rows.By("client")
	require.NoError(t, err)
	for _, pair := range [][2]*anonymity.Table{{by, by}, {rows, by}, {by, rows}} {
		_, err = anonymity.Compare(pair[0], pair[1])
		require.ErrorIs(t, err, anonymity.ErrPerson)
	}
	classes, err := by.Classes()
	require.NoError(t, err)
	_, err = classes.PopulationUnique(100)
	require.ErrorIs(t, err, anonymity.ErrPerson)
	_, err = rows.By("q0")
	require.NoError(t, err)
	empty, err := table(t, columns).By("client")
	require.NoError(t, err)
	_, err = empty.Measure()
	require.ErrorIs(t, err, anonymity.ErrEmpty)
}

// Where each person is in one class, the estimates are those of people.
func TestPopulationUniqueByPerson(t *testing.T) {
	t.Parallel()
	law(t, "as one row each", func(seed uint64, _ int) bool {
		rows := generated(seed, 0)
		single, err1 := anonymity.FromRows(slices.Values(rows), columns(quasi, anonymity.Distance{})...)
		var names []string
		var twice [][]string
		for i, row := range rows {
			for range 1 + i%3 {
				names, twice = append(names, strconv.Itoa(i)), append(twice, row)
			}
		}
		several, err2 := anonymity.FromRows(slices.Values(joined(twice, names)), told(anonymity.Other, anonymity.Distance{})...)
		if errors.Join(err1, err2) != nil {
			return false
		}
		by, err := several.By("client")
		if err != nil {
			return false
		}
		ours, err1 := single.Classes()
		theirs, err2 := by.Classes()
		if errors.Join(err1, err2) != nil {
			return false
		}
		for _, people := range []int{len(rows), 50, 1000} {
			x, err1 := ours.PopulationUnique(people)
			y, err2 := theirs.PopulationUnique(people)
			if (err1 == nil) != (err2 == nil) || x != y {
				return false
			}
		}
		return true
	})
}

// Somebody in one class by a whole row and in another by one that lacks a cell is in several.
func TestPopulationUniqueSeesPartialRows(t *testing.T) {
	t.Parallel()
	table, err := anonymity.New(
		anonymity.Column{Name: "who", Role: anonymity.Other}, anonymity.Column{Name: "a", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "b", Role: anonymity.QuasiIdentifier},
	)
	require.NoError(t, err)
	for _, row := range [][]string{{"ann", "0", "0"}, {"ann", "1", "*"}, {"bob", "1", "1"}, {"cyd", "1", "1"}} {
		require.NoError(t, table.Append(row...))
	}
	told, err := table.By("who")
	require.NoError(t, err)
	classes, err := told.Classes()
	require.NoError(t, err)
	_, err = classes.PopulationUnique(100)
	require.ErrorIs(t, err, anonymity.ErrPerson)
}
