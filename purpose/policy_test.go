package purpose_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// faults lists what is wrong as "place: problem".
func faults(tb testing.TB, err error) []string {
	tb.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(tb, ok, "%v", err)
	var all []string
	for _, err := range joined.Unwrap() {
		f, ok := errors.AsType[*purpose.Fault](err)
		require.True(tb, ok)
		require.Equal(tb, "purpose: "+f.Place+": "+f.Problem, f.Error())
		all = append(all, f.Place+": "+f.Problem)
	}
	return all
}

func TestFaults(t *testing.T) {
	t.Parallel()
	at := func(d *purpose.Document, id purpose.ID) *purpose.Spec {
		return &d.Purposes[slices.IndexFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == id })]
	}
	in := func(id purpose.ID, change func(*purpose.Spec)) func(*purpose.Document) {
		return func(d *purpose.Document) { change(at(d, id)) }
	}
	long := strings.Repeat("a", 65)
	for _, c := range []struct {
		name   string
		change func(*purpose.Document)
		want   []string
	}{
		{"nothing", func(*purpose.Document) {}, nil},
		{"no version", func(d *purpose.Document) { d.Version = "" }, []string{`version: must be 1 to 64`}},
		{"capital in version", func(d *purpose.Document) { d.Version = "V1" }, []string{`version: must be 1 to 64`}},
		{"long version", func(d *purpose.Document) { d.Version = long }, []string{`version: must be 1 to 64`}},
		{"all of a version's alphabet", func(d *purpose.Document) { d.Version = "v-1.0_z9" }, nil},
		{"never in force", func(d *purpose.Document) { d.Effective = time.Time{} }, []string{`effective: is required`}},
		{"no officer", func(d *purpose.Document) { d.Officer = " " }, []string{`officer: is required`}},
		{"no language", func(d *purpose.Document) { d.Languages = nil }, []string{`languages: needs at least one`}},
		{"und", func(d *purpose.Document) { d.Languages = []language.Tag{language.English, {}} }, []string{`languages[1]: is undetermined`}},
		{
			"a language twice",
			func(d *purpose.Document) {
				d.Languages = []language.Tag{language.French, language.English, language.MustParse("fr")}
			},
			[]string{`languages[2]: fr is there twice`},
		},
		{"no purpose", func(d *purpose.Document) { d.Purposes = nil }, []string{`purposes: declares none`}},
		{
			"no id", in(statistics, func(s *purpose.Spec) { s.ID = "" }),
			[]string{`purposes[6].id: must be words`},
		},
		{"capital in id", in(statistics, func(s *purpose.Spec) { s.ID = "Stats" }), []string{`purposes["Stats"].id: must be words`}},
		{
			"empty word in id", in(newsletter, func(s *purpose.Spec) { s.ID = "marketing." }),
			// Its parent is declared, by id; the parent keeps its child.
			[]string{`purposes["marketing."].id: must be words`},
		},
		{"long id", in(statistics, func(s *purpose.Spec) { s.ID = purpose.ID(long) }), []string{`purposes["` + long + `"].id: must be words`}},
		{
			"long id of short words",
			in(newsletter, func(s *purpose.Spec) { s.ID = "marketing." + purpose.ID(long[:55]) }),
			[]string{`purposes["marketing.` + long[:55] + `"].id: must be words`},
		},
		{
			"declared twice", func(d *purpose.Document) { d.Purposes = append(d.Purposes, *at(d, statistics)) },
			[]string{`purposes["statistics"].id: is declared twice`},
		},
		{
			"no parent", in(statistics, func(s *purpose.Spec) { s.ID = "research.statistics" }),
			[]string{`purposes["research.statistics"].id: has no parent: declare "research"`},
		},
		{"no domain", in(orders, func(s *purpose.Spec) { s.Domain = "" }), []string{`purposes["orders"].domain: must be 1 to 64`}},
		{"dot in domain", in(orders, func(s *purpose.Spec) { s.Domain = "a.b" }), []string{`purposes["orders"].domain: must be 1 to 64`}},
		{"plus in domain", in(orders, func(s *purpose.Spec) { s.Domain = "a+b" }), []string{`purposes["orders"].domain: must be 1 to 64`}},
		{"long domain", in(orders, func(s *purpose.Spec) { s.Domain = long }), []string{`purposes["orders"].domain: must be 1 to 64`}},
		{"reserved domain", in(orders, func(s *purpose.Spec) { s.Domain = "rights" }), []string{`purposes["orders"].domain: "rights" is reserved`}},
		{"no English", in(orders, func(s *purpose.Spec) { s.Title.EN = "" }), []string{`purposes["orders"].title: needs English`}},
		{"no French", in(orders, func(s *purpose.Spec) { s.Title.FR = "\t" }), []string{`purposes["orders"].title: needs French`}},
		{"no basis", in(service, func(s *purpose.Spec) { s.Basis = 0 }), []string{`purposes["service"].basis: is required`}},
		{"basis of no kind", in(service, func(s *purpose.Spec) { s.Basis = 6 }), []string{`purposes["service"].basis: is required`}},
		{"law without citation", in(statistics, func(s *purpose.Spec) { s.Citation = "" }), []string{`purposes["statistics"].citation: is required`}},
		{
			"attribute of no category", in(statistics, func(s *purpose.Spec) { s.Attributes = append(s.Attributes, "email") }),
			[]string{`purposes["statistics"].attributes: "email" must be category.name`},
		},
		{
			"attribute ill formed", in(statistics, func(s *purpose.Spec) { s.Attributes = append(s.Attributes, "identity.E mail") }),
			[]string{`purposes["statistics"].attributes: "identity.E mail" must be category.name`},
		},
		{
			"attribute twice", in(statistics, func(s *purpose.Spec) { s.Attributes = append(s.Attributes, job) }),
			[]string{`purposes["statistics"].attributes: "service.description" is there twice`},
		},
		{
			"attribute beyond the parent's", in(payment, func(s *purpose.Spec) { s.Attributes = append(s.Attributes, "identity.sin") }),
			[]string{`purposes["service.payment"].attributes: "identity.sin" is not in the parent`},
		},
		{
			"parent of nothing", in(marketing, func(s *purpose.Spec) { s.Attributes = nil }),
			[]string{
				`purposes["marketing.newsletter"].attributes: "identity.name" is not in the parent`,
				`purposes["marketing.newsletter"].attributes: "identity.email" is not in the parent`,
			},
		},
		{"no operation", in(statistics, func(s *purpose.Spec) { s.Operations = nil }), []string{`purposes["statistics"].operations: needs at least one`}},
		{
			"operations of no kind", in(statistics, func(s *purpose.Spec) { s.Operations = []purpose.Operation{0, 11, 200} }),
			[]string{
				`purposes["statistics"].operations: 0 is no operation`,
				`purposes["statistics"].operations: 11 is no operation`,
				`purposes["statistics"].operations: 200 is no operation`,
			},
		},
		{
			"operation twice", in(statistics, func(s *purpose.Spec) { s.Operations = append(s.Operations, purpose.Use) }),
			[]string{`purposes["statistics"].operations: "use" is there twice`},
		},
		{
			"operation beyond the parent's", in(payment, func(s *purpose.Spec) { s.Operations = append(s.Operations, purpose.Transfer) }),
			[]string{`purposes["service.payment"].operations: "transfer" is not in the parent`},
		},
		{"nobody", in(newsletter, func(s *purpose.Spec) { s.Roles = nil }), []string{`purposes["marketing.newsletter"].roles: needs at least one`}},
		{"nobody, but only a group", in(service, func(s *purpose.Spec) { s.Roles = nil }), nil},
		{"nobody, even de-identified", in(statistics, func(s *purpose.Spec) { s.Roles = nil }), []string{`purposes["` + string(statistics) + `"].roles: needs at least one`}},
		{
			"roles ill formed",
			in(newsletter, func(s *purpose.Spec) {
				s.Roles = map[purpose.Role][]purpose.Attribute{"": nil, "A": nil, "b.c": nil, purpose.Role(long): nil, "ok_1": nil}
			}),
			[]string{
				`purposes["marketing.newsletter"].roles[""]: must be named`,
				`purposes["marketing.newsletter"].roles["A"]: must be named`,
				`purposes["marketing.newsletter"].roles["` + long + `"]: must be named`,
				`purposes["marketing.newsletter"].roles["b.c"]: must be named`,
			},
		},
		{
			"role beyond the purpose",
			in(payment, func(s *purpose.Spec) { s.Roles["agent"] = []purpose.Attribute{name, email, name} }),
			[]string{
				`purposes["service.payment"].roles["agent"]: "identity.email" is not in the purpose`,
				`purposes["service.payment"].roles["agent"]: "identity.name" is there twice`,
			},
		},
		{
			"class ill formed", in(orders, func(s *purpose.Spec) { s.Retention.Class = "a/b" }),
			[]string{`purposes["orders"].retention.class: must be 1 to 64`},
		},
		{"kept for no time", in(orders, func(s *purpose.Spec) { s.Retention.Keep = purpose.Period{} }), []string{`purposes["orders"].retention.keep: must be positive`}},
		{
			"kept for less than no time", in(orders, func(s *purpose.Spec) { s.Retention.Keep = purpose.Period{Years: 1, Days: -1} }),
			[]string{`purposes["orders"].retention.keep: must not be negative`},
		},
		{
			"kept for ages", in(orders, func(s *purpose.Spec) { s.Retention.Keep = purpose.Period{Years: 1001} }),
			[]string{`purposes["orders"].retention.keep: is longer than 1000 years`},
		},
		{"kept from never", in(orders, func(s *purpose.Spec) { s.Retention.From = 0 }), []string{`purposes["orders"].retention.from: is required`}},
		{"kept from no event", in(orders, func(s *purpose.Spec) { s.Retention.From = 5 }), []string{`purposes["orders"].retention.from: is required`}},
		{
			"minimum negative", in(payment, func(s *purpose.Spec) { s.Retention.Minimum = purpose.Period{Months: -1} }),
			[]string{`purposes["service.payment"].retention.minimum: must not be negative`},
		},
		{
			"minimum longer", in(payment, func(s *purpose.Spec) { s.Retention.Minimum = purpose.Period{Years: 7, Days: 1} }),
			[]string{`purposes["service.payment"].retention.minimum: is longer than keep`},
		},
		{"minimum as long", in(payment, func(s *purpose.Spec) { s.Retention.Minimum = purpose.Period{Months: 84} }), nil},
		{
			"minimum longer in a leap year",
			in(payment, func(s *purpose.Spec) {
				s.Retention.Keep, s.Retention.Minimum = purpose.Period{Days: 365}, purpose.Period{Years: 1}
			}),
			[]string{`purposes["service.payment"].retention.minimum: is longer than keep`},
		},
		{
			"minimum longer in a century without leap day",
			in(payment, func(s *purpose.Spec) {
				s.Retention.Keep, s.Retention.Minimum = purpose.Period{Years: 4}, purpose.Period{Days: 1461}
			}),
			[]string{`purposes["service.payment"].retention.minimum: is longer than keep`},
		},
		{
			"minimum never longer",
			in(payment, func(s *purpose.Spec) {
				s.Retention.Keep, s.Retention.Minimum = purpose.Period{Days: 366}, purpose.Period{Years: 1}
			}), nil,
		},
		{
			"minimum without citation", in(payment, func(s *purpose.Spec) { s.Retention.Citation = "" }),
			[]string{`purposes["service.payment"].retention.citation: is required`},
		},
		{
			"class of two periods", in(newsletter, func(s *purpose.Spec) { s.Retention.Keep = purpose.Period{Years: 2} }),
			[]string{`purposes["marketing.newsletter"].retention: class "marketing" has another rule in purposes["marketing"]`},
		},
		{
			"class of two starts, one named by its domain",
			in(statistics, func(s *purpose.Spec) {
				s.Retention = purpose.Retention{Class: "marketing", Keep: purpose.Period{Years: 1}, From: purpose.FromYearEnd}
			}),
			[]string{`purposes["statistics"].retention: class "marketing" has another rule in purposes["marketing"]`},
		},
		{
			"class of two minimums",
			in(newsletter, func(s *purpose.Spec) {
				s.Retention.Minimum, s.Retention.Citation = purpose.Period{Months: 1}, "a law"
			}),
			[]string{`purposes["marketing.newsletter"].retention: class "marketing" has another rule in purposes["marketing"]`},
		},
		{
			"class of two ends",
			in(newsletter, func(s *purpose.Spec) { s.Retention.Then = purpose.Anonymise }),
			[]string{`purposes["marketing.newsletter"].retention: class "marketing" has another rule in purposes["marketing"]`},
		},
		{"an end that nobody knows", in(orders, func(s *purpose.Spec) { s.Retention.Then = purpose.Anonymise + 1 }), []string{`purposes["orders"].retention.then: is not known`}},
		{"secondary without law", in(support, func(s *purpose.Spec) { s.Secondary = true }), []string{`purposes["support"].secondary: needs a legal ground and a case`}},
		{"secondary without case", in(orders, func(s *purpose.Spec) { s.CaseBound = false }), []string{`purposes["orders"].secondary: needs a legal ground and a case`}},
		{
			"several, in the order of the document",
			func(d *purpose.Document) {
				d.Version = ""
				at(d, orders).Basis = 0
				at(d, orders).Secondary = false
				at(d, service).Title.FR = ""
			},
			[]string{`version: `, `purposes["service"].title: `, `purposes["orders"].basis: `},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := shop()
			d.Recipients = nil
			c.change(&d)
			p, err := purpose.NewPolicy(d)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.Nil(t, p)
			require.Error(t, err)
			got := faults(t, err)
			require.Len(t, got, len(c.want), "%q", got)
			for i := range got {
				assert.True(t, strings.HasPrefix(got[i], c.want[i]), "got %q, want %q", got[i], c.want[i])
			}
			_, again := purpose.NewPolicy(d)
			assert.Equal(t, err.Error(), again.Error(), "the order of faults must not depend on a map's")
		})
	}
}

