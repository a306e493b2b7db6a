package scrub_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/scrub"
)

// TestTypes has for each type but those of names what is found and what is not.
func TestTypes(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Without(scrub.Person, scrub.Place, scrub.Organisation, scrub.Title, scrub.Nationality))
	for _, c := range []struct{ in, out string }{
		// e-mail, web, network
		{"ecrire a.roy@example.com.", "ecrire [EMAIL_1]."},
		{"<a.roy@example.com>", "<[EMAIL_1]>"},
		{"a.roy@example.comMarie", "[EMAIL_1]Marie"},
		{"mail=a.roy@example.com", "mail=[EMAIL_1]"},
		{"user@[192.0.2.1]", "[EMAIL_1]"},
		{"élise.côté@exemple.québec", "[EMAIL_1]"},
		{"a@b", "a@b"},
		{"see https://example.com/a_(b)?c=d#e, or (http://example.org).", "see [URL_1], or ([URL_2])."},
		{"www.example.org/x", "[URL_1]"},
		{"fin.La suite", "fin.La suite"},
		{"10.0.0.0/8 and 2001:db8::1/32, ::1.", "[IP_1] and [IP_2], [IP_3]."},
		{"version 1.2.3.4, section 10.2.1.5, v. 1.2.3.4, § 10.2.1.5, release no. 1.2.3.4", "version 1.2.3.4, section 10.2.1.5, v. 1.2.3.4, § 10.2.1.5, release no. 1.2.3.4"},
		{"chapitre 1.2.3.4, rév. 1.2.3.4, serveur 10.2.1.5", "chapitre 1.2.3.4, rév. 1.2.3.4, serveur [IP_1]"},
		{"1.2.3.4.5 and 256.1.1.1", "1.2.3.4.5 and 256.1.1.1"},
		{"fe80::1%eth0", "[IP_1]"},
		{"std::vector a::b", "std::vector a::b"},
		{"00:1B:63:84:45:E6 001b.6384.45e6", "[MAC_1] [MAC_2]"},
		{"ask @marie_t", "ask [HANDLE_1]"},
		// telephone
		{"call (514) 555-0123 x12", "call [PHONE_1]"},
		{"appeler le 514 555-0123, poste 4", "appeler le [PHONE_1]"},
		{"514.555.0123", "[PHONE_1]"},
		{"001-514-555-0123", "[PHONE_1]"},
		{"12-34-56-78 parts, 8 800 555", "12-34-56-78 parts, 8 800 555"},
		{"1-800-555-0134", "[PHONE_1]"},
		{"+44 20 7946 0958", "[PHONE_1]"},
		{"+33 (0)1 99 00 55 12", "[PHONE_1]"},
		{"01 99 00 55 12", "[PHONE_1]"},
		{"0 1 9 9 0 0 5 5 1 2", "[PHONE_1]"},
		{"Accueil514 555-0123", "Accueil[PHONE_1]"},
		{"phone: 5145550123", "phone: [PHONE_1]"},
		{"(514-555-0123) (1-514-555-0123)", "([PHONE_1]) ([PHONE_1])"},
		{"514\u200b-555\u200b-0123", "[PHONE_1]"},
		{"５１４-５５５-０１２３", "[PHONE_1]"},
		{"514\u00a0555\u20110123", "[PHONE_1]"},
		{"+34600 +3460055501230045", "+34600 +3460055501230045"},
		{"５１４−５５５−０１４３ 514\u2212555\u20110143 514－555－0143", "[PHONE_1] [PHONE_1] [PHONE_1]"},
		{"51\u200b45\u00ad55\u20600143 and 514\u2060555\u20600143", "[PHONE_1] and [PHONE_1]"},
		{"numéro:5145550143, no. 5145550143, mon numéro est le 5145550143", "numéro:[PHONE_1], no. [PHONE_1], mon numéro est le [PHONE_1]"},
		{"5145550143 pieces, order no. 5145550143 99", "5145550143 pieces, order no. [PHONE_1] 99"},
		{"dossier no. 5145550143", "dossier no. [ID_1]"},
		// signs in words
		{"julie [at] exemple [dot] ca, julie.roy(at)exemple.ca", "[EMAIL_1], [EMAIL_2]"},
		{"julie arobas exemple point ca et julie point roy arobase exemple point qc point ca.", "[EMAIL_1] et [EMAIL_2]."},
		{"julie AT exemple DOT com, julie [@] exemple.ca, julie{at}exemple{dot}ca", "[EMAIL_1], [EMAIL_2], [EMAIL_3]"},
		{"look at the point, stay at home dot", "look at the point, stay at home dot"},
		// handles
		{"snapchat: julieg, Instagram : @julie_g; telegram: julie.gagnon", "snapchat: [HANDLE_1], Instagram : [HANDLE_2]; telegram: [HANDLE_3]"},
		{"my insta is julie_g, tiktok julie77, on skype (julie.gagnon)", "my insta is [HANDLE_1], tiktok [HANDLE_2], on skype ([HANDLE_3])"},
		{"user: unknown error, login: failed, twitter: the page, a_b", "user: unknown error, login: failed, twitter: the page, a_b"},
		{"snake_case in github_actions", "snake_case in github_actions"},
		// what stands beside a card
		{"4111 1111 1111 1111 exp 12/28 cvv 123", "[CARD_1] exp [DATE_1] cvv [CARD_2]"},
		{"carte 4111111111111111, 12/2028, code de sécurité : 123", "carte [CARD_1], [DATE_1], code de sécurité : [CARD_2]"},
		{"4111111111111111 exp. 1228 cvv2: 1234 for $450", "[CARD_1] exp. [DATE_1] cvv2: [CARD_2] for $450"},
		{"12/28 of them, code 123", "12/28 of them, code 123"},
		{"4111111111111111 exp 12/28 cvc: 1225", "[CARD_1] exp [DATE_1] cvc: [CARD_2]"},
		// numbers with checksums
		{"Mon NAS est le 038 152 765", "Mon NAS est le [SIN_1]"},
		{"SIN: 512-345-678, numéro d'assurance sociale 512 345 679", "SIN: [ID_1], numéro d'assurance sociale [SIN_1]"},
		{"NAS perdu, appelez le 514 555-0143", "NAS perdu, appelez le [PHONE_1]"},
		{"NAM : TREJ 7204 1510, carte soleil TREJ72041510, RAMQ trej 7204 1510", "NAM : [HEALTH_NUMBER_1], carte soleil [HEALTH_NUMBER_1], RAMQ [HEALTH_NUMBER_1]"},
		{"numéro d'assurance maladie TREJ-7204-1510, NAM: TREJ 7213 1510", "numéro d'assurance maladie [HEALTH_NUMBER_1], NAM: [HEALTH_NUMBER_2]"},
		{"carte TREJ.7204.1510, NAM TREJ.7204.1510", "carte TREJ.7204.1510, NAM [HEALTH_NUMBER_1]"},
		{"4111 1111 1111 1111 and 4111 1111 1111 1112", "[CARD_1] and 4111 1111 1111 1112"},
		{"3782-822463-10005", "[CARD_1]"},
		{"512-345-679", "[SIN_1]"},
		{"NAS 512345679", "NAS [SIN_1]"},
		{"512-345-678", "512-345-678"},
		{"SSN 219-09-8765, 078-05-1120, 000-12-3456", "SSN [SSN_1], 078-05-1120, 000-12-3456"},
		{"QQ123456C AB123456C AB 12 34 56 C", "QQ123456C [NINO_1] [NINO_1]"},
		{"GB42 ZQPB 0045 1277 0831 46, GB24 ZQPB 0045 1277 0831 46", "[IBAN_1], GB24 ZQPB 0045 1277 0831 46"},
		{"NIR 1 85 05 78 006 084 91", "NIR [NIR_1]"},
		{"TREM 8512 1456 TREM85621456 TREM 8513 1456", "[HEALTH_NUMBER_1] [HEALTH_NUMBER_2] TREM 8513 1456"},
		{"A1234-56789-01214 and T1234-010190-01", "[DRIVER_LICENCE_1] and [DRIVER_LICENCE_2]"},
		{"1234-567-897-AB and 1234-567-890-AB", "[HEALTH_NUMBER_1] and 1234-567-890-AB"},
		{"permis M1234-567890-12", "permis [DRIVER_LICENCE_1]"},
		{"123456782 RT0001", "[BUSINESS_NUMBER_1]"},
		{"NEQ 1140012345", "NEQ [BUSINESS_NUMBER_1]"},
		{"passport no GA302922", "passport no [PASSPORT_1]"},
		{"compte 00123-4567890", "compte [ACCOUNT_1]"},
		{"dossier 1234567", "dossier [ID_1]"},
		{"1ESqTV9cq3ekwE1YzaB8cat79FHwimFr29 1ESqTV9cq3ekwE1YzaB8cat79FHwimFr28", "[CRYPTO_1] 1ESqTV9cq3ekwE1YzaB8cat79FHwimFr28"},
		{"account 12345678 balance 87654321", "account [ACCOUNT_1] balance 87654321"},
		{"no de dossier AB-12-3456", "no de dossier [ID_1]"},
		// what an earlier scrub left
		{"[PHONE_1] [CARD:abcdefghijklmnopqrstuvwxyz] [SECRET_1]", "[PHONE_1] [CARD:abcdefghijklmnopqrstuvwxyz] [SECRET_1]"},
		{"https://example.com/a[PHONE_1]b", "[URL_1][PHONE_1]b"},
		// dates, times, ages
		{"2024-03-15T14:30:00.5+01:00 2024/03/15 15.03.2024 3/15/2024", "[DATE_1] [DATE_2] [DATE_3] [DATE_4]"},
		{"5 mai 2020, 1er juin, May 5th, 2021, 07nov, octobre 87", "[DATE_1], [DATE_2], [DATE_3], [DATE_4], [DATE_5]"},
		{"né le deux janvier mille neuf cent soixante-dix-huit.", "né [DATE_1]."},
		{"naissance : 12 04 1965, le 12-3-19, DDN 12041965", "naissance : [DATE_1], le [DATE_2], DDN [DATE_1]"},
		{"2 4 1 2 2 0 1 1", "[DATE_1]"},
		{"2024-13-45 and 1.2.3", "2024-13-45 and 1.2.3"},
		{"may be 5 of them", "may be 5 of them"},
		{"à 20h00 ou 9:30 am", "à [TIME_1] ou [TIME_2]"},
		{"aged 62, 41 years old, une femme de 38 ans", "aged [AGE_1], [AGE_2] years old, une femme de [AGE_3] ans"},
		{"depuis 5 ans, 3 years ago, 10 ans d'expérience, turn 90 degrees", "depuis 5 ans, 3 years ago, 10 ans d'expérience, turn 90 degrees"},
		// addresses
		{"H2X 1Y4, N1C 4ZQ, zip 90210", "[POSTAL_CODE_1], [POSTAL_CODE_2], zip [POSTAL_CODE_3]"},
		{"au 12 bis, rue des Lilas, app. 3.", "au [ADDRESS_1]."},
		{"at 45 Main Street, Apt. 3, Springfield, ON K1A 0B1 today", "at [ADDRESS_1] today"},
		{"12, boul. St-Joseph O., app. 304; 500 place d'Armes", "[ADDRESS_1]; [ADDRESS_2]"},
		{"5310 Lindenweg 27 Apt. 441", "[ADDRESS_1]"},
		{"return to Unit 2206 Box 5518\nDPO AE 09461", "return to [ADDRESS_1]"},
		{"2000 sq ft, 3 place settings", "2000 sq ft, 3 place settings"},
		{"P.O. Box 2217", "[ADDRESS_1]"},
		{"F-69008 Lyon, 44300 Nantes CEDEX 03", "F-[POSTAL_CODE_1] Lyon, [POSTAL_CODE_2] Nantes CEDEX 03"},
		{"address: 5049 Testikuja 54, 12 345, rue Cartier", "address: [ADDRESS_1] [ADDRESS_2], [ADDRESS_3]"},
		{"lives on Via dei Mille 17, Lindenstraße 4, Rue du Marché 12", "lives on [ADDRESS_1], [ADDRESS_2], [ADDRESS_3]"},
		{"rue Cartier 3 pompes, Route 132, 12 rue Cartier 45", "rue Cartier 3 pompes, Route 132, [ADDRESS_1] 45"},
		{"3 pumps and 12 valves", "3 pumps and 12 valves"},
	} {
		assert.Equal(t, c.out, s.Scrub(c.in), "%q", c.in)
		assert.Equal(t, c.out, s.Scrub(c.out), "again: %q", c.in)
	}
}

