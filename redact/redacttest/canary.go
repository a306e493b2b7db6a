package redacttest

import (
	"strings"
	"sync/atomic"
)

// Canary is a value that a test can trace: it stands for one piece of personal data and occurs nowhere else. [NewPerson] invents
// canaries of every kind and [NewCanary] makes one of a text of the test's own. The zero Canary is none, and fails a test that looks for it.
// A Canary may be copied, and used by goroutines at once.
type Canary struct {
	kind, owner, text string
	parts             []string // pieces that identify alone, besides runs of digits
	taken             *atomic.Bool
}

// NewCanary returns a canary of the test's own text. The kind names it in failures. The text needs at least six letters and digits, and should be
// long and odd enough not to occur by chance: a Canary of six to eight is found only where it stands by itself.
func NewCanary(kind, text string) Canary {
	var parts []string
	if local, domain, ok := strings.Cut(text, "@"); ok && !strings.ContainsAny(text, " \t\n") && strings.Contains(domain, ".") {
		parts = []string{local}
	}
	return newCanary(kind, "", text, parts...)
}

func newCanary(kind, owner, text string, parts ...string) Canary {
	return Canary{kind: kind, owner: owner, text: text, parts: parts, taken: new(atomic.Bool)}
}

// Kind returns what the value is, such as "email".
func (c Canary) Kind() string { return c.kind }

// String returns the value, to hand to the program, and notes that it was taken.
func (c Canary) String() string {
	if c.taken != nil {
		c.taken.Store(true)
	}
	return c.text
}

// label names the canary without showing it.
func (c Canary) label() string {
	if c.owner == "" {
		return c.kind
	}
	return c.kind + " of " + c.owner
}
