package rights

import (
	"errors"

	"github.com/purposebound/purposebound/purpose"
)

// The errors of a desk. None names a person or repeats what was asked.
var (
	// ErrIdentityNotVerified is matched by an [IdentityError].
	ErrIdentityNotVerified = errors.New("rights: IdentityNotVerified")
	// ErrConfig reports a [Config] that no desk can work with. What is wrong is in the text.
	ErrConfig = errors.New("rights: the configuration is not complete")
	// ErrKept reports that something was kept of who asked for deletion, and that no ground was given for it.
	ErrKept = errors.New("rights: something is kept, and no ground says why")
	// ErrInvalid reports an argument that is missing or not well formed: an actor without role or id, a date in the future, evidence that is required.
	ErrInvalid = errors.New("rights: an argument is missing or not well formed")
	// ErrNoRequest reports that the person has no request of that id.
	ErrNoRequest = errors.New("rights: no request of that id")
	// ErrKind reports something that requests of this kind do not have.
	ErrKind = errors.New("rights: the request is of another kind")
	// ErrSettled reports a request that was answered or refused: that stays so.
	ErrSettled = errors.New("rights: the request was answered or refused already")
	// ErrExtension reports an extension that the rules do not know, of more days than they allow, after the first deadline, or a second one.
	ErrExtension = errors.New("rights: the time cannot be extended, or not by so much, or not any more")
	// ErrUndecided reports a request to cease dissemination of which nobody has answered the questions of the law.
	ErrUndecided = errors.New("rights: no person has assessed the request")
	// ErrNoRecourse reports a recourse against what was not refused, or that nobody took, or that is over.
	ErrNoRecourse = errors.New("rights: there is no recourse that this could be about")
	// ErrConflict reports that others kept changing the person's file.
	ErrConflict = errors.New("rights: the file has changed meanwhile")
	// ErrStored reports a stored event that this version of the package does not know or that no desk writes.
	ErrStored = errors.New("rights: a stored event is not one that a desk writes")
)

// IdentityError is the refusal of a request from somebody who was not shown to be the person, or to act for her. It matches
// [ErrIdentityNotVerified] and [purpose.ErrDenied].
type IdentityError struct {
	Kind     Kind
	Channel  Channel
	Needs    Assurance // what the kind needs
	Has      Assurance // what was shown, as far as the channel lets it be shown; zero: nothing
	Standing Standing  // of who asks; somebody else than the person needs an authority as well
}

// Error says what was asked for, how, and what is missing.
func (e *IdentityError) Error() string {
	if e.Has >= e.Needs {
		return ErrIdentityNotVerified.Error() + ": " + e.Kind.String() + " needs an authority of a " + e.Standing.String()
	}
	return ErrIdentityNotVerified.Error() + ": " + e.Kind.String() + " by " + e.Channel.String() + " needs " + e.Needs.String() + ", has " + e.Has.String()
}

// Is matches ErrIdentityNotVerified and purpose.ErrDenied.
func (e *IdentityError) Is(target error) bool {
	return target == ErrIdentityNotVerified || target == purpose.ErrDenied
}

// outage is a part that failed. Its cause is behind it, not in its text.
type outage struct {
	part  string
	cause error
}

func (o *outage) Error() string { return "rights: the " + o.part + " could not be reached" }

func (o *outage) Is(target error) bool { return target == purpose.ErrUnavailable }

func (o *outage) Unwrap() error { return o.cause }

// stored names a failure of the store, leaving the errors of its contract as they are.
func stored(err error) error {
	if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrStored) {
		return err
	}
	return &outage{"store", err}
}
