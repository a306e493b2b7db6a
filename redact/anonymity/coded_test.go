package anonymity_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// TestFromCoded: a table that was taken apart and put together again measures the same, and takes rows as before.
func TestFromCoded(t *testing.T) {
	t.Parallel()
	law(t, "as appended", func(seed uint64, gaps int) bool {
		table, err := anonymity.FromRows(slices.Values(generated(seed, gaps)), columns(quasi, anonymity.Numeric())...)
		if err != nil {
			return false
		}
		var numbers [][]uint32
		var texts [][]string
		for _, c := range table.Columns() {
			n, s, err := table.Coded(c.Name)
			if err != nil {
				return false
			}
			numbers, texts = append(numbers, n), append(texts, append(s, "7", "*"))
		}
		again, err := anonymity.FromCoded(table.Rows(), table.Columns(), numbers, texts)
		if err != nil {
			return false
		}
		for _, t := range []*anonymity.Table{table, again} {
			if t.Append("7", "a", "b", "1") != nil {
				return false
			}
		}
		before, err := table.Measure()
		after, e := again.Measure()
		return (err == nil) == (e == nil) && alike(before, after) && slices.EqualFunc(rowsOf(table), rowsOf(again), slices.Equal)
	})

	columns := []anonymity.Column{{Name: "name", Role: anonymity.DirectIdentifier}, {Name: "x", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}}}
	table, err := anonymity.FromCoded(5, columns, [][]uint32{nil, {3, 0, 1, 2, 4}}, [][]string{nil, {"a", "?", "*", "b", "a", "unused"}})
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"", "b"}, {"", "a"}, {"", ""}, {"", "*"}, {"", "a"}}, rowsOf(table))
	_, texts, err := table.Coded("x")
	require.NoError(t, err)
	assert.Equal(t, []string{"*", "", "b", "a"}, texts)
	report, err := table.Measure()
	require.NoError(t, err)
	assert.Empty(t, report.Named)
	named, err := anonymity.FromCoded(1, columns, [][]uint32{{0}, {0}}, [][]string{{"Julie"}, {"a"}})
	require.NoError(t, err)
	report, err = named.Measure()
	require.NoError(t, err)
	assert.Equal(t, []string{"name"}, report.Named)

	for name, test := range map[string]struct {
		rows    int
		columns []anonymity.Column
		numbers [][]uint32
		texts   [][]string
		want    error
	}{
		"no column":      {0, nil, nil, nil, anonymity.ErrColumn},
		"too few":        {1, columns, [][]uint32{{0}}, [][]string{{"a"}}, anonymity.ErrRagged},
		"too few texts":  {1, columns, [][]uint32{{0}, {0}}, [][]string{{"a"}}, anonymity.ErrRagged},
		"shorter":        {2, columns, [][]uint32{{0, 0}, {0}}, [][]string{{"a"}, {"a"}}, anonymity.ErrRagged},
		"longer":         {1, columns, [][]uint32{{0, 0}, {0}}, [][]string{{"a"}, {"a"}}, anonymity.ErrRagged},
		"no such text":   {1, columns, [][]uint32{{0}, {1}}, [][]string{{"a"}, {"a"}}, anonymity.ErrRagged},
		"less than none": {-1, columns, [][]uint32{nil, nil}, [][]string{nil, nil}, anonymity.ErrRagged},
		"too many":       {math.MaxInt32 + 1, columns, [][]uint32{nil, nil}, [][]string{nil, nil}, anonymity.ErrFull},
	} {
		_, err := anonymity.FromCoded(test.rows, test.columns, test.numbers, test.texts)
		assert.ErrorIs(t, err, test.want, name)
	}
}
