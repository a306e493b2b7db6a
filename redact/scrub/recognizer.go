package scrub

import "unicode/utf8"

// A Recognizer finds what the package does not know, such as an organisation's customer numbers. It is given to [With].
//
// Recognize calls report for each finding in text, in any order; of the Finding it reports, Start, End, Score and Reason count.
// It must not keep or change text, must be safe for concurrent use, and must find the same in the same text every time. The
// text is the document or, if that is long, a part of it of some 64 KiB: a finding should not be longer than 4 KiB. Text may be malformed UTF-8. A Reason must
// not quote the text.
//
// What is reported is made safe rather than trusted: offsets are brought into the text and widened to whole code points, and a
// score that is not above 0 and at most 1 counts as 1.
type Recognizer interface {
	Recognize(text []byte, report func(Finding))
}

// RecognizerFunc is a function as a [Recognizer].
type RecognizerFunc func(text []byte, report func(Finding))

// Recognize calls f.
func (f RecognizerFunc) Recognize(text []byte, report func(Finding)) { f(text, report) }

// append adds what the recogniser finds in the text of sc to found.
func (c custom) append(sc *scan, found []Finding) []Finding {
	c.recognizer.Recognize(sc.text, func(f Finding) {
		if f, ok := c.report(sc, f); ok && !sc.tagged(f.Start, f.End) {
			found = append(found, f)
		}
	})
	return found
}

// report takes in what a recogniser found.
func (c custom) report(sc *scan, f Finding) (Finding, bool) {
	text := sc.text
	f.Start, f.End = max(0, min(f.Start, len(text))), max(0, min(f.End, len(text)))
	if f.Start >= f.End {
		return Finding{}, false
	}
	f.Start, f.End = runeStart(text, f.Start), runeEnd(text, f.End)
	if !(f.Score > 0 && f.Score <= 1) { // also not a number
		f.Score = 1
	}
	f.Type, f.known = c.typ, 0
	if len(sc.s.context) > 0 {
		f.Score = min(1, f.Score+sc.weigh(f.Type, f.Start, f.End))
	}
	return f, f.Score >= c.min
}

// runeStart moves at back to the first byte of the code point it stands in.
func runeStart(text []byte, at int) int {
	for back := 0; back < utf8.UTFMax && at-back >= 0 && at < len(text); back++ {
		if utf8.RuneStart(text[at-back]) {
			if _, size := utf8.DecodeRune(text[at-back:]); size > back {
				return at - back
			}
			return at
		}
	}
	return at
}

// runeEnd moves at on to the first byte after the code point it stands in.
func runeEnd(text []byte, at int) int {
	if start := runeStart(text, at); start < at {
		_, size := utf8.DecodeRune(text[start:])
		return start + size
	}
	return at
}
