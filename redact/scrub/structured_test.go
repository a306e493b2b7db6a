package scrub_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/scrub"
)

// structured are the writers that know a structure, by name.
var structured = map[string]func(io.Writer, *scrub.Scrubber) io.WriteCloser{
	"html": scrub.NewHTMLWriter,
	"json": scrub.NewJSONWriter,
	"csv":  func(w io.Writer, s *scrub.Scrubber) io.WriteCloser { return scrub.NewCSVWriter(w, s, ',') },
}

// through writes text to a writer in pieces of n bytes.
func through(open func(io.Writer, *scrub.Scrubber) io.WriteCloser, s *scrub.Scrubber, text string, n int) (string, error) {
	var out strings.Builder
	w := open(&out, s)
	for chunk := range chunks([]byte(text), n) {
		if _, err := w.Write(chunk); err != nil {
			return out.String(), errors.Join(err, w.Close())
		}
	}
	err := w.Close()
	return out.String(), err
}

func TestStructuredWriters(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Without(scrub.Person, scrub.Place, scrub.Organisation, scrub.Title, scrub.Nationality))
	for _, c := range []struct{ form, in, out string }{
		{"json", `{"phone": "514-555-0123", "n": 5, "ok": true, "none": null}`, `{"phone": "[PHONE_1]", "n": 5, "ok": true, "none": null}`},
		{"json", `{"homePhone": 5145550123, "card": 4111111111111111}`, `{"homePhone": "[PHONE_1]", "card": "[CARD_1]"}`},
		{"json", `["a.roy\u0040example.com", "\ud83d\ude00 \"x\" 514\u2011555\u20110123"]`, "[\"[EMAIL_1]\", \"\U0001F600 \\\"x\\\" [PHONE_1]\"]"},
		{"json", `{"a.roy@example.com": "\u0061\/"}`, `{"a.roy@example.com": "\u0061\/"}`},
		{"json", "{\"a\":[{},[],\"\"]}\n[-1.5e+3]\n", "{\"a\":[{},[],\"\"]}\n[-1.5e+3]\n"},
		{"json", ``, ``},
		{"csv", "name,phone\r\nx,5145550123\r\n\"y, z\",\"a \"\"b\"\" a.roy@example.com\"\r\n", "name,phone\r\nx,[PHONE_1]\r\n\"y, z\",\"a \"\"b\"\" [EMAIL_1]\"\r\n"},
		{"csv", "a,,\n,\"\",514-555-0123", "a,,\n,\"\",[PHONE_1]"},
		{"csv", "a\n\"open 514-555-0123\nstill", "a\n\"open [PHONE_1]\nstill"},
		{"csv", "a\n\"x\"y a.roy@example.com\",b\n", "a\n\"x\"\"y [EMAIL_1]\",b\n"},
		{"html", `<p title="514-555-0123">Tel <b>514-555-0123</b> &amp; caf&eacute;</p>`, `<p title="[PHONE_1]">Tel <b>[PHONE_1]</b> &amp; caf&eacute;</p>`},
		{"html", `<a href='mailto:a.roy@example.com' x=1>a.roy&#64;example.com &lt;x&gt;</a>`, `<a href='mailto:[EMAIL_1]' x=1>[EMAIL_1] &lt;x&gt;</a>`},
		{"html", `<td>Phone</td><td>5145550123</td>`, `<td>Phone</td><td>[PHONE_1]</td>`},
		{"html", `<!-- a.roy@example.com --><!doctype html><?x?>a < b <3`, `<!-- [EMAIL_1] --><!doctype html><?x?>a < b <3`},
		{"html", `<script>var m = "a.roy@example.com"; if (a<b) {}</script>514-555-0123`, `<script>var m = "[EMAIL_1]"; if (a<b) {}</script>[PHONE_1]`},
		{"html", `<input value=a.roy@example.com><br/>`, `<input value=[EMAIL_1]><br/>`},
		{"html", `514-555-0123<`, `[PHONE_1]&lt;`},
		{"html", `<!-- 514-555-0123`, `<!-- [PHONE_1]`},
		{"html", `<a b="514-555-0123`, `<a b="[PHONE_1]`},
	} {
		for _, n := range []int{1, 3, 1000} {
			out, err := through(structured[c.form], s, c.in, n)
			require.NoError(t, err, c.in)
			assert.Equal(t, c.out, out, "%s in pieces of %d", c.in, n)
			again, err := through(structured[c.form], s, out, n)
			require.NoError(t, err, c.in)
			assert.Equal(t, out, again)
		}
	}
}

