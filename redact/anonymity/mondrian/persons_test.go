package mondrian_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/mondrian"
)

// by cuts a table of which each row is about one of so many people.
func by(rows [][]string, persons []uint32, k int) (*mondrian.Result, error) {
	table, err := anonymity.FromRows(slices.Values(rows), columns(anonymity.Distance{})...)
	if err != nil {
		return nil, err
	}
	if persons != nil {
		if table, err = table.ByPersons(persons); err != nil {
			return nil, err
		}
	}
	return mondrian.Partition(context.Background(), table, mondrian.Config{Models: []mondrian.Model{mondrian.K(k)}, Scales: scales})
}

func TestLawsByPerson(t *testing.T) {
	t.Parallel()
	law(t, "every class that is measured has k people", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		random := rand.New(rand.NewPCG(seed, 5))
		var persons []uint32
		most := 1 + random.IntN(len(rows))
		for range rows {
			persons = append(persons, uint32(random.IntN(most)))
		}
		k := 1 + random.IntN(5)
		result, err := by(rows, persons, k)
		if errors.Is(err, mondrian.ErrUnmet) {
			return true
		}
		if err != nil {
			return false
		}
		report, err := result.Table.Measure()
		return err == nil && report.K >= k && report.Persons > 0
	})
	law(t, "where every row is another person nothing changes", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		var persons []uint32
		for i := range rows {
			persons = append(persons, uint32(500-i))
		}
		k := 1 + int(seed%5)
		one, err1 := by(rows, nil, k)
		two, err2 := by(rows, persons, k)
		if err1 != nil || err2 != nil {
			return (err1 == nil) == (err2 == nil)
		}
		return one.Penalty == two.Penalty && one.Classes == two.Classes && slices.EqualFunc(cellsOf(one.Table), cellsOf(two.Table), slices.Equal)
	})
}

func cellsOf(t *anonymity.Table) (rows [][]string) {
	for _, cells := range t.All() {
		rows = append(rows, slices.Clone(cells))
	}
	return rows
}

// A cut that leaves one person several times on a side is not made, and what cannot count people is refused.
func TestByPerson(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i, age := range []string{"1", "1", "1", "9", "9", "9"} {
		rows = append(rows, []string{[]string{"ann", "ann", "ann", "bob", "cyd", "dee"}[i], age, "none", "cat", "1", ""})
	}
	table, err := anonymity.FromRows(slices.Values(rows), columns(anonymity.Distance{})...)
	require.NoError(t, err)
	config := mondrian.Config{Models: []mondrian.Model{mondrian.K(2)}}
	cut, err := mondrian.Partition(t.Context(), table, config)
	require.NoError(t, err)
	assert.Equal(t, 2, cut.Classes)
	people, err := table.By("name")
	require.NoError(t, err)
	cut, err = mondrian.Partition(t.Context(), people, config)
	require.NoError(t, err)
	assert.Equal(t, 1, cut.Classes)
	assert.Equal(t, people.Persons(), cut.Table.Persons())

	for _, c := range []mondrian.Config{
		{Models: config.Models, Relaxed: true},
		{Models: []mondrian.Model{mondrian.K(2), mondrian.Distinct("digit", 1)}},
		{Models: []mondrian.Model{mondrian.Close("digit", 1)}},
	} {
		_, err := mondrian.Partition(t.Context(), people, c)
		require.ErrorIs(t, err, anonymity.ErrPerson)
		require.ErrorIs(t, err, mondrian.ErrConfig)
	}
	plain, err := anonymity.FromRows(slices.Values([][]string{{"1"}, {"2"}, {"3"}, {"4"}}), anonymity.Column{Name: "age", Role: anonymity.QuasiIdentifier})
	require.NoError(t, err)
	plain, err = plain.ByPersons([]uint32{0, 0, 1, 2})
	require.NoError(t, err)
	_, err = mondrian.Partition(t.Context(), plain, mondrian.Config{Models: []mondrian.Model{mondrian.K(1)}, Relaxed: true})
	require.ErrorIs(t, err, anonymity.ErrPerson)
}
