package dossier_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

var goldenPeople = filepath.Join("testdata", "dossier_v2.json")

// orders are rows of which people have from one to three, one after the other: what they ordered differs, and some have moved.
func orders(n int, seed uint64) [][]string {
	random := rand.New(rand.NewPCG(seed, 13))
	var rows [][]string
	for i, person := range people(n, seed) {
		for j := range 1 + i%3 {
			row := slices.Clone(person)
			if j > 0 {
				row[4], row[5] = []string{"no heat", "leak", "noise", "odour"}[random.IntN(4)], strconv.Itoa(20000+37*random.IntN(2000))
			}
			if j == 2 && random.IntN(4) == 0 {
				row[2] = "G1R 2Y2"
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// ordered is a configuration for orders, without earlier releases.
func ordered(tb testing.TB, rows, released [][]string) dossier.Config {
	tb.Helper()
	return dossier.Config{Original: table(tb, rows), Release: table(tb, released), Person: "name", Tokens: []string{"token"}, First: true, Seed: 1}
}

func measuredPeople(tb testing.TB) (*dossier.Dossier, [][]string) {
	tb.Helper()
	rows := orders(900, 1)
	released := generalised(rows)
	for i, row := range released { // another token for each row
		row[6] = "row-" + strconv.Itoa(i)
	}
	c := ordered(tb, rows, released)
	var areas [][]string
	for _, row := range rows {
		areas = append(areas, []string{row[0], row[2][:3], row[3]})
	}
	earlier, err := anonymity.FromRows(slices.Values(areas), anonymity.Column{Name: "client", Role: anonymity.DirectIdentifier},
		anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "tenure", Role: anonymity.QuasiIdentifier})
	require.NoError(tb, err)
	earlier, err = earlier.By("client")
	require.NoError(tb, err)
	c.First, c.Earlier = false, map[string]*anonymity.Table{"2024 map": earlier}
	d, err := dossier.Measure(tb.Context(), declared(), c)
	require.NoError(tb, err)
	require.Empty(tb, d.Findings())
	return d, released
}

// The vector is what is written today, reads back, and seals its release, whether that says whom its rows are about or not.
func TestGoldenByPerson(t *testing.T) {
	t.Parallel()
	d, rows := measuredPeople(t)
	text := written(t, d)
	if *update {
		require.NoError(t, os.WriteFile(goldenPeople, text, 0o600))
	}
	want, err := os.ReadFile(goldenPeople)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text))
	read, err := dossier.Read(bytes.NewReader(want))
	require.NoError(t, err)
	assert.Equal(t, d.Record(), read.Record())
	for _, tableOf := range []func([][]string) (*anonymity.Table, error){tableOfRows, tableOfPeople} {
		sealed, err := dossier.Seal(read, rows, tableOf, day)
		require.NoError(t, err)
		got, err := sealed.Open(day)
		require.NoError(t, err)
		assert.Equal(t, rows, got)
	}
}

// tableOfPeople makes a table of the rows of orders, of which it is known how many each person has.
func tableOfPeople(rows [][]string) (*anonymity.Table, error) {
	t, err := tableOfRows(rows)
	if err != nil {
		return nil, err
	}
	var persons []uint32
	for i := uint32(0); len(persons) < len(rows); i++ {
		persons = append(persons, slices.Repeat([]uint32{i}, 1+int(i%3))...)
	}
	return t.ByPersons(persons)
}

// One person many times is a class of rows and alone.
func TestOnePersonManyTimes(t *testing.T) {
	t.Parallel()
	rows := orders(900, 1)
	for i := range 40 {
		row := slices.Clone(rows[0])
		row[1], row[2], row[3], row[4] = "1885", "X9X 9X9", "owner", []string{"leak", "noise"}[i%2]
		rows = append(rows, row)
	}
	released := generalised(rows)
	c := ordered(t, rows, released)
	d, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	r := d.Record()
	assert.Equal(t, 1, r.Individualisation.After.K)
	assert.Equal(t, 1, r.Correlation[0].After.Least)
	var found []string
	for _, f := range d.Findings() {
		found = append(found, f.Criterion+" "+f.Of+" "+f.Measure)
	}
	assert.Equal(t, []string{"individualisation class class", "correlation original match", "inference reason distinct"}, found[:3])

	// Had each row another name, nobody would see it.
	for i, row := range rows {
		row[0] = "name-" + strconv.Itoa(i)
	}
	c.Original, c.Person = table(t, rows), ""
	d, err = dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	assert.Equal(t, 40, d.Record().Individualisation.After.K)
}

// Where rows repeat a person and nobody says so, nothing is measured, and tables that count people are not passed over.
func TestPersonHasToBeSaid(t *testing.T) {
	t.Parallel()
	rows := orders(200, 3)
	released := generalised(rows)
	unordered := slices.Clone(released)
	slices.Reverse(unordered)
	unnamed := orders(200, 3)
	unnamed[7][0] = ""
	told := func(t *anonymity.Table) *anonymity.Table {
		told, err := tableOfPeople(released)
		if err != nil || told.Rows() != t.Rows() {
			panic(err)
		}
		return told
	}
	for name, c := range map[string]struct {
		change func(c *dossier.Config)
		err    error
	}{
		"nobody said it":              {func(c *dossier.Config) { c.Person = "" }, dossier.ErrConfig},
		"no such column":              {func(c *dossier.Config) { c.Person = "client" }, anonymity.ErrColumn},
		"not UTF-8":                   {func(c *dossier.Config) { c.Person = "\xff" }, dossier.ErrConfig},
		"nobody in a row":             {func(c *dossier.Config) { c.Original = table(t, unnamed) }, anonymity.ErrPerson},
		"nobody in a row by name":     {func(c *dossier.Config) { c.Original = table(t, unnamed) }, dossier.ErrConfig},
		"another order":               {func(c *dossier.Config) { c.Release = table(t, unordered) }, dossier.ErrReading},
		"fewer rows":                  {func(c *dossier.Config) { c.Release = table(t, released[1:]) }, dossier.ErrConfig},
		"a release that counts":       {func(c *dossier.Config) { c.Person, c.Release = "", told(c.Release) }, dossier.ErrConfig},
		"an original that counts":     {func(c *dossier.Config) { c.Person, c.Original = "", told(c.Original) }, dossier.ErrConfig},
		"a control that counts":       {func(c *dossier.Config) { c.Person, c.Control = "", told(c.Original) }, dossier.ErrConfig},
		"a control that does not say": {func(c *dossier.Config) { c.Control = table(t, released) }, dossier.ErrConfig},
		"an earlier one that counts": {func(c *dossier.Config) {
			c.Person, c.First, c.Earlier = "", false, map[string]*anonymity.Table{"one": told(c.Release)}
		}, dossier.ErrConfig},
		"an earlier one that does not say": {func(c *dossier.Config) {
			c.First, c.Earlier = false, map[string]*anonymity.Table{"one": c.Release}
		}, dossier.ErrConfig},
		"no earlier one": {func(c *dossier.Config) { c.First, c.Earlier = false, map[string]*anonymity.Table{"one": nil} }, dossier.ErrConfig},
		"few people of many rows": {func(c *dossier.Config) {
			few := orders(9, 3)
			var each []uint32
			for i := range few {
				each = append(each, uint32(i))
			}
			c.Original = table(t, few)
			var err error
			if c.Release, err = table(t, generalised(few)).ByPersons(each); err != nil {
				panic(err)
			}
		}, dossier.ErrConfig},
		"few people": {func(c *dossier.Config) {
			few := orders(9, 3)
			c.Original, c.Release = table(t, few), table(t, generalised(few))
		}, dossier.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := ordered(t, rows, released)
			c.change(&config)
			d, err := dossier.Measure(t.Context(), declared(), config)
			require.ErrorIs(t, err, c.err)
			assert.Nil(t, d)
			assert.NotContains(t, err.Error(), "canary")
			assert.Equal(t, strings.HasSuffix(name, "does not say"), strings.HasSuffix(err.Error(), "does not say whom its rows are about"))
		})
	}
	_, err := dossier.Measure(t.Context(), declared(), ordered(t, rows, released))
	require.NoError(t, err)
}

