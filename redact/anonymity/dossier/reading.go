package dossier

import (
	"strconv"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// usual is the reading of a column without one of its own, for values that the original has not.
func usual(released, original string) bool {
	if stars := strings.TrimRight(released, anonymity.Suppressed); len(stars) < len(released) {
		return strings.HasPrefix(original, strings.TrimRight(stars, " "))
	}
	if inner, ok := enclosed(released, "{", "}"); ok {
		for member := range strings.SplitSeq(inner, ",") {
			if strings.TrimSpace(member) == original {
				return true
			}
		}
		return false
	}
	if rest, ok := strings.CutPrefix(original, released); ok && strings.ContainsAny(rest[:min(1, len(rest))], " -/") {
		return true
	}
	x, err := strconv.ParseFloat(original, 64)
	if err != nil {
		return false
	}
	low, high, ok := bounds(released)
	return ok && low.below(x) && high.above(x)
}

// bound is one end of an interval; open: without the end itself.
type bound struct {
	at   float64
	open bool
	none bool
}

func (b bound) below(x float64) bool { return b.none || b.at < x || b.at == x && !b.open }
func (b bound) above(x float64) bool { return b.none || x < b.at || b.at == x && !b.open }

// bounds reads an interval of numbers.
func bounds(text string) (low, high bound, ok bool) {
	number := func(text string) (bound, bool) {
		x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		return bound{at: x}, err == nil && x == x
	}
	for _, side := range []struct {
		sign        string
		above, open bool
	}{{"≥", true, false}, {">=", true, false}, {">", true, true}, {"≤", false, false}, {"<=", false, false}, {"<", false, true}} {
		if rest, is := strings.CutPrefix(text, side.sign); is {
			b, ok := number(rest)
			b.open = side.open
			if side.above {
				return b, bound{none: true}, ok
			}
			return bound{none: true}, b, ok
		}
	}
	if rest, is := strings.CutSuffix(text, "+"); is {
		b, ok := number(rest)
		return b, bound{none: true}, ok
	}
	openLow, openHigh := false, false
	if len(text) > 2 && strings.ContainsRune("[](", rune(text[0])) && strings.ContainsRune("[])", rune(text[len(text)-1])) {
		openLow, openHigh = text[0] != '[', text[len(text)-1] != ']'
		text = text[1 : len(text)-1]
	}
	for _, separator := range []string{",", ";", "–", "-"} {
		at := strings.Index(text[min(1, len(text)):], separator) // a first hyphen is a sign
		if at < 0 {
			continue
		}
		at += min(1, len(text))
		low, isLow := number(text[:at])
		high, isHigh := number(text[at+len(separator):])
		low.open, high.open = openLow, openHigh
		return low, high, isLow && isHigh
	}
	return bound{}, bound{}, false
}

func enclosed(text, left, right string) (string, bool) {
	inner, ok := strings.CutPrefix(text, left)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, right)
}
