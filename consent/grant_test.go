package consent_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// standing is a way a purpose can stand: how it came to that, and what it is.
type standing struct {
	name  string
	reach func(t *testing.T, d *desk) // from a subject who was told and asked
	is    purpose.Status
	stale bool // the request made at first counts no more
}

var standings = []standing{
	{"asked", func(*testing.T, *desk) {}, purpose.Requested, false},
	{"given", func(_ *testing.T, d *desk) { d.grant(letter, consent.Act{}) }, purpose.Given, false},
	{"refused", func(t *testing.T, d *desk) { require.NoError(t, second(d.Refuse(t.Context(), d.who, letter))) }, purpose.Refused, true},
	{"withdrawn", func(t *testing.T, d *desk) {
		d.grant(letter, consent.Act{})
		require.NoError(t, second(d.Withdraw(t.Context(), d.who, letter)))
	}, purpose.Withdrawn, true},
	{"withdrawn without a grant", func(t *testing.T, d *desk) {
		require.NoError(t, second(d.Withdraw(t.Context(), d.who, letter)))
	}, purpose.Withdrawn, true},
	{"given again", func(t *testing.T, d *desk) {
		require.NoError(t, second(d.Withdraw(t.Context(), d.who, letter)))
		d.grant(letter, consent.Act{})
	}, purpose.Given, true},
	{"refused after a withdrawal", func(t *testing.T, d *desk) {
		require.NoError(t, second(d.Withdraw(t.Context(), d.who, letter)))
		require.NoError(t, second(d.Refuse(t.Context(), d.who, letter)))
	}, purpose.Withdrawn, true},
}

// stand brings a new subject to the standing and returns the request made at first.
func (s standing) stand(t *testing.T) (*desk, consent.Event) {
	d := newDesk(t).told()
	asked, err := d.Request(t.Context(), d.who, letter, consent.Link)
	require.NoError(t, err)
	s.reach(t, d)
	require.Equal(t, s.is, d.status(letter))
	return d, asked
}

// Every method from every state: what is needed depends on the method alone, but that a link needs a request still open.
func TestGrantByEveryMethodFromEveryState(t *testing.T) {
	t.Parallel()
	methods := map[string]struct {
		act  consent.Act
		want error
	}{
		"form":                   {consent.Act{Method: consent.WebForm}, nil},
		"phone":                  {consent.Act{Method: consent.Phone, Evidence: "recording-1"}, nil},
		"phone, no evidence":     {consent.Act{Method: consent.Phone}, consent.ErrEvidenceRequired},
		"paper":                  {consent.Act{Method: consent.Paper, Evidence: "scan-1"}, nil},
		"paper, no evidence":     {consent.Act{Method: consent.Paper}, consent.ErrEvidenceRequired},
		"survey":                 {consent.Act{Method: consent.Survey}, nil},
		"automatic":              {consent.Act{Method: consent.Automatic}, nil},
		"account":                {consent.Act{Method: consent.InAccount}, nil},
		"link, no request":       {consent.Act{Method: consent.Link}, consent.ErrRequestRequired},
		"link, unknown request":  {consent.Act{Method: consent.Link, Request: "nothing"}, consent.ErrStaleRequest},
		"form, unknown request":  {consent.Act{Method: consent.WebForm, Request: "nothing"}, consent.ErrStaleRequest},
		"no method":              {consent.Act{}, consent.ErrInvalidAct},
		"unknown method":         {consent.Act{Method: 99}, consent.ErrInvalidAct},
		"id too long":            {consent.Act{Method: consent.WebForm, ID: strings.Repeat("x", 129)}, consent.ErrInvalidAct},
		"evidence too long":      {consent.Act{Method: consent.Phone, Evidence: strings.Repeat("x", 1025)}, consent.ErrInvalidAct},
		"ended":                  {consent.Act{Method: consent.WebForm, Until: newYear.AddDate(-9, 0, 0)}, consent.ErrInvalidAct},
		"the other language":     {consent.Act{Method: consent.WebForm, Language: language.CanadianFrench}, consent.ErrNoNotice},
		"a language without any": {consent.Act{Method: consent.WebForm, Language: language.German}, consent.ErrLanguage},
		"the notice's language":  {consent.Act{Method: consent.WebForm, Language: language.English}, nil},
		"operation not listed":   {consent.Act{Method: consent.WebForm, Operations: []purpose.Operation{purpose.Transfer}}, purpose.OperationNotInPurpose},
		"operation that is none": {consent.Act{Method: consent.WebForm, Operations: []purpose.Operation{0}}, purpose.OperationNotInPurpose},
	}
	for _, s := range standings {
		for name, m := range methods {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				d, _ := s.stand(t)
				before := len(d.history())
				_, err := d.Grant(t.Context(), d.who, letter, m.act)
				if m.want != nil {
					require.ErrorIs(t, err, m.want)
					assert.Equal(t, s.is, d.status(letter))
					assert.Len(t, d.history(), before)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, purpose.Given, d.status(letter))
				assert.Equal(t, purpose.Permitted, d.asks(letter))
				assert.Len(t, d.history(), before+1)
			})
		}
		t.Run(s.name+"/link", func(t *testing.T) {
			t.Parallel()
			d, asked := s.stand(t)
			_, err := d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.Link, Request: asked.ID})
			if s.stale {
				require.ErrorIs(t, err, consent.ErrStaleRequest, "an old link never re-grants")
				assert.Equal(t, s.is, d.status(letter))
			} else {
				require.NoError(t, err)
				assert.Equal(t, purpose.Permitted, d.asks(letter))
			}
			asked, err = d.Request(t.Context(), d.who, letter, consent.Link)
			require.NoError(t, err)
			_, err = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.Link, Request: asked.ID})
			require.NoError(t, err, "a new request can be answered")
			assert.Equal(t, purpose.Permitted, d.asks(letter))
		})
		t.Run(s.name+"/link of another purpose", func(t *testing.T) {
			t.Parallel()
			d, _ := s.stand(t)
			asked, err := d.Request(t.Context(), d.who, calls, consent.Link)
			require.NoError(t, err)
			_, err = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.Link, Request: asked.ID})
			require.ErrorIs(t, err, consent.ErrStaleRequest)
		})
	}
}