// The release may be in any order if it says whom its rows are about, by tokens or because its people were told apart, and the figures are the same.
func TestPeopleOfTheRelease(t *testing.T) {
	t.Parallel()
	rows := orders(300, 2)
	released := generalised(rows)
	for i, row := range rows {
		row[6], released[i][6] = "old-"+row[0], "new-"+row[0]
	}
	c := ordered(t, rows, released)
	first, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	slices.Reverse(released)
	c.Release = table(t, released)
	byToken, err := c.Release.By("token")
	require.NoError(t, err)
	for name, change := range map[string]func(c *dossier.Config){
		"told apart": func(c *dossier.Config) { c.Release = byToken },
		"tokens":     func(c *dossier.Config) { c.Person = "token" },
	} {
		config := c
		change(&config)
		d, err := dossier.Measure(t.Context(), declared(), config)
		require.NoError(t, err, name)
		r, want := d.Record(), first.Record()
		assert.Equal(t, config.Person, r.Person)
		assert.Equal(t, want.Individualisation, r.Individualisation, name)
		assert.Equal(t, want.Correlation, r.Correlation, name)
		for i := range r.Inference { // who learns from rows in another order may decide a tie otherwise
			assert.Equal(t, want.Inference[i].After.Closeness, r.Inference[i].After.Closeness, name)
			assert.Equal(t, want.Inference[i].Targets, r.Inference[i].Targets, name)
		}
	}
}

