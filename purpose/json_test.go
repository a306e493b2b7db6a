package purpose_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

var update = flag.Bool("update", false, "write golden files anew; look at what changed before believing it")

// fill puts something into every field of a document. None of it makes sense.
func fill(r *rand.Rand, v reflect.Value, most int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(1<<34), r.Int64N(3)*500_000_000).UTC()))
		return
	case time.Duration:
		v.SetInt(1 + r.Int64N(1<<50))
		return
	case purpose.Period:
		v.Set(reflect.ValueOf(purpose.Period{Years: r.IntN(3), Months: r.IntN(14), Days: 1 + r.IntN(40)}))
		return
	case language.Tag:
		v.Set(reflect.ValueOf(language.Raw.Make([]string{"fr-CA", "en", "iu-Latn-CA", "zh-hant"}[r.IntN(4)])))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"a", "é", "e\u0301", `"<&>\` + "\n\u2028", "naïve 日本", "x.y_z"}[r.IntN(6)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1 + int64(r.IntN(99)))
	case reflect.Uint8:
		for n := uint64(1); ; n++ { // the last that has a text of its own
			v.SetUint(n + 1)
			if text := fmt.Sprint(v.Interface()); text == "unknown" || text == "pending" || text == "unsaid" || text == "destroy" {
				v.SetUint(1 + r.Uint64N(n))
				return
			}
		}
	case reflect.Slice:
		for range 1 + r.IntN(most) {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(r, e, most)
			v.Set(reflect.Append(v, e))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + r.IntN(most) {
			key, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, most)
			if r.IntN(3) > 0 {
				fill(r, e, most)
			}
			v.SetMapIndex(key, e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if most > 8 && later[v.Type().String()+"."+v.Type().Field(i).Name] {
				continue
			}
			if most > 8 || r.IntN(4) > 0 { // a golden document leaves nothing out
				fill(r, v.Field(i), most)
			}
		}
	default:
		panic(v.Type().String())
	}
}

// later are fields that came after the golden document was made: it does not have them, and keeps its bytes.
var later = map[string]bool{"purpose.Retention.Justification": true, "purpose.Retention.Then": true, "purpose.Retention.AfterConsent": true}

func arbitrary(seed uint64, most int) (d purpose.Document) {
	fill(rand.New(rand.NewPCG(seed, 2)), reflect.ValueOf(&d).Elem(), most)
	return d
}

func TestDocumentRoundTrip(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	properties := gopter.NewProperties(parameters)
	properties.Property("what is written is read back, and written the same", prop.ForAll(func(seed uint64) bool {
		d := arbitrary(seed, 3)
		b, err := json.Marshal(d)
		if err != nil {
			return false
		}
		// json.Marshal compacts and escapes what a marshaller returns; the canonical form is what the method returns.
		canonical, err := d.MarshalJSON()
		if err != nil {
			return false
		}
		back, err := purpose.ParseDocument(canonical)
		if err != nil || !reflect.DeepEqual(d, back) || back.Hash() != d.Hash() {
			return false
		}
		escaped, err := purpose.ParseDocument(b)
		again, err2 := back.MarshalJSON()
		return err == nil && err2 == nil && reflect.DeepEqual(escaped, back) && string(again) == string(canonical)
	}, gen.UInt64()))
	properties.TestingRun(t)
}

// The form of stored documents never changes: whoever stored one hashed these bytes.
func TestDocumentGolden(t *testing.T) {
	t.Parallel()
	const file = "testdata/document_v1.json"
	d := arbitrary(1, 9)
	b, err := d.MarshalJSON()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, append(b, '\n'), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(string(want)), string(b))
	assert.Equal(t, "sha256:2e36414e9753fb1689545d0ebaa69e0dfbb56caf952c8b96a40e6a74d4b4b810", d.Hash())
	back, err := purpose.ParseDocument(want)
	require.NoError(t, err)
	assert.Equal(t, d.Hash(), back.Hash())
}

// A field that came later stands where format.md says, and a document without it is what it was.
func TestLaterFields(t *testing.T) {
	t.Parallel()
	d := purpose.Document{Version: "1", Purposes: []purpose.Spec{{ID: "a", Retention: purpose.Retention{
		Class: "b", Keep: purpose.Period{Years: 1}, From: purpose.FromCollection, Citation: "c", Justification: "d", Then: purpose.Anonymise,
		AfterConsent: purpose.Period{Days: 30},
	}}}}
	b, err := d.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"version":"1","purposes":[{"id":"a","retention":{"class":"b","keep":"P1Y","from":"collection","citation":"c","justification":"d","then":"anonymise","after_consent":"P30D"}}]}`, string(b))
	back, err := purpose.ParseDocument(b)
	require.NoError(t, err)
	assert.Equal(t, d, back)
}

