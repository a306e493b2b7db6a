package pii_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// failure is one way in which nothing may be revealed or sealed, and the name the error must have.
type failure struct {
	name string
	want error
	run  func(t *testing.T, x *rig) (revealed string, err error)
}

var background = context.Background()

// visitor works on a case.
func visitor(caseID string) purpose.Actor {
	return purpose.Actor{Role: Visitor, ID: "v-1", Case: caseID}
}

// failSeal seals a text, in vain, and checks that the field stays as it was.
func failSeal(t *testing.T, in *pii.Intake, text string) (string, error) {
	t.Helper()
	var field pii.Sealed[pii.Email]
	err := field.Seal(in, text)
	assert.True(t, field.IsZero(), "a field that could not be sealed was changed")
	return "", err
}

func revealed(v pii.Value[pii.Email], err error) (string, error) { return v.Plaintext(), err }

func failures() []failure {
	ledger := []failure{
		{"the ledger cannot be read at Begin", purpose.RegistryUnavailable, func(t *testing.T, x *rig) (string, error) {
			sealed, y := x.seal(t, Service), x.restart(t)
			y.parts.ledger.onEvents.fail(errFault)
			return y.open(t, Service, agent, sealed)
		}},
		{"the ledger cannot be read at Collect", purpose.RegistryUnavailable, func(t *testing.T, x *rig) (string, error) {
			x.parts.ledger.onEvents.fail(errFault)
			in, err := x.Collect(background, clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
			assert.Nil(t, in)
			return "", err
		}},
		{"the ledger cannot be read at Seal", purpose.RegistryUnavailable, func(t *testing.T, x *rig) (string, error) {
			in := x.collect(t, marie, Service)
			x.notify(t, marie) // what was cached is forgotten
			x.parts.ledger.onEvents.fail(errFault)
			return failSeal(t, in, canary)
		}},
		{"the ledger answers when the caller has gone", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			x.seal(t, Service)
			y := x.restart(t)
			ctx, cancel := context.WithCancelCause(background)
			y.parts.ledger.onEvents.set(func(ctx context.Context) error { cancel(errFault); <-ctx.Done(); return ctx.Err() })
			_, err := y.accessor(t, Service).Begin(ctx, agent, marie)
			return "", err
		}},
		{"a withdrawal that could not be stored", purpose.ConsentWithdrawn, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Newsletter)
			x.parts.ledger.onAppend.fail(errFault)
			_, err := x.registry.Withdraw(background, marie, Newsletter)
			assert.ErrorIs(t, err, consent.ErrOutcomeUnknown)
			assert.NotContains(t, err.Error(), canaryID+"-")
			return x.open(t, Newsletter, mailer, sealed)
		}},
		{"the registry is closed", purpose.RegistryUnavailable, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			require.NoError(t, x.registry.Close())
			return x.open(t, Service, agent, sealed)
		}},
		{"the registry is closed during the use", purpose.StaleDecision, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			use := x.begin(t, Service, agent, marie)
			require.NoError(t, x.registry.Close())
			return revealed(sealed.Reveal(use))
		}},
	}

	withKeys := func(change func(t *testing.T, x *rig)) func(t *testing.T, x *rig) (string, error) {
		return func(t *testing.T, x *rig) (string, error) {
			sealed, y := x.seal(t, Service), x.restart(t)
			change(t, y)
			return y.open(t, Service, agent, sealed)
		}
	}
	sealing := func(change func(t *testing.T, x *rig)) func(t *testing.T, x *rig) (string, error) {
		return func(t *testing.T, x *rig) (string, error) {
			in := x.collect(t, marie, Service)
			change(t, x)
			return failSeal(t, in, canary)
		}
	}
	replace := func(with func(pii.Key) pii.Key) func(t *testing.T, x *rig) {
		return func(_ *testing.T, x *rig) { x.keys.replace.Store(&with) }
	}
	keys := []failure{
		{"the key store fails", purpose.KeyUnavailable, withKeys(func(_ *testing.T, x *rig) { x.keys.onKey.fail(errFault) })},
		{"the key store gives no key and no error", purpose.KeyUnavailable, withKeys(replace(func(pii.Key) pii.Key { return nil }))},
		{"the key store gives a nil pointer", purpose.KeyUnavailable, withKeys(replace(func(pii.Key) pii.Key { return (*hookedKey)(nil) }))},
		{"the key store gives another key", pii.ErrWrongSubject, withKeys(replace(func(k pii.Key) pii.Key { return otherKey{k} }))},
		{"the key store answers too late", purpose.UseExpired, withKeys(func(_ *testing.T, x *rig) {
			x.keys.onKey.set(func(context.Context) error { x.parts.clock.Advance(x.parts.maxUse); return nil })
		})},
		{"the caller goes while the key is fetched", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			sealed, y := x.seal(t, Service), x.restart(t)
			ctx, cancel := context.WithCancelCause(background)
			y.keys.onKey.set(func(ctx context.Context) error { cancel(errFault); <-ctx.Done(); return ctx.Err() })
			return revealed(sealed.Reveal(y.beginWith(ctx, t, Service, agent, marie)))
		}},
		{"another KEK over the same store", purpose.KeyUnavailable, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			y := x.restart(t, func(p *parts) { p.kek = piitest.KEK(t) })
			return y.open(t, Service, agent, sealed)
		}},
		{"no key store row", pii.ErrWrongSubject, withKeys(func(t *testing.T, x *rig) { x.keys.next = newRig(t).ring })},
		{"shredded", purpose.Erased, withKeys(func(t *testing.T, x *rig) {
			_, err := x.ring.Shred(background, marie, nil)
			require.NoError(t, err)
		})},
		{"shredded while the key is held", purpose.Erased, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			_, err := x.ring.Shred(background, marie, nil)
			require.NoError(t, err)
			return x.open(t, Service, agent, sealed)
		}},
		{"shredded while decrypting", purpose.Erased, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			gone := func(b []byte, err error) ([]byte, error) {
				_, shredded := x.ring.Shred(background, marie, nil)
				return nil, errors.Join(err, shredded, errFault)
			}
			x.keys.afterDecrypt.Store(&gone)
			return x.open(t, Service, agent, sealed)
		}},
		{"shredded and fenced", purpose.Erased, withKeys(func(t *testing.T, x *rig) {
			_, err := x.ring.Shred(background, marie, nil)
			require.NoError(t, err)
			require.NoError(t, x.ring.Fence(background, marie))
		})},
		{"fenced at Seal", purpose.Erased, sealing(func(t *testing.T, x *rig) { require.NoError(t, x.ring.Fence(background, marie)) })},
		{"no key can be made", purpose.KeyUnavailable, sealing(func(_ *testing.T, x *rig) { x.keys.onMake.fail(errFault) })},
		{"no key is made, without error", purpose.KeyUnavailable, sealing(replace(func(pii.Key) pii.Key { return nil }))},
		{"the key does not encrypt", purpose.KeyUnavailable, sealing(func(_ *testing.T, x *rig) {
			broken := func([]byte, error) ([]byte, error) { return nil, errFault }
			x.keys.afterEnc.Store(&broken)
		})},
		{"the key encrypts to nothing", purpose.KeyUnavailable, sealing(func(_ *testing.T, x *rig) {
			broken := func([]byte, error) ([]byte, error) { return make([]byte, 27), nil }
			x.keys.afterEnc.Store(&broken)
		})},
		{"shredded while encrypting", purpose.Erased, sealing(func(t *testing.T, x *rig) {
			then(&x.keys.afterEnc, func() { _, _ = x.ring.Shred(background, marie, nil) })
		})},
		{"encrypting takes too long", purpose.UseExpired, sealing(func(_ *testing.T, x *rig) {
			then(&x.keys.afterEnc, func() { x.parts.clock.Advance(x.parts.maxUse) })
		})},
		{"withdrawn while encrypting", purpose.StaleDecision, func(t *testing.T, x *rig) (string, error) {
			in := x.collect(t, marie, Newsletter)
			then(&x.keys.afterEnc, func() {
				ctx, cancel := context.WithCancel(background)
				x.parts.ledger.onAppend.set(func(context.Context) error { defer cancel(); return nil })
				_, err := x.registry.Withdraw(ctx, marie, Newsletter) // does not wait for the Seal that waits for it
				assert.Error(t, err)
			})
			return failSeal(t, in, canary)
		}},
	}

	audit := []failure{
		{"the auditor fails at Reveal", purpose.AuditUnavailable, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			x.trail.onRecord.fail(errFault)
			return x.open(t, Service, agent, sealed)
		}},
		{"the auditor fails at Collect", purpose.AuditUnavailable, func(t *testing.T, x *rig) (string, error) {
			x.notify(t, marie)
			x.trail.onRecord.fail(errFault)
			in, err := x.Collect(background, clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
			assert.Nil(t, in)
			return "", err
		}},
		{"the logger leaves audits out", purpose.AuditUnavailable, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			y := x.restart(t, func(p *parts) { p.audit = pii.SlogAudit(nil) })
			text, err := y.open(t, Service, agent, sealed)
			assert.ErrorIs(t, err, pii.ErrAuditOff)
			return text, err
		}},
		{"the auditor answers too late", purpose.UseExpired, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			x.trail.onRecord.set(func(context.Context) error { x.parts.clock.Advance(x.parts.maxUse); return nil })
			return x.open(t, Service, agent, sealed)
		}},
		{"the caller goes while the access is recorded", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			ctx, cancel := context.WithCancelCause(background)
			use := x.beginWith(ctx, t, Service, agent, marie)
			x.trail.onRecord.set(func(context.Context) error { cancel(errFault); return nil })
			return revealed(sealed.Reveal(use))
		}},
	}

	begin := func(id purpose.ID, ctx context.Context, who purpose.Actor, whose consent.Subject) func(t *testing.T, x *rig) (string, error) {
		return func(t *testing.T, x *rig) (string, error) {
			x.notify(t, marie)
			use, err := x.accessor(t, id).Begin(ctx, who, whose)
			assert.Nil(t, use)
			return "", err
		}
	}
	collect := func(ctx context.Context, who purpose.Actor, whose consent.Subject, how pii.Collection) func(t *testing.T, x *rig) (string, error) {
		return func(t *testing.T, x *rig) (string, error) {
			x.notify(t, marie)
			in, err := x.Collect(ctx, who, whose, how)
			assert.Nil(t, in)
			return "", err
		}
	}
	gone, cancel := context.WithCancelCause(background)
	cancel(errFault)
	var none context.Context
	form := func(ids ...purpose.ID) pii.Collection { return pii.Collection{For: ids, Method: consent.WebForm} }
	callers := []failure{
		{"cancelled before Begin", purpose.Cancelled, begin(Service, gone, agent, marie)},
		{"no context at Begin", purpose.Malformed, begin(Service, none, agent, marie)},
		{"cancelled before Collect", purpose.Cancelled, collect(gone, clerk, marie, form(Service))},
		{"no context at Collect", purpose.Malformed, collect(none, clerk, marie, form(Service))},
		{"cancelled between Begin and Reveal", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			ctx, cancel := context.WithCancelCause(background)
			use := x.beginWith(ctx, t, Service, agent, marie)
			cancel(errFault)
			return revealed(sealed.Reveal(use))
		}},
		{"cancelled while decrypting", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			ctx, cancel := context.WithCancelCause(background)
			use := x.beginWith(ctx, t, Service, agent, marie)
			then(&x.keys.afterDecrypt, func() { cancel(errFault) })
			return revealed(sealed.Reveal(use))
		}},
		{"cancelled between Collect and Seal", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			x.notify(t, marie)
			ctx, cancel := context.WithCancelCause(background)
			in, err := x.Collect(ctx, clerk, marie, form(Service))
			require.NoError(t, err)
			cancel(errFault)
			return failSeal(t, in, canary)
		}},
		{"cancelled while encrypting", purpose.Cancelled, func(t *testing.T, x *rig) (string, error) {
			x.notify(t, marie)
			ctx, cancel := context.WithCancelCause(background)
			in, err := x.Collect(ctx, clerk, marie, form(Service))
			require.NoError(t, err)
			then(&x.keys.afterEnc, func() { cancel(errFault) })
			return failSeal(t, in, canary)
		}},
		{"nobody asks", purpose.ActorNotAuthorized, begin(Service, background, purpose.Actor{}, marie)},
		{"nobody collects", purpose.ActorNotAuthorized, collect(background, purpose.Actor{}, marie, form(Service))},
		{"a role that is not bound to the purpose", purpose.ActorNotAuthorized, begin(Service, background, clerk, marie)},
		{"of nobody", purpose.Malformed, begin(Service, background, agent, "")},
		{"of an address in the place of an id", purpose.Malformed, begin(Service, background, agent, canary)},
		{"collected from an address in the place of an id", purpose.Malformed, collect(background, clerk, canary, form(Service))},
		{"a person without notice", purpose.NoticeRequired, begin(Service, background, agent, louis)},
		{"collected without notice", purpose.NoticeRequired, collect(background, clerk, louis, form(Service))},
		{"collected for nothing", purpose.Malformed, collect(background, clerk, marie, form())},
		{"collected for 17 purposes", purpose.Malformed, collect(background, clerk, marie, form(make([]purpose.ID, 17)...))},
		{"collected for an unknown purpose", purpose.UnknownPurpose, collect(background, clerk, marie, form(Service, "nosuch"))},
		{"collected in no way", purpose.Malformed, collect(background, clerk, marie, pii.Collection{For: []purpose.ID{Service}})},
		{"collected in an unknown way", purpose.Malformed, collect(background, clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: 99})},
		{"collected with an unknown origin", purpose.Malformed, collect(background, clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm, Origin: 9})},
		{"collected for a case with a long name", purpose.Malformed, collect(background, clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm, Case: string(make([]byte, 129))})},
		{"nothing granted", purpose.ConsentUnknown, begin(Newsletter, background, mailer, marie)},
		{"no case named", purpose.CaseRequired, begin(Visits, background, visitor(""), marie)},
		{"a case that was never opened", purpose.CaseNotOpen, begin(Visits, background, visitor("job-a"), marie)},
		{"someone else's case", purpose.NotAssigned, func(t *testing.T, x *rig) (string, error) {
			x.openCase(t, marie, "job-a", purpose.Actor{Role: Visitor, ID: "v-2"})
			return begin(Visits, background, visitor("job-a"), marie)(t, x)
		}},
		{"the policy is not in force yet", purpose.NotYetEffective, func(t *testing.T, x *rig) (string, error) {
			y := x.restart(t, func(p *parts) { p.clock = new(piitest.Clock); p.clock.Set(p.document.Effective.Add(-1)) })
			_, err := y.accessor(t, Desk).Begin(background, agent, marie)
			return "", err
		}},
		{"an accessor for an unknown purpose", purpose.UnknownPurpose, func(_ *testing.T, x *rig) (string, error) {
			_, err := x.Accessor("nosuch")
			return "", err
		}},
		{"an accessor for no purpose", purpose.Malformed, func(_ *testing.T, x *rig) (string, error) { _, err := x.Accessor(""); return "", err }},
		{"an accessor for an operation the purpose does not list", purpose.OperationNotInPurpose, func(_ *testing.T, x *rig) (string, error) {
			_, err := x.Accessor(Service, pii.ForOperation(purpose.Transfer))
			return "", err
		}},
		{"an accessor for no operation", purpose.Malformed, func(_ *testing.T, x *rig) (string, error) {
			_, err := x.Accessor(Service, pii.ForOperation(0))
			return "", err
		}},
		{"an operation that was not granted", purpose.OperationNotGranted, func(t *testing.T, x *rig) (string, error) {
			x.seal(t, Newsletter)
			_, err := x.accessor(t, Newsletter, pii.ForOperation(purpose.Combine)).Begin(background, mailer, marie)
			return "", err
		}},
	}

	opening := func(id purpose.ID, who purpose.Actor, collected ...purpose.ID) func(t *testing.T, x *rig) (string, error) {
		return func(t *testing.T, x *rig) (string, error) {
			return x.open(t, id, who, x.seal(t, collected...))
		}
	}
	rules := []failure{
		{"an attribute the role does not need", purpose.AttributeNotForRole, func(t *testing.T, x *rig) (string, error) {
			var name pii.Sealed[pii.Name]
			require.NoError(t, name.Seal(x.collect(t, marie, Service), "Marie"))
			v, err := name.Reveal(x.begin(t, Service, mailer, marie))
			return v.Plaintext(), err
		}},
		{"an attribute the purpose does not list", purpose.AttributeNotInPurpose, func(t *testing.T, x *rig) (string, error) {
			var date pii.Sealed[pii.BirthDate]
			require.NoError(t, date.Seal(x.collect(t, marie, Service), "1984-02-29"))
			v, err := date.Reveal(x.begin(t, Tax, agent, marie))
			return v.Plaintext(), err
		}},
		{"sealed for a purpose that does not list the attribute", purpose.AttributeNotInPurpose, func(t *testing.T, x *rig) (string, error) {
			var date pii.Sealed[pii.BirthDate]
			err := date.Seal(x.collect(t, marie, Tax), "1984-02-29")
			assert.True(t, date.IsZero())
			return "", err
		}},
		{"an attribute that no purpose lists", purpose.UnknownAttribute, func(t *testing.T, x *rig) (string, error) {
			var code pii.Sealed[code]
			err := code.Seal(x.collect(t, marie, Tax), "fr")
			assert.True(t, code.IsZero())
			return "", err
		}},
		{"collected for another purpose", purpose.NotCollectedForPurpose, opening(Tax, agent, Service)},
		{"a purpose that opens nothing in clear", purpose.DeidentifiedOnly, opening(Analytics, agent, Analytics)},
		{"withdrawn between Begin and Reveal", purpose.StaleDecision, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Newsletter)
			use := x.begin(t, Newsletter, mailer, marie)
			_, err := x.registry.Withdraw(use.Context(), marie, Newsletter)
			require.NoError(t, err)
			return revealed(sealed.Reveal(use))
		}},
		{"withdrawn before Begin", purpose.ConsentWithdrawn, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Newsletter)
			_, err := x.registry.Withdraw(background, marie, Newsletter)
			require.NoError(t, err)
			return x.open(t, Newsletter, mailer, sealed)
		}},
		{"refused", purpose.ConsentRefused, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			_, err := x.registry.Refuse(background, marie, Service)
			require.NoError(t, err)
			return x.open(t, Service, agent, sealed)
		}},
		{"consent that ended", purpose.ConsentExpired, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			x.grant(t, marie, Newsletter, consent.Act{Until: x.registry.Now().Add(time.Hour)})
			x.parts.clock.Advance(time.Hour)
			return x.open(t, Newsletter, mailer, sealed)
		}},
		{"consent that ends during the use", purpose.ConsentExpired, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Newsletter)
			x.grant(t, marie, Newsletter, consent.Act{Until: x.registry.Now().Add(time.Second)})
			use := x.begin(t, Newsletter, mailer, marie)
			x.parts.clock.Advance(time.Second)
			return revealed(sealed.Reveal(use))
		}},
		{"withdrawn between Collect and Seal", purpose.ConsentWithdrawn, func(t *testing.T, x *rig) (string, error) {
			in := x.collect(t, marie, Newsletter, Service)
			_, err := x.registry.Withdraw(background, marie, Newsletter)
			require.NoError(t, err)
			return failSeal(t, in, canary)
		}},
		{"collected only for what was refused", purpose.ConsentRefused, func(t *testing.T, x *rig) (string, error) {
			x.notify(t, marie)
			_, err := x.registry.Refuse(background, marie, Newsletter)
			require.NoError(t, err)
			_, err = x.Collect(background, clerk, marie, form(Newsletter))
			return "", err
		}},
		{"an intake that lived too long", purpose.UseExpired, func(t *testing.T, x *rig) (string, error) {
			in := x.collect(t, marie, Service)
			x.parts.clock.Advance(x.parts.maxUse)
			return failSeal(t, in, canary)
		}},
		{"a use that lived too long", purpose.UseExpired, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			use := x.begin(t, Service, agent, marie)
			x.parts.clock.Advance(x.parts.maxUse)
			return revealed(sealed.Reveal(use))
		}},
		{"a use that was ended", purpose.UseEnded, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			use := x.begin(t, Service, agent, marie)
			use.End()
			use.End()
			return revealed(sealed.Reveal(use))
		}},
		{"retention that ended", purpose.RetentionExpired, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			x.parts.clock.Advance(4 * 365 * 24 * time.Hour)
			return x.open(t, Service, agent, sealed)
		}},
		{"the case was closed", purpose.CaseNotOpen, func(t *testing.T, x *rig) (string, error) {
			x.openCase(t, marie, "job-a", visitor(""))
			sealed := x.sealCase(t, "job-a", Visits)
			x.closeCase(t, marie, "job-a")
			return x.open(t, Visits, visitor("job-a"), sealed)
		}},
		{"another case's value", purpose.CaseMismatch, func(t *testing.T, x *rig) (string, error) {
			x.openCase(t, marie, "job-a", visitor(""))
			x.openCase(t, marie, "job-b", visitor(""))
			return x.open(t, Visits, visitor("job-b"), x.sealCase(t, "job-a", Visits))
		}},
		{"another case's value for a secondary use", purpose.CaseMismatch, func(t *testing.T, x *rig) (string, error) {
			investigator := purpose.Actor{Role: Agent, ID: "a-9", Case: "fraud-1"}
			x.openCase(t, marie, "fraud-1", investigator)
			x.openCase(t, marie, "job-a", visitor(""))
			return x.open(t, Fraud, investigator, x.sealCase(t, "job-a", Visits))
		}},
	}

	tokens := []failure{
		{"an absent field", pii.ErrAbsent, func(t *testing.T, x *rig) (string, error) {
			return revealed(pii.Sealed[pii.Email]{}.Reveal(x.begin(t, Desk, agent, marie)))
		}},
		{"another subject's token", pii.ErrWrongSubject, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			x.notify(t, louis)
			return x.openOf(t, louis, Service, agent, sealed)
		}},
		{"another subject's token, who has keys of her own", pii.ErrWrongSubject, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			var own pii.Sealed[pii.Email]
			require.NoError(t, own.Seal(x.collect(t, louis, Service), "louis@example.com"))
			return x.openOf(t, louis, Service, agent, sealed)
		}},
		{"another attribute's token", pii.ErrWrongAttribute, func(t *testing.T, x *rig) (string, error) {
			sealed := sealedOf[pii.Name](t, bytesOf(t, x.seal(t, Service)))
			v, err := sealed.Reveal(x.begin(t, Service, agent, marie))
			return v.Plaintext(), err
		}},
		{"an attribute no policy has", pii.ErrWrongAttribute, func(t *testing.T, x *rig) (string, error) {
			sealed := sealedOf[code](t, bytesOf(t, x.seal(t, Service)))
			v, err := sealed.Reveal(x.begin(t, Service, agent, marie))
			return v.Plaintext(), err
		}},
		{"another policy's token", purpose.UnknownPolicy, func(t *testing.T, x *rig) (string, error) {
			token := bytesOf(t, x.seal(t, Service))
			token[2] = 2
			return x.open(t, Service, agent, sealedOf[pii.Email](t, token))
		}},
		{"another tenant's vault over the same ring", pii.ErrDecrypt, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			y := x.restart(t, func(p *parts) { p.tenant, p.ring = "b", "" })
			y.keys.next = x.ring
			return y.open(t, Service, agent, sealed)
		}},
		{"another tenant", pii.ErrWrongSubject, func(t *testing.T, x *rig) (string, error) {
			sealed := x.seal(t, Service)
			return x.restart(t, func(p *parts) { p.tenant = "b" }).open(t, Service, agent, sealed)
		}},
		{"not a text of the kind", pii.ErrInvalid, func(t *testing.T, x *rig) (string, error) {
			return failSeal(t, x.collect(t, marie, Service), "canary canary")
		}},
		{"no text", pii.ErrInvalid, func(t *testing.T, x *rig) (string, error) { return failSeal(t, x.collect(t, marie, Service), "") }},
		{"a value that holds nothing", pii.ErrInvalid, func(t *testing.T, x *rig) (string, error) {
			var field pii.Sealed[pii.Email]
			err := field.SealValue(x.collect(t, marie, Service), pii.Value[pii.Email]{})
			assert.True(t, field.IsZero())
			return "", err
		}},
		{"a purpose was added to the token", pii.ErrDecrypt, func(t *testing.T, x *rig) (string, error) {
			token := bytesOf(t, x.seal(t, Service))
			policy := x.registry.Policy()
			tax, _ := policy.Ordinal(Tax)
			fields, _, _ := pii.ParseToken(token)
			require.Less(t, fields.Purposes[0], tax)
			// version, flags, policy, attribute, then the set
			widened := append([]byte{}, token[:4]...)
			widened = append(widened, 2, byte(fields.Purposes[0]), byte(tax))
			widened = append(widened, token[6:]...)
			return x.open(t, Tax, agent, sealedOf[pii.Email](t, widened)) // the key is held, so nothing but the seal is in the way
		}},
		{"a purpose was exchanged in the token", pii.ErrDecrypt, func(t *testing.T, x *rig) (string, error) {
			token := bytesOf(t, x.seal(t, Service))
			tax, _ := x.registry.Policy().Ordinal(Tax)
			token[5] = byte(tax)
			return x.open(t, Tax, agent, sealedOf[pii.Email](t, token))
		}},
	}

	var all []failure
	for _, some := range [][]failure{ledger, keys, audit, callers, rules, tokens} {
		all = append(all, some...)
	}
	return all
}

// otherKey says that it is another key than the one it opens with.
type otherKey struct{ pii.Key }

func (otherKey) Check() [16]byte { return [16]byte{1, 2, 3} }

// Every way to fail has a name, releases nothing, and repeats nobody.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, f := range failures() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			text, err := f.run(t, newRig(t))
			assert.Empty(t, text)
			require.ErrorIs(t, err, f.want)
			assertNamed(t, err)
			var d *purpose.Denied
			if reason, ok := f.want.(purpose.Reason); ok {
				require.ErrorAs(t, err, &d)
				assert.Equal(t, reason.String(), d.Reason.String())
				assert.NotContains(t, d.Explain(language.English), canaryID)
			} else {
				assert.NotErrorAs(t, err, &d)
			}
		})
	}
}