// Where each row is about another person every figure is as it is by rows.
func TestOneRowEachIsTheSame(t *testing.T) {
	t.Parallel()
	rows := people(1200, 1)
	released := generalised(rows)
	for i := range 3 {
		released[i][1] = rows[i][1]
	}
	c := config(t, rows, released)
	byRow, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	for id, table := range c.Earlier {
		var each []uint32
		for i := range table.Rows() {
			each = append(each, uint32(i))
		}
		told, err := table.ByPersons(each)
		require.NoError(t, err)
		c.Earlier[id] = told
	}
	c.Person = "name"
	byPerson, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	r := byPerson.Record()
	assert.Equal(t, "name", r.Person)
	r.Person = ""
	for _, s := range []*dossier.Standing{&r.Individualisation.Before, &r.Individualisation.After} {
		assert.Equal(t, s.Rows, s.People)
		s.People = 0
	}
	for i := range r.Correlation {
		r.Correlation[i].Before.People, r.Correlation[i].After.People = 0, 0
	}
	want := byRow.Record()
	assert.Contains(t, want.Individualisation.After.Sizes, dossier.Count(-1))
	assert.Equal(t, want, r)
}

// Rows that are there again change nothing that is counted by person, and the names of people do not matter.
func TestRowsAgainChangeNothing(t *testing.T) {
	t.Parallel()
	rows := orders(300, 4)
	c := ordered(t, rows, generalised(rows))
	first, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	var again [][]string
	for i, row := range rows {
		row = slices.Clone(row)
		row[0] = strings.ToUpper(row[0]) + "*"
		again = append(again, row)
		if i%2 == 0 {
			again = append(again, row, row)
		}
	}
	for _, row := range again {
		row[6] = "token"
	}
	for _, row := range rows {
		row[6] = "token"
	}
	c = ordered(t, again, generalised(again))
	second, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	r, want := second.Record(), first.Record()
	for _, pair := range [][2]*dossier.Standing{
		{&want.Individualisation.Before, &r.Individualisation.Before}, {&want.Individualisation.After, &r.Individualisation.After},
	} {
		pair[0].Rows = pair[1].Rows
		assert.Equal(t, pair[0], pair[1])
	}
	for i := range r.Inference {
		x, y := want.Inference[i].After, r.Inference[i].After
		x.Accuracy, x.Baseline, y.Accuracy, y.Baseline = 0, 0, 0, 0 // who is tried, and by which row, is chosen anew
		assert.Equal(t, x, y)
		assert.Equal(t, want.Inference[i].Targets, r.Inference[i].Targets)
	}
}

