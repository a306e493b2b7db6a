package retention

import (
	"fmt"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Explain returns what becomes of the attribute, for a letter to the person: one sentence, French for every French, else English. It names the reason as it is in Why, which is a
// citation or a purpose, and not the attribute, for which a program has a word of its own.
func (l Line) Explain(tag language.Tag) string {
	say := func(en, fr string, args ...any) string {
		return fmt.Sprintf(purpose.Text{EN: en, FR: fr}.In(tag), args...)
	}
	switch l.Outcome {
	case Destroyed:
		return say("This is destroyed, with its key.", "Ceci est détruit, avec sa clé.")
	case Deleted:
		return say("This is deleted; its key is kept for what has to be kept beside it, and until that ends a backup of this still opens.",
			"Ceci est supprimé; sa clé est conservée pour ce qui doit être conservé à côté, et jusque-là une copie de sauvegarde de ceci s’ouvre encore.")
	case Retained:
		if l.Until.IsZero() {
			return say("This is kept, and it is not known yet until when: %s.", "Ceci est conservé, et on ne sait pas encore jusqu’à quand : %s.", l.Why)
		}
		return say("This is kept until %s: %s.", "Ceci est conservé jusqu’au %s : %s.", instant(l.Until), l.Why)
	case Held:
		return say("A hold for the purpose %s keeps this until it is released.", "Une mise en réserve pour la finalité %s conserve ceci jusqu’à ce qu’elle soit levée.", l.Why)
	case Anonymised:
		return say("This is destroyed, with its key; anonymised information that was made of it before, and that identifies nobody any more, may be left.",
			"Ceci est détruit, avec sa clé; il peut en rester des renseignements anonymisés, qui en ont été tirés auparavant et ne permettent plus d’identifier personne.")
	default:
		return say("It is not known what became of this.", "On ne sait pas ce que ceci est devenu.")
	}
}
