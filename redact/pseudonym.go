package redact

import (
	"encoding/base32"
	"fmt"
	"unicode/utf8"
)

// pseudonymAlphabet is that of RFC 4648, section 6, in lower case: a pseudonym survives a column, a file name or a person that ignores
// case.
var pseudonymAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// pseudonymLabel is the first part of what the key is asked for; format.md lists them all.
const pseudonymLabel = "purposebound.redact.pseudonym.v1"

// Pseudonyms replaces values of one domain by pseudonyms of 128 bits, 26 characters of a to z and 2 to 7. In one release and domain
// equal values have equal pseudonyms; across releases or domains they have none in common, so that a client's number found as an
// invoice's number tells nothing. There is no way back from a pseudonym but to try values under the key. Among 10^9 values, the
// probability that any two share a pseudonym is below 2^-69.
//
// Values are equal as bytes: bring them into one canonical form first, as the kinds of package pii do. A pseudonym is not anonymous: it
// says which rows are of one person, and those together may name the person.
//
// Pseudonyms come from [Release.Pseudonyms] and are safe for concurrent use. The zero Pseudonyms replaces nothing.
type Pseudonyms struct {
	release *Release
	domain  string
}

// Pseudonyms returns what replaces the values of a domain: the name of what a value identifies, such as "client". Use one domain for
// all columns that must join. The error is [ErrIncomplete] for the zero Release and for a domain that is empty, longer than 1024 bytes
// or not UTF-8.
func (r *Release) Pseudonyms(domain string) (Pseudonyms, error) {
	if r.isZero() || !isID(domain) {
		return Pseudonyms{}, fmt.Errorf("%w: pseudonyms need a release and a domain", ErrIncomplete)
	}
	return Pseudonyms{release: r, domain: domain}, nil
}

// Pseudonymise returns the pseudonym of value. The error is [ErrIncomplete] for the zero Pseudonyms, [ErrKey] if the key gives no
// answer, and [ErrValue] for the empty value, which would make one person of all who have none, and for text that is not UTF-8, whose
// encoding would make two persons of one.
func (p Pseudonyms) Pseudonymise(value string) (string, error) {
	switch {
	case p.release.isZero():
		return "", ErrIncomplete
	case value == "" || !utf8.ValidString(value):
		return "", ErrValue
	}
	out, err := p.release.output(pseudonymLabel, string(p.release.id), p.domain, value)
	if err != nil {
		return "", err
	}
	return pseudonymAlphabet.EncodeToString(out[:]), nil
}

// Generalise is Pseudonymise for pii.Derive; it is false where Pseudonymise returns an error.
func (p Pseudonyms) Generalise(value string) (string, bool) {
	pseudonym, err := p.Pseudonymise(value)
	return pseudonym, err == nil
}
