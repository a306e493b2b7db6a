package names

// Class says what was found.
type Class uint8

const (
	_            Class = iota
	Person             // a name, given and family names together, without title
	Place              // a city, region or country
	Organisation       // a company or institution
	Hospital           // a hospital or clinic
	Title              // a form of address such as "Dr.", or a profession
	Nationality
)

// String returns the class in lower case.
func (c Class) String() string {
	switch c {
	case Person:
		return "person"
	case Place:
		return "place"
	case Organisation:
		return "organisation"
	case Hospital:
		return "hospital"
	case Title:
		return "title"
	case Nationality:
		return "nationality"
	}
	return "unknown"
}

// Lang is the language of a text. It settles what is one thing in English and another in French, such as "M." before a name.
type Lang uint8

const (
	Any Lang = iota // either, or both mixed
	English
	French
)

// A Span is a finding: text[Start:End], in bytes. Score is between 0.5 and 1 and grows with the evidence; Reason names
// the strongest, and holds nothing of the text.
type Span struct {
	Start, End int
	Class      Class
	Score      float32
	Reason     string
}
