package pii_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

func TestReveal(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service, Newsletter)
	for _, c := range []struct {
		id  purpose.ID
		who purpose.Actor
	}{{Service, agent}, {Newsletter, mailer}, {Newsletter, agent}} {
		text, err := x.open(t, c.id, c.who, sealed)
		require.NoError(t, err)
		assert.Equal(t, canary, text)
	}
	y := x.restart(t)
	text, err := y.open(t, Service, agent, sealed)
	require.NoError(t, err, "in another process")
	assert.Equal(t, canary, text)
}

// tampered is a token somebody changed. It yields every one that differs in a bit, ends early, or goes on.
func tampered(token []byte) func(func(what string, changed []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for i := range token {
			for bit := range 8 {
				changed := slices.Clone(token)
				changed[i] ^= 1 << bit
				if !yield("a bit flipped", changed) {
					return
				}
			}
			for _, with := range []byte{0x00, 0x7f, 0x80, 0xff} {
				changed := slices.Clone(token)
				changed[i] = with
				if with != token[i] && !yield("a byte replaced", changed) {
					return
				}
			}
			if !yield("cut short", token[:i]) || !yield("a byte left out", slices.Delete(slices.Clone(token), i, i+1)) ||
				!yield("a byte put in", slices.Insert(slices.Clone(token), i, token[i])) {
				return
			}
		}
		for n := range 40 {
			if !yield("lengthened", append(slices.Clone(token), make([]byte, n+1)...)) {
				return
			}
		}
	}
}

// Whatever is done to a token, what comes back is a named error: whether the key is held already or must be found,
// with a case tag and without, bound to a record and not.
func TestRevealNothingOfATamperedToken(t *testing.T) {
	t.Parallel()
	for name, seal := range map[string]func(*testing.T, *rig) (field pii.Sealed[pii.Email], record string, bound bool){
		"plain": func(t *testing.T, x *rig) (pii.Sealed[pii.Email], string, bool) {
			return x.seal(t, Service, Newsletter), "", false
		},
		"case": func(t *testing.T, x *rig) (pii.Sealed[pii.Email], string, bool) {
			x.openCase(t, marie, "job-a", visitor(""))
			return x.sealCase(t, "job-a", Service, Hourly), "", false
		},
		"record": func(t *testing.T, x *rig) (field pii.Sealed[pii.Email], _ string, _ bool) {
			require.NoError(t, field.SealBound(x.collect(t, marie, Service), canary, "row 1"))
			return field, "row 1", true
		},
	} {
		for _, held := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				x := newRig(t)
				field, record, bound := seal(t, x)
				token := bytesOf(t, field)
				if !held {
					x = x.restart(t)
				}
				use := x.begin(t, Service, agent, marie)
				tried := 0
				for what, changed := range tampered(token) {
					tried++
					var field pii.Sealed[pii.Email]
					err := field.UnmarshalBinary(changed)
					if err == nil {
						reveal := field.Reveal
						if bound {
							reveal = func(use *pii.Use) (pii.Value[pii.Email], error) { return field.RevealBound(use, record) }
						}
						var v pii.Value[pii.Email]
						v, err = reveal(use)
						if len(changed) == 0 {
							require.ErrorIs(t, err, pii.ErrAbsent)
						}
						require.True(t, v.IsZero(), "%s: revealed", what)
					}
					assertNamed(t, err)
					require.NotErrorIs(t, err, purpose.ErrUnavailable, "%s: not an outage", what)
				}
				assert.Greater(t, tried, 1000)
			})
		}
	}
}

