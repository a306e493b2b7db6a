package purpose

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

const (
	maxName       = 64      // bytes of an id, a version, an attribute, a domain, a role
	maxPurposes   = 1 << 14 // ordinals stay far from the end of their 16 bits
	maxAttributes = 4096    // one role's attributes fit in 512 bytes
	maxYears      = 1000    // a longer period is a slip of the pen, and would overflow sums of seconds
	reserved      = "rights"
)

// check collects the faults of one document, in the order of the document.
type check struct {
	faults  []error
	specs   map[ID]*Spec // the first of each id
	parents map[ID]bool  // ids that have children
	listed  map[Attribute]bool
}

func (c *check) fault(place, format string, args ...any) {
	c.faults = append(c.faults, &Fault{Place: place, Problem: fmt.Sprintf(format, args...)})
}

func (c *check) document(d *Document) {
	if !version(d.Version) {
		c.fault("version", "must be 1 to %d of a-z 0-9 _ . -, not %q", maxName, d.Version)
	}
	if d.Effective.IsZero() {
		c.fault("effective", "is required")
	}
	if strings.TrimSpace(d.Officer) == "" {
		c.fault("officer", "is required: say how to reach the privacy officer")
	}
	c.languages(d.Languages)
	if len(d.Purposes) == 0 {
		c.fault("purposes", "declares none")
	}
	if len(d.Purposes) > maxPurposes {
		c.fault("purposes", "declares %d; the most is %d", len(d.Purposes), maxPurposes)
	}

	c.specs = make(map[ID]*Spec, len(d.Purposes))
	c.parents = make(map[ID]bool)
	for i := range d.Purposes {
		s := &d.Purposes[i]
		if _, ok := c.specs[s.ID]; !ok {
			c.specs[s.ID] = s
		}
		c.parents[s.ID.Parent()] = true
	}
	for i := range d.Purposes {
		c.purpose(&d.Purposes[i], i)
	}
	c.classes(d.Purposes)
	attributes := distinct(d.Purposes)
	if n := len(attributes); n > maxAttributes {
		c.fault("purposes", "list %d distinct attributes; the most is %d", n, maxAttributes)
	}
	c.listed = make(map[Attribute]bool, len(attributes))
	for _, a := range attributes {
		c.listed[a] = true
	}
	c.outside(d)
}

func (c *check) languages(tags []language.Tag) {
	if len(tags) == 0 {
		c.fault("languages", "needs at least one")
	}
	seen := make(map[string]bool, len(tags))
	for i, tag := range tags {
		text := tag.String()
		switch place := fmt.Sprintf("languages[%d]", i); {
		case tag.IsRoot():
			c.fault(place, "is undetermined")
		case seen[text]:
			c.fault(place, "%s is there twice", text)
		}
		seen[text] = true
	}
}

func (c *check) purpose(s *Spec, i int) {
	at := place(s.ID)
	if s.ID == "" {
		at = fmt.Sprintf("purposes[%d]", i)
	}
	switch {
	case !dotted(string(s.ID)):
		c.fault(at+".id", "must be words of a-z 0-9 _ joined by dots, at most %d bytes", maxName)
	case c.specs[s.ID] != s:
		c.fault(at+".id", "is declared twice")
	}
	parent := c.specs[s.ID.Parent()]
	if up := s.ID.Parent(); up == "" {
		parent = nil
	} else if parent == nil {
		c.fault(at+".id", "has no parent: declare %q", up)
	}

	switch {
	case !word(s.Domain):
		c.fault(at+".domain", "must be 1 to %d of a-z 0-9 _, not %q", maxName, s.Domain)
	case s.Domain == reserved:
		c.fault(at+".domain", "%q is reserved", reserved)
	}
	if strings.TrimSpace(s.Title.EN) == "" {
		c.fault(at+".title", "needs English")
	}
	if strings.TrimSpace(s.Title.FR) == "" {
		c.fault(at+".title", "needs French")
	}
	switch {
	case s.Basis == ImpliedConsent:
		c.fault(at+".basis", "is conduct taken for consent, and consent must be clear (manifeste): ask for it")
	case s.Basis < ExpressConsent || s.Basis > NoticeOnly:
		c.fault(at+".basis", "is required")
	}
	if s.Basis == LegalGround && !s.Cited && strings.TrimSpace(s.Citation) == "" {
		c.fault(at+".citation", "is required: a legal ground is a provision one can read")
	}
	c.attributes(at+".attributes", s, parent)
	c.operations(at+".operations", s, parent)
	c.roles(at+".roles", s)
	c.retention(at+".retention", s)
	c.bounds(at, s, parent)
	if s.Secondary && (s.Basis != LegalGround || !s.CaseBound) {
		c.fault(at+".secondary", "needs a legal ground and a case")
	}
}

func (c *check) attributes(at string, s, parent *Spec) {
	seen := make(map[Attribute]bool, len(s.Attributes))
	for _, a := range s.Attributes {
		switch {
		case !dotted(string(a)) || a.Category() == "":
			c.fault(at, "%q must be category.name, words of a-z 0-9 _, at most %d bytes", a, maxName)
		case seen[a]:
			c.fault(at, "%q is there twice", a)
		case parent != nil && !slices.Contains(parent.Attributes, a):
			c.fault(at, "%q is not in the parent", a)
		}
		seen[a] = true
	}
}

