package known

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/internal/samplestest"
)

// TestScoreUnicode looks for a value in one normal form within text in another, alone and between words.
func TestScoreUnicode(t *testing.T) {
	type row struct {
		ID        string `json:"id"`
		Source    string `json:"source_form"`
		NFC       string `json:"nfc"`
		NFD       string `json:"nfd"`
		NFKC      string `json:"nfkc"`
		NFKD      string `json:"nfkd"`
		Canonical bool   `json:"canonical_only"`
	}
	var canonical, compatible tally
	for _, r := range samplestest.Rows[row](t, "scrub", "unicode_equivalents.jsonl") {
		same := []string{r.Source, r.NFC, r.NFD}
		for _, value := range append(same, r.NFKC, r.NFKD) {
			for i, text := range append(same, r.NFKC, r.NFKD) {
				to := &compatible
				if i < len(same) && value != r.NFKC && value != r.NFKD || r.Canonical {
					to = &canonical
				}
				to.add(covers(t, value, text, "", ""))
				to.add(covers(t, value, text, "voir: ", " merci"))
			}
		}
	}
	t.Logf("%-14s %6s %6s", "equivalence", "pairs", "found")
	t.Logf("%-14s %6d %6d", "canonical", canonical.rows, canonical.right)
	t.Logf("%-14s %6d %6d", "compatibility", compatible.rows, compatible.right)
	assert.Equal(t, canonical.rows, canonical.right)
	assert.GreaterOrEqual(t, float64(compatible.right), 0.99*float64(compatible.rows))
}

// TestScoreKnownValues asks for exact sets of spans.
func TestScoreKnownValues(t *testing.T) {
	type row struct {
		ID      string   `json:"id"`
		Text    string   `json:"text"`
		Values  []string `json:"known_values"`
		Options struct {
			IgnoreCase *bool `json:"ignore_case"`
			WholeWord  bool  `json:"whole_word"`
		} `json:"options"`
		Spans [][2]int `json:"spans"`
	}
	var total tally
	for _, r := range samplestest.Rows[row](t, "scrub", "known_values.jsonl") {
		var values []Value
		for _, v := range r.Values {
			values = append(values, Value{Text: v, Exact: r.Options.IgnoreCase != nil && !*r.Options.IgnoreCase, Whole: r.Options.WholeWord})
		}
		m, err := New(values)
		require.NoError(t, err)
		got := [][2]int{}
		for _, s := range m.Append(nil, []byte(r.Text)) {
			got = append(got, [2]int{len([]rune(r.Text[:s.Start])), len([]rune(r.Text[:s.End]))})
		}
		total.add(assert.ElementsMatch(t, r.Spans, got, r.ID))
	}
	t.Logf("%-14s %6s %6s", "", "rows", "exact")
	t.Logf("%-14s %6d %6d", "known values", total.rows, total.right)
}

type tally struct{ rows, right int }

func (t *tally) add(right bool) {
	t.rows++
	if right {
		t.right++
	}
}

// covers reports whether every byte of text is in the spans of value. A value that is refused finds nothing.
func covers(t *testing.T, value, text, before, after string) bool {
	m, err := New([]Value{{Text: value}})
	if err != nil {
		require.ErrorIs(t, err, ErrEmpty)
		return false
	}
	at := len(before)
	for _, s := range m.Append(nil, []byte(before+text+after)) {
		if s.Start <= at && s.End > at {
			at = s.End
		}
	}
	return at >= len(before)+len(text)
}
