package redacttest

// automaton finds any of many words in one pass over a text: Aho and Corasick, "Efficient string matching: an aid to bibliographic
// search", CACM 18 (1975), with the failure links resolved into one table.
type automaton struct {
	class   [256]uint16 // bytes that no word has share class 0
	classes int
	next    []int32   // next[state*classes+class], negative where a word ends
	words   [][]int32 // the words that end in a state
}

func newAutomaton(words []string) *automaton {
	a := &automaton{classes: 1}
	for _, w := range words {
		for i := range len(w) {
			if a.class[w[i]] == 0 {
				a.class[w[i]] = uint16(a.classes)
				a.classes++
			}
		}
	}
	a.state()
	for n, w := range words {
		at := int32(0)
		for i := range len(w) {
			edge := int(at)*a.classes + int(a.class[w[i]])
			if a.next[edge] == 0 {
				a.next[edge] = a.state()
			}
			at = a.next[edge]
		}
		a.words[at] = append(a.words[at], int32(n))
	}
	// Breadth first, so that where a failure leads is complete before it is needed.
	queue, failure := []int32{0}, make([]int32, len(a.words))
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := 1; c < a.classes; c++ {
			back := a.next[int(failure[at])*a.classes+c]
			edge := int(at)*a.classes + c
			child := a.next[edge]
			if child == 0 {
				a.next[edge] = back
				continue
			}
			if at != 0 {
				failure[child] = back
				a.words[child] = append(a.words[child], a.words[back]...)
			}
			queue = append(queue, child)
		}
	}
	for edge, to := range a.next {
		if len(a.words[to]) > 0 {
			a.next[edge] = -to
		}
	}
	return a
}

// step returns the state after c, and whether a word ends there.
func (a *automaton) step(at int32, c byte) (int32, bool) {
	to := a.next[int(at)*a.classes+int(a.class[c])]
	if to < 0 {
		return -to, true
	}
	return to, false
}

func (a *automaton) state() int32 {
	a.next = append(a.next, make([]int32, a.classes)...)
	a.words = append(a.words, nil)
	return int32(len(a.words) - 1)
}

// search calls found for every occurrence of a word, with the place after it.
func (a *automaton) search(text []byte, found func(end int, word int32)) {
	at, ends := int32(0), false
	for i, c := range text {
		if at, ends = a.step(at, c); ends {
			for _, w := range a.words[at] {
				found(i+1, w)
			}
		}
	}
}
