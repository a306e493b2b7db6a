package study

import (
	"slices"
	"strings"
	"time"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/anonymity"
)

// Columns are those of the study, in the order of [Row.Cells].
var Columns = []anonymity.Column{
	{Name: "age", Role: anonymity.QuasiIdentifier},
	{Name: "area", Role: anonymity.QuasiIdentifier},
	{Name: "work", Role: anonymity.Sensitive},
}

// Trade says what kind of work an order is about. Of what the client wrote only a word of this list leaves.
type Trade struct{}

var trades = []struct {
	name  string
	words []string
}{
	{"accessibility", []string{"wheelchair", "fauteuil roulant"}},
	{"mould", []string{"mould", "moisissure"}},
	{"plumbing", []string{"tap", "évier", "fuite"}},
	{"roof", []string{"roof", "toiture"}},
	{"heating", []string{"furnace", "thermopompe"}},
	{"painting", []string{"paint", "peinture"}},
}

// Generalise returns the kind of work, "other" for work of another kind.
func (Trade) Generalise(text string) (string, bool) {
	text = strings.ToLower(text)
	for _, t := range trades {
		if slices.ContainsFunc(t.words, func(w string) bool { return strings.Contains(text, w) }) {
			return t.name, true
		}
	}
	return "other", text != ""
}

// Row is what is left of a client for a study: still personal data, and of no use to find the client by itself.
type Row struct{ Age, Area, Work string }

// Cells are the row's, in the order of [Columns].
func (r Row) Cells() []string { return []string{r.Age, r.Area, r.Work} }

// Values makes rows. At is the day at which ages are counted.
type Values struct{ At time.Time }

// Row opens what it needs of a client in a use, under a purpose that reveals nothing: only what the generalisers return leaves.
func (v Values) Row(use *pii.Use, c *Client) (r Row, err error) {
	age, err := pii.Derive(use, c.Born, redact.AgeBand{Years: 1, At: v.At})
	if err != nil {
		return Row{}, err
	}
	area, err := pii.Derive(use, c.Address, redact.AddressPart{Keep: redact.FSA})
	if err != nil {
		return Row{}, err
	}
	work, err := pii.Derive(use, c.Order, Trade{})
	if err != nil {
		return Row{}, err
	}
	return Row{age.Reveal(), area.Reveal(), work.Reveal()}, nil
}
