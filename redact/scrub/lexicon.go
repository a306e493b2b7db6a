package scrub

import "strings"

// misc are meanings of words of which each word has one at most.
type misc uint8

const (
	miscNone      misc = iota
	miscOrdinal        // after a number: "er", "th"
	miscOf             // between day and month
	miscArticle        // "le", "the"
	miscAmbiguous      // name of a month and an ordinary word
	miscWeekday
	miscHalfDay   // "am", "pm"
	miscYears     // years of age: "ans"
	miscOld       // after years
	miscParticle  // in names of streets: "de", "du"
	miscDirection // of the compass
	miscUnit      // of a building: "apt"
	miscSaint     // before a name: "st", "docteur"
	miscProvince  // abbreviated, of Canada and the United States
	miscBis       // between civic number and street
	miscDuring    // before a length of time, which is no age
	miscEdition   // before a number with points that is no address of a machine
)

// lexicon has the words that mean something to the scanner, in lower case without accents.
var lexicon = func() map[string]entry {
	m := map[string]entry{}
	each := func(words string, change func(*entry)) {
		for _, w := range strings.Fields(words) {
			e := m[w]
			change(&e)
			m[w] = e
		}
	}
	for _, c := range cueWords {
		each(c.words, func(e *entry) { e.cue |= c.cue })
	}
	for i, words := range monthNames {
		each(words, func(e *entry) { e.month = uint8(i + 1) })
	}
	for _, s := range streetWords {
		each(s.words, func(e *entry) { e.street |= s.street })
	}
	for _, s := range miscWords {
		each(s.words, func(e *entry) { e.misc = s.misc })
	}
	each(`premier deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente un une
		first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth
		seventeenth eighteenth nineteenth twentieth thirtieth twenty thirty one two three four five seven eight nine ten eleven twelve
		thirteen fourteen fifteen sixteen seventeen eighteen nineteen`, func(e *entry) { e.spoken = spokenDay })
	each(`mille mil cent cents quarante cinquante soixante septante octante huitante nonante quatre-vingt vingts
		forty fifty sixty seventy eighty ninety hundred thousand`, func(e *entry) { e.spoken = spokenMore })
	each("et and", func(e *entry) { e.spoken = spokenLink })
	return m
}()

// ends has, for the first letter of a word and its length, a bit for each letter that a word of the lexicon ends with: most words of a text are not in it,
// and this tells most of them.
var ends = func() (bits [32][maxWord + 1]uint32) {
	for w := range lexicon {
		bits[w[0]&31][len(w)] |= 1 << (w[len(w)-1] & 31)
	}
	return bits
}()

var monthNames = [12]string{
	"janvier january jan janv", "fevrier february fev feb fevr", "mars march mar", "avril april avr apr", "mai may", "juin june jun",
	"juillet july juil jul", "aout august aug aou", "septembre september sep sept", "octobre october oct", "novembre november nov", "decembre december dec",
}

var miscWords = []struct {
	misc  misc
	words string
}{
	{miscAmbiguous, "mars march mar mai may sept dec jan jun avr oct nov"},
	{miscOrdinal, "er re st nd rd th e eme ere"},
	{miscOf, "of"},
	{miscArticle, "le the"},
	{miscWeekday, "monday tuesday wednesday thursday friday saturday sunday"},
	{miscHalfDay, "am pm"},
	{miscYears, "ans an years year yrs yr yo"},
	{miscOld, "old age d"},
	{miscParticle, "de du des la les l d a au aux en sur sous et del della dei di da do dos das den der el los las y van von nad"},
	{miscDirection, "n s w o north south east west nord sud est ouest ne nw sw se northeast northwest southeast southwest"},
	{miscUnit, "apt appt app apartment appartement suite unit unite bureau bur room floor etage porte ste bldg batiment local chambre lot"},
	{miscSaint, "saint sainte docteur dr general gal marechal president professeur abbe pere cardinal colonel commandant capitaine jean"},
	{miscBis, "bis ter quater"},
	{miscDuring, "depuis since pendant durant dans for last past over within after apres every tous chaque encore garantie garanti warranty bail terme duree hypotheque pret"},
	{miscEdition, `version versions ver v section sections sect sec paragraph paragraphs paragraphe paragraphes para clause clauses article articles art chapter chapters
		chapitre chapitres chap release releases rel build builds rev revision revisions firmware appendix appendices annex annexe annexes edition patch
		table tableau figure fig requirement exigence rule regle oid`},
	{miscProvince, `qc on bc ab mb sk ns nb nl pe yt nt nu al ak az ar ca co ct fl ga hi id il ia ks ky md ma mi mn ms mo mt nv nh nj nm ny
		nc nd oh ok pa ri sc sd tn tx ut vt va wa wv wi wy dc`},
}

