package redacttest

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	shortest = 6 // letters and digits: less is found everywhere
	alone    = 9 // from this length on a text may stand inside others and still be no chance
	layers   = 4 // how deep encodings are undone
)

// needle is one thing to look for.
type needle struct {
	canary int
	how    writing
	text   string // folded
	at     int    // for digits: which digit of run the text begins with
	run    string // for digits: the whole run
}

// writing says how a canary is written, the plainest first.
type writing int

const (
	raw writing = iota
	otherCase
	noAccents
	otherSeparators
	part
	someDigits
	reversed
	digest
)

var writingNames = [...]string{
	raw: "raw", otherCase: "case-folded", noAccents: "accent-stripped", otherSeparators: "separator-stripped", part: "a part", someDigits: "a run of digits",
	reversed: "reversed", digest: "a digest",
}

// oracle looks for canaries. It is immutable.
type oracle struct {
	canaries []Canary
	needles  []needle
	words    *automaton
	digests  map[uint64]int // the first eight bytes of a digest, and the canary
	maybe    []uint64       // a bit for each hash of the keys of digests
	seed     maphash.Seed
}

// newOracle returns an oracle, or an error that says why a canary cannot be looked for.
func newOracle(canaries []Canary) (*oracle, error) {
	if len(canaries) == 0 {
		return nil, fmt.Errorf("no canary to look for")
	}
	o := &oracle{canaries: canaries, digests: map[uint64]int{}, maybe: make([]uint64, 1<<10), seed: maphash.MakeSeed()}
	for i, c := range canaries {
		text := fold(nil, []byte(c.text))
		if len(text) < shortest {
			return nil, fmt.Errorf("canary %q has fewer than %d letters and digits, so it would be found by chance", c.kind, shortest)
		}
		o.add(needle{canary: i, text: string(text)})
		o.add(needle{canary: i, how: reversed, text: reverse(text)})
		for _, p := range c.parts {
			if text := fold(nil, []byte(p)); len(text) >= shortest {
				o.add(needle{canary: i, how: part, text: string(text)})
			}
		}
		for _, run := range digitRuns(c.text) {
			for at := 0; at+shortest <= len(run); at++ {
				o.add(needle{canary: i, how: someDigits, text: run[at : at+shortest], at: at, run: run})
			}
		}
		for _, variant := range []string{c.text, strings.ToLower(c.text), strings.ToUpper(c.text), string(text), strings.ToUpper(string(text))} {
			for _, d := range digestsOf([]byte(variant)) {
				key := binary.BigEndian.Uint64(d)
				o.digests[key] = i
				h := digestHash(key)
				o.maybe[h>>6] |= 1 << (h & 63)
			}
		}
	}
	texts := make([]string, len(o.needles))
	for i, n := range o.needles {
		texts[i] = n.text
	}
	o.words = newAutomaton(texts)
	return o, nil
}

func (o *oracle) add(n needle) { o.needles = append(o.needles, n) }

func reverse(text []byte) string {
	runes := []rune(string(text))
	slices.Reverse(runes)
	return string(runes)
}

// digitRuns returns the digits of text, those together that have no letter between them.
func digitRuns(text string) []string {
	f := fold(nil, []byte(text))
	return slices.DeleteFunc(strings.FieldsFunc(string(f), func(r rune) bool { return r < '0' || r > '9' }), func(run string) bool {
		return len(run) < shortest
	})
}

func digestsOf(text []byte) [][]byte {
	m, s1, s224, s256, s384, s512 := md5.Sum(text), sha1.Sum(text), sha256.Sum224(text), sha256.Sum256(text), sha512.Sum384(text), sha512.Sum512(text)
	return [][]byte{m[:], s1[:], s224[:], s256[:], s384[:], s512[:]}
}

func digestHash(first uint64) uint64 { return first * 0x9E3779B97F4A7C15 >> 48 }

// hit is the plainest way in which a canary was found.
type hit struct {
	found bool
	how   writing
	path  string // the layers around it, the outermost first
	depth int
}

func (h hit) form() string {
	switch {
	case h.path == "":
		return writingNames[h.how]
	case h.how == raw:
		return h.path
	}
	return h.path + " of " + writingNames[h.how]
}

func (h hit) plainer(o hit) bool {
	return !o.found || cmp.Or(cmp.Compare(h.how, o.how), cmp.Compare(h.depth, o.depth)) < 0
}

// search returns for each canary whether and how it is in text.
func (o *oracle) search(text []byte) []hit {
	hits := make([]hit, len(o.canaries))
	type view struct {
		text  []byte
		path  string
		depth int
	}
	seen := map[uint64]bool{} // layers of different order often come to the same text
	queue := []view{{text: text}}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		if h := maphash.Bytes(o.seed, v.text); seen[h] {
			continue
		} else {
			seen[h] = true
		}
		o.look(v.text, func(canary int, how writing) {
			h := hit{true, how, v.path, v.depth}
			if h.plainer(hits[canary]) {
				hits[canary] = h
			}
		})
		if v.depth == layers {
			continue
		}
		for _, d := range decoders {
			if plain := d.decode(v.text); len(plain) >= shortest {
				path := d.name
				if v.path != "" {
					path = v.path + " of " + d.name
				}
				queue = append(queue, view{plain, path, v.depth + 1})
			}
		}
	}
	return hits
}

