package dossier_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

var english, french = language.English, language.CanadianFrench

func strconvYear(i int) string { return strconv.Itoa(1940 + i%40) }

func page(tb testing.TB, d *dossier.Dossier, tag language.Tag) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, d.WriteHTML(&b, tag))
	return b.String()
}

// element is a start tag of a page.
type element struct {
	name  string
	attrs map[string]string
	text  string
}

// elements reads a page strictly: what is opened is closed, but for meta.
func elements(tb testing.TB, page string) (all []*element) {
	tb.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.AutoClose = []string{"meta"}
	d.Strict = false
	d.Entity = xml.HTMLEntity
	var open []*element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			require.Empty(tb, open)
			return all
		}
		require.NoError(tb, err)
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{token.Name.Local, map[string]string{}, ""}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			all, open = append(all, e), append(open, e)
		case xml.EndElement:
			require.Equal(tb, open[len(open)-1].name, token.Name.Local)
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text += string(token)
			}
		}
	}
}

// A page stands by itself, runs nothing, and its drawings say in words what they show.
func TestPage(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	for tag, c := range map[language.Tag]struct{ lang, heading string }{
		english: {"en-CA", "Correlation (s. 2)"}, french: {"fr-CA", "Corrélation (art. 2)"}, language.German: {"en-CA", "Residual risk (s. 7)"},
		language.French: {"fr-CA", "Risque résiduel (art. 7)"}, language.Und: {"en-CA", "Inference (s. 2)"},
	} {
		text := page(t, d, tag)
		ids, headings, charts := map[string]string{}, map[string]bool{}, 0
		all := elements(t, text)
		for _, e := range all {
			if id := e.attrs["id"]; id != "" {
				_, twice := ids[id]
				require.False(t, twice, id)
				ids[id] = e.text
			}
		}
		for _, e := range all {
			require.NotContains(t, []string{"script", "iframe", "object", "link", "img", "form", "a"}, e.name)
			for name, value := range e.attrs {
				require.False(t, strings.HasPrefix(name, "on"), name)
				require.NotContains(t, value, "http")
				require.NotContains(t, value, "ZgotmplZ")
			}
			switch e.name {
			case "html":
				assert.Equal(t, c.lang, e.attrs["lang"])
			case "h2":
				headings[e.text] = true
			case "svg":
				charts++
				assert.Equal(t, "img", e.attrs["role"])
			case "th":
				assert.Contains(t, []string{"col", "row"}, e.attrs["scope"])
			}
			for _, id := range strings.Fields(e.attrs["aria-labelledby"]) {
				assert.NotEmpty(t, ids[id], id)
			}
		}
		assert.True(t, headings[c.heading], c.heading)
		assert.Len(t, headings, 6)
		assert.Equal(t, 4, charts)
	}
	assert.Contains(t, dossier.Page, "@media print")
	assert.NotContains(t, dossier.Page, "url(")
}

// Each sentence is there in both languages, and is another one.
func TestPageWords(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	en, fr := elements(t, page(t, d, english)), elements(t, page(t, d, french))
	require.Len(t, fr, len(en))
	for i := range en {
		switch en[i].name {
		case "h1", "h2", "h3", "p", "figcaption", "desc":
			assert.NotEmpty(t, en[i].text)
			if !strings.Contains(en[i].text, "Individualisation") {
				assert.NotEqual(t, en[i].text, fr[i].text)
			}
		}
	}
}

// What was declared is text and nothing else.
func TestPageEscapes(t *testing.T) {
	t.Parallel()
	rows := people(1200, 1)
	declaration := declared()
	declaration.Purpose = `<script>alert("x")</script>`
	declaration.Techniques = []string{`"><img src=x onerror=alert(1)>`}
	c := config(t, rows, generalised(rows))
	c.Earlier[`"><svg onload=x>`] = c.Earlier["2024 map"]
	d, err := dossier.Measure(t.Context(), declaration, c)
	require.NoError(t, err)
	text := page(t, d, english)
	for _, bad := range []string{"<script", "<img", "<svg onload"} {
		assert.NotContains(t, text, bad)
	}
	assert.Contains(t, text, "&lt;script&gt;")
	elements(t, text)
}

// A dossier with findings says so first; one within limits says that.
func TestPageVerdict(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	assert.Contains(t, page(t, d, english), "All figures are within the limits.")
	rows := people(1200, 1)
	c := config(t, rows, generalised(rows))
	c.Limits = dossier.Limits{Class: 200, Match: 300, Distinct: 9, Closeness: 0.2, Gain: 0.01}
	d, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(d.Findings()), 5)
	text := page(t, d, english)
	assert.NotContains(t, text, "All figures are within the limits.")
	assert.Contains(t, text, "Not anonymised")
	assert.Equal(t, len(d.Findings()), strings.Count(text, "(Limit "))
	assert.NotContains(t, text, "wider than the default")
	c.Limits = dossier.Limits{Class: 5, Match: 5, Closeness: 0.9, Gain: 0.5}
	d, err = dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	assert.Equal(t, 4, strings.Count(page(t, d, english), "wider than the default"))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriterFails(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	require.ErrorIs(t, d.WriteHTML(broken{}, english), io.ErrClosedPipe)
	require.ErrorIs(t, d.WriteJSON(broken{}), io.ErrClosedPipe)
}
