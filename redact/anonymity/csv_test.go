package anonymity_test

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

var areaAndSex = []anonymity.Column{
	{Name: "area", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}},
	{Name: "sex", Role: anonymity.QuasiIdentifier},
}

func TestCSV(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<17)
	for _, c := range []struct {
		name  string
		comma rune
		text  string
		want  [3]int // rows, classes and k
		fails error
	}{
		{"plain", 0, "area,sex\nH2X,F\nH2X,F\nG1R,F\n", [3]int{3, 2, 1}, nil},
		{"columns in another order, and more of them", 0, "sex,name,area\nF,a,H2X\nF,b,H2X\n", [3]int{2, 1, 2}, nil},
		{"no line end, carriage returns, empty lines, a mark", 0, "\ufeffarea,sex\r\n\r\nH2X,F\r\n\nH2X,F\r", [3]int{2, 1, 2}, nil},
		{"quoted from the start", 0, "\ufeff\"area\",\"sex\"\n\"H2X\",F\nH2X,\"F\"\n", [3]int{2, 1, 2}, nil},
		{"quoted later, with separators and line ends", 0, "area,sex\nH2X,F\n\"H,\n2X\",\"F\"\n\"H,\n2X\",\"F\"\nH2X,F\n", [3]int{4, 2, 2}, nil},
		{"semicolons", ';', "area;sex\nH,2X;F\nH,2X;F\n", [3]int{2, 1, 2}, nil},
		{"a separator of more than a byte", '¦', "area¦sex\nH2X¦F\n", [3]int{1, 1, 1}, nil},
		{"white space and case count", 0, "area,sex\nH2X,F\nH2X, F\nh2x,F\n", [3]int{3, 3, 1}, nil},
		{"missing by its own text", 0, "area,sex\nH2X,F\nH2X,F\n?,F\n", [3]int{3, 1, 3}, nil},
		{"a line longer than any buffer", 0, "area,sex\n" + long + ",F\n" + long + ",F\n", [3]int{2, 1, 2}, nil},
		{"ragged, short", 0, "area,sex\nH2X,F\nH2X\n", [3]int{}, anonymity.ErrRagged},
		{"ragged, long", 0, "area,sex\nH2X,F,1\n", [3]int{}, anonymity.ErrRagged},
		{"ragged after a quotation mark", 0, "area,sex\n\"H2X\",F\nH2X\n", [3]int{}, anonymity.ErrRagged},
		{"ragged at a quotation mark", 0, "area,sex\n\"H2X\"\n", [3]int{}, anonymity.ErrRagged},
		{"quotation mark out of place", 0, "area,sex\nH\"2X,F\n", [3]int{}, anonymity.ErrCSV},
		{"quotation without end", 0, "area,sex\n\"H2X,F\n", [3]int{}, anonymity.ErrCSV},
		{"nothing", 0, "", [3]int{}, anonymity.ErrCSV},
		{"nothing but a separator that is none", '\n', "area,sex\n", [3]int{}, anonymity.ErrCSV},
		{"a negative separator", -1, "area,sex\nH2X,F\n", [3]int{}, anonymity.ErrCSV},
		{"a separator that would be a byte", -212, "area\ufffdsex\nH2X,F\n", [3]int{}, anonymity.ErrCSV}, // its low byte is a comma
		{"a quotation mark as separator", '"', "area\"sex\n", [3]int{}, anonymity.ErrCSV},
		{"unknown column", 0, "area,gender\nH2X,F\n", [3]int{}, anonymity.ErrColumn},
		{"doubled column", 0, "area,sex,sex\nH2X,F,M\n", [3]int{}, anonymity.ErrColumn},
		{"header alone", 0, "area,sex\n", [3]int{}, anonymity.ErrEmpty},
		{"all suppressed", 0, "area,sex\n*,*\n,\n?,*\n", [3]int{}, anonymity.ErrSuppressed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table, err := anonymity.CSV{Comma: c.comma}.Read(strings.NewReader(c.text), areaAndSex...)
			var report anonymity.Report
			if err == nil {
				report, err = table.Measure()
			}
			require.ErrorIs(t, err, c.fails)
			assert.Equal(t, c.want, [3]int{report.Rows, report.Classes, report.K})
		})
	}
}

func TestCSVNamesTheLine(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]string{
		"area,sex\n\nH2X,F\nsecret\n":             "line 4",
		"area,sex\nH2X,F\n\"H2X\",F\nsecret\n":    "line 4",
		"area,sex\nH2X,F\n\"H2X\",F\nse\"cret,\n": "line 4",
	} {
		_, err := anonymity.CSV{}.Read(strings.NewReader(text), areaAndSex...)
		require.ErrorContains(t, err, line)
		assert.NotContains(t, err.Error(), "cret")
	}
}

func TestCSVOfTooManyRows(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"area,sex\nH2X,F\nH2X,M\nG1R,F\n", "\"area\",sex\nH2X,F\nH2X,M\nG1R,F\n"} {
		table, err := anonymity.New(areaAndSex...)
		require.NoError(t, err)
		table.Limit(2)
		require.ErrorIs(t, anonymity.ReadInto(table, text), anonymity.ErrFull)
		assert.Equal(t, 2, table.Rows())
	}
}

func TestCSVReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, text := range []string{"", "area,sex\nH2X,F\n", "area,sex\n\"H2X\",F\n"} {
		_, err := anonymity.CSV{}.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), areaAndSex...)
		assert.ErrorIs(t, err, broken)
	}
}

// FuzzCSV has encoding/csv as its judge: what that refuses is refused, and the rest has the same classes.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"area,sex\nH2X,F\nH2X,F\n", "area,sex\r\n\"H,2X\",F\r\n", "sex,area\nF,*\n,?\n", "area,sex\n\n\r\nH,F\r", "area,sex\na\"b,F\n", "area,sex\n\"a\n", "\ufeffarea,sex\na,b",
		"area,sex\na\r,b\n\r\r\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := anonymity.CSV{}.Read(strings.NewReader(text), areaAndSex...)
		records, refused := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if refused != nil || len(records) == 0 {
			require.Error(t, err)
			return
		}
		area, sex := -1, -1
		for i, name := range records[0] {
			switch {
			case name == "area" && area < 0:
				area = i
			case name == "sex" && sex < 0:
				sex = i
			case name == "area" || name == "sex":
				require.ErrorIs(t, err, anonymity.ErrColumn)
				return
			}
		}
		if area < 0 || sex < 0 {
			require.ErrorIs(t, err, anonymity.ErrColumn)
			return
		}
		require.NoError(t, err)
		var rows [][]string
		for _, record := range records[1:] {
			cell := record[area]
			if cell == "?" {
				cell = ""
			}
			rows = append(rows, []string{cell, record[sex], ""})
		}
		require.Equal(t, len(rows), table.Rows())
		if len(rows) == 0 {
			return
		}
		want, some := reported(rows, equalWork)
		got, err := table.Measure()
		require.Equal(t, some, err == nil)
		assert.True(t, alike(want, got))
	})
}
