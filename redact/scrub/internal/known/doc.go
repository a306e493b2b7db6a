// Package known finds values that are known beforehand, such as a subject's own name, address, e-mail and phone
// numbers, however they are written.
//
// # What counts as the same
//
// Value and text are both folded to units: Unicode compatibility decomposition (NFKD) in canonical order, then lower case, then
// ligatures and letters with strokes as their ASCII spelling (œ as oe, ß as ss, ø as o). So canonically and compatibly equivalent texts
// are the same, accents and case do not matter, and characters that show nothing (soft hyphen, zero-width space, variation selector) are
// not there. Between two words of a value may stand any run of characters that are neither letters nor digits, line breaks included,
// of up to 64 bytes, or nothing. Two digits that are apart in the value must be apart in the text, unless the value has six digits or more: then
// separators among its digits are free.
//
// The kind of a value adds spellings:
//
//   - [Name]: inverted order, initials for given names ("M. Tremblay", "M.-A. Tremblay", "Tremblay M."), a middle name left out, an
//     initial for the family name, and each part alone. Initials are capitals in the text. A part alone that is short or is also an
//     ordinary word, such as Rose, begins with a capital. A name is found as whole words only.
//   - [Address]: the line with the civic number, with street types, saints and points of the compass abbreviated or spelled out, in English
//     or French, or the type left out; with it unit, city, province and country where they stand beside it, and the postal code also alone.
//   - [Email]: separators by name ("at", "arobase", "dot", "point").
//   - [Phone]: any grouping, with or without country code, trunk zero or extension; a North American number also without its area code.
//
// # Limits
//
// A value of one letter or digit is found as a whole word only. A value with fewer than three letters and digits beside other characters,
// such as "C-3", and one without any, such as a symbol or an accent alone, is found only with exactly those characters, after
// folding. White space alone is a value too, and then every space that folds to the same is found; as an ordinary space is more often an empty
// field than a value, one of ASCII white space alone must be Exact. A street without its number, a city alone and initials alone are not looked for. Misspellings, nicknames and
// transliterations are not found.
//
// Overlapping matches are reported as one span, so that no byte of any is left over; it carries the value of the longest.
package known
