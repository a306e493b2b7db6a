package names

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// In the tables what is to be found stands in «», with the first letter of its class; the text is what is left without them.
func TestAppend(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		lang  Lang
		texts []string
	}{
		{"titles", Any, []string{
			"«T:Dr.» «P:Anna Quillfeather» called", "Le «T:Dr» «P:Blandine Voisard-Kemp» a signé", "«T:Mme.»«P:ZORBLAT Lucie»", "«T:Mr.» «P:Wexley»'s file", "«T:M.» «P:LE GOFFIC»",
			"«T:Me» «P:Tardivel» plaide", "«T:Dr» «P:M. Tardivel»",
		}},
		{"cues in English", English, []string{
			"my name is «P:Quorra»", "Hi «P:Zelda», thanks", "His wife «P:Wilhelmina» left", "Have you heard «P:Vesna Drobnič» speak?", "directed by «P:Sofia Brandt-Ruiz»", "signed by «P:Q. R. Vandermolen»",
			"I met «P:M. Brandtson»", "«P:Quorra» said no", "She lives in «P:Paul Tremblay»'s house", "with «P:Florence Quillfeather»", "dear «P:Florence»,", "«P:Joanna» shouted at «P:Trevor»", "I met «P:Tomasz» and «P:Ilse»",
		}},
		{"cues in French", French, []string{
			"Je m'appelle «P:Ysolde Kerbrat»", "Patient : «P:Roméo Tardivel»", "Patiente «P:KERBRAT Ysolde», suivie", "compte rendu signé par «P:Hervé Quemener»", "né le 2 mai, «P:Odile» habite seule",
			"Interne «P:J.-P. QUEMENER»", "avec «P:Émile Zorblat»", "on a vu «T:M.» «P:Brandtson»",
		}},
		{"shapes", Any, []string{
			"le dossier de «P:QUEMENER Odile» est clos", "we called «P:Theodore K. Vance» twice", "with «P:Anneke van der Zwaan» today", "and «P:Sean O'Halloran» said no", "from «P:Marie-Ève Desrosiers-Huot»",
		}},
		{"inverted", Any, []string{"«P:GAGNON», «P:MARIE-LOUP» 12 ans", "«P:Gagnon», «P:Marie-Loup»"}},
		{"compounds", Any, []string{"call «P:Luc-Antoine» back", "the follow-up of a drop-in", "a T-shirt and X-form Floating-Point", "«P:Zoltan Petrić»"}},
		{"Vietnamese", Any, []string{"«P:Pham Van An» called", "«T:Mme» «P:Tran Thi Long»"}},
		{"names that are places", Any, []string{"«P:Paris Gagnon» called", "we met «P:Jordan Kowalski»"}},
		{"names cut by what is not seen", Any, []string{
			"«T:M.» «P:Gag\u00adnon»", "«P:Marie Gag\u200bnon»", "«P:Marie\u200bGagnon»", "«P:Ma\u00adrie\u00ad Gag\u00adnon» a signé",
		}},
		{"after a title", Any, []string{"«T:M.» «P:FACTURE ZORBEL»", "«T:Dr» «P:Zorba HIVER» opère", "«T:Dr.» «P:J.Zorbel» said", "«P:ZORBEC Zornique»"}},
		{"months", Any, []string{
			"May I call you in May?", "April called", "by June or July", "«P:April Johnson» called", "Dear «P:April»,", "«P:June Carter» sang", "Will «P:Maria» come?",
		}},
		{"labels of identifiers", Any, []string{
			"NAM : GAGL 0000 0000", "votre NIP est prêt", "NAS: 000 000 000", "the SIN is missing", "RAMQ GAGL", "TPS, TVQ et NEQ", "Nam: 12", "«P:NAM Joo-Won» a signé",
		}},
		{"identifiers and acronyms", Any, []string{"C.SIGINT and C.STDIN", "see N.CMP", "from TCP to UDP", "TCP said no", "by T and V", "a CALLinter here", "func(max, min)"}},
		{"quotation marks", Any, []string{"' Gagnon", "’ «L:Montréal»", "5' Gagnon", "''", "’ ’", "'' «P:Marie Gagnon» ''"}},
		{"contracts", Any, []string{"BLIMPING OF SUBSTITUTE GOODS OR SERVICES", "THE WARRANTY OF GOODS OR SOFTWARE"}},
		{"lists", Any, []string{
			"They were: «P:Zorbla», «P:Quimbo», «P:Voxley» and «P:Blimpo».", "Colours: red, Zorbla and Voxley",
			"They were: «P:Anna», «P:Boris», «P:Carla» and «P:Denis».", "They were: «P:Zorbla», «P:Quimbo», «P:Anna» and «P:Voxel».", "«P:Anna»: Hello!", "our founders: «P:Harker», «P:Seward» and «P:Morris»",
		}},
		{"places", Any, []string{
			"I live in «L:Québec» now", "we moved here from «L:Portugal»", "she was born in «L:Trelbury»", "il habite à «L:Trois-Rivières»", "on va à «L:New Westminster» demain", "au «L:Canada»", "in «L:Saint-Jean-sur-Richelieu»",
			"17 Rue Haute, 92300 «L:Levallois-Perret»", "returned to «L:West Blimpton»", "H9B 5O7 «L:East Marceline»",
			"H2X 1Y4 «L:Zorbla»", "12 Blimp 4\n«L:Zorbla»",
		}},
		{"organisations", Any, []string{
			"I work for «O:Blimptronics»", "«O:Quibble Inc.» sent it", "the «O:Zorg Technologies» invoice", "«O:Dufresne et Fils» a fermé", "from «O:Harker and Sons»", "«O:Harker, Seward and Morris» is late",
			"Elle est présidente chez «O:Chocolats Blimpe Ltée»",
		}},
		{"hospitals", Any, []string{
			"vu à l'«H:Hôpital de la Croix-Verte» hier", "au «H:CHU de Blimont» puis", "le «H:Centre hospitalier de Blimont»", "à l'«H:hôpital Sainte-Gudule»", "«H:Clinique du Parc-Neuf»",
		}},
		{"professions", Any, []string{
			"«P:Mario Bianchi»\n\n«T:nurse»", "I worked there as «T:Cinematographer», once", "«P:Ana Lima», the «T:Surgeon», said so", "«P:Mario Bianchi»\n«T:Mason»", "the nurse came", "call the Surgeon now",
		}},
		{"nationalities", Any, []string{"a «N:Norwegian» ship", "two «N:Italians»", "French Language"}},
		{"lower case", Any, []string{
			"my name is «P:quorra»", "they were: «P:anna», «P:boris» and «P:carla».", "i'm originally from «L:portugal»", "name:    «P:ayumi t. okada»", "«P:mario bianchi»", "prénom «P:zorblat»",
			"«P:jean-loup gagnon» a appelé", "«P:marie gagnon» m'a écrit hier", "mon nom c'est «P:gagnon»", "patient depuis 5 ans, va bien", "call max, then leave",
			"the rose bush will grow",
		}},
		{"ordinary words", Any, []string{
			"Please open the Control Panel.", "Will it rain in May?", "The Big Three met on Labor Day.", "Rendez-vous confirmé. Merci de votre patience.", "Bonjour,\nVeuillez agréer", "RE: FACTURE EN RETARD",
			"See Appendix B, Section Four.", "HTTP Handler Timeout", "a ResponseWriter and an OldClient", "call GetName or SetName", "Tel. Bureau", "I am. I was.", "see Probabilistic Replication",
		}},
		{"streets", Any, []string{"12, rue Jeanne Mance", "at 45 Harlan Street", "avenue du Docteur Penfield", "760 Blimper Strasse 33", "at 4521 Blimper Zorgan"}},
		{"addresses", Any, []string{"see Anna.Blimp@example.com", "https://Example.com/Anna/Blimp", "@Anna_Blimp", "user=Anna", "Anna2", "X-Ray-7"}},
		{"no address above", Any, []string{"12.5 %\nZorbla", "0x1f Blimp\nZorbla", "5:30 Blimp\nZorbla"}},
		{"codes", Any, []string{"H2X 1Y4", "T18 B2K", "SBP"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, marked := range c.texts {
				text := unmark(marked)
				assert.Equal(t, marked, mark(text, Append(nil, []byte(text), c.lang)))
			}
		})
	}
}

func unmark(s string) string {
	for _, class := range "PLOHTN" {
		s = strings.ReplaceAll(s, "«"+string(class)+":", "")
	}
	return strings.ReplaceAll(s, "»", "")
}

func mark(text string, spans []Span) string {
	letters := map[Class]string{Person: "P", Place: "L", Organisation: "O", Hospital: "H", Title: "T", Nationality: "N"}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.Start] + "«" + letters[s.Class] + ":" + text[s.Start:s.End] + "»")
		at = s.End
	}
	return b.String() + text[at:]
}