func TestFaultsOfNothing(t *testing.T) {
	t.Parallel()
	_, err := purpose.NewPolicy(purpose.Document{})
	assert.Len(t, faults(t, err), 5)
	_, err = purpose.NewPolicy(purpose.Document{Purposes: make([]purpose.Spec, 2)})
	assert.Greater(t, len(faults(t, err)), 15)
}

func TestFaultsOfSize(t *testing.T) {
	t.Parallel()
	sized := func(purposes, attributes int) purpose.Document {
		d := shop()
		one := d.Purposes[len(d.Purposes)-1]
		one.Attributes, one.Roles = nil, map[purpose.Role][]purpose.Attribute{"r": nil}
		for i := range attributes {
			one.Attributes = append(one.Attributes, purpose.Attribute(fmt.Sprintf("c.n%d", i)))
		}
		d.Purposes, d.Recipients = nil, nil
		for i := range purposes {
			one.ID = purpose.ID(fmt.Sprintf("p%d", i))
			d.Purposes = append(d.Purposes, one)
			one.Attributes = one.Attributes[:min(1, attributes)]
		}
		return d
	}
	policy(t, sized(16384, 4096))
	_, err := purpose.NewPolicy(sized(16385, 4097))
	assert.Equal(t, []string{
		"purposes: declares 16385; the most is 16384",
		"purposes: list 4097 distinct attributes; the most is 4096",
	}, faults(t, err))
}

