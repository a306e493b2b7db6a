package dossier

import "golang.org/x/text/language"

// words are the texts of the page in one language. Headings name the section of the regulation they answer.
type words struct {
	Lang, Title, Regulation                                            string
	Good, Bad, Rows, Release, Done, Review                             string
	Declared, Purpose, Supervisor, Qualification, Information, Removed string
	Techniques, Measures                                               string
	Individualisation, AboutIndividualisation                          string
	ByPerson, AboutPerson                                              string
	Correlation, AboutCorrelation                                      string
	Inference, AboutInference                                          string
	Residual, AboutResidual, Findings, NoFindings, Statement           string
	Columns, AboutColumns, Withdrawn, None                             string
	Before, After, Measure, Limit, Default, Wider, Column, Role        string
	K, Highest, Average, People, InNoClass, OrMore, SizeOf             string
	With, Original, Shared, NoMatch, Alone, Few, Many                  string
	Baseline, Accuracy, Targets, Alpha, Distinct, Entropy, Closeness   string
	Beta, Gain, Class, Match, Withheld, AboutWithheld, Colon           string
	SizesTitle, SizesDesc, RiskTitle, RiskDesc                         string
	LinkTitle, LinkDesc, GuessTitle, GuessDesc                         string
	RiskAxis, PeopleAxis, RightAxis                                    string
	Roles                                                              map[string]string
	Criteria                                                           map[string]string
}

// wordsFor returns the words in French to who would rather read French, else in English.
func wordsFor(tag language.Tag) (*words, language.Tag) {
	_, index, _ := language.NewMatcher([]language.Tag{language.English, language.French}).Match(tag)
	if index == 1 {
		return french(), language.CanadianFrench
	}
	return english(), language.MustParse("en-CA")
}

func english() *words {
	return &words{
		Lang: "en-CA", Title: "Anonymisation dossier", Regulation: "Regulation respecting the anonymization of personal information, chapter A-2.1, r. 0.1 (Québec)",
		Good: "All figures are within the limits.", Bad: "Not anonymised: figures are beyond the limits.",
		Rows: "Rows", Release: "SHA-256 of the release", Done: "Risk analysed on", Review: "Next analysis, at the latest on",
		Declared: "What was done", Purpose: "Purpose (s. 3)", Supervisor: "Supervised by, qualified in the field (s. 4)", Qualification: "Qualification",
		Information: "Information anonymised (s. 9)", Removed: "Direct identifiers removed (s. 5)", Techniques: "Techniques (s. 6)", Measures: "Protection and security measures (s. 6)",
		Individualisation: "Individualisation (s. 2)", AboutIndividualisation: "Can a person be isolated? People whose quasi-identifiers are the same are a class, and cannot be told apart by them.",
		Correlation: "Correlation (s. 2)", AboutCorrelation: "Can data about one person be connected? Each row was joined to the original and to every earlier release, by all columns they share, by somebody who knows how values were generalised.",
		Inference: "Inference (s. 2)", AboutInference: "Can something be learned about a person? Two attackers were told quasi-identifiers of people and guessed the sensitive column; the better one counts. The baseline always guesses what is most frequent.",
		Residual: "Residual risk (s. 7)", AboutResidual: "The risk need not be nil, but what is left must be very low.",
		Findings: "Beyond the limits", NoFindings: "No figure is beyond its limit.", Statement: "Why it is very low, in the words of who supervised",
		Columns: "Columns of the release", AboutColumns: "Measures know only these columns, as what they are said to be.", Withdrawn: "Columns of the original that were not released", None: "none",
		Before: "Before", After: "After", Measure: "Measure", Limit: "Limit", Default: "Default", Wider: "wider than the default", Column: "Column", Role: "What it is",
		ByPerson: "Counted by person, told apart by the column", AboutPerson: "Several rows may be about one person, who counts once, by the row that is most at risk.",
		K: "People in the smallest class (k)", Highest: "Highest risk of a person", Average: "Average risk", People: "People", InNoClass: "suppressed", OrMore: "or more", SizeOf: "Size of the class",
		With: "Joined to", Original: "the original", Shared: "by", NoMatch: "match nothing", Alone: "match for certain", Few: "fewer than the limit", Many: "limit or more",
		Baseline: "Baseline", Accuracy: "Attacker", Targets: "people tried", Alpha: "Greatest share of one value in a class (α)", Distinct: "Fewest values in a class (distinct ℓ)",
		Entropy: "Least entropy ℓ", Closeness: "Distance from the whole (t)", Beta: "Greatest relative gain (β)", Gain: "Attacker over baseline, at most",
		Class: "People in a class, at least", Match: "People a row may be of after joining, at least",
		Withheld: "withheld", AboutWithheld: "Numbers of people below the least that is shown are withheld, and so are as many others as keep totals from giving them away. No value of a row is in this dossier. The least that is shown:",
		Colon: ":", SizesTitle: "People by the size of their class", SizesDesc: "Share of the people in classes of each size, before and after.",
		RiskTitle: "Risk by class", RiskDesc: "Share of the people whose risk of being picked out is so high or higher, before and after. The dashed line is the limit.",
		LinkTitle: "Joining to other tables", LinkDesc: "Probability to be right about the row that is easiest to match, before and after, for each table. The dashed line is the limit.",
		GuessTitle: "Guessing sensitive columns", GuessDesc: "Share of right guesses of an attacker, before and after, beside the baseline, for each sensitive column. The dashed lines are the limits.",
		RiskAxis: "risk", PeopleAxis: "people", RightAxis: "right",
		Roles:    map[string]string{"direct": "direct identifier, emptied", "quasi": "quasi-identifier", "sensitive": "sensitive", "other": "other"},
		Criteria: map[string]string{"individualisation": "Individualisation", "correlation": "Correlation", "inference": "Inference"},
	}
}

