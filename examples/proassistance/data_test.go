package main

import (
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/purpose"
)

func loaded(t *testing.T) *dataset {
	t.Helper()
	data, err := load()
	require.NoError(t, err)
	return data
}

func TestDataIsLargeEnoughToMeanSomething(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	clients := 0
	for _, p := range data.People {
		if p.Kind == "client" {
			clients++
		}
	}
	assert.GreaterOrEqual(t, len(data.People), 200, "people")
	assert.GreaterOrEqual(t, clients, 170, "clients")
	assert.GreaterOrEqual(t, len(data.People)-clients, 40, "professionals")
	assert.GreaterOrEqual(t, len(data.Jobs), 120, "jobs")
	assert.GreaterOrEqual(t, len(data.Messages), 150, "messages")
	assert.GreaterOrEqual(t, len(data.Calls), 40, "calls")
	assert.GreaterOrEqual(t, len(data.Visits), 40, "visits")
	assert.LessOrEqual(t, len(peopleJSON), 400<<10, "bytes")
}

func TestEveryPersonIsSomebodyElse(t *testing.T) {
	t.Parallel()
	names, emails, phones := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, p := range loaded(t).People {
		assert.Falsef(t, names[p.Name], "%s has the name of another", p.ID)
		assert.Falsef(t, emails[p.Email], "%s has the e-mail address of another", p.ID)
		assert.Falsef(t, phones[p.Phone], "%s has the telephone number of another", p.ID)
		names[p.Name], emails[p.Email], phones[p.Phone] = true, true, true
	}
}

// reservedDomain matches the names no mail can be sent to (RFC 2606, section 3), and names below them.
var reservedDomain = regexp.MustCompile(`^([a-z]+\.)?example\.(com|net|org)$`)

// fictitious matches the numbers kept for fiction in the area codes of Québec.
var fictitious = regexp.MustCompile(`^(263|354|367|418|438|450|468|514|579|581|819|873)-555-01\d\d$`)

// postal matches a postal code of Québec, by Canada Post's alphabet.
var postal = regexp.MustCompile(`^[GHJ]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d$`)

func TestContactDetailsAreValidAndReachNobody(t *testing.T) {
	t.Parallel()
	for _, p := range loaded(t).People {
		number, err := phonenumbers.Parse(p.Phone, "CA")
		require.NoErrorf(t, err, "telephone number of %s", p.ID)
		assert.Truef(t, phonenumbers.IsValidNumberForRegion(number, "CA"), "telephone number of %s", p.ID)
		assert.Regexpf(t, fictitious, p.Phone, "telephone number of %s", p.ID)

		parsed, err := mail.ParseAddress(p.Email)
		require.NoErrorf(t, err, "e-mail address of %s", p.ID)
		assert.Equalf(t, p.Email, parsed.Address, "e-mail address of %s", p.ID)
		_, domain, _ := strings.Cut(p.Email, "@")
		assert.Regexpf(t, reservedDomain, domain, "e-mail address of %s", p.ID)
	}
}

func TestPostalCodesAreOfTheMunicipality(t *testing.T) {
	t.Parallel()
	// The areas a municipality's codes begin with; what is not listed is checked by the alphabet only.
	areas := map[string][]string{
		"Laval": {"H7"}, "Montréal": {"H1", "H2", "H3", "H4"}, "Pointe-Claire": {"H9"}, "Dollard-des-Ormeaux": {"H9"},
		"Québec": {"G1", "G2", "G3"}, "Lévis": {"G6", "G7"}, "Gatineau": {"J8", "J9"}, "Sherbrooke": {"J1"},
		"Saguenay": {"G7"}, "Trois-Rivières": {"G8", "G9"}, "Rimouski": {"G5"}, "Longueuil": {"J4"}, "Brossard": {"J4"},
		"Rouyn-Noranda": {"J9"}, "Sept-Îles": {"G4"}, "Joliette": {"J6"}, "Drummondville": {"J2"},
	}
	for _, p := range loaded(t).People {
		if !assert.Greaterf(t, len(p.Address), 7, "address of %s", p.ID) {
			continue
		}
		code := p.Address[len(p.Address)-7:]
		assert.Regexpf(t, postal, code, "postal code of %s", p.ID)
		assert.Containsf(t, p.Address, p.Location, "address of %s", p.ID)
		if want, ok := areas[p.Location]; ok {
			assert.Containsf(t, want, code[:2], "postal code of %s", p.ID)
		}
	}
}