func TestPolicyAccessors(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	assert.Equal(t, "2026-01", p.Version())
	assert.Equal(t, uint16(1), p.Number())
	assert.Equal(t, noon.Add(-days(365)), p.Effective())
	assert.Equal(t, "privacy@example.com", p.Officer())
	assert.Equal(t, []language.Tag{language.CanadianFrench, language.English}, p.Languages())
	_, ok := p.Spec("nothing")
	assert.False(t, ok)
	s, ok := p.Spec(payment)
	require.True(t, ok)
	assert.Equal(t, shop().Purposes[1], s)
}

// The numbers stand in stored tokens: this table must never change for this document.
func TestOrdinalsGolden(t *testing.T) {
	t.Parallel()
	d := shop()
	slices.Reverse(d.Purposes) // the order of the document is nothing
	p := policy(t, d)
	ids := []purpose.ID{marketing, newsletter, orders, service, payment, statistics, support}
	assert.Equal(t, ids, slices.Collect(p.IDs()))
	for i, id := range ids {
		n, ok := p.Ordinal(id)
		assert.True(t, ok)
		assert.Equal(t, uint16(i), n, id)
		back, ok := p.PurposeAt(n)
		assert.True(t, ok)
		assert.Equal(t, id, back)
	}
	attributes := []purpose.Attribute{email, name, card, job}
	assert.Equal(t, attributes, p.Attributes())
	for i, a := range attributes {
		n, ok := p.AttributeOrdinal(a)
		assert.True(t, ok)
		assert.Equal(t, uint16(i), n, a)
		back, ok := p.AttributeAt(n)
		assert.True(t, ok)
		assert.Equal(t, a, back)
	}
	classes := []string{"legal", "marketing", "service", "statistics", "support", "tax"}
	for i, class := range classes {
		n, ok := p.ClassOrdinal(class)
		assert.True(t, ok)
		assert.Equal(t, uint16(i), n, class)
		back, ok := p.ClassAt(n)
		assert.True(t, ok)
		assert.Equal(t, class, back)
	}
	for _, n := range []uint16{7, 64, 65535} {
		_, ok := p.PurposeAt(n)
		assert.False(t, ok)
		_, ok = p.AttributeAt(n)
		assert.False(t, ok)
		_, ok = p.ClassAt(n)
		assert.False(t, ok)
	}
	_, ok := p.Ordinal("marketing.letter")
	assert.False(t, ok)
	_, ok = p.AttributeOrdinal("identity.sin")
	assert.False(t, ok)
	_, ok = p.ClassOrdinal("billing")
	assert.False(t, ok, "billing is a domain, its class is tax")
}

