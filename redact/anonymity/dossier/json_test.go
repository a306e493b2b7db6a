package dossier_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

var update = flag.Bool("update", false, "write the dossiers in testdata anew")

var golden = filepath.Join("testdata", "dossier_v1.json")

func written(tb testing.TB, d *dossier.Dossier) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, d.WriteJSON(&b))
	return b.Bytes()
}

// The vector is what is written today, reads back, and seals its release.
func TestGolden(t *testing.T) {
	t.Parallel()
	d, rows := measured(t)
	text := written(t, d)
	if *update {
		require.NoError(t, os.WriteFile(golden, text, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text))
	read, err := dossier.Read(bytes.NewReader(want))
	require.NoError(t, err)
	assert.Equal(t, d.Record(), read.Record())
	sealed, err := dossier.Seal(read, rows, tableOfRows, day)
	require.NoError(t, err)
	got, err := sealed.Open(day)
	require.NoError(t, err)
	assert.Equal(t, rows, got)
}

// What the digest of a table is, computed elsewhere from format.md.
func TestDigestVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "digests_v1.json"))
	require.NoError(t, err)
	var vectors []struct {
		Columns []struct{ Name, Role string }
		Rows    [][]string
		Digest  string
	}
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.NotEmpty(t, vectors)
	roles := map[string]anonymity.Role{"direct": anonymity.DirectIdentifier, "quasi": anonymity.QuasiIdentifier, "sensitive": anonymity.Sensitive, "other": anonymity.Other}
	for _, v := range vectors {
		var columns []anonymity.Column
		for _, c := range v.Columns {
			columns = append(columns, anonymity.Column{Name: c.Name, Role: roles[c.Role]})
		}
		table, err := anonymity.FromRows(slices.Values(v.Rows), columns...)
		require.NoError(t, err)
		assert.Equal(t, v.Digest, dossier.Digest(table))
	}
}

// edited returns the vector with its JSON changed.
func edited(tb testing.TB, text []byte, change func(root map[string]any)) []byte {
	tb.Helper()
	var root map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	require.NoError(tb, d.Decode(&root))
	change(root)
	// In the order of the format, by way of the record.
	out, err := json.Marshal(root)
	require.NoError(tb, err)
	var r dossier.Record
	delete(root, "format")
	require.NoError(tb, json.Unmarshal(out, &r))
	encoded, err := dossier.Encode(r)
	require.NoError(tb, err)
	return encoded
}

func at(root any, path ...any) map[string]any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			root = root.(map[string]any)[step]
		case int:
			root = root.([]any)[step]
		}
	}
	return root.(map[string]any)
}