var cueWords = []struct {
	cue   cue
	words string
}{
	{cuePhone, `phone phones telephone telephones telephonique telefon telefono telefonos telefone tel tels tlf tf fon ph telecopie telecopieur fax faxer faxe faxes
		faxez mobile mobiles cell cellular cellulaire cellphone portable portables handy celular movil call calls calling called caller
		appeler appelez appelle appel rappeler rappelez rappel joindre joignable joignables joignez contacter contactez contact reach reached
		reachable sms texto text texting message messages messaging answering answer dial ring rang voicemail pager whatsapp signal viber
		standard accueil secretariat hotline landline llame llamar telephoner ligne line coordonnees`},
	{cueNumber, "number numbers numero numeros no num nr nummer"},
	{cueSIN | cueNAS, "sin nas"},
	{cueSIN | cueInsurance, "insurance assurance"},
	{cueSSN, "ssn ssns socsec"},
	{cueSIN | cueSSN, "social sociale"},
	{cueNIR, "nir secu securite sociale immatriculation"},
	{cueNINO, "nino ni insurance national"},
	{cueHealth, "ramq maladie soleil health nam ohip sante phn mcp medicare healthcard"},
	{cueLicence, "licence license permis driver  drivers driving conduire dl dln licencia"},
	{cuePassport, "passport passeport passports pasaporte reisepass travel"},
	{cueBusiness, "bn ne neq entreprise business gst hst tps tvh tvq qst rt"},
	{cueAccount, `account accounts acct compte comptes konto cuenta banque bank banking transit routing aba iban swift bic folio institution
		succursale beneficiary beneficiaire deposit depot virement wire`},
	{cueID, `id ids ident identifier identifiant identification identity identite identificacion identificacao identificazione patient patiente dossier dossiers file record records mrn ipp nip nda
		ip visite visit sejour sejours client clients cliente customer customers member membre membership matricule employee employe
		employee's policy police contrat contract claim reclamation reference ref student etudiant case insured assure loyalty abonne subscriber
		episode hospitalisation rpps finess adeli chart govid dni ruc cpf nie nif tax fiscal fiscale itin ein siret siren documento cedula curp
		rut cnpj rg aadhaar pan badge`},
	{cueZip, "zip zipcode zipcodes postal postcode postcodes postale postaux cp plz cap"},
	{cueAddress, `address addresses adresse adresses reside resident residing residant domicile domicilie habite habitant habitent habitais live lives lived living
		located situe situee sise sis demeurant deliver delivered delivery livrer livraison ship shipped send sent moved home visiting arrived
		station taxi return meet`},
	{cueBox, "box postbox bp cp pobox casier postfach boite"},
	{cueDate, `date dated dates datee datees born ne nee naissance naiss birth birthdate birthday dob ddn le du au on since depuis until jusqu  until rdv exp expire expires expiry expiration
		rendez prevu prevue effectue effectuee premiere deces decede thru`},
	{cueExpiry, "exp expire expires expiry expiration thru valid valide validity"},
	{cueSecret, "cvv cvc csc cvn cid cryptogramme"},
	{cueHandle | cueNetwork, `skype twitter tweeter instagram insta snapchat snap tiktok telegram facebook messenger github gitlab discord mastodon threads bluesky
		linkedin reddit pinterest tumblr twitch youtube wechat weibo steam xbox playstation psn signal whatsapp viber`},
	{cueSince, "in en since depuis of circa annee year from summer winter spring fall ete hiver printemps automne"},
	{cueAge, "age aged agee ages turn turns turned turning"},
	{cueCard, "card carte visa mastercard amex credit debit cc"},
	{cueHandle, `username usernames user handle pseudo pseudonyme login logins pseudonym nickname nick screenname utilisateur identifiant`},
	{cueIBAN, "iban"},
}
