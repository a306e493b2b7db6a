package retention_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentiontest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	retentiontest.TestStore(t, func(testing.TB) retention.Store { return new(retention.Memory) })
}

func TestStorable(t *testing.T) {
	t.Parallel()
	whole := retention.Item{
		Subject: "s", Compartment: "tax/legal", Case: strings.Repeat("c", 128), Collected: day(2025, time.May, 1),
		Attributes: []purpose.Attribute{"profile.invoice"}, Due: day(2032, time.January, 1),
	}
	assert.True(t, whole.Storable())
	assert.True(t, (&retention.Item{Subject: "s", Due: day(2032, time.January, 1)}).Storable(), "an erasure")
	for what, change := range map[string]func(*retention.Item){
		"no subject":                 func(i *retention.Item) { i.Subject = "" },
		"no due date":                func(i *retention.Item) { i.Due = time.Time{} },
		"due too late":               func(i *retention.Item) { i.Due = day(10000, time.January, 1) },
		"a long case":                func(i *retention.Item) { i.Case += "c" },
		"a case that is no text":     func(i *retention.Item) { i.Case = "\xff" },
		"a long compartment":         func(i *retention.Item) { i.Compartment = purpose.Compartment(strings.Repeat("c", 2049)) },
		"no collection":              func(i *retention.Item) { i.Collected = time.Time{} },
		"collected too early":        func(i *retention.Item) { i.Collected = day(0, time.December, 31) },
		"no attributes":              func(i *retention.Item) { i.Attributes = nil },
		"an empty attribute":         func(i *retention.Item) { i.Attributes = []purpose.Attribute{"profile.invoice", ""} },
		"an erasure of a case":       func(i *retention.Item) { i.Compartment, i.Attributes = "", nil },
		"an erasure with attributes": func(i *retention.Item) { i.Compartment, i.Case = "", "" },
	} {
		i := whole
		change(&i)
		assert.False(t, i.Storable(), what)
	}
}
