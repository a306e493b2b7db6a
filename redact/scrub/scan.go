package scrub

import (
	"cmp"
	"slices"
)

// A scan goes over one text once and gathers candidates that passed their checks. At each byte that may be part of one it looks at a
// bounded number of bytes around it, so that the time is linear in the text whatever it holds.
type scan struct {
	s     *Scrubber
	text  []byte
	found []Finding
	tags  []span // what stands in place of a value in the text, in order
	num   run

	words [8]looked

	cueAt           int // one more than the position whose cues are kept
	cueAll, cueNear cue
	lastAddress     int // where the last address ends
	lastDate        int // where the last date ends
	lastPhone       int // where the last phone number ends
	lastCard        int // where the last card number ends
	lastHost        int // where the last host name that was looked at ends
}

type span struct{ start, end int }

func sortSpans(list []span) {
	slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.start, b.start) })
}

func (sc *scan) run() {
	sc.findTags()
	sc.words = [8]looked{}
	sc.cueAt, sc.lastAddress, sc.lastDate, sc.lastPhone, sc.lastCard, sc.lastHost = 0, -1000, -1000, -1000, -1000, 0
	text := sc.text
	i := sc.calendar(0)
	for i < len(text) {
		switch class[text[i]] {
		case plain:
			i++
			for i < len(text) && class[text[i]] == plain {
				i++
			}
		case space:
			i++
			// Most words are none of the calendar's; this tells most of them.
			if i+2 < len(text) && monthPairs[text[i]&31]>>(text[i+1]&31)&1 != 0 {
				if i = sc.calendar(i); text[min(i, len(text)-1)]|0x20 == 'a' {
					i = sc.mailboxInWords(i)
				}
			}
		case digit:
			i = sc.digits(i)
		case at:
			i = sc.atSign(i)
		case colon:
			i = sc.colon(i)
		case dot:
			i = sc.dot(i)
		case bracket:
			if stop := sc.tagFrom(i); stop > 0 {
				i = stop
			} else {
				i = sc.mailboxInWords(i + 1)
			}
		case low:
			i = sc.underscore(i)
		default:
			if _, n := digitAt(text, i); n > 0 {
				i = sc.digits(i)
			} else {
				i++
			}
		}
	}
}

// add takes in a candidate. It reports whether the candidate counts.
func (sc *scan) add(k kind, start, end int, score float32, reason string) bool {
	least := sc.s.min[k]
	if least > 1 {
		return false
	}
	t := builtin[k]
	if len(sc.s.context) > 0 {
		score = min(1, score+sc.weigh(t, start, end))
	}
	if score < least || len(sc.tags) > 0 && sc.tagged(start, end) {
		return false
	}
	sc.found = append(sc.found, Finding{Type: t, Start: start, End: end, Score: score, Reason: reason})
	return true
}

// wants reports whether findings of the kind are looked for.
func (sc *scan) wants(k kind) bool { return sc.s.min[k] <= 1 }
