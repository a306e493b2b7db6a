package purpose

import (
	"crypto/sha256"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Policy is a checked [Document], compiled for asking. It never changes and is safe for concurrent use.
// A nil or zero Policy declares nothing and denies everything.
type Policy struct {
	version   string
	effective time.Time
	officer   string
	languages []language.Tag

	// Sorted; the position is the ordinal.
	ids        []ID
	attributes []Attribute
	classes    []string
	tables     [16]byte

	purposes map[ID]*compiled
	ordinals map[Attribute]uint16

	document   Document // a copy of its own, never changed
	recipients map[string]*Recipient
	number     uint16
	next       time.Time // when a later version takes over; zero: there is none
	versions   *lineage  // of the history it belongs to; itself alone if it was made by NewPolicy
}

// compiled is one purpose, its lists turned into sets over the policy's ordinals.
type compiled struct {
	spec       Spec
	ordinal    uint16
	number     uint16 // of the policy's version
	since      uint16 // consent given under a version before that one has lapsed
	version    string
	versions   *lineage
	ancestors  []ID   // from the parent up
	listed     bitset // the purpose's attributes
	categories bitset // the attributes of the policy that share a category with one of them
	attributes int    // how many the policy has
	roles      map[Role]*[Maintenance + 1]Scope
	collect    Scope // for any role
	limit      limit
	earlier    []limit // of the same class, under versions before, that may have ended what this one would not have

	prohibited   Operations                // towards anyone, and towards no one in particular
	prohibitedTo [Authority + 1]Operations // towards a kind of recipient
	routes       map[string]*route         // to the recipients it may disclose to, and those it may never
	rules        *Rules
	obligations  Obligations
}

// NewPolicy checks the document as a whole, copies and compiles it.
// The error joins one [*Fault] for each thing that is wrong, in the order of the document.
func NewPolicy(d Document) (*Policy, error) {
	var c check
	c.document(&d)
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	p := compile(d.clone())
	p.number, p.versions = 1, &lineage{policies: []*Policy{p}, numbers: map[string]uint16{d.Version: 1}}
	p.settle(func(ID) uint16 { return 1 })
	return p, nil
}

// compile makes a policy of a document that was checked and is its own. It is of no version yet.
func compile(d Document) *Policy {
	p := &Policy{
		version:    d.Version,
		effective:  d.Effective,
		officer:    d.Officer,
		languages:  slices.Clone(d.Languages),
		attributes: distinct(d.Purposes),
		purposes:   make(map[ID]*compiled, len(d.Purposes)),
		ordinals:   make(map[Attribute]uint16),
		document:   d,
		recipients: make(map[string]*Recipient, len(d.Recipients)),
	}
	for i := range d.Recipients {
		p.recipients[d.Recipients[i].ID] = &p.document.Recipients[i]
	}
	for i, a := range p.attributes {
		p.ordinals[a] = uint16(i)
	}
	for i := range d.Purposes {
		s := &d.Purposes[i]
		p.ids = append(p.ids, s.ID)
		p.classes = append(p.classes, s.class())
		p.purposes[s.ID] = p.compile(s)
	}
	slices.Sort(p.ids)
	slices.Sort(p.classes)
	p.classes = slices.Compact(p.classes)
	for i, id := range p.ids {
		p.purposes[id].ordinal = uint16(i)
	}
	p.tables = p.digest()
	return p
}

// settle tells every purpose which version it is of, and since which version its consents hold.
func (p *Policy) settle(since func(ID) uint16) {
	for id, c := range p.purposes {
		c.number, c.since, c.version, c.versions = p.number, since(id), p.version, p.versions
	}
}

func (p *Policy) compile(s *Spec) *compiled {
	c := &compiled{
		spec:       s.clone(),
		listed:     p.set(s.Attributes),
		limit:      s.Retention.limit(),
		attributes: len(p.attributes),
		roles:      make(map[Role]*[Maintenance + 1]Scope, len(s.Roles)),
	}
	for up := s.ID.Parent(); up != ""; up = up.Parent() {
		c.ancestors = append(c.ancestors, up)
	}
	listed := make(map[string]bool)
	for _, a := range s.Attributes {
		listed[a.Category()] = true
	}
	c.categories = newBitset(len(p.attributes))
	for i, a := range p.attributes {
		if listed[a.Category()] {
			c.categories.add(uint16(i))
		}
	}
	for role, attributes := range s.Roles {
		granted := p.set(attributes)
		scopes := new([Maintenance + 1]Scope)
		for _, op := range s.Operations {
			scopes[op] = newScope(c, op, granted)
		}
		c.roles[role] = scopes
	}
	if slices.Contains(s.Operations, Collect) {
		c.collect = newScope(c, Collect, c.listed)
	}
	c.rules, c.obligations = &p.document.Rules, ObligationSet(s.Obligations...)
	for i := range p.document.Prohibitions {
		c.prohibit(&p.document.Prohibitions[i])
	}
	if len(s.Recipients) > 0 {
		c.routes = make(map[string]*route, len(p.recipients))
		for id := range p.recipients {
			c.routes[id] = p.route(c, id)
		}
	}
	return c
}

func (c *compiled) prohibit(x *Prohibition) {
	if !x.covers(c.spec.ID) {
		return
	}
	set := OperationSet(x.Operations...)
	if len(x.To) == 0 {
		c.prohibited |= set
	}
	for _, kind := range x.To {
		c.prohibitedTo[kind] |= set
	}
}

func (p *Policy) set(attributes []Attribute) bitset {
	s := newBitset(len(p.attributes))
	for _, a := range attributes {
		if ordinal, ok := p.ordinals[a]; ok { // an order may list what no purpose does
			s.add(ordinal)
		}
	}
	return s
}

// clone returns a copy that shares nothing with s.
func (s *Spec) clone() Spec {
	out := *s
	out.Attributes = slices.Clone(s.Attributes)
	out.Operations = slices.Clone(s.Operations)
	out.Roles = maps.Clone(s.Roles)
	for role, attributes := range out.Roles {
		out.Roles[role] = slices.Clone(attributes)
	}
	out.Recipients = slices.Clone(s.Recipients)
	out.Obligations = slices.Clone(s.Obligations)
	out.Subjects = slices.Clone(s.Subjects)
	out.Requires = slices.Clone(s.Requires)
	return out
}

// clone returns a copy that shares nothing with d.
func (d *Document) clone() Document {
	out := *d
	out.Languages = slices.Clone(d.Languages)
	out.Purposes = slices.Clone(d.Purposes)
	for i := range out.Purposes {
		out.Purposes[i] = d.Purposes[i].clone()
	}
	r := &out.Rules
	r.Territory, r.Adequate = slices.Clone(r.Territory), slices.Clone(r.Adequate)
	r.Undertakings, r.Derogations, r.Rights = slices.Clone(r.Undertakings), slices.Clone(r.Derogations), slices.Clone(r.Rights)
	out.Recipients = slices.Clone(d.Recipients)
	for i := range out.Recipients {
		out.Recipients[i] = d.Recipients[i].clone()
	}
	out.Assessments = slices.Clone(d.Assessments)
	for i := range out.Assessments {
		a := &out.Assessments[i]
		a.Jurisdictions, a.Purposes, a.Attributes = slices.Clone(a.Jurisdictions), slices.Clone(a.Purposes), slices.Clone(a.Attributes)
	}
	out.Prohibitions = slices.Clone(d.Prohibitions)
	for i := range out.Prohibitions {
		x := &out.Prohibitions[i]
		x.Operations, x.To = slices.Clone(x.Operations), slices.Clone(x.To)
	}
	out.Security = slices.Clone(d.Security)
	out.Terms = slices.Clone(d.Terms)
	for i := range out.Terms {
		out.Terms[i].Aliases = slices.Clone(d.Terms[i].Aliases)
	}
	out.Statements.Promises = slices.Clone(d.Statements.Promises)
	out.Statements.Rights = slices.Clone(d.Statements.Rights)
	out.Statements.Derogations = slices.Clone(d.Statements.Derogations)
	return out
}

// find returns the compiled purpose, or nil.
func (p *Policy) find(id ID) *compiled {
	if p == nil {
		return nil
	}
	return p.purposes[id]
}

// Version returns the name of this version of the policy, "2026-01".
func (p *Policy) Version() string {
	if p == nil {
		return ""
	}
	return p.version
}

// Tables identifies what the ordinals of this policy mean: the first 16 bytes of SHA-256 over its purposes with their domains, its
// attributes and its retention classes, in the order of their ordinals. Tokens are bound to it, so that one sealed under
// another document does not open with its numbers read in this one's tables.
func (p *Policy) Tables() [16]byte { return p.tables }

func (p *Policy) digest() [16]byte {
	var b strings.Builder
	b.WriteString("purposebound policy tables v1\n")
	for _, id := range p.ids {
		b.WriteString("purpose " + string(id) + " " + p.purposes[id].spec.Domain + "\n")
	}
	for _, a := range p.attributes {
		b.WriteString("attribute " + string(a) + "\n")
	}
	for _, class := range p.classes {
		b.WriteString("class " + class + "\n")
	}
	sum := sha256.Sum256([]byte(b.String()))
	return [16]byte(sum[:16])
}

// Number returns the ordinal of this version in stored tokens: its place in its [History], from 1.
// A policy made by [NewPolicy] is number 1.
func (p *Policy) Number() uint16 {
	if p == nil {
		return 0
	}
	return p.number
}

// Document returns a copy of what the policy was made of.
func (p *Policy) Document() Document {
	if p == nil {
		return Document{}
	}
	return p.document.clone()
}

// Effective returns the instant from which the policy is in force.
func (p *Policy) Effective() time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.effective
}