// Every other call from every state: what it comes to and how many events it adds.
func TestEveryCallFromEveryState(t *testing.T) {
	t.Parallel()
	for _, s := range standings {
		still := func(from purpose.Status, to purpose.Status) purpose.Status {
			if s.is == from {
				return from
			}
			return to
		}
		added := func(is ...purpose.Status) int {
			for _, status := range is {
				if s.is == status {
					return 0
				}
			}
			return 1
		}
		for name, c := range map[string]struct {
			do   func(d *desk) error
			want purpose.Status
			adds int
		}{
			"notify":  {func(d *desk) error { return second(d.Notify(t.Context(), d.who, language.CanadianFrench)) }, s.is, 1},
			"request": {func(d *desk) error { return second(d.Request(t.Context(), d.who, letter, consent.Link)) }, s.is, 1},
			"refuse": {
				func(d *desk) error { return second(d.Refuse(t.Context(), d.who, letter)) },
				still(purpose.Withdrawn, purpose.Refused), added(purpose.Withdrawn, purpose.Refused),
			},
			"withdraw": {
				func(d *desk) error { return second(d.Withdraw(t.Context(), d.who, letter)) },
				purpose.Withdrawn, added(purpose.Withdrawn),
			},
			"withdraw above": {func(d *desk) error { return second(d.Withdraw(t.Context(), d.who, marketing)) }, s.is, 1},
			"withdraw three times": {
				func(d *desk) error {
					for range 3 {
						if _, err := d.Withdraw(t.Context(), d.who, letter); err != nil {
							return err
						}
					}
					return nil
				}, purpose.Withdrawn, added(purpose.Withdrawn),
			},
		} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				d, _ := s.stand(t)
				before := len(d.history())
				require.NoError(t, c.do(d))
				assert.Equal(t, c.want, d.status(letter))
				assert.Len(t, d.history(), before+c.adds)
				permitted := c.want == purpose.Given && name != "withdraw above"
				assert.Equal(t, permitted, d.asks(letter) == purpose.Permitted)
			})
		}
	}
}

// A request made after a refusal or withdrawal is answered no by the next one, though that changes no state.
func TestSecondNoClosesTheRequest(t *testing.T) {
	t.Parallel()
	no := map[string]func(d *desk) error{
		"refuse":   func(d *desk) error { return second(d.Refuse(t.Context(), d.who, letter)) },
		"withdraw": func(d *desk) error { return second(d.Withdraw(t.Context(), d.who, letter)) },
	}
	for first, say := range no {
		for then, again := range no {
			d := newDesk(t).told(letter)
			require.NoError(t, say(d))
			asked, err := d.Request(t.Context(), d.who, letter, consent.Link)
			require.NoError(t, err)
			require.NoError(t, again(d))
			_, err = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.Link, Request: asked.ID})
			assert.ErrorIs(t, err, consent.ErrStaleRequest, "%s, request, %s", first, then)
			assert.NotEqual(t, purpose.Permitted, d.asks(letter), "%s, request, %s", first, then)
		}
	}
}