func TestCompartment(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	for _, c := range []struct {
		ids  []purpose.ID
		want purpose.Compartment
	}{
		{[]purpose.ID{newsletter}, "marketing/marketing"},
		{[]purpose.ID{payment}, "tax/billing"},
		{[]purpose.ID{payment, newsletter, service}, "marketing+service+tax/billing+marketing+service"},
		{[]purpose.ID{service, newsletter, marketing, payment, service}, "marketing+service+tax/billing+marketing+service"},
	} {
		got, err := p.Compartment(c.ids...)
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
		parts := strings.Split(string(got), "/")
		assert.Equal(t, strings.Split(parts[0], "+"), got.Classes())
		assert.Equal(t, strings.Split(parts[1], "+"), got.Domains())
	}
	given := []purpose.ID{service, newsletter}
	_, err := p.Compartment(given...)
	require.NoError(t, err)
	assert.Equal(t, []purpose.ID{service, newsletter}, given)

	_, err = p.Compartment()
	assert.ErrorIs(t, err, purpose.Malformed)
	_, err = p.Compartment(service, "nothing")
	assert.ErrorIs(t, err, purpose.UnknownPurpose)
}

// Nothing that goes in or comes out shares memory with the policy.
func TestPolicyIsImmutable(t *testing.T) {
	t.Parallel()
	spoil := func(s *purpose.Spec) {
		s.Attributes[0], s.Operations[0] = "x.x", 0
		for role := range s.Roles {
			if len(s.Roles[role]) > 0 {
				s.Roles[role][0] = "x.x"
			}
		}
		clear(s.Roles)
	}
	d := shop()
	p := policy(t, d)
	for i := range d.Purposes {
		spoil(&d.Purposes[i])
	}
	d.Languages[0] = language.Thai
	p.Languages()[0] = language.Thai
	p.Attributes()[0] = "x.x"
	for _, want := range shop().Purposes {
		s, ok := p.Spec(want.ID)
		require.True(t, ok)
		require.Equal(t, want, s)
		spoil(&s)
		s, _ = p.Spec(want.ID)
		require.Equal(t, want, s)
	}
	assert.Equal(t, language.CanadianFrench, p.Languages()[0])
	assert.Equal(t, email, p.Attributes()[0])
}

