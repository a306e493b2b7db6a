package certificate

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// claim is the one private claim.
const claim = "erasure"

// The texts of outcomes. They are stored: they are never changed, only added to, and what is added needs another version.
var outcomes = map[retention.Outcome]string{
	retention.Destroyed: "destroyed", retention.Deleted: "deleted", retention.Retained: "retained", retention.Held: "held", retention.Anonymised: "anonymised",
}

// version returns the version of the private claim: 2 with something anonymised, and 1 without, so that one certificate has one form, and who reads version 1 alone reads all it can.
func version(c *retention.Certificate) int {
	if slices.ContainsFunc(c.Lines, func(l retention.Line) bool { return l.Outcome == retention.Anonymised }) {
		return 2
	}
	return 1
}

// payload is all that a token claims.
type payload struct {
	Issuer string  `json:"iss"`
	Issued int64   `json:"iat"`
	ID     string  `json:"jti"`
	Body   *erased `json:"erasure"`
}

type erased struct {
	Digest    string   `json:"digest"`
	Policy    string   `json:"policy"`
	Decided   string   `json:"decided"`
	Completed string   `json:"completed"`
	Lines     []line   `json:"lines"`
	Tables    []string `json:"tables"`
	Redacted  bool     `json:"redacted"`
	Backups   string   `json:"backups,omitempty"`
}

type line struct {
	Attribute   string `json:"attribute"`
	Compartment string `json:"compartment"`
	Outcome     string `json:"outcome"`
	Until       string `json:"until,omitempty"`
	Why         string `json:"why,omitempty"`
}

// private returns the private claim of a certificate.
func private(c *retention.Certificate) map[string]any {
	lines := make([]any, 0, len(c.Lines))
	for _, l := range c.Lines {
		one := map[string]any{"attribute": string(l.Attribute), "compartment": string(l.Compartment), "outcome": outcomes[l.Outcome]}
		if !l.Until.IsZero() {
			one["until"] = stamp(l.Until)
		}
		if l.Why != "" {
			one["why"] = l.Why
		}
		lines = append(lines, one)
	}
	tables := make([]any, 0, len(c.Tables))
	for _, t := range c.Tables {
		tables = append(tables, t)
	}
	out := map[string]any{
		"v": version(c), "digest": c.Digest, "policy": c.Policy, "decided": stamp(c.Decided), "completed": stamp(c.Completed),
		"lines": lines, "tables": tables, "redacted": c.Redacted,
	}
	if !c.Backups.IsZero() {
		out["backups"] = stamp(c.Backups)
	}
	return out
}

// read reads the claims of a token that was verified.
func read(claims []byte) (retention.Certificate, error) {
	var p payload
	if err := json.Unmarshal(claims, &p); err != nil || p.Issuer == "" || p.Body == nil {
		return retention.Certificate{}, ErrFormat
	}
	ok := true
	at := func(text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.Parse(time.RFC3339Nano, text)
		ok = ok && err == nil
		return t.UTC()
	}
	b := p.Body
	c := retention.Certificate{ID: p.ID, Digest: b.Digest, Policy: b.Policy, Decided: at(b.Decided), Completed: at(b.Completed), Redacted: b.Redacted, Backups: at(b.Backups)}
	if len(b.Tables) > 0 {
		c.Tables = b.Tables
	}
	for _, l := range b.Lines {
		c.Lines = append(c.Lines, retention.Line{
			Attribute: purpose.Attribute(l.Attribute), Compartment: purpose.Compartment(l.Compartment), Outcome: outcome(l.Outcome), Until: at(l.Until), Why: l.Why,
		})
	}
	if !ok || !complete(&c) || !written(claims, p.Issuer, &c) {
		return retention.Certificate{}, ErrFormat
	}
	return c, nil
}

// written reports whether claims are those that are written of the certificate, in the version that this one is written in. The decoder is lenient: it takes a name in other letters, an
// absent field, a null and an empty text for the same, and passes over what it does not know. Another reader need not, so nothing passes that is not written.
func written(claims []byte, issuer string, c *retention.Certificate) bool {
	one, err := json.Marshal(map[string]any{"iss": issuer, "iat": c.Completed.Unix(), "jti": c.ID, claim: private(c)})
	if err != nil {
		return false
	}
	var have, want any
	return json.Unmarshal(claims, &have) == nil && json.Unmarshal(one, &want) == nil && reflect.DeepEqual(have, want)
}

// outcome returns the outcome of a text, zero for none.
func outcome(text string) retention.Outcome {
	for o, t := range outcomes {
		if t == text {
			return o
		}
	}
	return 0
}

// complete reports whether a certificate says all that one must, and nothing impossible.
func complete(c *retention.Certificate) bool {
	if c.ID == "" || !digest(c.Digest) || c.Policy == "" || !writable(c.Decided) || !writable(c.Completed) || c.Completed.Before(c.Decided) {
		return false
	}
	if !c.Backups.IsZero() && (!writable(c.Backups) || c.Backups.Before(c.Completed)) {
		return false
	}
	for i, t := range c.Tables {
		if t == "" || i > 0 && t <= c.Tables[i-1] {
			return false
		}
	}
	for i, l := range c.Lines {
		if !said(&l) || i > 0 && !follows(&l, &c.Lines[i-1]) {
			return false
		}
	}
	return true
}

// said reports whether a line says what its outcome needs, and no more: a reason of what is kept, an end of what a law keeps.
func said(l *retention.Line) bool {
	if l.Attribute == "" || l.Compartment == "" || !l.Until.IsZero() && !writable(l.Until) {
		return false
	}
	switch l.Outcome {
	case retention.Retained:
		return l.Why != ""
	case retention.Held:
		return l.Why != "" && l.Until.IsZero()
	case retention.Destroyed, retention.Deleted, retention.Anonymised:
		return l.Why == "" && l.Until.IsZero()
	}
	return false
}

// follows reports whether a line comes after another: an attribute has one fate in a compartment.
func follows(l, before *retention.Line) bool {
	return cmp.Or(cmp.Compare(l.Attribute, before.Attribute), cmp.Compare(l.Compartment, before.Compartment)) > 0
}

// digest reports whether a text can be a [retention.Digest]. Anything else of that length might be the id that it is to hide.
func digest(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}

func writable(t time.Time) bool { y := t.UTC().Year(); return !t.IsZero() && y >= 1970 && y <= 9999 }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
