package names

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSkipOrdinaryIsRunFaster gives both every word of the lists, as it begins a sentence, and compares where they go on.
func TestSkipOrdinaryIsRunFaster(t *testing.T) {
	t.Parallel()
	skipped := 0
	for _, list := range []string{ordinaryWords, givenNames, familyNames, cities, countries, nationalities, professions, strings.NewReplacer(",", "\n", "\t", "").Replace(titles + "," + heads + "," + labels)} {
		for entry := range strings.Lines(list) {
			word := strings.TrimSpace(entry)
			if word == "" || word[0] == '#' {
				continue
			}
			word = strings.ToUpper(word[:1]) + word[1:]
			for _, rest := range []string{" the rest", ", the rest", "; the rest", " The rest", ": 12", ".", "'s"} {
				text := []byte(word + rest)
				var spans []Span
				l := line{text: text, end: len(text), lexicon: standard(), spans: &spans}
				end := l.skipOrdinary(0)
				if end == 0 {
					continue
				}
				skipped++
				require.Equal(t, l.run(0), end, string(text))
				require.Empty(t, spans, string(text))
			}
		}
	}
	assert.Greater(t, skipped, 10_000)
}

// TestContextIsRemembered asks for a context twice, with other keys written over those of the first time.
func TestContextIsRemembered(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"name: Zorbel", "dear, Zorbel", "she lives in Zorbel", "Mme Zorbel", "' Zorbel", "Zorbel"} {
		var spans []Span
		l := line{text: []byte(text), end: len(text), lexicon: standard(), spans: &spans}
		at := strings.Index(text, "Zorbel")
		first := l.before(at)
		key := string(l.key(&first.first))
		l.keys.used = 0
		l.readWord(at)
		second := l.before(at)
		assert.Equal(t, key, string(l.key(&second.first)), text)
		second.first.from, second.first.to = first.first.from, first.first.to
		assert.Equal(t, first, second, text)
	}
}
