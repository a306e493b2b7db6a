package purpose

import "fmt"

// Fault is one thing wrong with a [Document]. [NewPolicy] joins all it finds, so that whoever writes the document
// corrects it in one go; errors.AsType[*Fault] returns the first.
// A fault quotes the document and nothing else.
type Fault struct {
	Place   string // where, in the document's own terms: purposes["service.payment"].roles["agent"]
	Problem string // what is wrong and what would be right
}

// Error returns place and problem on one line.
func (f *Fault) Error() string { return fmt.Sprintf("purpose: %s: %s", f.Place, f.Problem) }