func (c *check) operations(at string, s, parent *Spec) {
	if len(s.Operations) == 0 {
		c.fault(at, "needs at least one")
	}
	var seen Operations
	for _, op := range s.Operations {
		switch {
		case op == Sell:
			c.fault(at, "sell is an operation of no purpose")
		case op < Collect || op > Maintenance:
			c.fault(at, "%d is no operation", op)
		case seen.Has(op):
			c.fault(at, "%q is there twice", op)
		case parent != nil && !slices.Contains(parent.Operations, op):
			c.fault(at, "%q is not in the parent", op)
		}
		seen |= OperationSet(op)
	}
}

func (c *check) roles(at string, s *Spec) {
	if len(s.Roles) == 0 && !c.parents[s.ID] {
		c.fault(at, "needs at least one, or nobody could use the purpose")
	}
	for _, role := range slices.Sorted(maps.Keys(s.Roles)) {
		at := fmt.Sprintf("%s[%q]", at, role)
		if !word(string(role)) {
			c.fault(at, "must be named by 1 to %d of a-z 0-9 _", maxName)
		}
		seen := make(map[Attribute]bool, len(s.Roles[role]))
		for _, a := range s.Roles[role] {
			switch {
			case seen[a]:
				c.fault(at, "%q is there twice", a)
			case !slices.Contains(s.Attributes, a):
				c.fault(at, "%q is not in the purpose", a)
			}
			seen[a] = true
		}
	}
}

func (c *check) retention(at string, s *Spec) {
	r := &s.Retention
	if r.Class != "" && !word(r.Class) {
		c.fault(at+".class", "must be 1 to %d of a-z 0-9 _, not %q", maxName, r.Class)
	}
	keeps := c.period(at+".keep", r.Keep)
	if keeps && r.Keep.IsZero() {
		c.fault(at+".keep", "must be positive: nothing is kept for ever, and nothing for no time")
		keeps = false
	}
	if r.From < FromCollection || r.From > FromAccountClosed {
		c.fault(at+".from", "is required")
	}
	if c.period(at+".after_consent", r.AfterConsent) && !r.AfterConsent.IsZero() {
		if !r.Minimum.IsZero() {
			c.fault(at+".after_consent", "cannot be beside a minimum: what the law obliges to keep is kept whatever is withdrawn")
		}
		if s.Basis == LegalGround {
			c.fault(at+".after_consent", "needs a basis that consent ends")
		}
	}
	if r.Then > Anonymise {
		c.fault(at+".then", "is not known")
	}
	if obliges := c.period(at+".minimum", r.Minimum); obliges && keeps && longer(r.Minimum, r.Keep) {
		c.fault(at+".minimum", "is longer than keep")
	}
	if !r.Minimum.IsZero() && strings.TrimSpace(r.Citation) == "" {
		c.fault(at+".citation", "is required: a minimum is a duty one can read")
	}
}

// period reports whether p is a length that can be counted with.
func (c *check) period(at string, p Period) bool {
	switch {
	case p.Years < 0 || p.Months < 0 || p.Days < 0:
		c.fault(at, "must not be negative")
	case p.Years > maxYears || p.Months > 12*maxYears || p.Days > 366*maxYears:
		c.fault(at, "is longer than %d years", maxYears)
	default:
		return true
	}
	return false
}

// classes finds purposes that share a retention class and not its rule.
func (c *check) classes(specs []Spec) {
	first := make(map[string]*Spec, len(specs))
	for i := range specs {
		s := &specs[i]
		class := s.class()
		if class == "" {
			continue // already a fault
		}
		other, ok := first[class]
		if !ok {
			first[class] = s
			continue
		}
		a, b := other.Retention, s.Retention
		if a.Keep != b.Keep || a.From != b.From || a.Minimum != b.Minimum || a.Then != b.Then || a.AfterConsent != b.AfterConsent {
			c.fault(place(s.ID)+".retention", "class %q has another rule in %s", class, place(other.ID))
		}
	}
}

// class returns the name of the purpose's retention rule.
func (s *Spec) class() string {
	if s.Retention.Class != "" {
		return s.Retention.Class
	}
	return s.Domain
}

func place(id ID) string { return fmt.Sprintf("purposes[%q]", id) }

// distinct returns the attributes of all purposes, sorted.
func distinct(specs []Spec) []Attribute {
	var all []Attribute
	for i := range specs {
		all = append(all, specs[i].Attributes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// longer reports whether a ends after b for some start. Months and years have several lengths, so what cannot be told
// from the parts is counted from every day of nine years around a century that has no leap day.
func longer(a, b Period) bool {
	months := func(p Period) int { return 12*p.Years + p.Months }
	if months(a) <= months(b) && a.Days <= b.Days {
		return false
	}
	if 366*a.Years+31*a.Months+a.Days <= b.leastDays() {
		return false
	}
	start := time.Date(2096, time.January, 1, 0, 0, 0, 0, time.UTC)
	for t := start; t.Year() < 2105; t = t.AddDate(0, 0, 1) {
		if a.After(t).After(b.After(t)) {
			return true
		}
	}
	return false
}

// leastDays returns a number of days the period is never shorter than.
func (p Period) leastDays() int { return 365*p.Years + 28*p.Months + p.Days }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' }

// word reports whether s is [a-z0-9_]{1,64}.
func word(s string) bool {
	for i := range len(s) {
		if !letter(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// dotted reports whether s is words joined by dots, at most 64 bytes long.
func dotted(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if !word(part) {
			return false
		}
	}
	return len(s) <= maxName
}

// version reports whether s is [a-z0-9_.-]{1,64}.
func version(s string) bool {
	for i := range len(s) {
		if !letter(s[i]) && s[i] != '.' && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
