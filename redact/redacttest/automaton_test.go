package redacttest

import (
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
)

// occurrences finds words one by one: the places after them, for each word.
func occurrences(text string, words []string) map[[2]int]bool {
	found := map[[2]int]bool{}
	for n, w := range words {
		for i := range len(text) {
			if strings.HasPrefix(text[i:], w) {
				found[[2]int{n, i + len(w)}] = true
			}
		}
	}
	return found
}

func TestAutomatonFindsEveryOccurrence(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[[2]int]bool{{0, 4}: true, {1, 4}: true, {2, 3}: true}, automatonFinds("ushe", []string{"she", "he", "sh"}))

	properties := gopter.NewProperties(nil)
	properties.Property("as one by one", prop.ForAll(func(text string, words []string) bool {
		return assert.ObjectsAreEqual(occurrences(text, words), automatonFinds(text, words))
	}, gen.RegexMatch(`[abc]{0,60}`), gen.SliceOf(gen.RegexMatch(`[abc]{1,5}`))))
	properties.TestingRun(t)
}

func automatonFinds(text string, words []string) map[[2]int]bool {
	found := map[[2]int]bool{}
	newAutomaton(words).search([]byte(text), func(end int, word int32) {
		found[[2]int{int(word), end}] = true
	})
	return found
}
