package anonymity_test

import (
	"io"
	"slices"
	"strings"
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

// What is written is read back as the same table, whatever the cells are; only a carriage return before a line feed becomes a line feed, as encoding/csv has it.
func TestWrite(t *testing.T) {
	t.Parallel()
	for _, columns := range [][]anonymity.Column{
		{{Name: "area", Role: anonymity.QuasiIdentifier}},
		{{Name: "area", Role: anonymity.QuasiIdentifier}, {Name: "a \"reason\", or none", Role: anonymity.Sensitive}},
	} {
		table, err := anonymity.New(columns...)
		require.NoError(t, err)
		for _, cell := range []string{"H2X", "", "*", "a,b", "a;b", "say \"no\"", "two\nlines", " space", `\.`, "é", "\"", ""} {
			require.NoError(t, table.Append(slices.Repeat([]string{cell}, len(columns))...))
		}
		for _, c := range []anonymity.CSV{{}, {Comma: ';'}, {Comma: '\t'}} {
			var b strings.Builder
			require.NoError(t, c.Write(&b, table))
			again, err := c.Read(strings.NewReader(b.String()), columns...)
			require.NoError(t, err, b.String())
			assert.Equal(t, rowsOf(table), rowsOf(again))
		}
	}
}

// A direct identifier has no column in what is written.
func TestWriteNamesNobody(t *testing.T) {
	t.Parallel()
	table, err := anonymity.FromRows(slices.Values([][]string{{"17", "H2X"}}),
		anonymity.Column{Name: "client", Role: anonymity.DirectIdentifier}, anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier})
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, anonymity.CSV{}.Write(&b, table))
	assert.Equal(t, "area\nH2X\n", b.String())

	for n := range b.Len() {
		assert.ErrorIs(t, anonymity.CSV{}.Write(&short{n}, table), io.ErrShortWrite, n)
	}
	assert.ErrorIs(t, anonymity.CSV{Comma: '\n'}.Write(io.Discard, table), anonymity.ErrCSV)
}

// short takes so many bytes and no more.
type short struct{ left int }

func (s *short) Write(b []byte) (int, error) {
	n := min(s.left, len(b))
	if s.left -= n; n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func rowsOf(t *anonymity.Table) (rows [][]string) {
	for _, cells := range t.All() {
		rows = append(rows, slices.Clone(cells))
	}
	return rows
}
