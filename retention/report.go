package retention

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Outcome says what became, or is to become, of an attribute. The zero Outcome is invalid.
type Outcome uint8

// The outcomes of an erasure.
const (
	Destroyed  Outcome = iota + 1 // its key is destroyed and its rows are deleted
	Deleted                       // its rows are deleted; its key is kept for what is Retained or Held beside it, so until then a backup of the rows still opens
	Retained                      // a law obliges to keep it
	Held                          // a hold keeps it
	Anonymised                    // its key is destroyed and its rows are deleted, by a table's Anonymiser: anonymised information that was made of it before may be left
)

// Line is what an erasure does to the values of one attribute in one compartment. It names no person and holds no value.
type Line struct {
	Attribute   purpose.Attribute
	Compartment purpose.Compartment
	Outcome     Outcome
	Until       time.Time // of what is Retained: first instant at which it is not kept any more; zero: not known yet
	Why         string    // of what is Retained, the citation; of what is Held, the purpose of the hold
}

// Plan is what an erasure would do, attribute by attribute: nothing that the agenda has of the person is left out.
type Plan struct {
	Policy string // version it was made under
	Ledger uint64 // version of the person's ledger it was made from
	Lines  []Line // in the order of attribute and compartment
}

// Certificate says that a person's data was erased, but for what it lists. It holds neither a name nor a value: who knows the person's id can check that it is hers
// by [Certificate.Concerns]. From the digest an id can be found only by trying ids, which is hopeless for those of [consent.NewSubject] and easy for numbers that
// count up. Package certificate signs it.
type Certificate struct {
	ID        string    // of the erasure, random
	Digest    string    // see [Digest]
	Policy    string    // version in force when it was decided
	Decided   time.Time // when the erasure was decided and the person fenced
	Completed time.Time // when everything it was to end had ended
	Lines     []Line    // what became of each attribute
	Tables    []string  // whose erasers, or anonymisers, reported success, sorted
	Redacted  bool      // the ledger's payloads were blanked
	// Backups is the day on which the last backup expires that was made before the keys were destroyed, if the program told how long backups are kept: until then a key
	// could be put back together with the key-encryption key of its day. Zero: not told.
	Backups time.Time
}

const digestLabel = "purposebound erasure v1\x00"

// Digest returns what stands for the person in the certificate of an erasure: SHA-256 over a label, the erasure's id, a zero byte and the person's id, in hexadecimal.
func Digest(id string, s consent.Subject) string {
	b := append([]byte(digestLabel), id...)
	b = append(b, 0)
	sum := sha256.Sum256(append(b, s...))
	return hex.EncodeToString(sum[:])
}

// Kept returns the lines of what was not erased: Retained or Held. What is Anonymised is not kept: what may be left of it is about nobody.
func (c *Certificate) Kept() (lines []Line) {
	for _, l := range c.Lines {
		if l.Outcome == Retained || l.Outcome == Held {
			lines = append(lines, l)
		}
	}
	return lines
}

// Concerns reports whether the certificate is about the person.
func (c *Certificate) Concerns(s consent.Subject) bool { return c.Digest == Digest(c.ID, s) }
