package scrub

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/purposebound/purposebound/redact/scrub/internal/known"
	"github.com/purposebound/purposebound/redact/scrub/internal/names"
)

const (
	partSize   = 64 << 10 // bytes searched at once
	partMargin = 4 << 10  // no finding is longer; what is found in it is looked at again with what follows
	partBefore = 256      // bytes before a part that are looked at for cues
)

// A work is the memory one search needs. It is used again by later ones.
type work struct {
	s      *Scrubber
	scan   scan
	doc    document
	found  []Finding // in the part last searched, sorted, disjoint
	more   []Finding
	masked []byte // the part with what was found replaced
	names  []names.Span
	known  []known.Span
	fresh  []span // what the last round of a search added
	stands []int  // where replacements begin and end in masked
	source []byte
	output []byte
}

// wipe clears personal data before w waits in the pool.
func (w *work) wipe() {
	clear(w.source)
	clear(w.output)
	clear(w.doc.input)
	if len(w.masked) > 0 {
		clear(w.masked[:cap(w.masked)]) // an earlier round may have been longer
	}
	w.source, w.masked, w.output = w.source[:0], w.masked[:0], w.output[:0]
	w.scan.text = nil
	const tooMuch = 1 << 20
	if cap(w.source) > tooMuch || cap(w.output) > tooMuch {
		w.source, w.output = nil, nil
	}
}

// part searches the next part of text, which begins at from, and returns where it ends; w.found is then what was found in it. Text
// before from has been dealt with. If the rest of the text is too short to tell where the part ends, and text may go on because final is
// false, part returns from.
//
// Where a part ends depends only on the bytes of the text and on where the part begins, never on how the text arrived. A rest of up to
// s.size bytes is one part. Otherwise the part ends outside every finding, if possible after a line, else after a space, else between two code points.
func (s *Scrubber) part(w *work, text []byte, from int, final bool) int {
	rest := len(text) - from
	if rest <= s.size && !final {
		return from
	}
	begin := from
	if begin > partBefore {
		begin = runeStart(text, from-partBefore)
	} else {
		begin = 0
	}
	end := from + min(rest, s.size)
	if end < len(text) {
		end = runeStart(text, end)
	}
	s.search(w, text[begin:end])
	kept := w.found[:0]
	for _, f := range w.found {
		f.Start, f.End = max(f.Start+begin, from), f.End+begin
		if f.Start < f.End {
			kept = append(kept, f)
		}
	}
	w.found = kept
	if rest <= s.size {
		return len(text)
	}
	to := s.boundary(w.found, text, from+s.size/2, from+s.size-s.margin)
	w.found = slices.DeleteFunc(w.found, func(f Finding) bool { return f.Start >= to })
	if n := len(w.found); n > 0 && w.found[n-1].End > to {
		w.found[n-1].End = to // only a recogniser that breaks its promise finds so much
	}
	return to
}

// boundary returns the best end of a part from low to high.
func (s *Scrubber) boundary(found []Finding, text []byte, low, high int) int {
	space, any := 0, 0
	next := len(found)
	for at := high; at > low; at-- {
		for next > 0 && found[next-1].Start >= at {
			next--
		}
		if next > 0 && found[next-1].End > at {
			at = max(found[next-1].Start, low) + 1 // the loop goes on before the finding
			continue
		}
		switch c := text[at-1]; {
		case c == '\n':
			return at
		case c == ' ' && space == 0:
			space = at
		case any == 0 && utf8.RuneStart(text[at]):
			any = at
		}
	}
	switch {
	case space > 0:
		return space
	case any > 0:
		return any
	}
	return runeStart(text, high)
}

// search finds everything in view, which is searched as if nothing stood around it, and leaves it in w.found.
//
// To replace a finding can bring out another: what touched it stands alone then. So the text as it will be is searched again until nothing is
// found in it. That makes scrubbing idempotent. Text made for the purpose can put this off for as many rounds as it has words; where the rounds run
// out, the lines in which the last one found something are withheld, and in the end all of view.
func (s *Scrubber) search(w *work, view []byte) {
	const rounds, patience = 12, 8
	w.found = resolve(s.once(w, w.found[:0], view))
	for n := range rounds {
		if len(w.found) == 0 || !s.loose(w.found, view) {
			return
		}
		s.mask(w, view)
		w.more = resolve(s.once(w, w.more[:0], w.masked))
		if !w.merge() {
			return
		}
		if n >= patience {
			w.withhold(view)
		}
	}
	w.found = append(w.found[:0], unsettled(0, len(view)))
}

