package retention_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/retention"
)

func TestLineExplain(t *testing.T) {
	t.Parallel()
	until := time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		line   retention.Line
		en, fr string
	}{
		{retention.Line{}, "It is not known what became of this.", "On ne sait pas ce que ceci est devenu."},
		{retention.Line{Outcome: retention.Destroyed}, "This is destroyed, with its key.", "Ceci est détruit, avec sa clé."},
		{
			retention.Line{Outcome: retention.Deleted},
			"This is deleted; its key is kept for what has to be kept beside it, and until that ends a backup of this still opens.",
			"Ceci est supprimé; sa clé est conservée pour ce qui doit être conservé à côté, et jusque-là une copie de sauvegarde de ceci s’ouvre encore.",
		},
		{
			retention.Line{Outcome: retention.Retained, Until: until, Why: "Income Tax Act (Canada) s. 230(4)(b)"},
			"This is kept until 2032-01-01: Income Tax Act (Canada) s. 230(4)(b).", "Ceci est conservé jusqu’au 2032-01-01 : Income Tax Act (Canada) s. 230(4)(b).",
		},
		{
			retention.Line{Outcome: retention.Retained, Why: "100% of a law"},
			"This is kept, and it is not known yet until when: 100% of a law.", "Ceci est conservé, et on ne sait pas encore jusqu’à quand : 100% of a law.",
		},
		{
			retention.Line{Outcome: retention.Held, Why: "legal.dispute"},
			"A hold for the purpose legal.dispute keeps this until it is released.", "Une mise en réserve pour la finalité legal.dispute conserve ceci jusqu’à ce qu’elle soit levée.",
		},
		{
			retention.Line{Outcome: retention.Anonymised},
			"This is destroyed, with its key; anonymised information that was made of it before, and that identifies nobody any more, may be left.",
			"Ceci est détruit, avec sa clé; il peut en rester des renseignements anonymisés, qui en ont été tirés auparavant et ne permettent plus d’identifier personne.",
		},
	} {
		assert.Equal(t, c.en, c.line.Explain(language.English))
		assert.Equal(t, c.en, c.line.Explain(language.German), "else English")
		assert.Equal(t, c.fr, c.line.Explain(language.CanadianFrench))
		assert.Equal(t, c.fr, c.line.Explain(language.French))
	}
	for o := retention.Destroyed; o <= retention.Anonymised; o++ {
		assert.NotEqual(t, retention.Line{}.Explain(language.English), retention.Line{Outcome: o}.Explain(language.English), "outcome %d has its sentence", o)
	}
	assert.Equal(t, retention.Line{}.Explain(language.English), retention.Line{Outcome: retention.Anonymised + 1}.Explain(language.English), "there is no other")
}
