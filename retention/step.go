package retention

import "time"

// Action says what a sweep did with an item. The zero Action is invalid.
type Action uint8

// The actions of a sweep.
const (
	Ended   Action = iota + 1 // it had come to its end: its rows are deleted, and its keys destroyed unless something else is kept under them
	Kept                      // it ends later
	Waiting                   // its time is over, and a hold keeps it, or another end or erasure is under way
	Failed                    // it could not be ended, or it cannot be told when it ends; see Cause
	Erased                    // the erasure of the person is done
)

var actionText = [...]string{"unknown", "ended", "kept", "waiting", "failed", "erased"}

// String returns the stable text of the action, "ended".
func (a Action) String() string {
	if int(a) < len(actionText) {
		return actionText[a]
	}
	return actionText[0]
}

// Step is what a sweep did with one item. Its Item names the person; nothing else in it does.
type Step struct {
	Item   Item // as it was taken
	Action Action
	Next   time.Time // when it is looked at again; zero: it is off the agenda
	End    End       // of Kept, Waiting and Ended: what was concluded; zero for an erasure
	Cause  error     // of Failed; of Waiting, what is waited for
	// Certificate is that of an erasure which this step completed. Nil for one that was done before and only cleaned up after.
	Certificate *Certificate
}

// settled is a step and what the queue is to be told.
type settled struct {
	Step
	done bool
	keep bool // give it back as it was: it was not looked at
}

// after is a step whose item is looked at again.
func after(a Action, i Item, at time.Time, cause error) settled {
	return settled{Step: Step{Item: i, Action: a, Next: at, Cause: cause}}
}

// done is a step whose item goes off the agenda.
func done(a Action, i Item, e End) settled {
	return settled{Step: Step{Item: i, Action: a, End: e}, done: true}
}
