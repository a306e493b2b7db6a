package purpose

import "iter"

// Obligation is a duty that comes with a decision. The zero Obligation is invalid.
type Obligation uint8

// The obligations. A [Spec] declares the first two; the others follow from what was decided.
const (
	OfferUnsubscribe   Obligation = iota + 1 // each message carries a way to stop (CASL s. 6(2)(c); P-39.1 s. 22)
	TellAutomated                            // the person is told that a machine alone decides (P-39.1 s. 12.1)
	MarkDerived                              // what comes of combining is derived data: with its sources' purposes, and no later end
	RecordDisclosure                         // enter it in the record of disclosures (P-39.1 s. 18 par. 2; PIPEDA 4.9.1)
	FlagAccess                               // the privacy officer looks at it afterwards: the glass was broken
	RecordDerogation                         // enter it in the record of derogations, consumed if it permits once
	ConsumeGrant                             // the grant permitted this use and no other
	ConfirmDestruction                       // have the recipient confirm that it destroyed what it had: its contract has ended
)

// Obligations is a set of obligations.
type Obligations uint16

// ObligationSet returns the set of all; invalid ones are left out.
func ObligationSet(all ...Obligation) Obligations {
	var s Obligations
	for _, o := range all {
		if o >= OfferUnsubscribe && o <= ConfirmDestruction {
			s |= 1 << o
		}
	}
	return s
}

// Has reports whether o is in the set.
func (s Obligations) Has(o Obligation) bool {
	return o >= OfferUnsubscribe && o <= ConfirmDestruction && s&(1<<o) != 0
}

// All returns the obligations of the set in order.
func (s Obligations) All() iter.Seq[Obligation] {
	return func(yield func(Obligation) bool) {
		for o := OfferUnsubscribe; o <= ConfirmDestruction; o++ {
			if s.Has(o) && !yield(o) {
				return
			}
		}
	}
}
