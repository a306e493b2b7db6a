package main

import (
	"strings"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Kinds of this program's own. Names, e-mail addresses, postal addresses and birth dates are the library's kinds;
// what is below is free text or a short list of words, and differs only in the field of the policy it stands for.

// WorkOrder is what a client wrote about the work to be done.
type WorkOrder struct{ pii.Text }

// Attribute names the field of the policy.
func (WorkOrder) Attribute() purpose.Attribute { return WorkOrderText }

// Message is a written message between users or with the support desk.
type Message struct{ pii.Text }

// Attribute names the field of the policy.
func (Message) Attribute() purpose.Attribute { return MessageText }

// CallHistory is a line of the telephone log.
type CallHistory struct{ pii.Text }

// Attribute names the field of the policy.
func (CallHistory) Attribute() purpose.Attribute { return CallHistoryOf }

// Recording is the reference under which the sound of a call is stored, not the sound.
type Recording struct{ pii.Text }

// Attribute names the field of the policy.
func (Recording) Attribute() purpose.Attribute { return RecordingOf }

// Transcript is the text of a recorded call.
type Transcript struct{ pii.Text }

// Attribute names the field of the policy.
func (Transcript) Attribute() purpose.Attribute { return TranscriptionText }

// Location is the municipality where a client needs work or a professional offers it.
type Location struct{ pii.Text }

// Attribute names the field of the policy.
func (Location) Attribute() purpose.Attribute { return LocationOf }

// PaymentMethod is how a person pays, with the last digits of a card at most.
type PaymentMethod struct{ pii.Text }

// Attribute names the field of the policy.
func (PaymentMethod) Attribute() purpose.Attribute { return PaymentMethodOf }

// TransactionHistory is a line of what a person was charged or paid.
type TransactionHistory struct{ pii.Text }

// Attribute names the field of the policy.
func (TransactionHistory) Attribute() purpose.Attribute { return TransactionHistoryOf }

// Gender is what a person says of their gender: F, M, X (another) or U (rather not say).
type Gender struct{}

// Attribute names the field of the policy.
func (Gender) Attribute() purpose.Attribute { return GenderOf }

// Canonical accepts the four letters in either case.
func (Gender) Canonical(text string) (string, bool) {
	return oneOf(strings.ToUpper(strings.TrimSpace(text)), "F", "M", "X", "U")
}

// Language is the language a person wishes to be served in.
type Language struct{}

// Attribute names the field of the policy.
func (Language) Attribute() purpose.Attribute { return LanguageOf }

// Canonical accepts the languages the policy is published in.
func (Language) Canonical(text string) (string, bool) {
	return oneOf(strings.TrimSpace(text), "fr-CA", "en")
}

// IPAddress is the address a visit came from.
type IPAddress struct{ pii.Text }

// Attribute names the field of the policy.
func (IPAddress) Attribute() purpose.Attribute { return VisitorIP }

// Page is a page of the site that was read.
type Page struct{ pii.Text }

// Attribute names the field of the policy.
func (Page) Attribute() purpose.Attribute { return VisitedPages }

func oneOf(text string, words ...string) (string, bool) {
	for _, w := range words {
		if text == w {
			return text, true
		}
	}
	return "", false
}