func french() *words {
	return &words{
		Lang: "fr-CA", Title: "Dossier d’anonymisation", Regulation: "Règlement sur l’anonymisation des renseignements personnels, chapitre A-2.1, r. 0.1 (Québec)",
		Good: "Tous les résultats respectent les seuils.", Bad: "Non anonymisé : des résultats dépassent les seuils.",
		Rows: "Lignes", Release: "SHA-256 de la diffusion", Done: "Risques analysés le", Review: "Prochaine analyse, au plus tard le",
		Declared: "Ce qui a été fait", Purpose: "Fins (art. 3)", Supervisor: "Supervision par une personne compétente en la matière (art. 4)", Qualification: "Compétence",
		Information: "Renseignements anonymisés (art. 9)", Removed: "Identifiants directs retirés (art. 5)", Techniques: "Techniques (art. 6)", Measures: "Mesures de protection et de sécurité (art. 6)",
		Individualisation: "Individualisation (art. 2)", AboutIndividualisation: "Peut-on isoler une personne ? Les personnes dont les quasi-identifiants sont les mêmes forment une classe et ne s’y distinguent pas.",
		Correlation: "Corrélation (art. 2)", AboutCorrelation: "Peut-on relier des données sur une même personne ? Chaque ligne a été jointe à l’original et à chaque diffusion antérieure, par toutes les colonnes communes, par quelqu’un qui sait comment les valeurs ont été généralisées.",
		Inference: "Inférence (art. 2)", AboutInference: "Peut-on apprendre quelque chose sur une personne ? Deux attaquants connaissent les quasi-identifiants de personnes et devinent la colonne sensible ; le meilleur compte. La référence devine toujours la valeur la plus fréquente.",
		Residual: "Risque résiduel (art. 7)", AboutResidual: "Le risque n’a pas à être nul, mais ce qui reste doit être très faible.",
		Findings: "Au-delà des seuils", NoFindings: "Aucun résultat ne dépasse son seuil.", Statement: "Pourquoi il est très faible, selon la personne qui a supervisé",
		Columns: "Colonnes de la diffusion", AboutColumns: "Les mesures ne connaissent que ces colonnes, telles qu’elles ont été décrites.", Withdrawn: "Colonnes de l’original non diffusées", None: "aucune",
		Before: "Avant", After: "Après", Measure: "Mesure", Limit: "Seuil", Default: "Par défaut", Wider: "plus large que par défaut", Column: "Colonne", Role: "Nature",
		ByPerson: "Compté par personne, distinguée par la colonne", AboutPerson: "Plusieurs lignes peuvent concerner une même personne, qui compte une fois, par la ligne la plus à risque.",
		K: "Personnes dans la plus petite classe (k)", Highest: "Risque le plus élevé d’une personne", Average: "Risque moyen", People: "Personnes", InNoClass: "supprimées", OrMore: "ou plus", SizeOf: "Taille de la classe",
		With: "Jointe à", Original: "l’original", Shared: "par", NoMatch: "sans correspondance", Alone: "correspondance certaine", Few: "moins que le seuil", Many: "seuil ou plus",
		Baseline: "Référence", Accuracy: "Attaquant", Targets: "personnes visées", Alpha: "Plus grande part d’une valeur dans une classe (α)", Distinct: "Plus petit nombre de valeurs dans une classe (ℓ distinct)",
		Entropy: "Plus petit ℓ d’entropie", Closeness: "Distance à l’ensemble (t)", Beta: "Plus grand gain relatif (β)", Gain: "Attaquant au-dessus de la référence, au plus",
		Class: "Personnes par classe, au moins", Match: "Personnes possibles pour une ligne après jointure, au moins",
		Withheld: "masqué", AboutWithheld: "Les nombres de personnes inférieurs au minimum montré sont masqués, ainsi qu’autant d’autres qu’il faut pour que les totaux ne les révèlent pas. Aucune valeur d’une ligne ne figure dans ce dossier. Minimum montré :",
		Colon: " :", SizesTitle: "Personnes selon la taille de leur classe", SizesDesc: "Part des personnes dans les classes de chaque taille, avant et après.",
		RiskTitle: "Risque selon la classe", RiskDesc: "Part des personnes dont le risque d’être isolées est au moins aussi élevé, avant et après. La ligne tiretée est le seuil.",
		LinkTitle: "Jointure à d’autres tables", LinkDesc: "Probabilité d’avoir raison sur la ligne la plus facile à relier, avant et après, pour chaque table. La ligne tiretée est le seuil.",
		GuessTitle: "Deviner les colonnes sensibles", GuessDesc: "Part des réponses justes d’un attaquant, avant et après, à côté de la référence, pour chaque colonne sensible. Les lignes tiretées sont les seuils.",
		RiskAxis: "risque", PeopleAxis: "personnes", RightAxis: "justes",
		Roles:    map[string]string{"direct": "identifiant direct, vidé", "quasi": "quasi-identifiant", "sensitive": "sensible", "other": "autre"},
		Criteria: map[string]string{"individualisation": "Individualisation", "correlation": "Corrélation", "inference": "Inférence"},
	}
}
