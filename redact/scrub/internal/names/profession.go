package names

// profession emits the profession that begins with w, where it stands for a person: after "as", or after a comma and "the". It returns its end, or 0.
func (l *line) profession(w *word) int {
	mark := l.keys.used
	end := 0
	i := w.start
	for n := 0; n < 4 && l.letterAt(i); n++ {
		if n > 0 {
			l.keys.extend(' ')
		}
		next := l.readWord(i)
		is := l.kindOf(l.keys.of(mark, next.to))
		if is&profession != 0 {
			end = next.end
		}
		if is&career == 0 || next.next >= l.end || l.text[next.next] != ' ' {
			break
		}
		i = next.next + 1
	}
	l.keys.used = mark
	if end == 0 {
		return 0
	}
	before := l.before(w.start)
	switch string(l.key(&before.first)) {
	case "as", "comme":
	case "the", "le", "la": // after a name and a comma
		if i := before.first.start; i < l.start+2 || string(l.text[i-2:i]) != ", " {
			return 0
		}
	default:
		return 0
	}
	l.emit(w.start, end, Title, evidence{tradeName, tradeName, byTrades})
	return end
}
