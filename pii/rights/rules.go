package rights

import (
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Rules is what a body of law, and the organisation, ask of requests: [Quebec] and [PIPEDA] return one each, and a program may change its own. The zero Rules lets nobody ask.
type Rules struct {
	// Days is the time to answer, from receipt; 1 to 30.
	Days int
	// Extension is by how many days that may be extended once; 0 to 30. Zero: it may not.
	Extension int
	// Alarm is how many days before the deadline [Desk.Due] finds a request; less than Days. Zero: 7.
	Alarm int
	// Recourse is how long a refusal can be contested.
	Recourse purpose.Period
	// Channels says what assurance a channel can give at most. One that is missing gives none.
	Channels map[Channel]Assurance
	// Needs says what a kind needs at least. One that is missing cannot be asked for.
	Needs map[Kind]Assurance
	// Working reports whether somebody is at work on a day, given as its first instant in UTC, so that an alarm rings then. If nil, Monday to Friday.
	Working func(day time.Time) bool
	// Remedy tells the person how a refusal is contested, and how long.
	Remedy purpose.Text

	law law // whose provisions a letter cites: that of the func that made the rules, and both for a program's own
}

// law is a body of law that a letter cites. The zero law is none that is known here.
type law uint8

const (
	quebec law = iota + 1
	federal
)

// Quebec returns the rules of Québec: thirty days and no extension (P-39.1 s. 32), thirty days for recourse (s. 43).
func Quebec() Rules {
	r := north(quebec)
	r.Recourse = purpose.Period{Days: 30}
	r.Remedy = purpose.Text{
		EN: "You may apply to the Commission d’accès à l’information for an examination of the disagreement, in writing, within thirty days of the refusal.",
		FR: "Vous pouvez demander à la Commission d’accès à l’information l’examen de la mésentente, par écrit, dans les trente jours du refus.",
	}
	return r
}

// PIPEDA returns the rules of the federal Act: thirty days, extended by at most thirty with notice inside the first (s. 8(3) and (4)), and six months to
// complain (s. 11(3)).
func PIPEDA() Rules {
	r := north(federal)
	r.Extension = 30
	r.Recourse = purpose.Period{Months: 6}
	r.Remedy = purpose.Text{
		EN: "You may file a complaint with the Privacy Commissioner of Canada within six months of the refusal.",
		FR: "Vous pouvez déposer une plainte auprès du Commissariat à la protection de la vie privée du Canada dans les six mois suivant le refus.",
	}
	return r
}

// north is what both have. That who asks is shown to be the person, the law wants of every kind (P-39.1 s. 30, which s. 28.1 applies too); the levels are the package's choice:
// to see data, or have it deleted, takes more than to have it put right or no longer spread.
func north(of law) Rules {
	return Rules{
		Days: 30, Alarm: 7, law: of,
		Channels: map[Channel]Assurance{
			InAccount: Authenticated, InPerson: Authenticated, Mail: Authenticated, // with a copy of a document
			Phone: Recognised, SMS: Recognised, Email: Recognised,
		},
		Needs: map[Kind]Assurance{
			Access: Authenticated, Portability: Authenticated, Deletion: Authenticated, Rectification: Recognised, CeaseDissemination: Recognised,
		},
	}
}

func (r *Rules) sound() bool {
	if r.Days < 1 || r.Days > 30 || r.Extension < 0 || r.Extension > 30 || r.Alarm < 0 || r.Alarm >= r.Days ||
		r.Remedy.EN == "" || r.Remedy.FR == "" || len(r.Needs) == 0 {
		return false
	}
	for k, least := range r.Needs {
		if k < Access || k > CeaseDissemination || least < Claimed || least > Authenticated {
			return false
		}
	}
	for c, most := range r.Channels {
		if c < InAccount || c > Mail || most > Authenticated {
			return false
		}
	}
	return positive(r.Recourse)
}

// alarm is the first instant of the working day on which a deadline's alarm rings: no later than Alarm days before it.
func (r *Rules) alarm(received, deadline time.Time) time.Time {
	days := r.Alarm
	if days == 0 {
		days = 7
	}
	y, m, d := deadline.UTC().AddDate(0, 0, -days).Date()
	at := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	working := r.Working
	if working == nil {
		working = func(day time.Time) bool { return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday }
	}
	for range 31 { // nobody works: then it is the earliest
		if working(at) || !at.After(received) {
			break
		}
		at = at.AddDate(0, 0, -1)
	}
	if at.Before(received) {
		return received
	}
	return at
}

// Letter returns, for people, why a request was refused or answered in part: each ground with its provision, and the remedy
// (P-39.1 s. 34; PIPEDA s. 8(7)). It cites the law that the rules are of, as [Quebec] or [PIPEDA] returned them, changed or not, and both for rules that neither made; a ground that
// the law does not know is told without a provision. It is French for every French, else English.
func (r Rules) Letter(tag language.Tag, grounds ...Ground) string {
	text := ""
	for _, g := range grounds {
		text += g.explain(tag, r.law) + " "
	}
	return text + r.Remedy.In(tag)
}