// TestGuardedValuesStay has what packages pii and redact print in place of values, among them the names of attributes that might pass for host names.
func TestGuardedValuesStay(t *testing.T) {
	t.Parallel()
	const text = "[sealed identity.email] [revealed contact.phone] [absent health.card_number], [derived]; [de-identified][withheld] [withheld: too deep] " +
		"[[sealed identity.email]] [WITHHELD] x=[sealed identity.name.first]"
	for name, s := range idempotent(t) {
		assert.Equal(t, text, s.Scrub(text), name)
	}
	assert.Equal(t, "[sealed [PHONE_1]] [revealed [EMAIL_1]] [withheld [PHONE_1]] [sealed",
		newScrubber(t).Scrub("[sealed 514-555-0123] [revealed a.roy@example.com] [withheld 514-555-0123] [sealed"), "what only begins alike is searched")
}

// TestMaskedAgain has texts in which what touched a value could be taken for something once five asterisks stand there.
func TestMaskedAgain(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Apply(scrub.Mask()))
	for text, want := range map[string]string{
		"45, rue des Érables julie, ": "***** julie, ",
		"gagnon … tel *****,  julie":  "gagnon … tel *****,  julie",
		"a*****b@example.com":         "a**********",
		"https://example.com/*****/x": "**********/x",
	} {
		assert.Equal(t, want, s.Scrub(text), "%q", text)
		assert.Equal(t, want, s.Scrub(want), "%q", want)
	}
}

