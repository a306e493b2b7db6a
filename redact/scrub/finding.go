package scrub

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// A Finding is one piece of personal data in a text. Offsets are half open, [Start, End) in bytes and [RuneStart, RuneEnd) in code points,
// and count from the start of the text that was searched. A byte that is not valid UTF-8 counts as one code point. No finding splits one.
//
// The zero Finding says nothing. A Finding holds no part of the text.
type Finding struct {
	Type               Type
	Start, End         int     // bytes
	RuneStart, RuneEnd int     // code points
	Score              float32 // how much speaks for it: 1 is certain, see [Threshold]
	Reason             string  // what speaks for it, such as "Luhn, IIN of Visa"; the same words whatever the value

	known int // one more than the index of the known value that was found; 0 for none
}

func (f Finding) overlaps(g Finding) bool { return f.Start < g.End && g.Start < f.End }

// better orders findings for the choice among those that overlap: higher score, then longer, then earlier.
func better(a, b Finding) int {
	if c := cmp.Compare(b.Score, a.Score); c != 0 {
		return c
	}
	if c := cmp.Compare(b.End-b.Start, a.End-a.Start); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Start, b.Start); c != 0 {
		return c
	}
	return cmp.Compare(a.Type, b.Type)
}

func byStart(a, b Finding) int {
	if c := cmp.Compare(a.Start, b.Start); c != 0 {
		return c
	}
	return better(a, b)
}

// resolve keeps of the findings in found those that no better one overlaps, sorted by position. It sorts and shortens found.
func resolve(found []Finding) []Finding {
	if len(found) < 2 {
		return found
	}
	if !slices.IsSortedFunc(found, byStart) {
		slices.SortFunc(found, byStart)
	}
	kept := found[:0]
	for i := 0; i < len(found); {
		// A cluster is what overlaps one another by links.
		end, j := found[i].End, i+1
		for j < len(found) && found[j].Start < end {
			end = max(end, found[j].End)
			j++
		}
		cluster := found[i:j]
		i = j
		if len(cluster) == 1 {
			kept = append(kept, cluster[0])
			continue
		}
		slices.SortFunc(cluster, better)
		// Writing over found is safe: what was kept is never longer than what was read.
		first := len(kept)
		for _, f := range cluster {
			at, _ := slices.BinarySearchFunc(kept[first:], f, byStart)
			at += first
			if at > first && kept[at-1].overlaps(f) || at < len(kept) && kept[at].overlaps(f) {
				continue
			}
			kept = slices.Insert(kept, at, f)
		}
	}
	return kept
}

// countRunes fills in the offsets in code points of findings that are sorted and disjoint.
func countRunes(found []Finding, text []byte) {
	bytes, runes := 0, 0
	for i := range found {
		f := &found[i]
		runes += utf8.RuneCount(text[bytes:f.Start])
		f.RuneStart = runes
		runes += utf8.RuneCount(text[f.Start:f.End])
		f.RuneEnd = runes
		bytes = f.End
	}
}