// What is sealed comes back as it is in the file: every value is already canonical, but for the telephone numbers,
// which are written as people write them.
func TestValuesAreCanonical(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	same := func(kind pii.Kind, text, of string) {
		got, ok := kind.Canonical(text)
		assert.Truef(t, ok, "%s of %s is none", kind.Attribute(), of)
		assert.Equalf(t, text, got, "%s of %s", kind.Attribute(), of)
	}
	for _, p := range data.People {
		of := string(p.ID)
		same(pii.Name{}, p.Name, of)
		same(pii.Email{}, p.Email, of)
		same(pii.Address{}, p.Address, of)
		same(pii.BirthDate{}, p.BirthDate, of)
		same(Gender{}, p.Gender, of)
		same(Language{}, p.Language, of)
		same(Location{}, p.Location, of)
		same(PaymentMethod{}, p.PaymentMethod, of)
		number, ok := phone.Phone{}.Canonical(p.Phone)
		assert.Truef(t, ok, "telephone number of %s", of)
		assert.Equalf(t, "+1"+strings.ReplaceAll(p.Phone, "-", ""), number, "telephone number of %s", of)
	}
	for _, j := range data.Jobs {
		same(WorkOrder{}, j.WorkOrder, j.ID)
		same(Language{}, j.Language, j.ID)
	}
	for _, m := range data.Messages {
		same(Message{}, m.Text, m.ID)
		same(Language{}, m.Language, m.ID)
	}
	for _, c := range data.Calls {
		same(Recording{}, c.Recording, c.ID)
		same(Transcript{}, c.Transcript, c.ID)
		same(Language{}, c.Language, c.ID)
		assert.Positivef(t, c.Seconds, "length of %s", c.ID)
	}
	for _, v := range data.Visits {
		same(IPAddress{}, v.IP, string(v.Visitor))
		for _, page := range v.Pages {
			same(Page{}, page, string(v.Visitor))
		}
	}
}

func TestInternetAddressesAreOfDocumentation(t *testing.T) {
	t.Parallel()
	var kept []netip.Prefix
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		kept = append(kept, netip.MustParsePrefix(p))
	}
	for _, v := range loaded(t).Visits {
		for _, text := range []string{v.IP, v.ISPIP} {
			ip, err := netip.ParseAddr(text)
			require.NoErrorf(t, err, "%s", v.Visitor)
			assert.Truef(t, slices.ContainsFunc(kept, func(p netip.Prefix) bool { return p.Contains(ip) }), "address of %s", v.Visitor)
		}
	}
}

// Everything happens while the policy is in force, and everyone is at least 18.
func TestDatesAreInOrder(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	effective := Policy().Effective
	opened, closed := make(map[string]time.Time), make(map[string]time.Time)
	for _, j := range data.Jobs {
		assert.Truef(t, j.Opened.After(effective), "%s was opened before the policy", j.ID)
		opened[j.ID], closed[j.ID] = j.Opened, j.Closed
		assert.Equalf(t, j.Status == "closed", j.AmountCents > 0, "amount of %s", j.ID)
	}
	within := func(id, job string, at time.Time) {
		assert.Falsef(t, at.Before(opened[job]), "%s comes before %s", id, job)
	}
	for _, m := range data.Messages {
		within(m.ID, m.Job, m.At)
	}
	for _, c := range data.Calls {
		within(c.ID, c.Job, c.At)
	}
	for _, p := range data.People {
		born, err := time.Parse(time.DateOnly, p.BirthDate)
		require.NoErrorf(t, err, "%s", p.ID)
		assert.Falsef(t, born.AddDate(18, 0, 0).After(effective), "%s is a minor", p.ID)
	}
}

func TestAnswersAreOfOptionalPurposes(t *testing.T) {
	t.Parallel()
	data, policy := loaded(t), newPolicy(t)
	yes, no := make(map[purpose.ID]int), make(map[purpose.ID]int)
	check := func(of string, granted, refused []purpose.ID) {
		for _, id := range slices.Concat(granted, refused) {
			spec, ok := policy.Spec(id)
			assert.Truef(t, ok && spec.Optional && spec.Basis == purpose.ExpressConsent, "%s answers about %s", of, id)
		}
		for _, id := range granted {
			assert.NotContainsf(t, refused, id, "%s", of)
			if up := id.Parent(); up == Newsletter {
				assert.Containsf(t, granted, up, "%s has %s without its parent", of, id)
			}
			yes[id]++
		}
		for _, id := range refused {
			no[id]++
		}
	}
	for _, p := range data.People {
		check(string(p.ID), p.Granted, p.Refused)
	}
	for _, v := range data.Visits {
		check(string(v.Visitor), v.Granted, v.Refused)
	}
	for _, id := range []purpose.ID{
		Newsletter, NewsletterPromo, NewsletterEvents, NewsletterSurvey, Offers, MarketingSurvey, SupportSurvey,
		WebAnalytics, WebPersonalisation, WebAdvertising,
	} {
		assert.Greaterf(t, yes[id], 5, "few say yes to %s", id)
		assert.Greaterf(t, no[id], 5, "few say no to %s", id)
	}
}

