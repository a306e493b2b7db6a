package consent

import "sync/atomic"

// Holder is a ledger that one registry at a time can hold. It is optional: for a ledger without it,
// the caller makes sure that no other registry writes to it.
type Holder interface {
	// Hold must return [ErrLedgerInUse] while another registry holds the ledger, in this process or any other.
	// release must be called once; the next Hold then succeeds.
	Hold() (release func(), err error)
}

// holding is the part of a Holder that a ledger which is itself in one process only needs.
type holding struct{ held atomic.Bool }

// Hold takes the ledger for one registry, as [Holder] says.
func (h *holding) Hold() (release func(), err error) {
	if !h.held.CompareAndSwap(false, true) {
		return nil, ErrLedgerInUse
	}
	return func() { h.held.Store(false) }, nil
}