func TestNoPolicy(t *testing.T) {
	t.Parallel()
	for _, p := range []*purpose.Policy{nil, {}} {
		assert.Empty(t, p.Version())
		assert.Empty(t, p.Officer())
		assert.True(t, p.Effective().IsZero())
		assert.Empty(t, p.Languages())
		assert.Empty(t, p.Attributes())
		assert.Empty(t, slices.Collect(p.IDs()))
		_, ok := p.Spec(service)
		assert.False(t, ok)
		_, ok = p.Ordinal(service)
		assert.False(t, ok)
		_, ok = p.PurposeAt(0)
		assert.False(t, ok)
		_, ok = p.AttributeOrdinal(name)
		assert.False(t, ok)
		_, ok = p.AttributeAt(0)
		assert.False(t, ok)
		_, ok = p.ClassOrdinal("service")
		assert.False(t, ok)
		_, ok = p.ClassAt(0)
		assert.False(t, ok)
		_, err := p.Compartment(service)
		assert.ErrorIs(t, err, purpose.UnknownPurpose)
		assert.ErrorIs(t, p.Possible(ask(service)), purpose.ErrDenied)
		assert.False(t, p.Decide(ask(service), knowing()).Allowed())
		s, reason := p.Scope(service, purpose.Use, "agent")
		assert.Nil(t, s)
		assert.NotEqual(t, purpose.Permitted, reason)
	}
	assert.Equal(t, purpose.UnknownPolicy, (*purpose.Policy)(nil).Decide(ask(service), nil).Reason)
}

