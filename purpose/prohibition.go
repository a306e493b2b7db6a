package purpose

// Prohibition is a rule that no grant, contract or order lifts. To sell is prohibited without one.
type Prohibition struct {
	Name       string          // names it, "no_disclosure_under_offers"; [a-z0-9_]{1,64}
	Title      Text            // as people are told; both languages required
	Within     ID              // the purpose it stands in, with those below; "" for all
	Operations []Operation     // what is prohibited; required
	To         []RecipientKind // towards whom; empty: towards anyone, and towards no one in particular
}

// covers reports whether the prohibition stands in the purpose.
func (p *Prohibition) covers(id ID) bool { return p.Within == "" || id.Within(p.Within) }