func unsettled(start, end int) Finding {
	return Finding{Type: Withheld, Start: start, End: end, Score: 1, Reason: "text that brings out more the more of it is replaced"}
}

// withhold widens what the last round found to whole lines.
func (w *work) withhold(view []byte) {
	const most = 64 // lines
	if len(w.fresh) > most {
		w.found = append(w.found[:0], unsettled(0, len(view)))
		return
	}
	for _, s := range w.fresh {
		line := unsettled(bytes.LastIndexByte(view[:s.start], '\n')+1, len(view))
		if n := bytes.IndexByte(view[s.end:], '\n'); n >= 0 {
			line.End = s.end + n
		}
		for _, f := range w.found {
			if f.overlaps(line) {
				line.Start, line.End = min(line.Start, f.Start), max(line.End, f.End)
			}
		}
		w.found = append(slices.DeleteFunc(w.found, line.overlaps), line)
	}
	slices.SortFunc(w.found, byStart)
}

// once appends the candidates of all recognisers to found.
func (s *Scrubber) once(w *work, found []Finding, text []byte) []Finding {
	w.scan.s, w.scan.text, w.scan.found = s, text, found
	w.scan.run()
	found = w.scan.found
	found = s.appendNames(w, found, text)
	found = s.appendKnown(w, found, text)
	for _, c := range s.custom {
		found = c.append(&w.scan, found)
	}
	return found
}

// loose reports whether text near a finding could be found once the finding is replaced: a digit, a capital, a sign or a byte that is not ASCII; any
// letter, if a finding is replaced by something in which no capital shows that a name stood there.
func (s *Scrubber) loose(found []Finding, text []byte) bool {
	const reach = 96
	suspects := &suspect
	for _, f := range found {
		if _, ok := s.operators[f.Type].operator.(mask); ok {
			suspects = &suspectOrLetter
			break
		}
	}
	any := func(gap []byte) bool {
		for _, c := range gap {
			if suspects[c] {
				return true
			}
		}
		return false
	}
	from := 0
	for i := 0; i <= len(found); i++ {
		to := len(text)
		if i < len(found) {
			to = found[i].Start
		}
		gap := text[from:to]
		if len(gap) > 2*reach {
			if i > 0 && any(gap[:reach]) || i < len(found) && any(gap[len(gap)-reach:]) {
				return true
			}
		} else if any(gap) {
			return true
		}
		if i < len(found) {
			from = found[i].End
		}
	}
	return false
}

var suspect, suspectOrLetter = func() (a, b [256]bool) {
	for c := range 256 {
		a[c] = class[c] != plain && class[c] != space || isUpper(byte(c)) || c >= 0x80
		b[c] = a[c] || isLetter(byte(c))
	}
	return a, b
}()

// mask writes view with what was found replaced to w.masked.
func (s *Scrubber) mask(w *work, view []byte) {
	w.masked, w.stands = w.masked[:0], w.stands[:0]
	from := 0
	for _, f := range w.found {
		w.masked = append(w.masked, view[from:f.Start]...)
		w.stands = append(w.stands, len(w.masked))
		w.masked = s.operators[f.Type].operator.stand(w.masked, f.Type)
		w.stands = append(w.stands, len(w.masked))
		from = f.End
	}
	w.masked = append(w.masked, view[from:]...)
}

// merge adds to w.found what w.more has found in the masked text, and reports whether that was anything. What overlaps a
// replacement is left out.
func (w *work) merge() bool {
	shift, next, old := 0, 0, len(w.found)
	w.fresh = w.fresh[:0]
	for _, f := range w.more {
		for next < old && w.stands[2*next+1] <= f.Start {
			shift = w.found[next].End - w.stands[2*next+1]
			next++
		}
		if next < old && w.stands[2*next] < f.End {
			continue
		}
		f.Start, f.End = f.Start+shift, f.End+shift
		w.found = append(w.found, f)
		w.fresh = append(w.fresh, span{f.Start, f.End})
	}
	if len(w.found) == old {
		return false
	}
	slices.SortFunc(w.found, byStart)
	return true
}
