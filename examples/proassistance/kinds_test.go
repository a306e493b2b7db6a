package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// A kind that embeds another and forgets its own Attribute would pass for the other.
func TestKindsNameTheirOwnField(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t)
	kinds := map[purpose.Attribute]pii.Kind{
		"communications.work_order":    WorkOrder{},
		"communications.text":          Message{},
		"communications.call_history":  CallHistory{},
		"communications.recording":     Recording{},
		"communications.transcription": Transcript{},
		"profile.location":             Location{},
		"profile.language":             Language{},
		"profile.payment_method":       PaymentMethod{},
		"profile.transaction_history":  TransactionHistory{},
		"identity.gender":              Gender{},
		"technical.ip":                 IPAddress{},
		"technical.pages":              Page{},
	}
	for a, kind := range kinds {
		assert.Equal(t, a, kind.Attribute())
		assert.Contains(t, policy.Attributes(), a)
	}
}

func TestKindsOfFewWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind       pii.Kind
		text, want string
		ok         bool
	}{
		{Gender{}, "F", "F", true},
		{Gender{}, " x ", "X", true},
		{Gender{}, "u", "U", true},
		{Gender{}, "", "", false},
		{Gender{}, "femme", "", false},
		{Language{}, "fr-CA", "fr-CA", true},
		{Language{}, " en ", "en", true},
		{Language{}, "fr", "", false},
		{Language{}, "", "", false},
	}
	for _, tt := range tests {
		got, ok := tt.kind.Canonical(tt.text)
		assert.Equalf(t, tt.ok, ok, "%s of %q", tt.kind.Attribute(), tt.text)
		assert.Equalf(t, tt.want, got, "%s of %q", tt.kind.Attribute(), tt.text)
	}
}