// TestPostalCodeBesidePlace needs the names of places.
func TestPostalCodeBesidePlace(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	for text, want := range map[string]string{
		"résidant à Marseille 13014 depuis": "résidant à [PLACE_1] [POSTAL_CODE_1] depuis",
		"l'hôtel, 75 008 Paris.":            "l'hôtel, [POSTAL_CODE_1] [PLACE_1].",
		"13014 pompes":                      "13014 pompes",
		"the cost was $45000 Paris":         "the cost was $45000 [PLACE_1]",
	} {
		assert.Equal(t, want, s.Scrub(text), "%q", text)
	}
}

func TestTagsInTheTextKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	for text, want := range map[string]string{
		"[PHONE_3] 514-555-0123, 514-555-0124, 514-555-0123":  "[PHONE_3] [PHONE_4], [PHONE_5], [PHONE_4]",
		"514-555-0123 [PHONE_3]":                              "[PHONE_4] [PHONE_3]",
		"[EMAIL_3] [PHONE_0] [MINE_7] [PHONE_x] 514-555-0123": "[EMAIL_3] [PHONE_0] [MINE_7] [PHONE_x] [PHONE_1]",
		"[PHONE_65536] 514-555-0123":                          "[PHONE_65536] [PHONE_0]",
		"[PHONE_999999] 514-555-0123":                         "[PHONE_999999] [PHONE_1]",
	} {
		assert.Equal(t, want, s.Scrub(text), "%q", text)
		assert.Equal(t, want, s.Scrub(want), "%q", want)
	}
	assert.Equal(t, "[PHONE_1]", s.Scrub("514-555-0123"), "the tags of one document say nothing in another")
}

