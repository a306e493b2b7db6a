package purpose

import (
	"slices"
	"strings"
	"time"
)

// Recipient is somebody outside the organisation to whom data may go. A purpose names the roles it discloses to
// ([Spec.Recipients]); a request names one recipient of such a role.
type Recipient struct {
	ID           string         // "desjardins"; [a-z0-9_.]{1,64}
	Name         string         // as people know it; required
	Role         Role           // what it does with the data, "lender"; required
	Kind         RecipientKind  // how it stands to the organisation; required
	Jurisdiction Jurisdiction   // whose law it is under; required
	Storage      []Jurisdiction // where it keeps data, if elsewhere
	Contract     Contract       // required of all but an authority, which has an [Order]
	Through      []string       // ids of the recipients it passes data on to; their jurisdictions count as its own
}

// RecipientKind says how a recipient stands to the organisation. The zero RecipientKind is invalid.
type RecipientKind uint8

// The kinds of recipient.
const (
	Processor  RecipientKind = iota + 1 // works on the organisation's behalf, under a contract (P-39.1 s. 18.3)
	ThirdParty                          // decides for itself what it does with the data
	Authority                           // a court, the police, a public body
)

// Undertaking is something a recipient binds itself to. The zero Undertaking is invalid.
type Undertaking uint8

// The undertakings of a contract (P-39.1 s. 18.3; GDPR art. 28(3)).
const (
	ProtectionMeasures Undertaking = iota + 1 // how it protects what it is given
	MandateOnly                               // uses it for the mandate and nothing else
	NoRetention                               // keeps nothing after the contract
	IncidentNotice                            // tells of an incident without delay
	Verification                              // lets the organisation verify
	NoOnward                                  // passes nothing on without agreement
	NoConsideration                           // nothing is given for the data: it is not sold
)

// Contract is a written agreement with a recipient. The zero Contract is none.
type Contract struct {
	Reference    string        // where the signed text is; required
	Purposes     []ID          // what it receives data for
	Attributes   []Attribute   // what it receives
	Undertakings []Undertaking // what it binds itself to; [Rules.Undertakings] says what a processor must
	Start        time.Time     // first instant; required
	End          time.Time     // first instant at which it no longer holds; zero: none agreed
	Amended      time.Time     // when it last changed; zero: never. An assessment made before does not cover it
}

// IsZero reports whether there is no contract.
func (c Contract) IsZero() bool {
	return c.Reference == "" && len(c.Purposes) == 0 && len(c.Attributes) == 0 && len(c.Undertakings) == 0 &&
		c.Start.IsZero() && c.End.IsZero() && c.Amended.IsZero()
}

func (r *Recipient) clone() Recipient {
	out := *r
	out.Storage, out.Through = slices.Clone(r.Storage), slices.Clone(r.Through)
	out.Contract.Purposes = slices.Clone(r.Contract.Purposes)
	out.Contract.Attributes = slices.Clone(r.Contract.Attributes)
	out.Contract.Undertakings = slices.Clone(r.Contract.Undertakings)
	return out
}

// Jurisdiction is a territory whose law applies: a country by ISO 3166-1, "FR", or a part of one by ISO 3166-2, "CA-QC".
// The zero Jurisdiction is unknown.
type Jurisdiction string

// In reports whether j is territory or a part of it: "CA-QC" is in "CA" and in "CA-QC".
// Nothing is in the zero Jurisdiction, and it is in nothing.
func (j Jurisdiction) In(territory Jurisdiction) bool {
	return territory != "" && (j == territory || strings.HasPrefix(string(j), string(territory)+"-"))
}

// Valid reports whether j is written as ISO 3166 writes it. Whether there is such a place is not looked up.
func (j Jurisdiction) Valid() bool {
	country, part, parted := strings.Cut(string(j), "-")
	upper := func(s string, digits bool) bool {
		for i := range len(s) {
			if (s[i] < 'A' || s[i] > 'Z') && (!digits || s[i] < '0' || s[i] > '9') {
				return false
			}
		}
		return true
	}
	return len(country) == 2 && upper(country, false) && (!parted || len(part) >= 1 && len(part) <= 3 && upper(part, true))
}