func TestRevealBound(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service)
	use := x.begin(t, Service, agent, marie)
	var bound, empty, free pii.Sealed[pii.Email]
	require.NoError(t, bound.SealBound(in, canary, "clients/7 v3"))
	require.NoError(t, empty.SealBound(in, canary, ""))
	require.NoError(t, free.Seal(in, canary))

	for _, c := range []struct {
		name   string
		field  pii.Sealed[pii.Email]
		record string
		opens  bool
	}{
		{"the record", bound, "clients/7 v3", true},
		{"another version of the row", bound, "clients/7 v4", false},
		{"the start of the record", bound, "clients/7 v", false},
		{"no record in the place of one", bound, "", false},
		{"the empty record", empty, "", true},
		{"a record in the place of none", empty, "clients/7 v3", false},
		{"sealed without one", free, "clients/7 v3", false},
		{"sealed without one, opened with the empty one", free, "", false},
	} {
		v, err := c.field.RevealBound(use, c.record)
		if c.opens {
			require.NoError(t, err, c.name)
			assert.Equal(t, canary, v.Plaintext(), c.name)
			continue
		}
		require.ErrorIs(t, err, pii.ErrWrongRecord, c.name)
		assertNamed(t, err)
		assert.True(t, v.IsZero(), c.name)
	}
	for name, field := range map[string]pii.Sealed[pii.Email]{"record": bound, "empty record": empty} {
		v, err := field.Reveal(use)
		require.ErrorIs(t, err, pii.ErrWrongRecord, name)
		assert.True(t, v.IsZero(), name)
	}
	assert.NotContains(t, string(bytesOf(t, bound)), "clients", "the record is not stored")
}

// A value ends exactly when its period does, whatever starts the period.
func TestRevealUntilRetentionEnds(t *testing.T) {
	t.Parallel()
	at := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	}
	collected := at(2026, time.March, 8, 14, 30) // the day clocks go forward in Montréal; periods do not care
	for _, c := range []struct {
		name   string
		id     purpose.ID
		caseID string
		after  func(t *testing.T, x *rig) // what happens on 1 June
		end    time.Time
	}{
		{"days from collection", Hourly, "", nil, at(2026, time.March, 18, 14, 30)},
		{"years from collection, kept by the day", Service, "", nil, at(2029, time.March, 8, 0, 0)},
		{"years from the end of the year", Tax, "", nil, at(2033, time.January, 1, 0, 0)},
		{"months from the closing of the account", Account, "", func(t *testing.T, x *rig) {
			_, err := x.registry.Record(context.Background(), marie, consent.Event{Kind: consent.AccountClosed})
			require.NoError(t, err)
		}, at(2026, time.December, 1, 9, 0)},
		{"months from collection, for want of an account", Account, "", nil, at(2026, time.September, 8, 0, 0)},
		{"days from the closing of the case", Jobs, "job-a", func(t *testing.T, x *rig) { x.closeCase(t, marie, "job-a") }, at(2026, time.July, 31, 9, 0)},
		{"days from the closing of the last case", Jobs, "", func(t *testing.T, x *rig) { x.closeCase(t, marie, "job-a") }, at(2026, time.July, 31, 9, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			x.parts.clock.Set(collected)
			if c.id == Account && c.after != nil {
				_, err := x.registry.Record(context.Background(), marie, consent.Event{Kind: consent.AccountOpened})
				require.NoError(t, err)
			}
			if c.id == Jobs {
				x.openCase(t, marie, "job-a", visitor(""))
			}
			sealed := x.sealCase(t, c.caseID, c.id)
			if c.after != nil {
				x.parts.clock.Set(at(2026, time.June, 1, 9, 0))
				c.after(t, x)
			}
			x.parts.clock.Set(c.end.Add(-time.Nanosecond))
			text, err := x.open(t, c.id, agent, sealed)
			require.NoError(t, err, "just before the end")
			assert.Equal(t, canary, text)

			x.parts.clock.Set(c.end)
			_, err = x.open(t, c.id, agent, sealed)
			assertDenied(t, err, purpose.RetentionExpired)

			x.parts.clock.Advance(-48 * time.Hour)
			_, err = x.open(t, c.id, agent, sealed)
			assertDenied(t, err, purpose.RetentionExpired) // what has ended stays ended, though the clock steps back
		})
	}
}

// While nothing has started the period, it does not end.
func TestRevealWhileTheCaseIsOpen(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.openCase(t, marie, "job-a", visitor(""))
	x.openCase(t, marie, "job-b", visitor(""))
	tagged, free := x.sealCase(t, "job-a", Jobs), x.sealCase(t, "", Jobs)
	x.closeCase(t, marie, "job-b")
	x.parts.clock.Advance(5 * 365 * 24 * time.Hour)
	for name, sealed := range map[string]pii.Sealed[pii.Email]{"of the case": tagged, "of no case": free} {
		_, err := x.open(t, Jobs, agent, sealed)
		require.NoError(t, err, name)
	}
}

