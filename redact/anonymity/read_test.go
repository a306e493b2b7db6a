package anonymity_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

func TestReadBack(t *testing.T) {
	t.Parallel()
	columns := []anonymity.Column{
		{Name: "client", Role: anonymity.DirectIdentifier},
		{Name: "area", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}},
		{Name: "reason", Role: anonymity.Sensitive},
	}
	table, err := anonymity.FromRows(slices.Values([][]string{{"17", "H2X", "leak"}, {"21", "?", "*"}, {"34", "G1R", ""}, {"40", "H2X", "leak"}}), columns...)
	require.NoError(t, err)

	var rows [][]string
	for i, cells := range table.All() {
		require.Len(t, rows, i)
		rows = append(rows, slices.Clone(cells))
	}
	assert.Equal(t, [][]string{{"", "H2X", "leak"}, {"", "", "*"}, {"", "G1R", ""}, {"", "H2X", "leak"}}, rows)
	for i := range table.All() {
		assert.Zero(t, i)
		break
	}

	got := table.Columns()
	assert.Equal(t, columns, got)
	got[1].Missing[0] = "changed"
	assert.Equal(t, columns, table.Columns())

	numbers, texts, err := table.Coded("area")
	require.NoError(t, err)
	assert.Equal(t, []uint32{2, 1, 3, 2}, numbers)
	assert.Equal(t, []string{"*", "", "H2X", "G1R"}, texts)
	numbers[0], texts[2] = 3, "changed"
	again, _, err := table.Coded("area")
	require.NoError(t, err)
	assert.Equal(t, []uint32{2, 1, 3, 2}, again)

	for _, name := range []string{"client", "nothing", ""} {
		_, _, err = table.Coded(name)
		assert.ErrorIs(t, err, anonymity.ErrColumn)
	}
}