func TestHashIsOfWhatIsSaid(t *testing.T) {
	t.Parallel()
	d := shop()
	h := d.Hash()
	assert.Regexp(t, "^sha256:[0-9a-f]{64}$", h)
	same := shop()
	same.Effective = same.Effective.In(time.FixedZone("", -4*3600))
	same.Assessments, same.Security = []purpose.Assessment{}, []purpose.Text{}
	assert.Equal(t, h, same.Hash())
	same.Purposes[0].Title.FR += " "
	assert.NotEqual(t, h, same.Hash())
	same.Officer = "\xff"
	assert.Empty(t, same.Hash())
	_, err := same.MarshalJSON()
	require.Error(t, err)
}

func TestLoadPolicy(t *testing.T) {
	t.Parallel()
	b, err := shop().MarshalJSON()
	require.NoError(t, err)
	p, err := purpose.LoadPolicy(b)
	require.NoError(t, err)
	assert.Equal(t, shop().Hash(), p.Document().Hash())
	assert.Equal(t, policy(t, shop()).Decide(ask(newsletter), knowing()), p.Decide(ask(newsletter), knowing()))
}

func TestLoadPolicyFaults(t *testing.T) {
	t.Parallel()
	indented := func(edit func(*purpose.Document)) string {
		d := shop()
		edit(&d)
		b, err := d.MarshalJSON()
		require.NoError(t, err)
		var out strings.Builder
		var v any
		require.NoError(t, json.Unmarshal(b, &v))
		e := json.NewEncoder(&out)
		e.SetIndent("", " ")
		require.NoError(t, e.Encode(v))
		return out.String()
	}
	nested := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":             {"", []string{"line 1: document: ends before it is complete"}},
		"not JSON":            {"{\n\n\"version\": nil}", []string{"line 3: document: is not JSON"}},
		"cut off":             {"{\"version\": \"1\",\n\"purposes\": [", []string{"line 2: document: ends before it is complete"}},
		"a byte order mark":   {"\ufeff{}", []string{"line 1: document: is not JSON"}},
		"not UTF-8":           {"{\"version\": \"\xff\"}", []string{"document: is not UTF-8"}},
		"two documents":       {"{}\n{}", []string{"line 2: document: goes on after its end"}},
		"a list":              {"[]", []string{"line 1: document: must be an object"}},
		"null":                {"null", []string{"line 1: document: must be an object"}},
		"deep in the air":     {nested, []string{"line 1: document: must be an object"}},
		"deep in a field":     {"{\n\"version\": " + nested + "}", []string{"line 2: version: must be a text"}},
		"deep in a stranger":  {"{\n\"x\": " + nested + "}", []string{"line 2: x: is no field of a document; the fields here are version, effective"}},
		"deep objects":        {"{\"purposes\":\n" + strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000) + "}", []string{"line 2: purposes: must be a list"}},
		"a field in capitals": {"{\n\"Version\": \"1\"}", []string{"line 2: Version: is no field"}},
		"a field twice":       {"{\n\"version\": \"1\",\n\"version\": \"2\"}", []string{"line 3: version: is there twice"}},
		"a role twice":        {"{\"purposes\": [{\"id\": \"a\", \"roles\": {\"r\": [],\n\"r\": []}}]}", []string{`line 2: purposes["a"].roles["r"]: is there twice`}},
		"an unknown field, deep": {
			"{\"purposes\": [{},\n{\"id\": \"late\", \"retention\": {\n\"keeps\": 3}}]}",
			[]string{`line 3: purposes["late"].retention.keeps: is no field of a document; the fields here are class, keep, from`},
		},
		"no id to name it by": {"{\"purposes\": [\n{\"colour\": 1}]}", []string{"line 2: purposes[0].colour: is no field"}},
		"every wrong type": {
			`{"version": 1, "effective": "soon", "purposes": [{"basis": "maybe", "operations": ["fly"], "optional": "yes",` +
				`"retention": {"keep": "P1W"}, "break_glass": {"subjects": 1.5, "for": "long"}}], "languages": ["!"], "rules": {"minor_age": 1e3}}`,
			[]string{
				"version: must be a text", "effective: must be a time", "purposes[0].basis: must be one of express_consent",
				"purposes[0].operations[0]: must be one of collect", "purposes[0].optional: must be true", "purposes[0].retention.keep: must be a period",
				"purposes[0].break_glass.subjects: must be a whole number", "purposes[0].break_glass.for: must be a length", "languages[0]: must be a language",
				"rules.minor_age: must be a whole number",
			},
		},
		"an id twice": {
			indented(func(d *purpose.Document) { d.Purposes = append(d.Purposes, d.Purposes[0]) }), []string{`purposes["service"].id: is declared twice`},
		},
		"an id in capitals": {
			indented(func(d *purpose.Document) { d.Purposes[6].ID = "Statistics" }), []string{`purposes["Statistics"].id: must be words of a-z`},
		},
		"an id composed": {
			indented(func(d *purpose.Document) { d.Purposes[6].ID = "statistiqué" }), []string{`purposes["statistiqué"].id: must be words of a-z`},
		},
		"an id decomposed": {
			indented(func(d *purpose.Document) { d.Purposes[6].ID = "statistique\u0301" }), []string{"must be words of a-z"},
		},
		"no date": {indented(func(d *purpose.Document) { d.Effective = time.Time{} }), []string{"effective: is required"}},
		"a circle of recipients": {
			indented(func(d *purpose.Document) {
				a, b := d.Recipients[0], d.Recipients[0]
				a.ID, a.Through, b.ID, b.Through = "a", []string{"b"}, "b", []string{"a"}
				d.Recipients = []purpose.Recipient{a, b}
			}),
			[]string{`recipients["a"].through: "b" passes data on to "a" again`, `recipients["b"].through: "a" passes data on to "b" again`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := purpose.LoadPolicy([]byte(c.text))
			require.Error(t, err)
			assert.Nil(t, p)
			got := strings.Split(err.Error(), "\n")
			require.Len(t, got, len(c.want), "%q", got)
			for i := range got {
				assert.Contains(t, got[i], c.want[i])
				assert.Regexp(t, `line [0-9]+: `, got[i], "each has a line")
			}
			_, ok := errors.AsType[*purpose.Fault](err)
			assert.True(t, ok)
		})
	}
}