func TestSameValueSameNumber(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	assert.Equal(t, "[PHONE_1] [PHONE_1] [PHONE_1] [PHONE_2]", s.Scrub("514-555-0123 (514) 555-0123 1-514-555-0123 514-555-0124"))
	assert.Equal(t, "[EMAIL_1], [EMAIL_1], [EMAIL_2]", s.Scrub("a.roy@example.com, A.Roy@Example.com, aroy@example.com"))
	assert.Equal(t, "[PHONE_1]", s.Scrub("514-555-0124"), "numbers of one document say nothing in another")
}

func TestKnownValues(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Only(scrub.Phone), scrub.With("WORK_ORDER", workOrders{}), scrub.Known(
		scrub.Value{Text: "Zoé Œuvrard", Type: scrub.Person},
		scrub.Value{Text: "WO-99", Type: "WORK_ORDER"},
		scrub.Value{Text: "blue heron"},
		scrub.Value{Text: "514 555-0123", Type: scrub.Phone},
	))
	assert.Equal(t, "[PERSON_1], [PERSON_1], [WORK_ORDER_1] [KNOWN_1]", s.Scrub("ZOE OEUVRARD, Œuvrard, wo 99 Blue-Heron"))
	assert.Equal(t, "[PHONE_1] [PHONE_1] [PHONE_2]", s.Scrub("+1 514 555 0123 5145550123 514 555-0199"))
	without := newScrubber(t, scrub.Known(scrub.Value{Text: "blue heron"}), scrub.Without(scrub.KnownValue))
	assert.Equal(t, "blue heron", without.Scrub("blue heron"))
}

