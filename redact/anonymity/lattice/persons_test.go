package lattice_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
	"github.com/purposebound/purposebound/redact/anonymity/lattice"
)

// newPeople makes a sample in which people have several rows.
func newPeople(seed uint64, complete bool) sample {
	s := newSample(seed, complete)
	random := rand.New(rand.NewPCG(seed, 11))
	most := 1 + random.IntN(len(s.rows))
	for range s.rows {
		s.persons = append(s.persons, uint32(random.IntN(most)))
	}
	return s
}

func TestLawsByPerson(t *testing.T) {
	t.Parallel()
	laws := gopter.NewProperties(parameters(150))
	seeds := gen.UInt64()
	laws.Property("the optimum is the best of all feasible nodes, and the first of those in order", prop.ForAll(func(seed uint64) string {
		return bestOfAll(newPeople(seed, seed%3 > 0))
	}, seeds))
	laws.Property("what comes out satisfies the models when measured, local or not", prop.ForAll(func(seed uint64, local bool) string {
		return satisfiesMeasured(newPeople(seed, seed%3 > 0), local)
	}, seeds, gen.Bool()))
	laws.Property("k people are left whatever cells are absent, local or not", prop.ForAll(func(seed uint64, local bool) string {
		s := newPeople(seed, false)
		s.config.Models = []lattice.Model{lattice.K(2 + int(seed%3))}
		return satisfiesMeasured(s, local)
	}, seeds, gen.Bool()))
	laws.Property("a class stays if by package anonymity it satisfies the models, and only then", prop.ForAll(func(seed uint64) string {
		return staysIfSatisfied(newPeople(seed, true), seed)
	}, seeds))
	laws.Property("where every row is another person nothing changes", prop.ForAll(func(seed uint64) string {
		s := newSample(seed, seed%2 > 0)
		one, err1 := lattice.New(s.table(), s.config)
		for i := range s.rows {
			s.persons = append(s.persons, uint32(1000-i))
		}
		two, err2 := lattice.New(s.table(), s.config)
		if err := errors.Join(err1, err2); err != nil {
			return err.Error()
		}
		for i, node := range nodes(one) {
			if other := nodes(two)[i]; !assert.ObjectsAreEqual(node, other) {
				return fmt.Sprint(s.name, ": ", node, " became ", other)
			}
		}
		return ""
	}, seeds))
	laws.Property("the order of rows and the numbers of people do not matter", prop.ForAll(func(seed uint64) string {
		s := newPeople(seed, true)
		one, err1 := lattice.Search(context.Background(), s.table(), s.config)
		other := s
		other.rows, other.persons = nil, nil
		for _, at := range rand.New(rand.NewPCG(seed, 12)).Perm(len(s.rows)) {
			other.rows, other.persons = append(other.rows, s.rows[at]), append(other.persons, 77-s.persons[at])
		}
		two, err2 := lattice.Search(context.Background(), other.table(), other.config)
		switch {
		case errors.Is(err1, lattice.ErrNone) && errors.Is(err2, lattice.ErrNone):
			return ""
		case err1 != nil || err2 != nil:
			return fmt.Sprint(s.name, err1, err2)
		case !slices.Equal(one.Levels, two.Levels) || one.Suppressed != two.Suppressed || one.Loss.Compare(two.Loss) != 0:
			return fmt.Sprint(s.name, ": ", one.Levels, one.Loss, " became ", two.Levels, two.Loss)
		}
		return ""
	}, seeds))
	laws.TestingRun(t)
}

// Rows of one person do not hide each other, and the table that comes out knows whose they are.
func TestRowsOfOnePerson(t *testing.T) {
	t.Parallel()
	columns := []anonymity.Column{{Name: "client", Role: anonymity.DirectIdentifier}, {Name: "q", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	byRow := rowsOf(t, "ann a x\nann a y\nann a z\nbob b x\ncyd b y\ndee b y\n", columns...)
	byPerson, err := byRow.By("client")
	require.NoError(t, err)
	h, err := hierarchy.Paths([][]string{{"a", "*"}, {"b", "*"}})
	require.NoError(t, err)
	config := lattice.Config{Hierarchies: map[string]*hierarchy.Hierarchy{"q": h}, Models: []lattice.Model{lattice.K(3)}, Loss: lattice.Precision()}
	result, err := lattice.Search(t.Context(), byRow, config)
	require.NoError(t, err)
	assert.Equal(t, []int{0}, result.Levels)
	result, err = lattice.Search(t.Context(), byPerson, config)
	require.NoError(t, err)
	assert.Equal(t, []int{1}, result.Levels)

	config.Suppress = 0.5
	result, err = lattice.Search(t.Context(), byPerson, config)
	require.NoError(t, err)
	assert.Equal(t, []int{0}, result.Levels)
	assert.Equal(t, 3, result.Suppressed)
	table, err := result.Table()
	require.NoError(t, err)
	assert.Equal(t, byPerson.Persons(), table.Persons())
	report, err := table.Measure()
	require.NoError(t, err)
	assert.Equal(t, []int{3, 3}, []int{report.K, report.Persons})
	same, err := result.Generalise(byPerson)
	require.NoError(t, err)
	assert.Equal(t, byPerson.Persons(), same.Persons())
	rows, err := result.Generalise(byRow)
	require.NoError(t, err)
	assert.Nil(t, rows.Persons())

	for _, m := range []lattice.Model{lattice.KMap(2, byRow), lattice.Presence(0, 1, byRow)} {
		config.Models = []lattice.Model{m}
		_, err = lattice.New(byPerson, config)
		require.ErrorIs(t, err, anonymity.ErrPerson)
		require.ErrorIs(t, err, lattice.ErrModel)
	}
	config.Models = []lattice.Model{lattice.KMap(2, byPerson)}
	_, err = lattice.New(byRow, config)
	require.ErrorIs(t, err, anonymity.ErrPerson)
	config.Models, config.Local = []lattice.Model{lattice.Distinct("s", 2)}, true
	_, err = lattice.New(byPerson, config)
	require.ErrorIs(t, err, lattice.ErrModel)
}

// Two people who had one thing in one place and another in the other are known to have had both once the places are one. So levels that fail say nothing of
// those below them.
func TestTogetherPeopleMayHaveMoreInCommon(t *testing.T) {
	t.Parallel()
	columns := []anonymity.Column{{Name: "client", Role: anonymity.Other}, {Name: "q", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	table, err := rowsOf(t, "ann a leak\nbob a debt\nann b debt\nbob b leak\n", columns...).By("client")
	require.NoError(t, err)
	h, err := hierarchy.Paths([][]string{{"a", "*"}, {"b", "*"}})
	require.NoError(t, err)
	for _, suppress := range []float64{0, 0.1} {
		for _, models := range [][]lattice.Model{{lattice.K(2), lattice.Distinct("s", 2)}, {lattice.K(2), lattice.EntropyDiversity("s", 2)}, {lattice.Recursive("s", 1.5, 2)}} {
			l, err := lattice.New(table, lattice.Config{Hierarchies: map[string]*hierarchy.Hierarchy{"q": h}, Models: models, Suppress: suppress, Loss: lattice.Height()})
			require.NoError(t, err)
			top, err := l.Node(1)
			require.NoError(t, err)
			assert.False(t, top.Feasible)
			result, err := l.Search(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []int{0}, result.Levels)
		}
	}
}
