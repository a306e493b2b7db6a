package purpose

// keeping follows the rules of retention classes from version to version, so that what a rule ended while it was in force stays ended when a later version keeps longer.
type keeping struct {
	rules map[string][]spell // by class, in order
	seen  map[ID]membership
}

// spell is a rule of a class for as long as it did not change. A version that does not have the class changes nothing.
type spell struct {
	rule limit
	last uint16 // number of the last version that had it
}

// membership is which class a purpose is in.
type membership struct {
	class  string
	number uint16 // of the last version that had it so
	other  uint16 // of the last version that had it in another class; 0: none did
}

func newKeeping() *keeping {
	return &keeping{rules: make(map[string][]spell), seen: make(map[ID]membership)}
}

// next tells the purposes of the version that follows those it has seen by which rules their values may have ended before.
func (k *keeping) next(p *Policy) {
	for _, c := range p.purposes {
		k.change(c.spec.class(), c.limit, p)
	}
	for id, c := range p.purposes {
		class := c.spec.class()
		m := k.seen[id]
		if m.number != 0 && m.class != class {
			m.other = m.number
		}
		m.class, m.number = class, p.number
		k.seen[id] = m
		spells := k.rules[class]
		for i := range spells[:len(spells)-1] {
			// What the purpose kept in another class then was not kept by this rule.
			if s := &spells[i]; s.last > m.other && c.limit.longerThan(&s.rule) {
				c.earlier = append(c.earlier, s.rule)
			}
		}
		if len(c.earlier) > 0 {
			c.shorten()
		}
	}
}

// change notes the rule of a class in a version. All purposes of a class have the same.
func (k *keeping) change(class string, r limit, p *Policy) {
	spells := k.rules[class]
	if n := len(spells); n == 0 || spells[n-1].rule != r {
		if n > 0 {
			spells[n-1].rule.until = p.effective
		}
		spells = append(spells, spell{rule: r})
		k.rules[class] = spells
	}
	spells[len(spells)-1].last = p.number
}

// longerThan reports whether l may keep what a rule before it would have ended.
func (l *limit) longerThan(before *limit) bool {
	return l.from != before.from || longer(l.keep, before.keep) || longer(l.minimum, before.minimum) || l.minimum.IsZero() != before.minimum.IsZero()
}

// shorten makes the shortcut of the purpose's scopes hold for the rules before, too.
func (c *compiled) shorten() {
	least := c.limit.keep.leastDays()
	for i := range c.earlier {
		least = min(least, c.earlier[i].keep.leastDays())
	}
	seconds := uint64(least) * 24 * 60 * 60
	for _, scopes := range c.roles {
		for i := range scopes {
			scopes[i].least = min(scopes[i].least, seconds)
		}
	}
}
