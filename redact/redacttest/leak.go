package redacttest

// Leak is a canary that was found.
type Leak struct {
	Canary Canary
	Sink   string // where: "stdout", "log", "file report.csv", the name of a [Watch.Sink]; empty from [Find]
	Form   string // in what writing, the outermost layer first: "raw", "base64 of JSON-escaped"
	Site   string // the file and line that wrote it, where that can be had
}

// String says what leaked without showing it.
func (l Leak) String() string {
	s := l.Canary.label()
	if l.Sink != "" {
		s += " reached " + l.Sink
	} else {
		s += " is there"
	}
	s += " as " + l.Form
	if l.Site != "" {
		s += ", written at " + l.Site
	}
	return s
}

// Find returns the canaries that are in data, in any writing that the package documentation lists, the plainest one of each. It panics if there
// is no canary, or one too short to look for.
func Find(data []byte, canaries ...Canary) []Leak {
	o, err := newOracle(canaries)
	if err != nil {
		panic("redacttest: Find: " + err.Error())
	}
	return o.leaks(data)
}

func (o *oracle) leaks(data []byte) []Leak {
	var leaks []Leak
	for i, h := range o.search(data) {
		if h.found {
			leaks = append(leaks, Leak{Canary: o.canaries[i], Form: h.form()})
		}
	}
	return leaks
}
