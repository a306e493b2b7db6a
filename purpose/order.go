package purpose

import "time"

// Order is what a request under a legal purpose answers: an order, a warrant, the request of a body, or a provision of
// law that applies to one case. A [Spec] that is Ordered or Cited opens nothing without one.
type Order struct {
	Issuer     string      // whose order it is; required by Ordered
	Compelling bool        // the issuer has the power to compel (P-39.1 s. 18 par. 1(6)); required by Ordered
	Citation   string      // the provision; required by Cited
	Attributes []Attribute // exactly what it lists; what it does not list does not open
	Issued     time.Time   // required
	Until      time.Time   // first instant at which it no longer stands; zero: none
	Reviewer   string      // who in the organisation read and approved it; required
}

// Ticket is what an engineer or agent who breaks the glass works on. A [Spec] with a BreakGlass opens nothing without one.
type Ticket struct {
	ID       string    // required
	Opened   time.Time // required
	Subjects int       // how many persons were opened under it, with the one asked for; at least 1
}

// BreakGlass bounds a purpose that is for emergencies of the service. The zero BreakGlass is none: an ordinary purpose.
type BreakGlass struct {
	Subjects int           // how many persons one ticket may open; positive
	For      time.Duration // how long after it was opened; positive
}

// IsZero reports whether there is no bound, and no glass to break.
func (b BreakGlass) IsZero() bool { return b == BreakGlass{} }