// Officer returns how to reach the privacy officer.
func (p *Policy) Officer() string {
	if p == nil {
		return ""
	}
	return p.officer
}

// Languages returns the languages a notice exists in, in the order of the document.
func (p *Policy) Languages() []language.Tag {
	if p == nil {
		return nil
	}
	return slices.Clone(p.languages)
}

// Spec returns a copy of the declaration of a purpose, and false if there is none.
func (p *Policy) Spec(id ID) (Spec, bool) {
	c := p.find(id)
	if c == nil {
		return Spec{}, false
	}
	return c.spec.clone(), true
}

// IDs returns the declared purposes, sorted.
func (p *Policy) IDs() iter.Seq[ID] {
	if p == nil {
		return slices.Values[[]ID](nil)
	}
	return slices.Values(p.ids)
}

// Attributes returns every attribute some purpose lists, sorted.
func (p *Policy) Attributes() []Attribute {
	if p == nil {
		return nil
	}
	return slices.Clone(p.attributes)
}

// Compartment returns the compartment of a value collected for ids: the sorted retention classes joined by "+", a slash,
// and the sorted domains joined by "+". The order and repetition of ids do not matter.
// The error is a [*Denied]: [Malformed] if there are no ids, [UnknownPurpose] if one is not declared.
func (p *Policy) Compartment(ids ...ID) (Compartment, error) {
	if len(ids) == 0 {
		return "", p.denied("", "", Malformed)
	}
	classes := make([]string, 0, len(ids))
	domains := make([]string, 0, len(ids))
	for _, id := range ids {
		c := p.find(id)
		if c == nil {
			return "", p.denied(id, "", UnknownPurpose)
		}
		classes = append(classes, c.spec.class())
		domains = append(domains, c.spec.Domain)
	}
	return Compartment(plus(classes) + "/" + plus(domains)), nil
}

