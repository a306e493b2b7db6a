package pii_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// notebook is an agenda that writes down what it is told.
type notebook struct {
	told []string
	fail error
	then func()
}

func (n *notebook) Keep(_ context.Context, s consent.Subject, c purpose.Compartment, a purpose.Attribute, caseID string, collected time.Time) error {
	if n.fail != nil {
		return n.fail
	}
	n.told = append(n.told, fmt.Sprint(s == marie, " ", c, " ", a, " ", caseID, " ", collected.Format(time.RFC3339)))
	if n.then != nil {
		n.then()
	}
	return nil
}

func TestAgendaIsToldBeforeAnythingIsSealed(t *testing.T) {
	t.Parallel()
	book := new(notebook)
	v := piitest.New(t, office()).Telling(book)
	v.Notify(marie)
	v.Advance(9*time.Hour + 30*time.Minute)
	collect := func(how pii.Collection) *pii.Intake {
		how.Method = consent.WebForm
		in, err := v.Collect(t.Context(), clerk, marie, how)
		require.NoError(t, err)
		return in
	}
	in := collect(pii.Collection{For: []purpose.ID{Service, Newsletter}, Case: "job-1"})
	var name pii.Sealed[pii.Name]
	var email, other pii.Sealed[pii.Email]
	require.NoError(t, name.Seal(in, "Marie"))
	for range 4 { // also by the quick way that the third takes
		require.NoError(t, email.Seal(in, canary))
	}
	require.NoError(t, other.SealBound(in, canary, "row 7"))
	day := "2026-01-02T00:00:00Z"
	both := "marketing+service/marketing+service"
	assert.Equal(t, []string{
		"true " + both + " identity.name job-1 " + day,
		"true " + both + " identity.email job-1 " + day,
	}, book.told, "once for each attribute of the intake, as the tokens have it")

	book.told = nil
	var text pii.Sealed[pii.Text]
	require.NoError(t, text.Seal(collect(pii.Collection{For: []purpose.ID{Hourly}}), "hello"))
	assert.Equal(t, []string{"true hourly/office communications.text  2026-01-02T09:30:00Z"}, book.told, "to the second where a rule counts days")

	d, err := text.Describe(v.Vault)
	require.NoError(t, err)
	assert.Equal(t, pii.Description{
		Attribute: "communications.text", Purposes: []purpose.ID{Hourly}, Compartment: "hourly/office",
		Collected: time.Date(2026, 1, 2, 9, 30, 0, 0, time.UTC), Origin: pii.Provided, Policy: "1",
	}, d)
	d, err = name.Describe(v.Vault)
	require.NoError(t, err)
	assert.Equal(t, []any{purpose.Compartment(both), true, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}, []any{d.Compartment, d.HasCase, d.Collected})
}

func TestAgendaThatFailsLetsNothingIn(t *testing.T) {
	t.Parallel()
	book := &notebook{fail: errFault}
	v := piitest.New(t, office()).Telling(book)
	v.Notify(marie)
	in, err := v.Collect(t.Context(), clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
	require.NoError(t, err)
	var email pii.Sealed[pii.Email]
	for range 3 {
		err = email.Seal(in, canary)
		require.ErrorIs(t, err, purpose.AgendaUnavailable)
		require.ErrorIs(t, err, purpose.ErrUnavailable)
		assert.NotErrorIs(t, err, purpose.ErrDenied)
		assert.NotContains(t, err.Error(), canaryID)
		assert.True(t, email.IsZero())
	}
	book.fail = nil
	require.NoError(t, email.Seal(in, canary))
	assert.Len(t, book.told, 1)

	// What ends while the agenda is asked seals nothing.
	v.Grant(marie, Newsletter)
	in, err = v.Collect(t.Context(), clerk, marie, pii.Collection{For: []purpose.ID{Newsletter}, Method: consent.WebForm})
	require.NoError(t, err)
	var late pii.Sealed[pii.Email]
	done := make(chan error)
	book.then = func() {
		go func() {
			_, err := v.Registry().Withdraw(context.Background(), marie, Newsletter)
			done <- err
		}()
		for len(v.Registry().InUse()) == 0 || !v.Registry().InUse()[0].Ending {
			runtime.Gosched()
		}
	}
	require.ErrorIs(t, late.Seal(in, canary), purpose.StaleDecision)
	require.NoError(t, <-done)
	assert.True(t, late.IsZero())

	_, err = pii.NewVault(pii.Config{Registry: v.Registry(), Keys: v.Ring, Audit: pii.NoAudit{}, Agenda: (*notebook)(nil)})
	require.Error(t, err, "a nil pointer is no agenda")
}

func TestDescribeErrors(t *testing.T) {
	t.Parallel()
	v := piitest.New(t, office())
	email := piitest.Seal[pii.Email](v, marie, canary, Service)
	text, err := email.MarshalText()
	require.NoError(t, err)
	binary, err := email.MarshalBinary()
	require.NoError(t, err)
	for name, stored := range map[string][]byte{"text": text, "binary": binary} {
		d, err := v.Describe(stored)
		require.NoError(t, err, name)
		assert.Equal(t, purpose.Attribute("identity.email"), d.Attribute, name)
	}
	var as pii.Sealed[pii.Name]
	require.NoError(t, as.UnmarshalText(text))
	_, err = as.Describe(v.Vault)
	require.ErrorIs(t, err, pii.ErrWrongAttribute)
	_, err = new(pii.Sealed[pii.Email]).Describe(v.Vault)
	require.ErrorIs(t, err, pii.ErrAbsent)
	_, err = v.Describe(nil)
	require.ErrorIs(t, err, pii.ErrAbsent)
	_, err = v.Describe(text[:9])
	require.ErrorIs(t, err, pii.ErrMalformed)
	_, err = v.Describe([]byte("not a token!"))
	require.ErrorIs(t, err, pii.ErrMalformed)
	_, err = email.Describe(nil)
	require.ErrorIs(t, err, purpose.Malformed)
	later := append([]byte(nil), binary...)
	later[2] = 7 // a version of the policy that is not loaded
	_, err = v.Describe(later)
	require.ErrorIs(t, err, purpose.UnknownPolicy)
	later[2], later[3] = binary[2], 99
	_, err = v.Describe(later)
	require.ErrorIs(t, err, pii.ErrMalformed, "an attribute that the version does not have")
}