func TestRevealStaysExpiredWhenTheClockStepsBack(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	use := x.begin(t, Service, agent, marie)
	x.parts.clock.Advance(x.parts.maxUse)
	_, err := sealed.Reveal(use)
	assertDenied(t, err, purpose.UseExpired)
	x.parts.clock.Advance(-x.parts.maxUse)
	_, err = sealed.Reveal(use)
	assertDenied(t, err, purpose.UseExpired)
}

// A use may live just so long.
func TestRevealJustBeforeTheUseExpires(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Newsletter)
	x.grant(t, marie, Newsletter, consent.Act{Until: x.registry.Now().Add(10 * time.Second)})
	service, err := x.Accessor(Newsletter)
	require.NoError(t, err)
	use, err := service.Begin(context.Background(), mailer, marie)
	require.NoError(t, err)
	t.Cleanup(use.End)
	x.parts.clock.Advance(10*time.Second - 1)
	_, err = sealed.Reveal(use)
	require.NoError(t, err)
	x.parts.clock.Advance(1)
	_, err = sealed.Reveal(use)
	assertDenied(t, err, purpose.ConsentExpired)
}

// A value of one job opens to who works on it, and to nobody else, until it is closed.
func TestRevealByCase(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	anne, paul := purpose.Actor{Role: Visitor, ID: "anne", Case: "job-a"}, purpose.Actor{Role: Visitor, ID: "paul", Case: "job-b"}
	x.openCase(t, marie, "job-a", anne)
	x.openCase(t, marie, "job-b", paul)
	a, b, none := x.sealCase(t, "job-a", Visits), x.sealCase(t, "job-b", Visits), x.sealCase(t, "", Visits)

	for _, c := range []struct {
		name   string
		who    purpose.Actor
		sealed pii.Sealed[pii.Email]
		want   purpose.Reason
	}{
		{"hers", anne, a, purpose.Permitted},
		{"his", paul, b, purpose.Permitted},
		{"his job's, to her", anne, b, purpose.CaseMismatch},
		{"her job's, to him", paul, a, purpose.CaseMismatch},
		{"of no job", anne, none, purpose.Permitted},
		{"her job, but not hers", purpose.Actor{Role: Visitor, ID: "anne", Case: "job-b"}, b, purpose.NotAssigned},
	} {
		text, err := x.open(t, Visits, c.who, c.sealed)
		if c.want == purpose.Permitted {
			require.NoError(t, err, c.name)
			assert.Equal(t, canary, text, c.name)
			continue
		}
		assertDenied(t, err, c.want)
		assert.Empty(t, text, c.name)
	}
	use := x.begin(t, Visits, paul, marie)
	done := make(chan error)
	go func() { done <- x.withdrawCase(marie, "job-b") }()
	require.Eventually(t, func() bool { _, err := b.Reveal(use); return errors.Is(err, purpose.StaleDecision) }, time.Minute, time.Microsecond)
	use.End()
	require.NoError(t, <-done)
	_, err := x.open(t, Visits, paul, b)
	assertDenied(t, err, purpose.CaseNotOpen)
	_, err = x.open(t, Visits, anne, a)
	require.NoError(t, err, "the other case goes on")
}

func (x *rig) withdrawCase(s consent.Subject, id string) error {
	_, err := x.registry.Record(context.Background(), s, consent.Event{Kind: consent.CaseClosed, Case: id})
	return err
}

// A cited ground uses what was collected for something else, but only within its case.
func TestRevealForASecondaryUse(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	investigator := purpose.Actor{Role: Agent, ID: "i-1", Case: "fraud-1"}
	_, err := x.open(t, Fraud, investigator, sealed)
	assertDenied(t, err, purpose.CaseNotOpen)
	x.openCase(t, marie, "fraud-1", investigator)
	text, err := x.open(t, Fraud, investigator, sealed)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
	_, err = x.open(t, Fraud, purpose.Actor{Role: Agent, ID: "i-1"}, sealed)
	assertDenied(t, err, purpose.CaseRequired)
	_, err = x.open(t, Tax, agent, sealed)
	assertDenied(t, err, purpose.NotCollectedForPurpose)
}

