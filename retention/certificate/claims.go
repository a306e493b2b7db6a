package certificate

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// claim is the one private claim; format is its version.
const (
	claim  = "erasure"
	format = 1
)

// The texts of outcomes. They are stored: they are never changed, only added to.
var outcomes = map[retention.Outcome]string{
	retention.Destroyed: "destroyed", retention.Deleted: "deleted", retention.Retained: "retained", retention.Held: "held",
}

// payload is all that a token claims.
type payload struct {
	Issuer string  `json:"iss"`
	Issued int64   `json:"iat"`
	ID     string  `json:"jti"`
	Body   *erased `json:"erasure"`
}

type erased struct {
	Format    int      `json:"v"`
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

// claims returns the private claim of a certificate.
func claims(c *retention.Certificate) map[string]any {
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
		"v": format, "digest": c.Digest, "policy": c.Policy, "decided": stamp(c.Decided), "completed": stamp(c.Completed),
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
	d := json.NewDecoder(bytes.NewReader(claims))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.Body == nil || p.Body.Format != format || p.Body.Lines == nil || p.Body.Tables == nil {
		return retention.Certificate{}, ErrFormat
	}
	if _, err := d.Token(); err != io.EOF {
		return retention.Certificate{}, ErrFormat
	}
	ok := true
	at := func(text string, required bool) time.Time {
		if text == "" && !required {
			return time.Time{}
		}
		t, err := time.Parse(time.RFC3339Nano, text)
		ok = ok && err == nil && stamp(t) == text
		return t.UTC()
	}
	b := p.Body
	c := retention.Certificate{
		ID: p.ID, Digest: b.Digest, Policy: b.Policy, Decided: at(b.Decided, true), Completed: at(b.Completed, true), Redacted: b.Redacted, Backups: at(b.Backups, false),
	}
	if len(b.Tables) > 0 {
		c.Tables = b.Tables
	}
	for _, l := range b.Lines {
		var outcome retention.Outcome
		for o, text := range outcomes {
			if text == l.Outcome {
				outcome = o
			}
		}
		c.Lines = append(c.Lines, retention.Line{
			Attribute: purpose.Attribute(l.Attribute), Compartment: purpose.Compartment(l.Compartment), Outcome: outcome, Until: at(l.Until, false), Why: l.Why,
		})
	}
	if !ok || !complete(&c) || c.Completed.Unix() != p.Issued {
		return retention.Certificate{}, ErrFormat
	}
	return c, nil
}

// complete reports whether a certificate says all that one must, and nothing impossible.
func complete(c *retention.Certificate) bool {
	if c.ID == "" || len(c.Digest) != 64 || c.Policy == "" || !writable(c.Decided) || !writable(c.Completed) || c.Completed.Before(c.Decided) {
		return false
	}
	if !c.Backups.IsZero() && (!writable(c.Backups) || c.Backups.Before(c.Completed)) {
		return false
	}
	for _, l := range c.Lines {
		kept := l.Outcome == retention.Retained || l.Outcome == retention.Held
		if outcomes[l.Outcome] == "" || l.Attribute == "" || l.Compartment == "" || kept && l.Why == "" || !l.Until.IsZero() && !writable(l.Until) {
			return false
		}
	}
	return true
}

func writable(t time.Time) bool { y := t.UTC().Year(); return !t.IsZero() && y >= 1970 && y <= 9999 }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