func TestMalformedJSONIsWithheld(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	for _, in := range []string{
		`{"a" 514`, `{"a":}`, `[1,]`, `{,}`, `{1:2}`, `[01]`, `[1.]`, `[tru]`, `["a\q"]`, `["\u12"]`, "[\"a\nb\"]", `]`, `[}`, `["a"`, `{"a":"x"`, `{"a"`, `"a`, `{"a":1}}`, `[a.roy@example.com]`, `["514-555-0123\q"]`, `["514-555-0123`, `{"514-555-0123\q":1}`, `[514.]`,
		strings.Repeat("[", 10001),
	} {
		for _, n := range []int{1, 1000} {
			out, err := through(structured["json"], s, in, n)
			require.ErrorIs(t, err, scrub.ErrMalformed, "%.50s", in)
			assert.NotContains(t, out, "example")
			assert.NotContains(t, out, "514")
		}
	}
}

func TestStructureStays(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	text := strings.NewReplacer("\"", "", "\n", " ").Replace(denseText(3))

	in, err := json.Marshal(map[string]any{"note": text, "list": []any{text, 1, nil, true}, "phone": 5145550123})
	require.NoError(t, err)
	out, err := through(structured["json"], s, string(in), 7)
	require.NoError(t, err)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &decoded))
	require.Len(t, decoded, 3)
	require.Len(t, decoded["list"], 4)
	assert.NotContains(t, out, "example")

	var table strings.Builder
	w := csv.NewWriter(&table)
	require.NoError(t, w.WriteAll([][]string{{"a", "b"}, {text, "c,d"}, {"e\"f", text}}))
	out, err = through(structured["csv"], s, table.String(), 7)
	require.NoError(t, err)
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 3)
	assert.Equal(t, "c,d", records[1][1])
	assert.NotContains(t, out, "example")
}

func TestLongValuesAreWithheld(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	long := strings.Repeat("a", 1<<20) + " a.roy@example.com"
	for form, in := range map[string]string{"json": `["` + long + `"]`, "csv": "x\n" + long + "\n", "html": "<p>" + long + "</p><!-- " + long + " -->y"} {
		out, err := through(structured[form], s, in, 4096)
		require.NoError(t, err, form)
		assert.Contains(t, out, "[WITHHELD]", form)
		assert.Less(t, len(out), 200, form)
	}
}

func TestStructuredWritersWithoutScrubber(t *testing.T) {
	t.Parallel()
	for form, in := range map[string]string{"json": `{"a":"secret"}`, "csv": "secret,secret\n", "html": "<b x='secret'>secret</b>"} {
		out, err := through(structured[form], nil, in, 2)
		require.NoError(t, err)
		assert.NotContains(t, out, "secret", form)
		assert.Contains(t, out, "[WITHHELD]", form)
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWritersReportWhatIsBeneath(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	open := map[string]func(io.Writer, *scrub.Scrubber) io.WriteCloser{
		"text": func(w io.Writer, s *scrub.Scrubber) io.WriteCloser { return scrub.NewWriter(w, s) },
	}
	for name, o := range structured {
		open[name] = o
	}
	for name, o := range open {
		w := o(&brokenWriter{}, s)
		_, first := fmt.Fprint(w, `["a.roy@example.com"]`, strings.Repeat(" ", 100<<10))
		err := w.Close()
		require.True(t, errors.Is(first, errBroken) || errors.Is(err, errBroken), name)
		_, err = w.Write([]byte("x"))
		require.Error(t, err, name)
		require.NoError(t, w.Close(), "%s: a second Close does nothing", name)
	}
}

func TestReaderReportsWhatIsBeneath(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	r := scrub.NewReader(io.MultiReader(strings.NewReader("call 514-555-0123"), failingReader{}), s)
	out, err := io.ReadAll(r)
	require.ErrorIs(t, err, errBroken)
	assert.Empty(t, out)
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errBroken }

// FuzzStructured holds that no writer that knows a structure depends on how a document is cut into writes, and that JSON stays JSON.
func FuzzStructured(f *testing.F) {
	f.Add(`{"a": "514-555-0123"}`, uint8(1))
	f.Add(`<p title="514-555-0123">a.roy&#64;example.com</p>`, uint8(3))
	f.Add("a,b\n\"x \"\" 514-555-0123\",y\n", uint8(2))
	f.Add("<!--x--><script>a</script >", uint8(1))
	s := newScrubber(f)
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		for form, open := range structured {
			all, errAll := through(open, s, text, len(text)+1)
			pieces, errPieces := through(open, s, text, int(n)+1)
			require.Equal(t, errAll == nil, errPieces == nil, form)
			require.Equal(t, all, pieces, form)
			if form == "json" && errAll == nil && json.Valid([]byte(text)) {
				require.True(t, json.Valid([]byte(all)), all)
			}
			if form == "json" && json.Valid([]byte(text)) {
				require.NoError(t, errAll)
			}
		}
	})
}