// A record that lacks a criterion, or of which a figure was changed so that it contradicts another, is refused by name.
func TestReadRefusesRecords(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	text := written(t, d)
	require.Equal(t, string(text), string(edited(t, text, func(map[string]any) {})))
	for name, c := range map[string]struct {
		change func(root map[string]any)
		err    error
	}{
		"no individualisation":        {func(r map[string]any) { delete(r, "individualisation") }, dossier.ErrIndividualisation},
		"no individualisation before": {func(r map[string]any) { delete(at(r, "individualisation"), "before") }, dossier.ErrIndividualisation},
		"no individualisation after":  {func(r map[string]any) { delete(at(r, "individualisation"), "after") }, dossier.ErrIndividualisation},
		"no correlation":              {func(r map[string]any) { delete(r, "correlation") }, dossier.ErrCorrelation},
		"correlation with nothing":    {func(r map[string]any) { r["correlation"] = []any{} }, dossier.ErrCorrelation},
		"no correlation after":        {func(r map[string]any) { delete(at(r, "correlation", 1), "after") }, dossier.ErrCorrelation},
		"no correlation before":       {func(r map[string]any) { delete(at(r, "correlation", 0), "before") }, dossier.ErrCorrelation},
		"no original":                 {func(r map[string]any) { r["correlation"] = r["correlation"].([]any)[1:] }, dossier.ErrFigures},
		"no inference":                {func(r map[string]any) { delete(r, "inference") }, dossier.ErrInference},
		"no inference of one":         {func(r map[string]any) { r["inference"] = r["inference"].([]any)[:1] }, dossier.ErrInference},
		"no inference after":          {func(r map[string]any) { delete(at(r, "inference", 0), "after") }, dossier.ErrInference},
		"no inference before":         {func(r map[string]any) { delete(at(r, "inference", 1), "before") }, dossier.ErrInference},
		"no declaration":              {func(r map[string]any) { delete(r, "declaration") }, dossier.ErrDeclaration},
		"no supervisor":               {func(r map[string]any) { at(r, "declaration")["supervisor"] = "" }, dossier.ErrDeclaration},
		"no review":                   {func(r map[string]any) { delete(at(r, "declaration"), "review") }, dossier.ErrDeclaration},
		"review of another form":      {func(r map[string]any) { at(r, "declaration")["review"] = "2027-03-01T00:00:00-05:00" }, dossier.ErrFigures},
		"no findings":                 {func(r map[string]any) { delete(r, "findings") }, dossier.ErrFigures},
		"no limits":                   {func(r map[string]any) { delete(r, "limits") }, dossier.ErrFigures},
		"limit too wide":              {func(r map[string]any) { at(r, "limits")["class"] = 1 }, dossier.ErrFigures},
		"small cell":                  {func(r map[string]any) { r["smallCell"] = 1 }, dossier.ErrFigures},
		"digest":                      {func(r map[string]any) { r["digest"] = "00" }, dossier.ErrFigures},
		"digest in capitals":          {func(r map[string]any) { r["digest"] = strings.ToUpper(r["digest"].(string)) }, dossier.ErrFigures},
		"no columns":                  {func(r map[string]any) { delete(r, "columns") }, dossier.ErrFigures},
		"a role":                      {func(r map[string]any) { at(r, "columns")["born"] = "public" }, dossier.ErrFigures},
		"sensitive no more":           {func(r map[string]any) { at(r, "columns")["income"] = "other" }, dossier.ErrFigures},
		"k too small":                 {func(r map[string]any) { at(r, "individualisation", "after")["k"] = 3 }, dossier.ErrFigures},
		"k too great":                 {func(r map[string]any) { at(r, "individualisation", "after")["k"] = 120 }, dossier.ErrFigures},
		"k below":                     {func(r map[string]any) { at(r, "individualisation", "after")["k"] = -4 }, dossier.ErrFigures},
		"rows":                        {func(r map[string]any) { at(r, "individualisation", "after")["rows"] = 1300 }, dossier.ErrFigures},
		"average":                     {func(r map[string]any) { at(r, "individualisation", "after")["average"] = 0.5 }, dossier.ErrFigures},
		"average withheld":            {func(r map[string]any) { at(r, "individualisation", "after")["average"] = nil }, dossier.ErrFigures},
		"a count withheld": {func(r map[string]any) {
			at(r, "individualisation", "after")["sizes"].([]any)[7] = nil
			at(r, "individualisation", "after")["average"] = nil
		}, dossier.ErrFigures},
		"a small count": {func(r map[string]any) {
			counts := at(r, "individualisation", "before")["sizes"].([]any)
			counts[1], counts[2] = 1195, 5
		}, dossier.ErrFigures},
		"sizes short":           {func(r map[string]any) { at(r, "individualisation", "after")["sizes"] = []any{0, 1200} }, dossier.ErrFigures},
		"least":                 {func(r map[string]any) { at(r, "correlation", 1, "after")["least"] = 5 }, dossier.ErrFigures},
		"least none":            {func(r map[string]any) { at(r, "correlation", 1, "after")["least"] = 0 }, dossier.ErrFigures},
		"unmatched to original": {func(r map[string]any) { at(r, "correlation", 0, "after")["found"] = []any{600, 0, 0, 600} }, dossier.ErrFigures},
		"with twice":            {func(r map[string]any) { at(r, "correlation", 2)["with"] = "2024 map" }, dossier.ErrFigures},
		"with nothing":          {func(r map[string]any) { at(r, "correlation", 2)["with"] = "" }, dossier.ErrFigures},
		"accuracy hidden":       {func(r map[string]any) { at(r, "inference", 0, "after")["accuracy"] = 1.5 }, dossier.ErrFigures},
		"accuracy too high":     {func(r map[string]any) { at(r, "inference", 0, "after")["accuracy"] = 0.9 }, dossier.ErrFigures}, // a finding that is not listed
		"homogeneous":           {func(r map[string]any) { at(r, "inference", 0, "after")["distinct"] = 1 }, dossier.ErrFigures},
		"few targets":           {func(r map[string]any) { at(r, "inference", 0)["targets"] = 5 }, dossier.ErrFigures},
		"another column":        {func(r map[string]any) { at(r, "inference", 0)["column"] = "mood" }, dossier.ErrFigures},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, err := dossier.Read(bytes.NewReader(edited(t, text, c.change)))
			require.ErrorIs(t, err, c.err)
			require.Nil(t, read)
		})
	}
}

