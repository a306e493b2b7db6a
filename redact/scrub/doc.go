// Package scrub finds personal data in free text, French or English, and replaces it: work orders, e-mails, call transcripts and logs lose
// their names, numbers and addresses before anyone reads or analyses them.
//
//	s, err := scrub.New()
//	…
//	s.Scrub("Call Marie at 514-555-0123") // "Call [PERSON_1] at [PHONE_1]"
//
// # How it finds
//
// One scanner goes over the bytes once. Where something may begin, at a digit, an at sign, a colon, a point, the name of a month, it takes a candidate
// and checks it: by its checksum (cards, social insurance numbers, IBANs, addresses of cryptocurrencies), by lengths and ranges that are in
// use (telephone numbers, dates, postal codes), and by the words before it, the cues: "tél.", "born", "account". Names and
// places are found by lists and by cues, and values that are known beforehand, see [Known], in whatever spelling. No model is loaded and no
// regular expression is run. A program adds its own with [With].
//
// Every candidate has a score from 0 to 1, and counts from 0.5 on ([Threshold], [Only]). What a checksum or a strict form confirms has 0.8 and more. What
// only a cue announces has between 0.5 and 0.6. Of candidates that overlap the one with the higher score stays, of equal ones the longer.
//
// # What each type accepts
//
//   - [Email]: local part and domain of two labels or more, or an address literal; signs in words too, "julie [at] exemple [dot] ca". [URL]: a scheme, "www.", or a host in a common top-level domain;
//     the first 2048 bytes. [IP]: dotted decimal without leading zeros, RFC 4291 text, with a prefix length if there is one, but
//     not after "version", "section" and the like. [MAC]. [Handle]: "@name", and names after the name of a network or "login".
//   - [Phone]: numbers of the North American plan, international numbers after a plus sign with a length that the country uses, numbers with a trunk
//     zero, and after a cue numbers of any plan with 7 to 13 digits. Extensions ("poste 12", "ext. 12", "x12") belong to it.
//     Ten digits in one piece without a cue count only where [Only] names the type, because most of them are something else.
//   - [Card]: Luhn, and an issuer or a cue; verification codes after a word for that. [IBAN]: MOD 97-10 and the length of the country. [Crypto]: Base58Check, Bech32, Bech32m, or 0x and 40 digits.
//   - [SIN]: Luhn, and a first digit in use or a cue; nine digits after that cue that fail the check are an [Identifier]. [SSN]: area, group and serial in use. [NINO], [NIR], [HealthNumber], [DriverLicence]: the published form, with
//     the dates within it. [BusinessNumber]: Luhn with a program account, or a cue. [Passport], [Account], [Identifier]: a cue, and digits.
//   - [PostalCode]: the Canadian form; of the United Kingdom; five digits beside an address, a town, a state or a cue. [Address]: civic number and a
//     street type in French or English, street type, name and number as in most of Europe, or a name after a cue, with unit, town, province and code if they follow in English order; post office boxes.
//   - [Date]: numeric, with the name of a month, digit by digit, in French words; years after a preposition; weekdays in English. [Time], [Age].
//   - [Person], [Place], [Organisation], [Title], [Nationality]: see below.
//
// # Promises
//
//   - To scrub again changes nothing, under [Tag], [Mask] and [Pseudonym], for documents of up to 64 KiB. What replaces a value is not searched, and what its
//     replacement uncovers is found in the first pass. Text that goes on uncovering more is withheld. What [Each] and [Remove] leave may be found again.
//   - What packages pii and redact print in place of values, "[sealed identity.email]" or "[withheld]", stays as it is.
//   - However a document is cut into writes, a [Writer] writes what [Scrubber.Append] makes of the whole, in memory that does not grow with it.
//   - Valid UTF-8 stays valid, and no code point is split. Malformed text is searched like any other.
//   - The time is linear in the text. Text in which nothing is found costs no allocation.
//   - No error and no reason of the package holds a piece of the text.
//
// # Limits
//
// Scrubbed text is not anonymous: it is personal data with less in it. What was done, where and when may tell who it was, and so may a name that is also
// a word, a misspelling, a number nobody announced, or an allusion. Names and places without a cue are found by lists and are the weakest: count on some that stay
// and some words that go. Handwriting-like forms, images and encodings (Base64, percent-encoding) are not read, except what [NewHTMLWriter], [NewJSONWriter] and
// [NewCSVWriter] decode. A document above 64 KiB is searched in parts that end outside all findings; a cue more than 256 bytes before the start of
// a part does not count in it. Text in the form of a tag, or of what is printed for a guarded value, is believed to be one, whoever wrote it; its form leaves no room
// for a number or for capitals. Where [Mask] is in use, so are five asterisks or more.
//
// Test how it does on texts of your own before relying on it, and prefer [Known] wherever it is known whom a text is about: that finds what no pattern can.
package scrub