func TestOperators(t *testing.T) {
	t.Parallel()
	text := "from 514-555-0123 to a.roy@example.com"
	assert.Equal(t, "from ***** to *****", newScrubber(t, scrub.Apply(scrub.Mask())).Scrub(text))
	assert.Equal(t, "from  to [EMAIL_1]", newScrubber(t, scrub.Apply(scrub.Remove(), scrub.Phone)).Scrub(text))

	each := newScrubber(t, scrub.Apply(scrub.Each(redact.EmailMask{}), scrub.Email, scrub.Phone))
	assert.Equal(t, "from [PHONE_0] to a***@e***.com", each.Scrub(text), "what a generaliser refuses is withheld")
	assert.Equal(t, "from [PHONE_0] to [EMAIL_0]", newScrubber(t, scrub.Apply(scrub.Each(nil))).Scrub(text))
	assert.Equal(t, "from [PHONE_0] to [EMAIL_0]", newScrubber(t, scrub.Apply(scrub.Each(malformed{}))).Scrub(text))

	march, april := newScrubber(t, scrub.Apply(scrub.Pseudonym(newRelease(t, "march")))), newScrubber(t, scrub.Apply(scrub.Pseudonym(newRelease(t, "april"))))
	assert.Regexp(t, `^from \[PHONE:[a-z2-7]{26}\] to \[EMAIL:[a-z2-7]{26}\]$`, march.Scrub(text))
	assert.Equal(t, march.Scrub("514-555-0123"), march.Scrub("(514) 555 0123"))
	assert.NotEqual(t, march.Scrub("514-555-0123"), april.Scrub("514-555-0123"))
	assert.Equal(t, "from [PHONE_0] to [EMAIL_0]", newScrubber(t, scrub.Apply(scrub.Pseudonym(nil))).Scrub(text))
}

// malformed makes of every value what is not UTF-8.
type malformed struct{}

func (malformed) Generalise(string) (string, bool) { return "\xff", true }

func TestManyValuesRunOutOfNumbers(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Only(scrub.Email))
	var b strings.Builder
	for i := range 1<<16 + 2 {
		fmt.Fprintf(&b, "n%d@example.com\n", i)
	}
	lines := strings.Split(s.Scrub(b.String()), "\n")
	assert.Equal(t, "[EMAIL_65536]", lines[1<<16-1])
	assert.Equal(t, "[EMAIL_0]", lines[1<<16])
	assert.Equal(t, "[EMAIL_0]", lines[1<<16+1])
}

func TestUnusableOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]scrub.Option{
		"nil":             nil,
		"unknown type":    scrub.Only("TELEPHONE"),
		"no type":         scrub.Only(),
		"unknown without": scrub.Without("NOTHING"),
		"threshold 0":     scrub.Threshold(0),
		"threshold 2":     scrub.Threshold(2),
		"nil operator":    scrub.Apply(nil),
		"unknown apply":   scrub.Apply(scrub.Mask(), "x"),
		"nil recogniser":  scrub.With("MINE", nil),
		"malformed type":  scrub.With("mine", workOrders{}),
		"empty value":     scrub.Known(scrub.Value{Text: " "}),
		"value's type":    scrub.Known(scrub.Value{Text: "x-y-z", Type: "?"}),
		"no word":         scrub.Context(scrub.Phone, 0.1),
		"two words":       scrub.Context(scrub.Phone, 0.1, "two words"),
		"heavy":           scrub.Context(scrub.Phone, 1.5, "word"),
	} {
		s, err := scrub.New(o)
		require.ErrorIs(t, err, scrub.ErrOption, name)
		require.Nil(t, s, name)
	}
	_, err := scrub.New(scrub.Known(scrub.Value{Text: "secret@example.com", Type: "BAD"}))
	require.NotContains(t, err.Error(), "secret")
	_, err = scrub.New(scrub.Threshold(0), scrub.Only("X"))
	require.ErrorContains(t, err, "Threshold", "all faults are named")
}

func TestTypeOfTheProgramsOwn(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.With("WORK_ORDER", workOrders{}), scrub.Only("WORK_ORDER", scrub.Phone), scrub.Apply(scrub.Mask(), "WORK_ORDER"))
	assert.Equal(t, "***** [PHONE_1] a.roy@example.com", s.Scrub("WO-1 514-555-0123 a.roy@example.com"))
}

