package rights

import (
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Ground is why a request is refused, as a whole or for a part. The zero Ground is invalid.
type Ground uint8

// The grounds. A provision is what a letter cites; whether it fits, a person decides.
const (
	// OtherPersons: it would likely reveal what is about somebody else; in Québec, what could also seriously harm that person.
	OtherPersons Ground = iota + 1
	// Inquiry: it would hinder an inquiry into crime or offences by one's own or a hired security service; under PIPEDA, it was collected
	// for an investigation, and the Commissioner is told (s. 9(5)).
	Inquiry
	Proceedings     // it would affect judicial proceedings, or a secret between lawyer and client
	KeptByLaw       // a law obliges to keep the data
	PendingRecourse // it must be kept until a request about it can no longer be contested
	StillNeeded     // its purposes are not achieved, and it was collected lawfully
	// Accurate: it was found accurate, complete and unequivocal. In Québec that is for the holder to prove, unless the person gave it or consented that
	// another did (P-39.1 s. 53); only under PIPEDA is it for her to show the contrary (4.9.5).
	Accurate
	NotCollected  // it was created or inferred, not collected from the person
	Impracticable // giving it in a structured format raises serious practical difficulties
	TestNotMet    // the conditions to cease dissemination are not met
	NothingKept   // nothing is kept of the person
)

var grounds = []struct {
	text     string
	sentence purpose.Text
	quebec   purpose.Text // what is cited, in the form that each language gives it
	federal  purpose.Text // empty where PIPEDA has nothing of the kind

	federally purpose.Text // the sentence under PIPEDA alone, where it is another
}{
	{text: "unknown"},
	{
		text: "other_persons",
		sentence: purpose.Text{
			EN: "Giving it would likely reveal personal information about somebody else and, under Québec’s Act, could seriously harm that person.",
			FR: "La communication révélerait vraisemblablement des renseignements personnels sur un tiers et, selon la loi québécoise, pourrait lui nuire sérieusement.",
		},
		quebec:  purpose.Text{EN: "CQLR c. P-39.1 s. 40", FR: "RLRQ, c. P-39.1, art. 40"},
		federal: purpose.Text{EN: "PIPEDA s. 9(1)", FR: "LPRPDE, par. 9(1)"},
		federally: purpose.Text{
			EN: "Giving it would likely reveal personal information about somebody else.", FR: "La communication révélerait vraisemblablement des renseignements personnels sur un tiers.",
		},
	},
	{
		text:     "inquiry",
		sentence: purpose.Text{EN: "It would hinder an inquiry.", FR: "La communication nuirait à une enquête."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 s. 39(1)", FR: "RLRQ, c. P-39.1, art. 39, par. 1°"},
		federal:  purpose.Text{EN: "PIPEDA s. 9(3)(c.1)", FR: "LPRPDE, al. 9(3)c.1)"},
	},
	{
		text: "proceedings",
		sentence: purpose.Text{
			EN: "It would affect judicial proceedings or a professional secret.", FR: "La communication aurait un effet sur une procédure judiciaire ou un secret professionnel.",
		},
		quebec:  purpose.Text{EN: "CQLR c. P-39.1 s. 39(2); CQLR c. C-12 s. 9", FR: "RLRQ, c. P-39.1, art. 39, par. 2°; RLRQ, c. C-12, art. 9"}, // the Charter has the secret
		federal: purpose.Text{EN: "PIPEDA s. 9(3)(a)", FR: "LPRPDE, al. 9(3)a)"},
	},
	{
		text:     "kept_by_law",
		sentence: purpose.Text{EN: "A law obliges us to keep it.", FR: "Une loi nous oblige à les conserver."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 s. 23", FR: "RLRQ, c. P-39.1, art. 23"},
		federal:  purpose.Text{EN: "PIPEDA 4.5.2", FR: "LPRPDE, annexe 1, art. 4.5.2"},
	},
	{
		text: "pending_recourse",
		sentence: purpose.Text{
			EN: "It must be kept until the remedies about another of your requests are exhausted.", FR: "Ils doivent être conservés jusqu’à l’épuisement des recours relatifs à une autre de vos demandes.",
		},
		quebec:  purpose.Text{EN: "CQLR c. P-39.1 s. 36", FR: "RLRQ, c. P-39.1, art. 36"},
		federal: purpose.Text{EN: "PIPEDA s. 8(8)", FR: "LPRPDE, par. 8(8)"},
	},
	{
		text: "still_needed",
		sentence: purpose.Text{
			EN: "It was collected lawfully, and the purposes it was collected for are not achieved.", FR: "Ils ont été recueillis légalement et les fins de leur collecte ne sont pas accomplies.",
		},
		quebec:  purpose.Text{EN: "C.C.Q. art. 40; CQLR c. P-39.1 ss. 23 and 28", FR: "C.c.Q., art. 40; RLRQ, c. P-39.1, art. 23 et 28"},
		federal: purpose.Text{EN: "PIPEDA 4.5.3", FR: "LPRPDE, annexe 1, art. 4.5.3"},
	},
	{
		text:     "accurate",
		sentence: purpose.Text{EN: "We found it accurate, complete and unequivocal.", FR: "Nous les avons trouvés exacts, complets et sans équivoque."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 ss. 28 and 53", FR: "RLRQ, c. P-39.1, art. 28 et 53"},
		federal:  purpose.Text{EN: "PIPEDA 4.9.5", FR: "LPRPDE, annexe 1, art. 4.9.5"},
	},
	{
		text:     "not_collected",
		sentence: purpose.Text{EN: "It was created or inferred, and not collected from you.", FR: "Ils ont été créés ou inférés, et non recueillis auprès de vous."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 s. 27 par. 3", FR: "RLRQ, c. P-39.1, art. 27, al. 3"},
	},
	{
		text:     "impracticable",
		sentence: purpose.Text{EN: "A structured format raises serious practical difficulties.", FR: "Un format structuré soulève des difficultés pratiques sérieuses."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 s. 27 par. 3", FR: "RLRQ, c. P-39.1, art. 27, al. 3"},
	},
	{
		text:     "test_not_met",
		sentence: purpose.Text{EN: "The conditions to cease disseminating it are not met.", FR: "Les conditions pour en cesser la diffusion ne sont pas réunies."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 s. 28.1", FR: "RLRQ, c. P-39.1, art. 28.1"},
	},
	{
		text:     "nothing_kept",
		sentence: purpose.Text{EN: "We keep nothing about you.", FR: "Nous ne détenons rien à votre sujet."},
		quebec:   purpose.Text{EN: "CQLR c. P-39.1 s. 27", FR: "RLRQ, c. P-39.1, art. 27"},
		federal:  purpose.Text{EN: "PIPEDA 4.9.1", FR: "LPRPDE, annexe 1, art. 4.9.1"},
	},
}

func (g Ground) valid() bool { return g >= OtherPersons && int(g) < len(grounds) }

// String returns the stable text, "other_persons".
func (g Ground) String() string {
	if !g.valid() {
		return grounds[0].text
	}
	return grounds[g].text
}

// Provision returns the provisions that a letter cites, of Québec and of PIPEDA; "" for the zero Ground. It is in the French form for every French, else in the English one.
func (g Ground) Provision(tag language.Tag) string { return g.provision(tag, 0) }

func (g Ground) provision(tag language.Tag, under law) string {
	if !g.valid() {
		return ""
	}
	inQuebec, federally := grounds[g].quebec.In(tag), grounds[g].federal.In(tag)
	switch {
	case under == quebec, under == 0 && federally == "":
		return inQuebec
	case under == federal:
		return federally
	}
	return inQuebec + "; " + federally
}

// Explain returns the ground and its provisions as a sentence; "" for the zero Ground. It is French for every French, else English.
func (g Ground) Explain(tag language.Tag) string { return g.explain(tag, 0) }

func (g Ground) explain(tag language.Tag, under law) string {
	if !g.valid() {
		return ""
	}
	sentence := grounds[g].sentence
	if alone := grounds[g].federally; under == federal && alone != (purpose.Text{}) {
		sentence = alone
	}
	provision := g.provision(tag, under)
	if provision == "" {
		return sentence.In(tag)
	}
	return sentence.In(tag) + " (" + provision + ")"
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
