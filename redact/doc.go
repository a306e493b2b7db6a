// Package redact makes single values tell less: it masks, generalises, replaces and shifts what identifies a person.
//
// What comes out is de-identified, not anonymous. It no longer names a person directly, and it is still personal data (P-39.1, s. 12),
// because rows that stay together, a rare value, or a list to compare with can lead back to one. Whether nobody can be told apart any
// more is a question about a whole table; this package, which sees one value at a time, cannot answer it.
//
// # Four ways
//
// To show a value to who knows it already, mask it: [EmailMask], [PhoneMask], [CardMask], [Initials].
//
// To count, generalise it: [AgeBand], [DatePart], [AddressPart], [PostalArea], [IPPrefix].
//
// To follow a person through a data set without knowing who it is, replace the identifier. A [Release] has a key and makes
// [Pseudonyms], which join inside it and never across releases; [Shapes], which look like what they replace; and a [Shift] for each
// subject, which keeps the time between dates. A [Reversible] has a key of another kind and gives the value back.
//
// To keep what came out, bind it: a [Deidentified] value opens for one purpose until its end.
//
// # What all of them do
//
// Each has a method Generalise(text) (string, bool), so package pii's Derive takes any of them, and a value can go from ciphertext to
// what is left of it without its text passing through the caller. It takes text in canonical form, without white space around it, and
// is false, and returns the empty text, for anything it does not understand: no text passes through because it was malformed.
// Configuration that is missing or out of bounds has the same effect, so the zero value of a type either needs no configuration or
// gives nothing. Nothing that is returned shares memory with the text.
//
// All are safe for concurrent use, read no clock and keep no state.
//
// # Keys
//
// The package has no cryptography of its own. It asks a [PRF] or a [DeterministicAEAD] that the caller brings, which Tink's fit as they
// are, for texts whose form format.md fixes: the use, the release, the domain and the value, each with its length, so that no two
// different questions are the same bytes. A hash without a key protects no telephone number, because all of them can be tried in
// seconds; here too, whoever has the key can try them.
//
// # What this does not do
//
// It finds no personal data in free text; that is package redact/scrub. It does not judge a table; that is package redact/anonymity. It
// cannot keep somebody from putting a pseudonym beside the name it stands for, and a mask or a region of a person who is alone in it
// says as much as the value did. Addresses are understood as they are written in Canada, ages, dates and telephone numbers as each type
// says.
package redact
