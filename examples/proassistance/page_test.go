package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/purpose"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"abc", 3},
		{"Réjean", 6},
		{"Re\u0301jean", 6},    // decomposed
		{"q\u0301", 1},         // a mark that has no composed form
		{"« l’été »", 9},       // typographic signs take one
		{"東京", 4},              // two each
		{"a\u200db", 2},        // a joiner takes none
		{"Yılmaz", 6},          // not in Latin-1
		{"10\u00a0h", 4},       // a blank that does not break is a blank
		{"20–29", 5},           // a dash of three bytes
		{"AQAB…M3zQ", 9},       // an ellipsis of three bytes
		{"ﬁn", 2},              // a ligature is one character
		{"œuvre", 5},           //
		{"\u0661\u0662", 2},    // digits of another script
		{"e\u0301\u0323bc", 3}, // two marks
	}
	for _, tt := range tests {
		assert.Equalf(t, tt.want, columns(tt.text), "%q", tt.text)
		assert.Equalf(t, 20, columns(pad(tt.text, 20)), "pad %q", tt.text)
		assert.Equalf(t, 20, columns(right(tt.text, 20)), "right %q", tt.text)
	}
	assert.Equal(t, "too long", pad("too long", 3), "what does not fit is not cut")
}

func TestWrap(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{""}, wrap("", 10))
	assert.Equal(t, []string{"one two", "three"}, wrap("one two three", 8))
	assert.Equal(t, []string{"été été", "été"}, wrap("été été été", 7), "accents take no room of their own")
	assert.Equal(t, []string{"say", "«\u00a0oui\u00a0»"}, wrap("say « oui »", 8), "a quotation mark stays with its word")
	assert.Equal(t, []string{"a", strings.Repeat("x", 30), "b"}, wrap("a "+strings.Repeat("x", 30)+" b", 10), "a long word is not cut")
}

func TestPage(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := &page{w: &b}
	p.Scene("Title", "What it is about.")
	p.Line("été", "text")
	p.Refused("no", "", &purpose.Denied{Purpose: Newsletter, Reason: purpose.ConsentRefused, Consequence: purpose.Text{EN: "No letter.", FR: "Pas de lettre."}})
	p.Refused("other", "again; ", errors.New("pii: something"))
	assert.NoError(t, p.err)
	assert.Equal(t, `
1. Title
   What it is about.
     été         text
     no          refused: ConsentRefused. The person concerned refused consent. No letter.
                 «`+"\u00a0"+`La personne concernée a refusé son consentement. Pas de lettre.`+"\u00a0"+`»
     other       again; refused: pii: something
`, b.String())
}

// full is a disk that is full.
type full struct{ writes int }

func (f *full) Write([]byte) (int, error) {
	f.writes++
	return 0, errors.New("no space left")
}

func TestPageKeepsItsFirstError(t *testing.T) {
	t.Parallel()
	f := new(full)
	p := &page{w: f}
	p.Line("a", "b")
	p.Line("c", "d")
	assert.ErrorContains(t, p.err, "no space left")
	assert.Equal(t, 1, f.writes)
}

func TestProgressIsForTerminals(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	progress(&b)(1, 2)
	assert.Empty(t, b.String())
}