// Refusing does not wait for the key: what is not open to the purpose is not decrypted.
func TestRevealAsksTheKeyLast(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	y := x.restart(t)
	y.keys.onKey.set(func(context.Context) error { t.Error("the key store was asked"); return errFault })
	for id, want := range map[purpose.ID]purpose.Reason{Tax: purpose.NotCollectedForPurpose, Analytics: purpose.DeidentifiedOnly} {
		_, err := y.open(t, id, agent, sealed)
		assertDenied(t, err, want)
	}
	_, err := sealedOf[pii.Name](t, bytesOf(t, sealed)).Reveal(y.begin(t, Service, agent, marie))
	require.ErrorIs(t, err, pii.ErrWrongAttribute)
}

// What the policy's one decision denies, a vault must not open.
func TestRevealAgreesWithDecideOnUnknownFacts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	_, err := x.registry.Record(context.Background(), marie, consent.Event{Kind: consent.AccountOpened})
	require.NoError(t, err)
	sealed := x.seal(t, Account)
	require.NoError(t, x.parts.ledger.Redact(context.Background(), marie, 100))
	y := x.restart(t)
	decision, err := y.registry.Decide(context.Background(), marie, purpose.Request{
		Purpose: Account, Operation: purpose.Use, Actor: agent, Attribute: "identity.email",
		CollectedFor: []purpose.ID{Account}, CollectedAt: y.registry.Now(),
	})
	require.NoError(t, err)
	require.Equal(t, purpose.FactUnknown.String(), decision.Reason.String())

	text, err := y.open(t, Account, agent, sealed)
	assert.Empty(t, text)
	assertDenied(t, err, purpose.FactUnknown)
}

// A case that the ledger does not know starts no period: it is absent, not unknown, as in the policy's one decision.
func TestRevealAgreesWithDecideOnUnrecordedCases(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.sealCase(t, "invoice-1", Service)
	decision, err := x.registry.Decide(context.Background(), marie, purpose.Request{
		Purpose: Service, Operation: purpose.Use, Actor: agent, Attribute: "identity.email",
		CollectedFor: []purpose.ID{Service}, CollectedAt: x.registry.Now(), Case: "invoice-1",
	})
	require.NoError(t, err)
	require.True(t, decision.Allowed())
	_, err = x.open(t, Service, agent, sealed)
	assert.NoError(t, err)
}

// Taking in, keeping and erasing open nothing: an accessor for them must reveal nothing to anyone.
func TestRevealNothingForOperationsThatOpenNothing(t *testing.T) {
	t.Parallel()
	nobody := purpose.Actor{Role: "whoever", ID: "w-1"}
	for _, c := range []struct {
		name string
		op   purpose.Operation
		id   purpose.ID
		who  purpose.Actor
		of   []purpose.ID
	}{
		{"collecting, by a role the purpose does not know", purpose.Collect, Service, nobody, []purpose.ID{Service}},
		{"collecting, for a purpose the value was not collected for", purpose.Collect, Tax, nobody, []purpose.ID{Service}},
		{"collecting, for a purpose bound to cases", purpose.Collect, Visits, nobody, []purpose.ID{Visits}},
		{"collecting, for a purpose that opens nothing in clear", purpose.Collect, Analytics, nobody, []purpose.ID{Analytics}},
		{"collecting, long after", purpose.Collect, Hourly, nobody, []purpose.ID{Hourly}},
		{"storing, for a purpose that opens nothing in clear", purpose.Store, Reporter, agent, []purpose.ID{Reporter}},
		{"erasing, for a purpose that opens nothing in clear", purpose.Erase, Reporter, agent, []purpose.ID{Reporter}},
		{"storing", purpose.Store, Desk, agent, []purpose.ID{Desk}},
		{"erasing", purpose.Erase, Desk, agent, []purpose.ID{Desk}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			sealed := x.seal(t, c.of...)
			x.parts.clock.Advance(20 * 24 * time.Hour)
			accessor, err := x.Accessor(c.id, pii.ForOperation(c.op))
			if err == nil {
				err = accessor.Do(context.Background(), c.who, marie, func(use *pii.Use) error {
					v, err := sealed.Reveal(use)
					assert.Empty(t, v.Plaintext(), "revealed")
					return err
				})
			}
			require.ErrorIs(t, err, purpose.ErrDenied)
		})
	}
}