// Where somebody has several rows, a count of people in classes of 6 or more can be as low as 1, and one that would tell is withheld with it.
func TestSizesByPersonKnowTheLeast(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []int{1, 1, 2, 6, 11, 20, 50, 100}, dossier.LeastIn(6, false))
	assert.Equal(t, []int{1, 1, 1, 6, 1, 1, 1, 1}, dossier.LeastIn(6, true))
	for each, want := range map[int][]dossier.Count{1: {0, 0, 0, -1, -1, -1, 60, 0}, 2: {0, 0, 0, -1, -1, 25, 60, 0}} {
		var rows [][]string
		for class, size := range []int{6, 11, 25, 60} {
			for i := range each * size {
				rows = append(rows, []string{fmt.Sprint(class, "-", i/each), fmt.Sprint(class), fmt.Sprint(i / each % 3)})
			}
		}
		people, err := anonymity.FromRows(slices.Values(rows), anonymity.Column{Name: "client", Role: anonymity.Other},
			anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "s", Role: anonymity.Sensitive})
		require.NoError(t, err)
		d, err := dossier.Measure(t.Context(), declaration, dossier.Config{Original: people, Release: people, Person: "client", First: true})
		require.NoError(t, err)
		assert.Equal(t, want, d.Record().Individualisation.After.Sizes, each)
	}
}

