package retention

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Explain returns when the item ends and why then, in sentences for people: which rules keep it, from when and how long, what law says so, and what holds there are. It is
// French for every French, else English. It names no person and no case.
func (e End) Explain(tag language.Tag) string {
	say := func(en, fr string, args ...any) string {
		return fmt.Sprintf(purpose.Text{EN: en, FR: fr}.In(tag), args...)
	}
	var all []string
	switch {
	case e.Reason != purpose.Permitted:
		all = append(all, say("It cannot be told when this ends, so it is kept.", "On ne peut dire quand ceci prend fin; c’est donc conservé."), e.Reason.Explain(tag))
	case e.Waits:
		all = append(all, say("It is not known yet when this ends.", "On ne sait pas encore quand ceci prend fin."))
	case e.At.IsZero():
		all = append(all, say("It cannot be told when this ends, so it is kept.", "On ne peut dire quand ceci prend fin; c’est donc conservé."))
	case len(e.Rules) == 0:
		all = append(all, say("The person was erased, and no law obliges to keep this: it is not kept from %s on.",
			"La personne a été effacée, et aucune loi n’oblige à conserver ceci : ce n’est plus conservé à compter du %s.", instant(e.At)))
	default:
		all = append(all, say("Its rules keep this until %s.", "Ses règles conservent ceci jusqu’au %s.", instant(e.At)))
	}
	for _, r := range e.Rules {
		all = append(all, r.explain(say))
	}
	for _, h := range e.Holds {
		all = append(all, say("A hold for the purpose %s, in force since %s, keeps it until it is released.",
			"Une mise en réserve pour la finalité %s, en vigueur depuis le %s, le conserve jusqu’à ce qu’elle soit levée.", h.Purpose, instant(h.Since)))
	}
	return strings.Join(all, " ")
}

// explain says until when one rule keeps.
func (r *RuleEnd) explain(say func(en, fr string, args ...any) string) string {
	length, from := spell(r.Keep, say), event(r.Rule.From, say)
	var text string
	switch {
	case !r.Consent.IsZero():
		text = say("Rule %s: %s %s, but no more than %s after consent ends, which is on %s; so until %s",
			"Règle %s : %s %s, mais pas plus de %s après la fin du consentement, le %s; donc jusqu’au %s",
			r.Class, length, from, spell(r.Rule.AfterConsent, say), instant(r.Consent), instant(r.At))
	case r.Waits:
		text = say("Rule %s: %s %s, which has not come", "Règle %s : %s %s, ce qui n’est pas encore arrivé", r.Class, length, from)
	default:
		text = say("Rule %s: %s %s; counted from %s, until %s", "Règle %s : %s %s; compté du %s, jusqu’au %s", r.Class, length, from, instant(r.Start), instant(r.At))
	}
	switch cited := r.Rule.Citation; {
	case !r.Minimum.IsZero():
		text += say("; the law obliges to keep it until %s (%s)", "; la loi oblige à le conserver jusqu’au %s (%s)", instant(r.Minimum), cited)
	case !r.Rule.Minimum.IsZero():
		text += say("; the law obliges to keep it for %s (%s)", "; la loi oblige à le conserver %s (%s)", spell(r.Rule.Minimum, say), cited)
	case cited != "":
		text += " (" + cited + ")"
	}
	return text + "."
}

// event says from when a period is counted.
func event(from purpose.Trigger, say func(en, fr string, args ...any) string) string {
	switch from {
	case purpose.FromCollection:
		return say("from collection", "à compter de la collecte")
	case purpose.FromYearEnd:
		return say("from the end of the year of collection", "à compter de la fin de l’année de la collecte")
	case purpose.FromCaseClosed:
		return say("after the case closes", "après la fermeture du dossier")
	case purpose.FromAccountClosed:
		return say("after the account closes", "après la fermeture du compte")
	default:
		return say("from an event that is not known", "à compter d’un événement inconnu")
	}
}

// spell says a period in words, "6 years, 1 day".
func spell(p purpose.Period, say func(en, fr string, args ...any) string) string {
	var parts []string
	for _, part := range []struct {
		n                int
		en, fr, ens, frs string
	}{
		{p.Years, "%d year", "%d an", "%d years", "%d ans"},
		{p.Months, "%d month", "%d mois", "%d months", "%d mois"},
		{p.Days, "%d day", "%d jour", "%d days", "%d jours"},
	} {
		switch {
		case part.n == 1:
			parts = append(parts, say(part.en, part.fr, part.n))
		case part.n != 0:
			parts = append(parts, say(part.ens, part.frs, part.n))
		}
	}
	return strings.Join(parts, ", ")
}

// instant writes a time in UTC, as a date alone if it is the beginning of one.
func instant(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04:05.999999999 UTC")
}
