package retention_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// ledger is an eraser that is a pointer.
type ledger struct{}

func (*ledger) Erase(context.Context, retention.Item) error { return nil }

func TestCheck(t *testing.T) {
	t.Parallel()
	eraser := retention.EraserFunc(func(context.Context, retention.Item) error { return nil })
	invoices := retention.Table{Name: "invoices", Attributes: []purpose.Attribute{"profile.invoice"}, Eraser: eraser}
	p := compiled(t, books(retention.Tax()))
	for _, test := range []struct {
		name   string
		policy *purpose.Policy
		tables []retention.Table
		faults []string
	}{
		{"in order", p, []retention.Table{invoices}, nil},
		{"in two tables", p, []retention.Table{invoices, {Name: "copies", Attributes: invoices.Attributes, Eraser: eraser}}, nil},
		{"no table", p, nil, []string{`retention: attributes["profile.invoice"]: no table has it, so what is kept of it would never be erased; version 1 of the policy lists it`}},
		{"no policy", nil, []retention.Table{invoices}, []string{"retention: policy: is nil: there is nothing to compare the tables with"}},
		{
			"an attribute of no purpose", p,
			[]retention.Table{{Name: "invoices", Attributes: []purpose.Attribute{"profile.color", "profile.invoice", "profile.color"}, Eraser: eraser}},
			[]string{`retention: tables["invoices"].attributes: no purpose lists "profile.color"`},
		},
		{"twice", p, []retention.Table{invoices, invoices, invoices}, []string{
			`retention: tables["invoices"]: there is another table of that name`, `retention: tables["invoices"]: there is another table of that name`,
		}},
		{"no eraser", p, []retention.Table{invoices, {Name: "a", Attributes: invoices.Attributes}, {Name: "b", Attributes: invoices.Attributes, Eraser: retention.EraserFunc(nil)}, {Name: "c", Attributes: invoices.Attributes, Eraser: (*ledger)(nil)}}, []string{
			`retention: tables["a"].eraser: is required: nothing would be erased`, `retention: tables["b"].eraser: is required: nothing would be erased`,
			`retention: tables["c"].eraser: is required: nothing would be erased`,
		}},
		{"nothing", p, []retention.Table{invoices, {}, {}}, []string{
			"retention: tables[1].name: is required: reports name the table by it", "retention: tables[1].eraser: is required: nothing would be erased",
			"retention: tables[1].attributes: is required: the eraser would never be called",
			"retention: tables[2].name: is required: reports name the table by it", "retention: tables[2].eraser: is required: nothing would be erased",
			"retention: tables[2].attributes: is required: the eraser would never be called",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			faults := retention.Check(test.policy, test.tables)
			var got []string
			for _, err := range faults {
				f, ok := errors.AsType[*retention.Fault](err)
				require.True(t, ok)
				assert.NotEmpty(t, f.Place)
				assert.NotEmpty(t, f.Problem)
				got = append(got, err.Error())
			}
			assert.Equal(t, test.faults, got)
		})
	}
}

// What was collected under an earlier version may still be there, and that of a later one will be.
func TestCheckOfAHistory(t *testing.T) {
	t.Parallel()
	before, after := books(retention.Tax()), books(retention.Tax())
	after.Version, after.Effective = "2", day(2021, time.January, 1)
	after.Purposes[0].Attributes = []purpose.Attribute{"profile.receipt"}
	after.Purposes[0].Roles = map[purpose.Role][]purpose.Attribute{"accountant": {"profile.receipt"}}
	one, err := purpose.Publish(before)
	require.NoError(t, err)
	two, err := purpose.Publish(after)
	require.NoError(t, err)
	h, err := purpose.NewHistory(one, two)
	require.NoError(t, err)
	table := retention.Table{Name: "x", Eraser: retention.EraserFunc(func(context.Context, retention.Item) error { return nil })}
	for p := range h.Versions() {
		table.Attributes = []purpose.Attribute{"profile.receipt"}
		assert.Len(t, retention.Check(p, []retention.Table{table}), 1)
		table.Attributes = []purpose.Attribute{"profile.invoice"}
		assert.Len(t, retention.Check(p, []retention.Table{table}), 1)
		table.Attributes = []purpose.Attribute{"profile.invoice", "profile.receipt"}
		assert.Nil(t, retention.Check(p, []retention.Table{table}))
	}
}

// What is kept is told from what is gone by the outcome alone; one that is not known is neither.
func TestKept(t *testing.T) {
	t.Parallel()
	c := retention.Certificate{Lines: []retention.Line{
		{Attribute: "a", Outcome: retention.Destroyed},
		{Attribute: "b", Outcome: retention.Retained},
		{Attribute: "c", Outcome: retention.Deleted},
		{Attribute: "d", Outcome: retention.Held},
		{Attribute: "e"},
		{Attribute: "f", Outcome: retention.Anonymised},
	}}
	assert.Equal(t, []retention.Line{c.Lines[1], c.Lines[3]}, c.Kept())
	assert.Empty(t, (&retention.Certificate{}).Kept())
}