// People are counted by the smallest class that they have a row in.
func TestFiguresByPerson(t *testing.T) {
	t.Parallel()
	var rows, released [][]string
	add := func(name, class, shown string) {
		s := strconv.Itoa(len(rows) % 3)
		rows, released = append(rows, []string{name, class, s}), append(released, []string{"", shown, s})
	}
	for i := range 25 {
		add(fmt.Sprint("a", i), "0", "0")
		add(fmt.Sprint("a", i), "0", "0")
	}
	for i := range 22 { // all are in class 1, with 12 of those before
		add(fmt.Sprint("b", i), "1", "1")
	}
	for i := range 12 {
		add(fmt.Sprint("a", i), "1", "1")
	}
	for i := range 60 {
		add(fmt.Sprint("c", i), "2", "2")
	}
	for i := range 13 { // who are in class 2 as well, and otherwise in none
		add(fmt.Sprint("c", i), "2", "*")
	}
	for i := range 14 { // who are in none
		add(fmt.Sprint("d", i), "2", "*")
	}
	columns := []anonymity.Column{{Name: "client", Role: anonymity.DirectIdentifier}, {Name: "q", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	of := func(rows [][]string) *anonymity.Table {
		table, err := anonymity.FromRows(slices.Values(rows), columns...)
		require.NoError(t, err)
		return table
	}
	d := declaration
	d.Removed = []string{"client"}
	made, err := dossier.Measure(t.Context(), d, dossier.Config{Original: of(rows), Release: of(released), Person: "client", First: true})
	require.NoError(t, err)
	r := made.Record()
	s := r.Individualisation.After
	assert.Equal(t, []int{len(rows), 25 + 22 + 60 + 14, 25}, []int{s.Rows, s.People, s.K})
	assert.Equal(t, []dossier.Count{14, 0, 0, 0, 0, 25 + 22, 60, 0}, s.Sizes)
	require.NotNil(t, s.Average)
	assert.InDelta(t, (25.0/25+22.0/34+60.0/60)/(25+22+60), *s.Average, 1e-6)
	m := r.Correlation[0].After
	assert.Equal(t, []int{len(rows), 25 + 22 + 60 + 14, 25}, []int{m.Rows, m.People, m.Least})
	assert.Equal(t, []dossier.Count{0, 0, 0, 121}, m.Found)
	assert.Equal(t, 61, r.Inference[0].Targets, "half of the people, each once")
}

// Somebody of whom one row matches is found, whatever becomes of the others.
func TestOneRowThatMatchesIsEnough(t *testing.T) {
	t.Parallel()
	var rows, earlier [][]string
	for i := range 24 {
		for _, q := range [][]string{{"a", "b"}, {"b", "a"}}[i%2] {
			row := []string{"client " + strconv.Itoa(i), q, strconv.Itoa(i % 3)}
			rows = append(rows, row)
			if q == "a" {
				earlier = append(earlier, row)
			}
		}
	}
	columns := []anonymity.Column{{Name: "client", Role: anonymity.DirectIdentifier}, {Name: "q", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	of := func(rows [][]string) *anonymity.Table {
		table, err := anonymity.FromRows(slices.Values(rows), columns...)
		require.NoError(t, err)
		return table
	}
	d := declaration
	d.Removed = []string{"client"}
	var released [][]string
	for _, row := range rows {
		released = append(released, []string{"", row[1], row[2]})
	}
	made, err := dossier.Measure(t.Context(), d, dossier.Config{
		Original: of(rows), Release: of(released), Person: "client", Earlier: map[string]*anonymity.Table{"before": of(earlier)},
	})
	require.NoError(t, err)
	l := made.Record().Correlation[1]
	assert.Equal(t, []dossier.Count{0, 0, 0, 24}, l.After.Found)
	assert.Equal(t, 24, l.After.Least)
}

// The join by person is what counting the people of the rows that agree says.
func TestJoinByPersonReference(t *testing.T) {
	t.Parallel()
	p := gopter.DefaultTestParameters()
	p.MinSuccessfulTests = 150
	properties := gopter.NewProperties(p)
	quasi := []anonymity.Column{{Name: "x", Role: anonymity.QuasiIdentifier}, {Name: "y", Role: anonymity.QuasiIdentifier}, {Name: "z", Role: anonymity.Other}}
	rowsOf := func(numbers []int, texts []string) (rows [][]string, persons []uint32) {
		for i := 0; i+1 < len(numbers); i += 2 {
			rows = append(rows, []string{texts[numbers[i]%len(texts)], texts[numbers[i+1]%len(texts)], ""})
			persons = append(persons, uint32(numbers[i]/7%6))
		}
		return rows, persons
	}
	numbers := gen.SliceOfN(30, gen.IntRange(0, 10_000))
	properties.Property("release, earlier and original", prop.ForAll(func(o, r, e []int) bool {
		type side struct {
			rows    [][]string
			persons []uint32
			table   *anonymity.Table
		}
		sideOf := func(numbers []int, texts []string) side {
			rows, persons := rowsOf(numbers, texts)
			table, err := anonymity.FromRows(slices.Values(rows), quasi...)
			require.NoError(t, err)
			table, err = table.ByPersons(persons)
			require.NoError(t, err)
			return side{rows, persons, table}
		}
		original, release, earlier := sideOf(o, []string{"0", "1", "2", "3", "4", "5", ""}), sideOf(r, released), sideOf(e, released)
		known := []map[string]bool{{}, {}}
		for _, row := range original.rows {
			known[0][row[0]], known[1][row[1]] = true, true
		}
		for _, of := range []struct {
			a, b  side
			whole bool
		}{{release, original, true}, {release, earlier, false}, {original, earlier, false}, {original, original, true}} {
			got, err := dossier.Among(of.a.table, of.b.table, original.table, of.whole)
			require.NoError(t, err)
			for i, a := range of.a.rows {
				matching, alike := map[uint32]bool{}, map[uint32]bool{}
				for j, b := range of.b.rows {
					if agree(a[:2], b[:2], of.a.table == original.table, of.b.table == original.table, known) {
						matching[of.b.persons[j]] = true
					}
				}
				for j, b := range of.a.rows {
					if same(a, b) {
						alike[of.a.persons[j]] = true
					}
				}
				want := len(matching)
				if !of.whole && want > 0 {
					want = max(want, len(alike))
				}
				if !assert.Equal(t, want, got[i], "%v in %v", a, of.b.rows) {
					return false
				}
			}
		}
		return true
	}, numbers, numbers, numbers))
	properties.TestingRun(t)
}

// A token is that of one person, however many rows have it.
func TestTokensByPerson(t *testing.T) {
	t.Parallel()
	of := func(tokens ...string) *anonymity.Table {
		var rows [][]string
		for _, token := range tokens {
			rows = append(rows, []string{token})
		}
		table, err := anonymity.FromRows(slices.Values(rows), anonymity.Column{Name: "token", Role: anonymity.Other})
		require.NoError(t, err)
		return table
	}
	told := func(table *anonymity.Table, persons ...uint32) *anonymity.Table {
		told, err := table.ByPersons(persons)
		require.NoError(t, err)
		return told
	}
	one := told(of("a", "a", "b", "b", "c"), 0, 0, 1, 2, 3)
	earlier := told(of("a", "a", "a", "b", "b", "c", "c"), 5, 5, 5, 6, 6, 7, 8)
	got, err := dossier.Among(one, earlier, one, false)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 2, 2, 2}, got)
}

// Records that say of people what cannot be, or say it in the other form, are refused.
func TestReadRefusesPeople(t *testing.T) {
	t.Parallel()
	d, rows := measuredPeople(t)
	text := written(t, d)
	require.Equal(t, string(text), string(edited(t, text, func(map[string]any) {})))
	for name, change := range map[string]func(r map[string]any){
		"no people":            func(r map[string]any) { delete(at(r, "individualisation", "after"), "people") },
		"no people that match": func(r map[string]any) { delete(at(r, "correlation", 0, "after"), "people") },
		"more people than rows": func(r map[string]any) {
			before := at(r, "individualisation", "before")
			before["people"], before["sizes"].([]any)[1] = 1900, 1859
			for i := range r["correlation"].([]any) {
				before := at(r, "correlation", i, "before")
				before["people"] = 1900
				before["found"].([]any)[map[bool]int{true: 1, false: 3}[i == 0]] = 1900
			}
		},
		"people below": func(r map[string]any) { at(r, "individualisation", "before")["people"] = -900 },
		"others that match": func(r map[string]any) {
			before := at(r, "correlation", 1, "before")
			before["people"], before["found"].([]any)[3] = 899, 899
		},
		"k of more":             func(r map[string]any) { at(r, "individualisation", "after")["k"] = 901 },
		"another column":        func(r map[string]any) { r["person"] = "client" },
		"people without person": func(r map[string]any) { delete(r, "person") },
	} {
		_, err := dossier.Read(bytes.NewReader(edited(t, text, change)))
		assert.ErrorIs(t, err, dossier.ErrFigures, name)
	}
	for name, other := range map[string]string{
		"version 1":         strings.Replace(string(text), "dossier.v2", "dossier.v1", 1),
		"version 3":         strings.Replace(string(text), "dossier.v2", "dossier.v3", 1),
		"an empty person":   strings.Replace(string(text), `"person": "name"`, `"person": ""`, 1),
		"person before":     strings.Replace(strings.Replace(string(text), "  \"person\": \"name\",\n", "", 1), `  "digest"`, "  \"person\": \"name\",\n  \"digest\"", 1),
		"version 1 of none": strings.Replace(string(written(t, first(measured(t)))), `"smallCell"`, "\"person\": \"\",\n  \"smallCell\"", 1),
	} {
		_, err := dossier.Read(strings.NewReader(other))
		assert.ErrorIs(t, err, dossier.ErrFormat, name)
	}

	forged := func(change func(r map[string]any)) *dossier.Dossier {
		read, err := dossier.Read(bytes.NewReader(edited(t, text, change)))
		require.NoError(t, err)
		return read
	}
	k := d.Record().Individualisation.After.K
	for name, change := range map[string]func(r map[string]any){
		"k":       func(r map[string]any) { at(r, "individualisation", "after")["k"] = k + 1 },
		"average": func(r map[string]any) { at(r, "individualisation", "after")["average"] = 0.011 },
		"people":  func(r map[string]any) { at(r, "inference", 0, "after")["alpha"] = 0.3 },
	} {
		_, err := dossier.Seal(forged(change), rows, tableOfPeople, day)
		require.ErrorIs(t, err, dossier.ErrFigures, name)
	}
	for name, change := range map[string]func(r map[string]any){
		"k of more than the rows": func(r map[string]any) {
			after := at(r, "individualisation", "after")
			after["k"], after["sizes"], after["average"] = 200, []any{0, 0, 0, 0, 0, 0, 0, 900}, 0.004
		},
		"values that are not": func(r map[string]any) { at(r, "inference", 0, "after")["distinct"] = 5 },
		"fewer rows": func(r map[string]any) {
			at(r, "individualisation", "after")["rows"] = 1799
			for i := range r["correlation"].([]any) {
				at(r, "correlation", i, "after")["rows"] = 1799
			}
		},
	} {
		_, err := dossier.Seal(forged(change), rows, tableOfRows, day)
		assert.ErrorIs(t, err, dossier.ErrFigures, name)
	}
}

func first(d *dossier.Dossier, _ [][]string) *dossier.Dossier { return d }

// The page says that people were counted, and by which column; without it says nothing of the kind.
func TestPageByPerson(t *testing.T) {
	t.Parallel()
	d, _ := measuredPeople(t)
	assert.Contains(t, page(t, d, english), "Counted by person, told apart by the column: name. Several rows")
	assert.Contains(t, page(t, d, french), "Compté par personne, distinguée par la colonne\u00a0: name. Plusieurs lignes")
	assert.Contains(t, page(t, d, english), `<tr><th scope="row">People</th><td>900</td><td>900</td></tr>`)
	assert.Contains(t, page(t, d, english), "<title>After, 50–99: 55.7%</title>")
	sizes := []dossier.Count{0, 20, 0, 0, 0, 0, 80, 100}
	shares, _ := dossier.AtRisk(dossier.Standing{Rows: 500, People: 200, Sizes: sizes})
	assert.Equal(t, []float64{.1, .1, .1, .1, .1, .5, 1}, shares)
	shares, known := dossier.AtRisk(dossier.Standing{Rows: 500, People: 200, Sizes: []dossier.Count{0, -1, -1, 0, 0, 0, 80, 100}})
	assert.True(t, known[1])
	assert.InDelta(t, .1, shares[1], 1e-9)
	without, _ := measured(t)
	assert.NotContains(t, page(t, without, english), "Counted by person")
	assert.NotContains(t, page(t, without, english), `<th scope="row">People</th>`)
}

// inCommon are orders, and 20 people of one kind more, all of whom have had a leak and noise.
func inCommon() [][]string {
	rows := orders(900, 1)
	for i := range 20 {
		for _, reason := range []string{"leak", "noise"} {
			rows = append(rows, []string{"common-" + strconv.Itoa(i), "1885", "X9X 9X9", "owner", reason, strconv.Itoa(20000 + 37*i), "token-common-" + strconv.Itoa(i)})
		}
	}
	return rows
}

// Rows that changed places among those that agree would say of people what others have.
func TestOrderIsVerifiedInEveryColumn(t *testing.T) {
	t.Parallel()
	rows := inCommon()
	d, err := dossier.Measure(t.Context(), declared(), ordered(t, rows, generalised(rows)))
	require.NoError(t, err)
	require.Equal(t, 1, d.Record().Inference[0].After.Distinct)
	released := generalised(rows)
	slices.SortStableFunc(released[len(rows)-40:], func(a, b []string) int { return strings.Compare(a[4], b[4]) })
	_, err = dossier.Measure(t.Context(), declared(), ordered(t, rows, released))
	require.ErrorIs(t, err, dossier.ErrReading)
}

// A release whose people were numbered anew for each row, or told apart by another column, would count rows for people.
func TestAReleaseHasNoMorePeopleThanTheOriginal(t *testing.T) {
	t.Parallel()
	rows := inCommon()
	for _, row := range rows {
		row[6] = "of-" + row[0]
	}
	released := generalised(rows)
	for i, row := range released {
		row[6] = "row-" + strconv.Itoa(i)
	}
	c := ordered(t, rows, released)
	c.Person = "token"
	_, err := dossier.Measure(t.Context(), declared(), c)
	require.ErrorIs(t, err, dossier.ErrConfig)
	c = ordered(t, rows, released)
	c.Release, err = c.Release.By("token")
	require.NoError(t, err)
	_, err = dossier.Measure(t.Context(), declared(), c)
	require.ErrorIs(t, err, dossier.ErrConfig)
}

// Nearly everybody of a class has one thing in common among many others: a guess that is true of any of somebody's rows tells something of them.
func TestWhatMostPeopleHaveIsGuessed(t *testing.T) {
	t.Parallel()
	var rows [][]string
	random := rand.New(rand.NewPCG(1, 1))
	for class := range 2 {
		for i := range 200 {
			common := []string{"leak", "noise"}[class]
			if i%20 == 0 {
				common = "odour"
			}
			for n := range 10 {
				reason := common
				if n > 0 {
					reason = "filler " + strconv.Itoa(random.IntN(40))
				}
				name := strconv.Itoa(class) + "-" + strconv.Itoa(i)
				rows = append(rows, []string{name, strconv.Itoa(1940 + 20*class), "H2X 1Y1", "owner", reason, strconv.Itoa(random.IntN(5000)), "t" + name})
			}
		}
	}
	d, err := dossier.Measure(t.Context(), declared(), ordered(t, rows, generalised(rows)))
	require.NoError(t, err)
	require.NotEmpty(t, d.Findings())
	assert.Equal(t, "inference", d.Findings()[0].Criterion)
}

// A dossier by row with findings does not pass for one by person of whom each has one row.
func TestSealVerifiesWhereEachPersonHasOneRow(t *testing.T) {
	t.Parallel()
	rows := people(600, 1)
	for _, row := range rows { // the reason follows from the decade, but for few
		if row[1] < "1960" && row[5] > "30000" {
			row[4] = "leak"
		}
	}
	released := generalised(rows)
	c := config(t, rows, released)
	c.First, c.Earlier, c.Limits = true, nil, dossier.Limits{Closeness: 0.2}
	d, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	require.NotEmpty(t, d.Findings())
	r := d.Record()
	r.Person = "name"
	r.Individualisation.Before.People, r.Individualisation.After.People = r.Individualisation.Before.Rows, r.Individualisation.After.Rows
	for i := range r.Correlation {
		r.Correlation[i].Before.People, r.Correlation[i].After.People = 600, 600
	}
	for i := range r.Inference {
		r.Inference[i].After.Closeness, r.Inference[i].After.Accuracy = 0.1, r.Inference[i].After.Baseline
	}
	r.Findings = []dossier.Finding{}
	text, err := dossier.Encode(r)
	require.NoError(t, err)
	read, err := dossier.Read(bytes.NewReader(text))
	require.NoError(t, err)
	_, err = dossier.Seal(read, released, tableOfRows, day)
	require.ErrorIs(t, err, dossier.ErrFigures)
}
