package dossier

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// A Declaration is what no measurement can tell and the regulation asks for. Everything is required; texts are UTF-8. It is shown as it is, so it
// must name nobody but the supervisor.
type Declaration struct {
	Purpose       string    `json:"purpose"`       // what the anonymised information is to serve, set before beginning (s. 3)
	Supervisor    string    `json:"supervisor"`    // who supervises: a person qualified in the field (s. 4)
	Qualification string    `json:"qualification"` // what makes that person qualified
	Information   string    `json:"information"`   // description of what is anonymised (s. 9)
	Removed       []string  `json:"removed"`       // names of the direct identifiers that were removed (s. 5); at least those that the original has
	Techniques    []string  `json:"techniques"`    // how it was anonymised (s. 6)
	Measures      []string  `json:"measures"`      // protection and security measures (s. 6)
	Residual      string    `json:"residual"`      // why what is left is very low, seen from circumstances, nature, the criteria, other information that is reasonably available, and the effort to re-identify (s. 7)
	Done          time.Time `json:"done"`          // when the risk was analysed (s. 9)
	Review        time.Time `json:"review"`        // when it is next analysed (s. 8), after Done: from then on nothing opens
}

// check returns an [ErrDeclaration] for what is missing.
func (d *Declaration) check() error {
	for _, text := range []struct{ name, text string }{
		{"purpose", d.Purpose},
		{"supervisor", d.Supervisor},
		{"qualification", d.Qualification},
		{"information", d.Information},
		{"residual", d.Residual},
	} {
		if !isText(text.text) {
			return fmt.Errorf("%w: %s", ErrDeclaration, text.name)
		}
	}
	for _, list := range []struct {
		name  string
		texts []string
	}{{"removed", d.Removed}, {"techniques", d.Techniques}, {"measures", d.Measures}} {
		if len(list.texts) == 0 {
			return fmt.Errorf("%w: %s", ErrDeclaration, list.name)
		}
		for _, text := range list.texts {
			if !isText(text) {
				return fmt.Errorf("%w: %s", ErrDeclaration, list.name)
			}
		}
	}
	switch {
	case !isTime(d.Done):
		return fmt.Errorf("%w: done", ErrDeclaration)
	case !isTime(d.Review) || !d.Review.After(d.Done):
		return fmt.Errorf("%w: review", ErrDeclaration)
	}
	return nil
}

func isText(text string) bool { return text != "" && utf8.ValidString(text) }

// isTime reports whether a time can be written as RFC 3339.
func isTime(t time.Time) bool { return !t.IsZero() && t.UTC().Year() >= 1970 && t.UTC().Year() <= 9999 }

// seconds returns the time in UTC without parts of a second.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
