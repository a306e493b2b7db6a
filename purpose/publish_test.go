package purpose_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// published is the shop with everything that is asked for when its policy is published.
func published() purpose.Document {
	d := shop()
	d.Controller = purpose.Controller{Name: "Boutique & Fils", Address: "1, rue de l’Exemple, Laval", Contact: "450-555-0100"}
	d.Security = []purpose.Text{{EN: "Fields are encrypted.", FR: "Les champs sont chiffrés."}}
	for i := range d.Purposes {
		d.Purposes[i].Subjects = []string{"client"}
		d.Purposes[i].Title = purpose.Text{EN: "Purpose " + string(d.Purposes[i].ID), FR: "Finalité " + string(d.Purposes[i].ID)}
	}
	of(&d, newsletter).DPV, of(&d, newsletter).Automatic = "DirectMarketing", true
	d.Recipients[0].Storage = []purpose.Jurisdiction{"US"}
	d.Assessments = []purpose.Assessment{{
		ID: "a-1", Recipient: "letters", Jurisdictions: []purpose.Jurisdiction{"US"}, Purposes: []purpose.ID{newsletter}, Attributes: []purpose.Attribute{email},
		Factors: purpose.Factors{Sensitivity: "s", Purposes: "p", Measures: "m", Framework: "f"}, Outcome: purpose.Adequate, Agreement: "annex 2",
		Approver: "officer", Made: noon.Add(-days(200)), Review: noon.Add(days(200)),
	}}
	d.Prohibitions = []purpose.Prohibition{{
		Name: "no_sale", Title: purpose.Text{EN: "Nothing is sold", FR: "Rien n’est vendu"}, Operations: []purpose.Operation{purpose.Sell},
	}}
	d.Terms = []purpose.Term{
		{ID: "identity.email", Title: purpose.Text{EN: "E-mail address", FR: "Adresse courriel"}, DPV: "EmailAddress"},
		{ID: "client", Title: purpose.Text{EN: "Clients", FR: "Clients"}, DPV: "Customer"},
		{ID: "mail_house", Title: purpose.Text{EN: "printer of letters", FR: "imprimeur de lettres"}},
	}
	d.Statements = purpose.Statements{Rights: purpose.Quebec().Rights, Changes: purpose.ChangeNotified, MinorAge: 14}
	return d
}

// pages are everything that is published of a policy.
func pages(tb testing.TB, d purpose.Document) map[string][]byte {
	tb.Helper()
	p := policy(tb, d)
	r, err := p.Record()
	require.NoError(tb, err)
	all := map[string][]byte{
		"record.en.md": []byte(r.Markdown(language.English)), "record.fr.md": []byte(r.Markdown(language.CanadianFrench)), "record.jsonld": r.JSONLD(),
	}
	for tag, name := range map[language.Tag]string{language.English: "en", language.CanadianFrench: "fr"} {
		n := p.Notice(tag)
		all["notice."+name+".md"], all["notice."+name+".jsonld"] = []byte(n.Markdown()), n.JSONLD()
	}
	return all
}

func TestPublished(t *testing.T) {
	t.Parallel()
	for name, got := range pages(t, published()) {
		file := filepath.Join("testdata", "published", name)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, got, 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), name)
		for range 4 {
			assert.True(t, bytes.Equal(got, pages(t, published())[name]), "%s differs from one time to the next", name)
		}
	}
}

// Everything that the record must say is in it, in every form (GDPR art. 30(1)(a) to (g)).
func TestRecordIsComplete(t *testing.T) {
	t.Parallel()
	d := published()
	all := pages(t, d)
	for _, name := range []string{"record.en.md", "record.fr.md", "record.jsonld"} {
		text := strings.NewReplacer(`\_`, "_", `\.`, ".", "&amp;", "&", `\u0026`, "&").Replace(string(all[name]))
		says := func(what ...string) {
			for _, w := range what {
				assert.Contains(t, text, w, name)
			}
		}
		says("Boutique & Fils", "1, rue de l’Exemple, Laval", "450-555-0100", d.Officer) // (a)
		for _, s := range d.Purposes {
			says(string(s.ID)) // (b)
			for _, a := range s.Attributes {
				if a != email || name == "record.jsonld" {
					says(string(a)) // (c), and what has a term is called by it
				}
			}
		}
		says("Client", "Lettres inc.", "CA-QC", "US", "a-1", "annex 2", d.Hash()) // (c), (d), (e)
	}
	assert.Contains(t, string(all["record.en.md"]), "- **Time limit for erasure**: 7 years from the end of the year of collection; at least 6 years") // (f)
	assert.Contains(t, string(all["record.fr.md"]), "- **Délai d’effacement**: 1 an à compter de la collecte")
	assert.Contains(t, string(all["record.en.md"]), "Fields are encrypted.") // (g)
}

func TestRecordFaults(t *testing.T) {
	t.Parallel()
	_, err := policy(t, shop()).Record()
	var places []string
	for _, err := range joined(err) {
		f, ok := errors.AsType[*purpose.Fault](err)
		require.True(t, ok)
		places = append(places, f.Place)
	}
	assert.Equal(t, []string{"controller.name", "controller.contact", "security", `purposes["service"].subjects`}, places[:4])
	_, err = (*purpose.Policy)(nil).Record()
	require.Error(t, err)
	assert.NotEmpty(t, (*purpose.Policy)(nil).Notice(language.English).Markdown())
}