// Without a notice nothing can be consented to, by any method.
func TestGrantNeedsANotice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, a := range []consent.Act{
		{Method: consent.WebForm}, {Method: consent.Phone, Evidence: "e"}, {Method: consent.InAccount, Language: language.English},
	} {
		_, err := d.Grant(t.Context(), d.who, letter, a)
		require.ErrorIs(t, err, consent.ErrNoNotice)
	}
	assert.Empty(t, d.history())
}

// The language of an act is that of the last notice, and any that was shown may be named.
func TestLanguageOfAGrant(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	assert.Equal(t, language.English, d.grant(letter, consent.Act{}).Act.Language)
	_, err := d.Notify(t.Context(), d.who, language.CanadianFrench)
	require.NoError(t, err)
	assert.Equal(t, language.CanadianFrench, d.grant(letter, consent.Act{}).Act.Language)
	assert.Equal(t, language.English, d.grant(letter, consent.Act{Language: language.English}).Act.Language)
	_, err = d.Notify(t.Context(), d.who, language.English)
	require.NoError(t, err)
	assert.Equal(t, language.English, d.grant(letter, consent.Act{}).Act.Language, "the last shown is the last")
}

// A grant is of the operations it names; of use alone, if it names none.
func TestOperationsGranted(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	ask := func(op purpose.Operation) purpose.Reason {
		got, err := d.Decide(t.Context(), d.who, purpose.Request{Purpose: letter, Operation: op, Actor: clerk})
		require.NoError(t, err)
		return got.Reason
	}
	e := d.grant(letter, consent.Act{})
	assert.Equal(t, []purpose.Operation{purpose.Use}, e.Act.Operations)
	assert.Equal(t, purpose.Permitted, ask(purpose.Use))
	assert.Equal(t, purpose.OperationNotGranted, ask(purpose.Combine))

	mine := []purpose.Operation{purpose.Combine, purpose.Use, purpose.Combine}
	e = d.grant(letter, consent.Act{Operations: mine})
	assert.Equal(t, []purpose.Operation{purpose.Use, purpose.Combine}, e.Act.Operations)
	assert.Equal(t, []purpose.Operation{purpose.Combine, purpose.Use, purpose.Combine}, mine, "what was given is not sorted")
	assert.Equal(t, purpose.Permitted, ask(purpose.Combine))

	d.grant(letter, consent.Act{Operations: []purpose.Operation{purpose.Combine}})
	assert.Equal(t, purpose.OperationNotGranted, ask(purpose.Use), "the last grant is what stands")
	assert.Equal(t, purpose.OperationNotGranted, d.asks(letter))
}

// A grant of one purpose is of no other.
func TestGrantGrantsNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(marketing)
	assert.Equal(t, purpose.Permitted, d.asks(marketing))
	assert.Equal(t, purpose.ConsentUnknown, d.asks(letter))
	d.grant(letter, consent.Act{})
	assert.Equal(t, purpose.ConsentUnknown, d.asks(calls))
}

// A withdrawal above denies below, whatever is granted below, until what is above is granted.
func TestCascade(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(marketing, letter)
	_, err := d.Withdraw(t.Context(), d.who, marketing)
	require.NoError(t, err)
	assert.Equal(t, purpose.AncestorRefused, d.asks(letter))
	assert.Equal(t, purpose.Given, d.status(letter), "the state is of the purpose itself")
	d.grant(letter, consent.Act{})
	assert.Equal(t, purpose.AncestorRefused, d.asks(letter))
	d.grant(marketing, consent.Act{})
	assert.Equal(t, purpose.Permitted, d.asks(letter))
}