// Text that is not to the letter what would be written is refused, whatever it means.
func TestReadRefusesText(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	text := string(written(t, d))
	for name, other := range map[string]string{
		"nothing":       "",
		"null":          "null",
		"no format":     strings.Replace(text, `"format": "purposebound.dossier.v1",`, "", 1),
		"version 2":     strings.Replace(text, "dossier.v1", "dossier.v2", 1),
		"an unknown":    strings.Replace(text, `"seed"`, `"extra": 1, "seed"`, 1),
		"twice":         strings.Replace(text, `"seed": 1,`, `"seed": 1, "seed": 1,`, 1),
		"other letters": strings.Replace(text, `"seed"`, `"SEED"`, 1),
		"white space":   text + " ",
		"no line end":   strings.TrimSpace(text),
		"in one line":   strings.ReplaceAll(text, "\n", ""),
		"more behind":   text + "{}",
		"cut off":       text[:len(text)/2],
		"a text number": strings.Replace(text, `"seed": 1`, `"seed": "1"`, 1),
		"1e0":           strings.Replace(text, `"seed": 1`, `"seed": 1e0`, 1),
		"not UTF-8":     strings.Replace(text, "Camille", "Cam\xffille", 1),
		"long":          strings.Repeat(" ", 16<<20) + text,
	} {
		require.NotEqual(t, text, other, name)
		_, err := dossier.Read(strings.NewReader(other))
		assert.ErrorIs(t, err, dossier.ErrFormat, name)
	}
	_, err := dossier.Read(iotest.ErrReader(os.ErrClosed))
	require.ErrorIs(t, err, os.ErrClosed)
}

// Figures that agree with each other and not with the release are found when it is sealed.
func TestForgedFigures(t *testing.T) {
	t.Parallel()
	d, rows := measured(t)
	text := written(t, d)
	for name, change := range map[string]func(r map[string]any){
		"k":       func(r map[string]any) { at(r, "individualisation", "after")["k"] = 57 },
		"average": func(r map[string]any) { at(r, "individualisation", "after")["average"] = 0.009 },
		"sizes": func(r map[string]any) {
			at(r, "individualisation", "after")["sizes"] = []any{0, 0, 0, 0, 0, 0, 603, 597}
		},
		"alpha":     func(r map[string]any) { at(r, "inference", 0, "after")["alpha"] = 0.3 },
		"distinct":  func(r map[string]any) { at(r, "inference", 0, "after")["distinct"] = 4 },
		"entropy":   func(r map[string]any) { at(r, "inference", 0, "after")["entropy"] = 3.5 },
		"closeness": func(r map[string]any) { at(r, "inference", 1, "after")["closeness"] = 0.01 },
		"beta":      func(r map[string]any) { at(r, "inference", 1, "after")["beta"] = 1.5 },
	} {
		forged, err := dossier.Read(bytes.NewReader(edited(t, text, change)))
		require.NoError(t, err, name)
		_, err = dossier.Seal(forged, rows, tableOfRows, day)
		require.ErrorIs(t, err, dossier.ErrFigures, name)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{golden, goldenPeople} {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("{}"))
	f.Add([]byte(`{"format":"purposebound.dossier.v1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := dossier.Read(bytes.NewReader(text))
		if err != nil {
			require.Nil(t, d)
			return
		}
		require.Equal(t, string(text), string(written(t, d)))
		require.NoError(t, d.WriteHTML(new(bytes.Buffer), french))
	})
}

// No cell of any table is in what is written, and no count of fewer people than may be shown.
func TestWritesNoValue(t *testing.T) {
	t.Parallel()
	rows := people(700, 5)
	for i, row := range rows { // words that are nothing else, and a few people who stand out
		row[1], row[2], row[3] = strconvYear(i), "CANARYAREA"+row[2], "CANARYTENURE"+row[3]
		row[4], row[6] = "CANARYREASON"+row[4], "CANARYTOKEN"+row[6]
	}
	released := generalised(rows)
	for _, row := range released {
		row[2] = "CANARYAREA*"
	}
	released[0][1], released[1][1], released[2][1] = "*", "CANARYYEAR1", "CANARYYEAR2"
	rows[1][1], rows[2][1] = "CANARYYEAR1", "CANARYYEAR2"
	c := config(t, rows, released)
	d, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	require.NotEmpty(t, d.Findings())
	shown := string(written(t, d))
	var pages bytes.Buffer
	require.NoError(t, d.WriteHTML(&pages, french))
	require.NoError(t, d.WriteHTML(&pages, english))
	for _, text := range []string{shown, pages.String()} {
		assert.NotRegexp(t, `(?i)canary`, text)
	}
	counts := regexp.MustCompile(`(?s)"(?:sizes|found)": \[(.*?)\]`).FindAllStringSubmatch(shown, -1)
	require.Len(t, counts, 8)
	for _, list := range counts {
		assert.NotRegexp(t, `(?m)^\s*([1-9]|10),?$`, list[1])
	}
	assert.Contains(t, shown, "null")
	_, err = dossier.Read(strings.NewReader(shown))
	require.NoError(t, err)
}

// A dossier inside of other JSON is refused, and not left out without a word.
func TestMarshalJSON(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	for _, x := range []any{d, new(dossier.Dossier), struct{ D *dossier.Dossier }{d}} {
		_, err := json.Marshal(x)
		require.ErrorIs(t, err, dossier.ErrFormat)
	}
}