// plus joins the sorted distinct words. It may reorder its argument.
func plus(words []string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), "+")
}

// Ordinal returns the number of a purpose in stored tokens: its place among the sorted ids, from 0.
// An ordinal means something only together with the version of the policy, and is stable within it.
func (p *Policy) Ordinal(id ID) (uint16, bool) {
	c := p.find(id)
	if c == nil {
		return 0, false
	}
	return c.ordinal, true
}

// PurposeAt returns the purpose of an ordinal.
func (p *Policy) PurposeAt(ordinal uint16) (ID, bool) {
	if p == nil || int(ordinal) >= len(p.ids) {
		return "", false
	}
	return p.ids[ordinal], true
}

// AttributeOrdinal returns the number of an attribute in stored tokens: its place among [Policy.Attributes].
func (p *Policy) AttributeOrdinal(a Attribute) (uint16, bool) {
	if p == nil {
		return 0, false
	}
	i, ok := p.ordinals[a]
	return i, ok
}

// AttributeAt returns the attribute of an ordinal.
func (p *Policy) AttributeAt(ordinal uint16) (Attribute, bool) {
	if p == nil || int(ordinal) >= len(p.attributes) {
		return "", false
	}
	return p.attributes[ordinal], true
}

// ClassOrdinal returns the number of a retention class in stored tokens: its place among the sorted classes.
func (p *Policy) ClassOrdinal(class string) (uint16, bool) {
	if p == nil {
		return 0, false
	}
	i, ok := slices.BinarySearch(p.classes, class)
	if !ok {
		return 0, false
	}
	return uint16(i), true
}

// ClassAt returns the retention class of an ordinal.
func (p *Policy) ClassAt(ordinal uint16) (string, bool) {
	if p == nil || int(ordinal) >= len(p.classes) {
		return "", false
	}
	return p.classes[ordinal], true
}

// denied builds the error of a question that no facts were read for.
func (p *Policy) denied(id ID, a Attribute, reason Reason) *Denied {
	d := &Denied{Purpose: id, Attribute: a, Reason: reason, Policy: p.Version()}
	if c := p.find(id); c != nil {
		d.Consequence = c.spec.Consequence
	}
	return d
}

// bitset is a set of attribute ordinals.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) add(i uint16) { b[i/64] |= 1 << (i % 64) }

func (b bitset) has(i uint16) bool { return int(i/64) < len(b) && b[i/64]&(1<<(i%64)) != 0 }

// union returns the attributes of either set, in a set of its own.
func (b bitset) union(o bitset) bitset {
	if len(o) > len(b) {
		b, o = o, b
	}
	out := slices.Clone(b)
	for i := range o {
		out[i] |= o[i]
	}
	return out
}
