package purpose

import "fmt"

// Fault is one thing wrong with a [Document]. [NewPolicy] joins all it finds, so that whoever writes the document
// corrects it in one go; errors.AsType[*Fault] returns the first.
// A fault quotes the document and nothing else.
type Fault struct {
	Place   string // where, in the document's own terms: purposes["service.payment"].roles["agent"]
	Problem string // what is wrong and what would be right
	Line    int    // of the file, from 1; 0 if the document did not come from one
}

// Error returns line, place and problem on one line.
func (f *Fault) Error() string {
	if f.Line > 0 {
		return fmt.Sprintf("purpose: line %d: %s: %s", f.Line, f.Place, f.Problem)
	}
	return fmt.Sprintf("purpose: %s: %s", f.Place, f.Problem)
}
