package rights

import (
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Ground is why a request is refused, as a whole or for a part. The zero Ground is invalid.
type Ground uint8

// The grounds. A provision is what a letter cites; whether it fits, a person decides.
const (
	OtherPersons    Ground = iota + 1 // it would reveal what is about somebody else
	Inquiry                           // it would hinder an inquiry into a crime or a security service's
	Proceedings                       // it would affect judicial proceedings, or a secret between lawyer and client
	KeptByLaw                         // a law obliges to keep the data
	PendingRecourse                   // it must be kept until a request about it can no longer be contested
	StillNeeded                       // its purposes are not achieved, and it was collected lawfully
	Accurate                          // it was not shown to be inaccurate, incomplete or equivocal
	NotCollected                      // it was created or inferred, not collected from the person
	Impracticable                     // giving it in a structured format raises serious practical difficulties
	TestNotMet                        // the conditions to cease dissemination are not met
	NothingKept                       // nothing is kept of the person
)

var grounds = []struct {
	text      string
	provision string
	sentence  purpose.Text
}{
	{"unknown", "", purpose.Text{}},
	{"other_persons", "CQLR c. P-39.1 s. 40; PIPEDA s. 9(1)", purpose.Text{
		EN: "It would reveal personal information about somebody else.", FR: "Elle révélerait des renseignements personnels sur une autre personne.",
	}},
	{"inquiry", "CQLR c. P-39.1 s. 39(1); PIPEDA s. 9(3)(c.1)", purpose.Text{EN: "It would hinder an inquiry.", FR: "Elle nuirait à une enquête."}},
	{"proceedings", "CQLR c. P-39.1 s. 39(2); PIPEDA s. 9(3)(a)", purpose.Text{
		EN: "It would affect judicial proceedings or a professional secret.", FR: "Elle aurait un effet sur une procédure judiciaire ou un secret professionnel.",
	}},
	{"kept_by_law", "CQLR c. P-39.1 s. 23; PIPEDA 4.5.2", purpose.Text{EN: "A law obliges us to keep it.", FR: "Une loi nous oblige à les conserver."}},
	{"pending_recourse", "CQLR c. P-39.1 s. 36; PIPEDA s. 8(8)", purpose.Text{
		EN: "It must be kept until the remedies about another of your requests are exhausted.", FR: "Ils doivent être conservés jusqu’à l’épuisement des recours relatifs à une autre de vos demandes.",
	}},
	{"still_needed", "CQLR c. P-39.1 ss. 23 and 28; PIPEDA 4.5.3", purpose.Text{
		EN: "It was collected lawfully, and the purposes it was collected for are not achieved.", FR: "Ils ont été recueillis légalement et les fins de leur collecte ne sont pas accomplies.",
	}},
	{"accurate", "CQLR c. P-39.1 s. 28; PIPEDA 4.9.5", purpose.Text{
		EN: "It was not shown to be inaccurate, incomplete or equivocal.", FR: "Il n’a pas été démontré qu’ils sont inexacts, incomplets ou équivoques.",
	}},
	{"not_collected", "CQLR c. P-39.1 s. 27", purpose.Text{
		EN: "It was created or inferred, and not collected from you.", FR: "Ils ont été créés ou inférés, et non recueillis auprès de vous.",
	}},
	{"impracticable", "CQLR c. P-39.1 s. 27", purpose.Text{
		EN: "A structured format raises serious practical difficulties.", FR: "Un format structuré soulève des difficultés pratiques sérieuses.",
	}},
	{"test_not_met", "CQLR c. P-39.1 s. 28.1", purpose.Text{
		EN: "The conditions to cease disseminating it are not met.", FR: "Les conditions pour en cesser la diffusion ne sont pas réunies.",
	}},
	{"nothing_kept", "CQLR c. P-39.1 s. 27; PIPEDA 4.9.1", purpose.Text{EN: "We keep nothing about you.", FR: "Nous ne détenons rien à votre sujet."}},
}

func (g Ground) valid() bool { return g >= OtherPersons && int(g) < len(grounds) }

// String returns the stable text, "other_persons".
func (g Ground) String() string {
	if !g.valid() {
		return grounds[0].text
	}
	return grounds[g].text
}

// Provision returns the provisions a letter cites; "" for the zero Ground.
func (g Ground) Provision() string {
	if !g.valid() {
		return ""
	}
	return grounds[g].provision
}

// Explain returns the ground and its provision as a sentence; "" for the zero Ground. It is French for every French, else English.
func (g Ground) Explain(tag language.Tag) string {
	if !g.valid() {
		return ""
	}
	return grounds[g].sentence.In(tag) + " (" + grounds[g].provision + ")"
}

// MarshalText returns the stable text.
func (g Ground) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads the stable text of a ground; anything else is [ErrStored].
func (g *Ground) UnmarshalText(text []byte) error {
	for i := range grounds[1:] {
		if grounds[i+1].text == string(text) {
			*g = Ground(i + 1)
			return nil
		}
	}
	return ErrStored
}