// A key of a subject dies with every change to that subject's keys, also if it was kept: that is not an erasure.
func TestRevealDoesNotTakeAStaleKeyForAnErasure(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	keep := func(b []byte, err error) ([]byte, error) {
		none := errors.New("the key must be asked for again")
		_, shredded := x.ring.Shred(context.Background(), marie, func(purpose.Compartment) bool { return true })
		return nil, errors.Join(err, shredded, none)
	}
	x.keys.afterDecrypt.Store(&keep)
	_, err := x.open(t, Service, agent, sealed)
	assertNamed(t, err)
	assert.NotErrorIs(t, err, purpose.Erased, "nothing was erased: a program that deletes what is erased would lose the row")
}

// What was found out about a token once is asked again whenever something that it rests on is another.
func TestRevealRemembersNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	var name pii.Sealed[pii.Name]
	require.NoError(t, name.Seal(x.collect(t, marie, Service), "Marie"))
	use := x.begin(t, Service, agent, marie)
	for range 3 {
		v, err := sealed.Reveal(use)
		require.NoError(t, err)
		require.Equal(t, canary, v.Plaintext())
		_, err = name.Reveal(use)
		require.NoError(t, err)
	}

	_, err := x.open(t, Tax, agent, sealed)
	assertDenied(t, err, purpose.NotCollectedForPurpose)
	_, err = name.Reveal(x.begin(t, Service, mailer, marie))
	assertDenied(t, err, purpose.AttributeNotForRole)
	_, err = sealedOf[pii.Name](t, bytesOf(t, sealed)).Reveal(use)
	require.ErrorIs(t, err, pii.ErrWrongAttribute)
	_, err = sealed.RevealBound(use, "")
	require.ErrorIs(t, err, pii.ErrWrongRecord)
	x.notify(t, louis)
	_, err = x.openOf(t, louis, Service, agent, sealed)
	require.ErrorIs(t, err, pii.ErrWrongSubject)
	token := bytesOf(t, sealed)
	token[len(token)-1] ^= 1
	_, err = sealedOf[pii.Email](t, token).Reveal(use)
	require.ErrorIs(t, err, pii.ErrDecrypt)
	x.parts.clock.Advance(4 * 365 * 24 * time.Hour)
	_, err = x.open(t, Service, agent, sealed)
	assertDenied(t, err, purpose.RetentionExpired)
}

// And so when the facts are no longer known.
func TestRevealRemembersNoFacts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	_, err := x.registry.Record(context.Background(), marie, consent.Event{Kind: consent.AccountOpened})
	require.NoError(t, err)
	sealed := x.seal(t, Account)
	for range 2 {
		_, err = x.open(t, Account, agent, sealed)
		require.NoError(t, err)
	}
	require.NoError(t, x.parts.ledger.Redact(context.Background(), marie, 100))
	x.notify(t, marie) // the registry reads again
	_, err = x.open(t, Account, agent, sealed)
	assertDenied(t, err, purpose.FactUnknown)
}

// A token's numbers mean something only in the tables of its own policy. Read in another's, the value would open for a
// purpose it was never collected for.
func TestTokensOfAnotherPolicyDoNotOpen(t *testing.T) {
	t.Parallel()
	before := newRig(t)
	sealed := before.seal(t, Service)
	changed := office()
	extra := changed.Purposes[slices.IndexFunc(changed.Purposes, func(s purpose.Spec) bool { return s.ID == Service })]
	extra.ID = "servicd" // stands before "service", and takes its number
	changed.Purposes = append(changed.Purposes, extra)
	after := newRig(t, func(p *parts) { p.document, p.store, p.kek = changed, before.parts.store, before.parts.kek })
	after.notify(t, marie)
	for _, id := range []purpose.ID{"servicd", Service} {
		_, err := after.open(t, id, agent, sealed)
		require.Error(t, err)
		require.NotErrorIs(t, err, purpose.ErrUnavailable)
	}
}
