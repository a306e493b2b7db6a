package scrub

import "fmt"

// Context adds weight, from -1 to 1, to the score of findings of type t that have one of the words within 48 bytes before them or after
// them, on whichever line. Words are single words; case and accents do not matter. A weight below 0 speaks against the type.
// It adds to what the package knows of cues by itself.
func Context(t Type, weight float32, words ...string) Option {
	return option(func(s *settings) error {
		if !(weight >= -1 && weight <= 1) {
			return fmt.Errorf("%w: Context: weight must be from -1 to 1", ErrOption)
		}
		n := nearby{typ: t, weight: weight}
		for _, word := range words {
			var w folded
			if rest := w.fold([]byte(word)); rest != len(word) || w.n == 0 {
				return fmt.Errorf("%w: Context: %.40q is no single word of at most %d letters", ErrOption, word, maxWord)
			}
			n.words = append(n.words, string(w.bytes()))
		}
		if len(n.words) == 0 {
			return fmt.Errorf("%w: Context: no word", ErrOption)
		}
		s.context = append(s.context, n)
		return nil
	})
}

type nearby struct {
	typ    Type
	weight float32
	words  []string
}

// weighed is a [Context] ready for use.
type weighed struct {
	typ    Type
	weight float32
	words  map[string]bool
}

// weigh returns what the program's own cues add to the score of a candidate.
func (sc *scan) weigh(t Type, start, end int) (sum float32) {
	const reach = 48
	for _, c := range sc.s.context {
		if c.typ != t {
			continue
		}
		if sc.hasWord(c.words, max(0, start-reach), start) || sc.hasWord(c.words, end, min(len(sc.text), end+reach)) {
			sum += c.weight
		}
	}
	return sum
}

// hasWord reports whether one of words stands between low and high, as a whole.
func (sc *scan) hasWord(words map[string]bool, low, high int) bool {
	for i := low; i < high; {
		if !isLetter(sc.text[i]) && sc.text[i] < 0x80 {
			i++
			continue
		}
		var w folded
		n := w.fold(sc.text[i:min(len(sc.text), i+4*maxWord+4)])
		if w.n > 0 && words[string(w.bytes())] && !(i > 0 && i == low && sc.wordBefore(i)) {
			return true
		}
		i += max(1, n)
	}
	return false
}