// A redelivered grant changes nothing: not the ledger, and not a withdrawal made since.
func TestRedeliveredGrant(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	act := consent.Act{Method: consent.Phone, Evidence: "recording-1", ID: "call-1", Operations: []purpose.Operation{purpose.Use}}
	first, err := d.Grant(t.Context(), d.who, letter, act)
	require.NoError(t, err)
	assert.Equal(t, "call-1", first.ID)
	again, err := d.Grant(t.Context(), d.who, letter, act)
	require.NoError(t, err)
	assert.Equal(t, first.Seq, again.Seq)
	assert.Equal(t, first.Time, again.Time)

	_, err = d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	again, err = d.Grant(t.Context(), d.who, letter, act)
	require.NoError(t, err, "it was stored")
	assert.Equal(t, first.Seq, again.Seq)
	assert.Equal(t, purpose.Withdrawn, d.status(letter))
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))

	act.Evidence = "recording-2"
	_, err = d.Grant(t.Context(), d.who, letter, act)
	require.ErrorIs(t, err, consent.ErrEventExists)
	_, err = d.Grant(t.Context(), d.who, calls, consent.Act{Method: consent.WebForm, ID: "call-1"})
	require.ErrorIs(t, err, consent.ErrEventExists)
	assert.Len(t, d.history(consent.Granted), 1)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	act.ID = "call-2"
	_, err = d.Grant(t.Context(), d.who, letter, act)
	require.NoError(t, err)
	assert.Equal(t, purpose.Permitted, d.asks(letter), "a new call is a new consent")
}

// Nor does a redelivered grant lift a withdrawal that could not be stored.
func TestRedeliveredGrantDoesNotLiftAFailedWithdrawal(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	d.grant(letter, consent.Act{ID: "form-1"})
	d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) { return 0, errDisk }, nil)
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
	d.ledger.bend(nil, nil)
	d.grant(letter, consent.Act{ID: "form-1"})
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
}

// A grant redelivered after a notice in another language is the same grant, though it named no language.
func TestRedeliveredGrantAfterAnotherNotice(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	first := d.grant(letter, consent.Act{ID: "form-1"})
	_, err := d.Notify(t.Context(), d.who, language.CanadianFrench)
	require.NoError(t, err)
	again, err := d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm, ID: "form-1"})
	require.NoError(t, err)
	assert.Equal(t, first.Seq, again.Seq)
}

// An act that no ledger can store is the caller's mistake: it is known not to be stored, and the ledger is not down.
func TestUnstorableActIsInvalid(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	for name, a := range map[string]consent.Act{
		"evidence is not UTF-8": {Method: consent.Phone, Evidence: "\xff"},
		"id is not UTF-8":       {Method: consent.WebForm, ID: "\xff"},
		"id with a zero byte":   {Method: consent.WebForm, ID: "a\x00b"},
		"until the year 10000":  {Method: consent.WebForm, Until: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := d.Grant(t.Context(), d.who, letter, a)
		require.ErrorIs(t, err, consent.ErrInvalidAct, name)
		require.NotErrorIs(t, err, purpose.ErrUnavailable, name)
		require.NotErrorIs(t, err, consent.ErrOutcomeUnknown, name)
	}
}

// A withdrawal that is stored while a grant is being decided stands.
func TestWithdrawalOvertakesAGrant(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(d *desk) error{
		"withdrawn": func(d *desk) error { return second(d.Withdraw(context.Background(), d.who, letter)) },
		"refused":   func(d *desk) error { return second(d.Refuse(context.Background(), d.who, letter)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).told()
			var once atomic.Bool
			d.ledger.bend(func(_ context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
				if e.Kind == consent.Granted && once.CompareAndSwap(false, true) {
					if err := say(d); err != nil {
						return 0, err
					}
				}
				return store()
			}, nil)
			_, err := d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})
			require.ErrorIs(t, err, consent.ErrConflict)
			assert.Empty(t, d.history(consent.Granted))
			assert.NotEqual(t, purpose.Permitted, d.asks(letter))
		})
	}
}

// Whatever else is stored meanwhile only makes the grant be decided again.
func TestOtherEventsDoNotRefuseAGrant(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	var n atomic.Int64
	d.ledger.bend(func(ctx context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
		if e.Kind == consent.Granted && n.Add(1) < 5 {
			if _, err := d.Withdraw(ctx, d.who, []purpose.ID{calls, delivery, marketing, proof}[n.Load()-1]); err != nil {
				return 0, err
			}
		}
		return store()
	}, nil)
	e, err := d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})
	require.NoError(t, err)
	assert.Equal(t, uint64(6), e.Seq)
	assert.Equal(t, purpose.Given, d.status(letter))
}

// Two grants of one id that race are one event; two of none are two.
func TestConcurrentGrants(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for id, want := range map[string]int{"form-1": 1, "": 8} {
			d := newDesk(t).told()
			release := d.blocked()
			errs := make(chan error, 8)
			for range 8 {
				go func() {
					errs <- second(d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm, ID: id}))
				}()
			}
			synctest.Wait()
			release()
			for range 8 {
				require.NoError(t, <-errs)
			}
			assert.Len(t, d.history(consent.Granted), want, fmt.Sprintf("id %q", id))
			assert.Equal(t, purpose.Permitted, d.asks(letter))
		}
	})
}
