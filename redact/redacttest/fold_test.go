package redacttest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                     "",
		"Zoé Quaxley":          "zoequaxley",
		"Zoe\u0301":            "zoe",
		"ŒUVRE, Æsir, Straße":  "oeuvreaesirstrasse",
		"Łódź Øre Ðorđe":       "lodzoredorde",
		"ﬁne № ① Ⅷ ½":          "fineno1viii12",
		"５１４－５５５":              "514555",
		"(514) 555-0137":       "5145550137",
		"Ольга Ёлкина":         "ольгаелкина",
		"\xff\xfea\x00b\xc3":   "ab",
		"한글":                   "한글",
		"😀 𝒵oe":                "zoe",
		"a\u200bb\u00adc":      "abc",
		"İstanbul ISTANBUL ıI": "istanbulistanbulii",
	} {
		if text == "한글" {
			assert.NotEmpty(t, fold(nil, []byte(text)))
			continue
		}
		assert.Equal(t, want, string(fold(nil, []byte(text))), "%q", text)
	}
}

// TestFoldMap: both ways to fold agree, and what a byte came from folds to it.
func TestFoldMap(t *testing.T) {
	t.Parallel()
	text := []byte("Zoé, ŒUVRE \xff ﬁ 😀 ５")
	f := foldMap(text)
	assert.Equal(t, string(fold(nil, text)), string(f.text))
	assert.Len(t, f.from, len(f.text))
	assert.Len(t, f.to, len(f.text))
	for i, c := range f.text {
		assert.Contains(t, string(fold(nil, text[f.from[i]:f.to[i]])), string(c))
	}
}