// look finds the canaries in one view of a text.
func (o *oracle) look(text []byte, found func(canary int, how writing)) {
	if !o.skim(text, found) {
		return
	}
	f := foldMap(text)
	o.words.search(f.text, func(end int, word int32) {
		n := &o.needles[word]
		if how, ok := o.judge(text, &f, n, end-len(n.text), end); ok {
			found(n.canary, how)
		}
	})
}

// skim finds digests, and reports whether a needle is there at all, which most views have none of.
func (o *oracle) skim(text []byte, found func(canary int, how writing)) bool {
	var first uint64 // the last eight bytes
	var room [64]byte
	at, ends, needle := int32(0), false, false
	for i := 0; i < len(text); {
		size := 1
		if c := text[i]; c < utf8.RuneSelf {
			if c = foldASCII[c]; c != 0 {
				at, ends = o.words.step(at, c)
				needle = needle || ends
			}
		} else {
			var folds []byte
			folds, size = foldRune(room[:0], text[i:])
			for _, c := range folds {
				at, ends = o.words.step(at, c)
				needle = needle || ends
			}
		}
		for end := i + size; i < end; i++ {
			first = first<<8 | uint64(text[i])
			if h := digestHash(first); o.maybe[h>>6]&(1<<(h&63)) != 0 && i >= 7 {
				if canary, ok := o.digests[first]; ok {
					found(canary, digest)
				}
			}
		}
	}
	return needle
}

// judge says how the needle is written that was found at f.text[from:to], and whether it counts.
func (o *oracle) judge(text []byte, f *folded, n *needle, from, to int) (writing, bool) {
	if n.how == someDigits {
		for at := n.at; at > 0 && from > 0 && f.text[from-1] == n.run[at-1]; at-- {
			from--
		}
		for end := n.at + shortest; end < len(n.run) && to < len(f.text) && f.text[to] == n.run[end]; end++ {
			to++
		}
	}
	start, end := int(f.from[from]), int(f.to[to-1])
	written := text[start:end]
	canary := o.canaries[n.canary].text
	switch n.how {
	case raw:
		if len(n.text) < alone && !standsAlone(text, start, end, isWord) {
			return 0, false
		}
		return compare(string(written), canary), true
	case someDigits:
		return someDigits, sameGrouping(written, canary) && standsAlone(text, start, end, isHexDigit) && !continues(text, written, start, end)
	default:
		return n.how, len(n.text) >= alone || standsAlone(text, start, end, isWord)
	}
}

// compare says how a canary is written where its letters and digits are all there.
func compare(written, canary string) writing {
	canary = strings.TrimFunc(canary, func(r rune) bool { return r < utf8.RuneSelf && foldASCII[r] == 0 }) // as what was found begins and ends
	switch {
	case written == canary:
		return raw
	case strings.EqualFold(written, canary):
		return otherCase
	case strings.EqualFold(stripAccents(written), stripAccents(canary)):
		return noAccents
	default:
		return otherSeparators
	}
}

// stripAccents folds each letter, drops combining accents and keeps the rest.
func stripAccents(s string) string {
	var b []byte
	for _, r := range s {
		one := utf8.AppendRune(nil, r)
		switch f := fold(nil, one); {
		case len(f) > 0:
			b = append(b, f...)
		case !unicode.Is(unicode.Mn, r):
			b = append(b, one...)
		}
	}
	return string(b)
}

// sameGrouping reports whether digits were written together or in groups as the canary's are: not one here and one there.
func sameGrouping(written []byte, canary string) bool {
	w := grouping(string(written))
	return !strings.Contains(w, "-") || strings.Contains(grouping(canary), w)
}

// grouping makes every run of what is neither letter nor digit one hyphen.
func grouping(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && foldASCII[r] == 0 }), "-")
}

// standsAlone reports whether neither the character before nor the one after is glued to text[start:end].
func standsAlone(text []byte, start, end int, glued func(rune) bool) bool {
	before, _ := utf8.DecodeLastRune(text[:start])
	after, _ := utf8.DecodeRune(text[end:])
	return !glued(before) && !glued(after)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func isHexDigit(r rune) bool { return r < utf8.RuneSelf && nibble(byte(r)) >= 0 }

// continues reports whether a number written in groups goes on after its separator: then it is another number, with some groups alike.
func continues(text, written []byte, start, end int) bool {
	if !bytes.ContainsFunc(written, func(r rune) bool { return r < '0' || r > '9' }) {
		return false
	}
	separates := func(c byte) bool { return bytes.IndexByte([]byte(" -./"), c) >= 0 }
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	return start >= 2 && separates(text[start-1]) && isDigit(text[start-2]) || end+2 <= len(text) && separates(text[end]) && isDigit(text[end+1])
}