// TestCarelessRecognizer reports what is outside the text, reversed, within code points and without a score.
func TestCarelessRecognizer(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.With("MINE", scrub.RecognizerFunc(func(text []byte, report func(scrub.Finding)) {
		report(scrub.Finding{Start: -5, End: 1})
		report(scrub.Finding{Start: len(text) - 1, End: len(text) + 100, Score: 7})
		report(scrub.Finding{Start: 4, End: 3})
	})), scrub.Only("MINE"))
	assert.Empty(t, s.Scrub(""))
	found := s.Find("éabcdé")
	require.Len(t, found, 2)
	assert.Equal(t, [4]int{0, 2, 0, 1}, [4]int{found[0].Start, found[0].End, found[0].RuneStart, found[0].RuneEnd})
	assert.Equal(t, [4]int{6, 8, 5, 6}, [4]int{found[1].Start, found[1].End, found[1].RuneStart, found[1].RuneEnd})
	assert.InDelta(t, 1, found[1].Score, 0, "a score out of range is certain")
}

func TestThresholdAndOnly(t *testing.T) {
	t.Parallel()
	text := "219098765 and 512-345-679"
	assert.Equal(t, "219098765 and [SIN_1]", newScrubber(t).Scrub(text))
	assert.Equal(t, "[SSN_1] and [SSN_2]", newScrubber(t, scrub.Only(scrub.SSN), scrub.Without(scrub.SIN), scrub.Threshold(0.1)).Scrub("219098765 and 219-09-8766"))
	assert.Equal(t, "[SSN_1]", newScrubber(t, scrub.Only(scrub.SSN)).Scrub("219098765"))
	assert.Equal(t, text, newScrubber(t, scrub.Threshold(0.99)).Scrub(text))
	assert.Equal(t, text, newScrubber(t, scrub.Without(scrub.SIN, scrub.Phone)).Scrub(text))
}

func TestZeroScrubberWithholdsAll(t *testing.T) {
	t.Parallel()
	for _, s := range []*scrub.Scrubber{nil, {}} {
		assert.Equal(t, "[WITHHELD]", s.Scrub("harmless"))
		assert.Equal(t, "a[WITHHELD]", string(s.Append([]byte("a"), []byte("harmless"))))
		assert.Empty(t, s.Scrub(""))
		found := s.Find("été")
		require.Len(t, found, 1)
		assert.Equal(t, 5, found[0].End)
		assert.Equal(t, 3, found[0].RuneEnd)
		var b strings.Builder
		w := scrub.NewWriter(&b, s)
		_, err := w.Write([]byte("harmless"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		assert.Equal(t, "[WITHHELD]", b.String())
	}
}

// TestPartsEndOutsideFindings searches in parts of 512 bytes what is longer than one line, and finds what a search of the whole does.
func TestPartsEndOutsideFindings(t *testing.T) {
	t.Parallel()
	whole, parts := newScrubber(t), newScrubber(t)
	parts.SetPart(512, 128)
	for _, separator := range []string{"\n", " ", ";"} {
		text := strings.ReplaceAll(denseText(100), "\n", separator)
		assert.Equal(t, whole.Scrub(text), parts.Scrub(text), "%q", separator)
		assert.Equal(t, whole.Find(text), parts.Find(text), "%q", separator)
	}
	words := strings.ReplaceAll(denseText(40), " ", "_") // nowhere to end but between code points
	assert.Equal(t, whole.Scrub(words), parts.Scrub(words))
}

// TestUnsettledTextIsWithheld has a chain in which each number is found only once the one before it is gone.
func TestUnsettledTextIsWithheld(t *testing.T) {
	t.Parallel()
	for _, s := range []*scrub.Scrubber{newScrubber(t), newScrubber(t, scrub.Only(scrub.SIN))} {
		out := s.Scrub("the pump\n" + strings.Repeat("512345679—", 40) + "\nthe valve")
		assert.Contains(t, out, "[WITHHELD_1]")
		assert.NotContains(t, out, "512345679")
		assert.Equal(t, out, s.Scrub(out))
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	want := s.Scrub(denseText(20))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				assert.Equal(t, want, s.Scrub(denseText(20)))
			}
		})
	}
	wait.Wait()
}