// A fault of the document's sense has the line of what it is about.
func TestFaultsHaveLines(t *testing.T) {
	t.Parallel()
	b, err := shop().MarshalJSON()
	require.NoError(t, err)
	text := strings.Replace(string(b), `"domain":"billing"`, "\n\n\"domain\":\"Billing\"", 1)
	_, err = purpose.LoadPolicy([]byte(text))
	f, ok := errors.AsType[*purpose.Fault](err)
	require.True(t, ok)
	assert.Equal(t, `purposes["service.payment"].domain`, f.Place)
	assert.Equal(t, 3, f.Line)
}

func FuzzParseDocument(f *testing.F) {
	for _, d := range []purpose.Document{{}, {Version: "1", Purposes: shop().Purposes[:1]}, arbitrary(1, 1)} {
		b, err := d.MarshalJSON()
		require.NoError(f, err)
		f.Add(b)
	}
	for _, text := range []string{"", "{", "[]", `{"purposes":[{"roles":{"a":null}}]}`, `{"effective":"0000-00-00T00:00:00Z"}`, `{"version":"\ud800"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := purpose.ParseDocument(data)
		if err != nil {
			return
		}
		if len(d.Purposes) < 3 { // checking periods takes milliseconds, and much longer under the fuzzer
			_, _ = purpose.NewPolicy(d)
		}
		b, err := d.MarshalJSON()
		if err != nil {
			return // a year that has no canonical form
		}
		back, err := purpose.ParseDocument(b)
		require.NoError(t, err)
		again, err := back.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(b), string(again))
		require.Equal(t, d.Hash(), back.Hash())
	})
}

func TestPeriodText(t *testing.T) {
	t.Parallel()
	for p, want := range map[purpose.Period]string{
		{}: "P0D", {Years: 1}: "P1Y", {Months: 13, Days: 2}: "P13M2D", {Years: 1, Months: 2, Days: 3}: "P1Y2M3D",
	} {
		assert.Equal(t, want, p.String())
	}
	for _, text := range []string{"P", "P1", "1Y", "P1D1Y", "P-1Y", "P+1Y", "P1Y1Y", "PT1H", "P1W", "p1y", "P1.5Y", "P1Y ", ""} {
		_, err := purpose.ParseDocument([]byte(fmt.Sprintf(`{"purposes":[{"retention":{"keep":%q}}]}`, text)))
		assert.Error(t, err, text)
	}
}

func TestEnumerationsHaveTexts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"legal_ground", "year_end", "authority", "no_consideration", "adequate", "public_register", "provided_only", "human_review", "notified", "confirm_destruction", "rewords"},
		[]string{
			purpose.LegalGround.String(), purpose.FromYearEnd.String(), purpose.Authority.String(), purpose.NoConsideration.String(), purpose.Adequate.String(),
			purpose.PublicRegister.String(), purpose.ProvidedOnly.String(), purpose.HumanReviewRight.String(), purpose.ChangeNotified.String(),
			purpose.ConfirmDestruction.String(), purpose.Rewords.String(),
		})
	assert.Equal(t, "unknown", purpose.Basis(99).String())
	assert.Equal(t, "pending", purpose.Outcome(99).String())
	assert.True(t, slices.Contains(slices.Collect(purpose.ObligationSet(purpose.FlagAccess, 99).All()), purpose.FlagAccess))
}