func TestMarieIsThere(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	marie := data.People[0]
	assert.Equal(t, "Marie Tremblay-Gagnon", marie.Name)
	assert.EqualValues(t, "c-001", marie.ID)
	assert.Equal(t, "Laval", marie.Location)
	assert.Contains(t, marie.Granted, Newsletter)
	assert.Contains(t, marie.Refused, Offers)
	open := slices.IndexFunc(data.Jobs, func(j job) bool { return j.Client == marie.ID && j.Status == "open" })
	require.GreaterOrEqual(t, open, 0, "no open job")
	called := slices.ContainsFunc(data.Calls, func(c call) bool {
		return c.Subject == marie.ID && c.Job == data.Jobs[open].ID && c.Recording != "" && strings.Contains(c.Transcript, marie.Name)
	})
	assert.True(t, called, "no call about the open job")
}

func TestTextsAreNotOneTemplate(t *testing.T) {
	t.Parallel()
	data := loaded(t)
	var orders, messages, transcripts []string
	for _, j := range data.Jobs {
		orders = append(orders, j.WorkOrder)
	}
	for _, m := range data.Messages {
		messages = append(messages, m.Text)
	}
	for _, c := range data.Calls {
		transcripts = append(transcripts, c.Transcript)
	}
	digits := regexp.MustCompile(`\d+`)
	for name, texts := range map[string][]string{"work order": orders, "message": messages, "transcript": transcripts} {
		seen := make(map[string]int)
		for _, text := range texts {
			seen[digits.ReplaceAllString(text, "0")]++
		}
		for text, n := range seen {
			assert.LessOrEqualf(t, n, 5, "%s %q is there too often", name, text)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const (
		client = `{"id":"c-1","kind":"client"}`
		pro    = `{"id":"p-1","kind":"professional"}`
		open   = `{"id":"j-1","client":"c-1","professional":"p-1","status":"open","opened":"2026-02-03T00:00:00Z"}`
	)
	tests := []struct{ name, text, want string }{
		{"nothing", ``, "EOF"},
		{"no JSON", `people`, "invalid character"},
		{"an unknown field", `{"people":[{"id":"c-1","kind":"client","sin":"0"}]}`, "unknown field"},
		{"more text", `{} {}`, "more text"},
		{"an id with a blank", `{"people":[{"id":"c 1","kind":"client"}]}`, "people[0] has an id that cannot name a subject"},
		{"an id twice", `{"people":[` + client + `,` + client + `]}`, "people[1] has the id of another"},
		{"a visitor who is a person", `{"people":[` + client + `],"visits":[{"visitor":"c-1"}]}`, "visits[0] has the id of another"},
		{"no kind", `{"people":[{"id":"c-1"}]}`, "people[0] is neither"},
		{"a job of nobody", `{"people":[` + client + `],"jobs":[` + open + `]}`, "jobs[0] is not between"},
		{"a job twice", `{"people":[` + client + `,` + pro + `],"jobs":[` + open + `,` + open + `]}`, "jobs[1] has no id of its own"},
		{
			"a closed job without an end",
			`{"people":[` + client + `,` + pro + `],"jobs":[` + strings.Replace(open, `"open"`, `"closed"`, 1) + `]}`,
			"jobs[0] has a status",
		},
		{"a message of no job", `{"messages":[{"id":"m-1","job":"j-9","from":"c-1","to":"support"}]}`, "messages[0] is not between"},
		{
			"a message of a stranger",
			`{"people":[` + client + `,` + pro + `],"jobs":[` + open + `],"messages":[{"id":"m-1","job":"j-1","from":"c-2","to":"p-1"}]}`,
			"messages[0] is not between",
		},
		{"a call of no job", `{"calls":[{"id":"k-1","job":"j-9","subject":"c-1"}]}`, "calls[0] is not of a party"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := parse([]byte(tt.text))
			assert.ErrorContains(t, err, tt.want)
			assert.Nil(t, data)
		})
	}
}