// What a token's numbers mean is part of the format, so the digest of it is, too.
func TestTablesGolden(t *testing.T) {
	t.Parallel()
	p, err := purpose.NewPolicy(shop())
	require.NoError(t, err)
	tables := p.Tables()
	var text strings.Builder
	text.WriteString("purposebound policy tables v1\n")
	for id := range p.IDs() {
		spec, _ := p.Spec(id)
		text.WriteString("purpose " + string(id) + " " + spec.Domain + "\n")
	}
	for _, a := range p.Attributes() {
		text.WriteString("attribute " + string(a) + "\n")
	}
	for i := uint16(0); ; i++ {
		class, ok := p.ClassAt(i)
		if !ok {
			break
		}
		text.WriteString("class " + class + "\n")
	}
	want := sha256.Sum256([]byte(text.String()))
	assert.Equal(t, want[:16], tables[:])

	other := shop()
	other.Purposes[0].Title = purpose.Text{EN: "Another title", FR: "Un autre titre"}
	same, err := purpose.NewPolicy(other)
	require.NoError(t, err)
	assert.Equal(t, tables, same.Tables(), "a title gives no number another meaning")
	other.Purposes = append(other.Purposes, purpose.Spec{
		ID: "aaa", Domain: "aaa", Title: purpose.Text{EN: "A", FR: "A"}, Basis: purpose.LegalGround, Citation: "A",
		Attributes: other.Purposes[0].Attributes[:1], Operations: []purpose.Operation{purpose.Use},
		Roles:     map[purpose.Role][]purpose.Attribute{"r": nil},
		Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
	})
	more, err := purpose.NewPolicy(other)
	require.NoError(t, err)
	assert.NotEqual(t, tables, more.Tables())
}