// A text of the policy is data: it ends no table, starts no list and runs no script.
func TestPublishedTextIsNoMarkup(t *testing.T) {
	t.Parallel()
	d := published()
	evil := "a | b\n# c <script>alert(1)</script> [x](javascript:y) `z` *w* &lt;"
	of(&d, support).Title = purpose.Text{EN: evil, FR: evil}
	d.Controller.Name, d.Recipients[0].Name, d.Terms[0].Title.EN = evil, evil, evil
	for name, page := range pages(t, d) {
		if strings.HasSuffix(name, ".md") {
			for _, markup := range []string{"<script", "\n# c", "](javascript", " `z`", " *w*", "a | b"} {
				assert.NotContains(t, string(page), markup, name)
			}
			continue
		}
		var v any
		require.NoError(t, json.Unmarshal(page, &v), name)
		assert.NotContains(t, string(page), "<script", name)
	}
}

// Whatever a document says, there are words for it in both languages.
func TestEverythingHasWords(t *testing.T) {
	t.Parallel()
	every := func(n int) (ops []purpose.Operation) {
		for i := range n {
			ops = append(ops, purpose.Operation(i+1))
		}
		return ops
	}
	for _, from := range []purpose.Trigger{purpose.FromCollection, purpose.FromYearEnd, purpose.FromCaseClosed, purpose.FromAccountClosed} {
		for _, basis := range []purpose.Basis{purpose.ExpressConsent, purpose.ConsentByProvision, purpose.LegalGround, purpose.NoticeOnly} {
			for _, kind := range []purpose.RecipientKind{purpose.Processor, purpose.ThirdParty, purpose.Authority} {
				for _, outcome := range []purpose.Outcome{purpose.Pending, purpose.Inadequate, purpose.Adequate} {
					d := published()
					s := of(&d, statistics)
					s.Basis, s.Citation, s.Operations = basis, "c", every(int(purpose.Maintenance))
					s.Retention = purpose.Retention{From: from, Keep: purpose.Period{Years: 1, Months: 1, Days: 1}, Minimum: purpose.Period{Months: 2}, Citation: "c"}
					s.Optional, s.Recipients = true, []purpose.Role{"mail_house"}
					d.Recipients[0].Kind, d.Assessments[0].Outcome = kind, outcome
					for name, page := range pages(t, d) {
						assert.NotContains(t, string(page), "no phrase for", name)
						assert.NotContains(t, string(page), "%!", name)
					}
				}
			}
		}
	}
}

func ExamplePolicy_Notice() {
	policy, err := purpose.NewPolicy(letters)
	if err != nil {
		panic(err)
	}
	fmt.Println(policy.Notice(language.CanadianFrench).Markdown())
	// Output:
	// # Comment nous utilisons vos renseignements personnels
	//
	// Version 2026-01, en vigueur depuis le 2026-01-01.
	//
	// - **À qui s’adresser**: privacy@example.com
	//
	// ## Notre infolettre mensuelle
	//
	// - **Pourquoi nous le pouvons**: parce que vous y consentez, et aussi longtemps que vous le voulez
	// - **Ce que nous utilisons**: identity.email
	// - **Qui le voit chez nous**: mailer
	// - **Combien de temps**: 2 ans à compter de la collecte
	// - **Votre choix**: vous pouvez refuser; le service reste le même
	// - **Si vous refusez**: Vous ne recevrez pas l’infolettre.
}

func ExampleNewHistory() {
	second := letters
	second.Version, second.Effective = "2026-07", letters.Effective.AddDate(0, 6, 0)
	second.Purposes = []purpose.Spec{letters.Purposes[0]}
	second.Purposes[0].Attributes = []purpose.Attribute{"identity.email", "identity.name"}

	var published []purpose.Published
	for _, d := range []purpose.Document{letters, second} {
		p, err := purpose.Publish(d)
		if err != nil {
			panic(err)
		}
		published = append(published, p)
	}
	history, err := purpose.NewHistory(published...)
	if err != nil {
		panic(err)
	}
	for _, c := range purpose.Diff(letters, second) {
		fmt.Println(c.Place, c.Detail, c.Effect, c.Lapses)
	}
	granted := purpose.Consent{Status: purpose.Given, Since: letters.Effective, Policy: "2026-01", Operations: purpose.OperationSet(purpose.Use)}
	facts := purpose.Facts{Complete: true, Consents: map[purpose.ID]purpose.Consent{"newsletter": granted}}
	ask := purpose.Request{Purpose: "newsletter", Operation: purpose.Use, Actor: purpose.Actor{Role: "mailer", ID: "m-1"}}
	for _, month := range []time.Month{time.June, time.July} {
		ask.Time = time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)
		d := history.Policy().Decide(ask, &facts)
		fmt.Println(d.Policy, d.Reason)
	}
	// Output:
	// purposes["newsletter"].attributes identity.name added widens true
	// 2026-01 Permitted
	// 2026-07 NeedsRenewal
}

func ExampleLint() {
	d := letters
	d.Statements.Promises = []purpose.Promise{purpose.NeverSell}
	for _, f := range purpose.Lint(d) {
		fmt.Println(f)
	}
	// Output:
	// statements.changes: NoNoticeOfChange: say how people are told of a change; asking them to look is no notice
}

func ExampleLoadPolicy() {
	_, err := purpose.LoadPolicy([]byte(`{
	"version": "2026-01",
	"effective": "2026-01-01T00:00:00Z",
	"purposes": [
		{"id": "newsletter", "atributes": ["identity.email"]}
	]
}`))
	text, _, _ := strings.Cut(err.Error(), "; the fields here")
	fmt.Println(text)
	// Output:
	// purpose: line 5: purposes["newsletter"].atributes: is no field of a document
}
