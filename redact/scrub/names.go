package scrub

import "github.com/purposebound/purposebound/redact/scrub/internal/names"

// kindOfName has the kinds of what package names finds. A hospital is a place.
var kindOfName = [...]kind{
	names.Person: kindPerson, names.Place: kindPlace, names.Hospital: kindPlace, names.Organisation: kindOrganisation,
	names.Title: kindTitle, names.Nationality: kindNationality,
}

// appendNames adds names of persons, places and organisations.
func (s *Scrubber) appendNames(w *work, found []Finding, text []byte) []Finding {
	if !s.names {
		return found
	}
	w.names = names.Append(w.names[:0], text, names.Any)
	for _, n := range w.names {
		w.scan.found = found
		if k := kindOfName[n.Class]; !w.scan.afterReplacement(n.Start) && w.scan.add(k, n.Start, n.End, n.Score, n.Reason) && k == kindPlace {
			w.scan.codesBeside(n.Start, n.End)
		}
		found = w.scan.found
	}
	return found
}

// afterReplacement reports whether a word in small letters begins at i and what stands before it was replaced: what announced a name announced that.
func (sc *scan) afterReplacement(i int) bool {
	if !isLower(sc.at(i)) {
		return false
	}
	for i > 0 && sc.text[i-1] == ' ' {
		i--
	}
	return sc.tagBefore(i)
}
