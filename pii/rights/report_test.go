package rights_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact/scrub"
)

var update = flag.Bool("update", false, "write golden files anew; look at what changed before believing it")

// filled is a rig with Marie's fields, some of which were disclosed.
func filled(t *testing.T, changes ...func(*rights.Config)) (*rig, []rights.Field) {
	t.Helper()
	changes = append(changes, func(c *rights.Config) { c.HoldLate, c.Silent = true, []purpose.ID{laundering} })
	x := newRig(t, changes...)
	x.Grant(marie, newsletter)
	name := piitest.Seal[pii.Name](x.Vault, marie, "Marie Tremblay", service)
	email := piitest.Seal[pii.Email](x.Vault, marie, "marie@example.com", service, newsletter, survey, laundering)
	secret := piitest.Seal[pii.Email](x.Vault, marie, "secret@example.com", laundering)
	birth := piitest.SealFor[pii.BirthDate](x.Vault, marie, "1980-02-29", pii.Collection{For: []purpose.ID{service}, Method: consent.WebForm, Origin: pii.Observed})
	guess := piitest.SealFor[pii.Text](x.Vault, marie, "likes <gates>", pii.Collection{For: []purpose.ID{service}, Method: consent.WebForm, Origin: pii.Inferred})
	message := piitest.Seal[pii.Text](x.Vault, marie, "Louis Gagnon, 514 555-0111, will be there.", service)
	for id, times := range map[purpose.ID]int{survey: 2, laundering: 1} {
		for range times {
			x.Clock.Advance(time.Minute)
			require.NoError(t, x.opens(t, id, clerk, email, pii.DiscloseTo("leger")))
		}
	}
	his := piitest.Seal[pii.Email](x.Vault, louis, "louis@example.com", survey)
	require.NoError(t, x.MustAccessor(survey, pii.DiscloseTo("leger")).Do(t.Context(), clerk, louis, func(use *pii.Use) error {
		_, err := his.Reveal(use)
		return err
	}))
	x.Clock.Set(received.Add(time.Hour))
	fields := []rights.Field{
		rights.FieldOf("your account", name), rights.FieldOf("your account", email), rights.FieldOf("your account", birth),
		rights.FieldOf("your account", pii.Sealed[pii.Email]{}), rights.FieldOf("files", secret), rights.FieldOf("profile", guess), rights.FieldOf("message of 3 March", message),
	}
	fields[6].Shared = true
	return x, fields
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, got, 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestScenario92Access(t *testing.T) {
	t.Parallel()
	x, fields := filled(t)
	r := x.receive(t, rights.Access)
	var out bytes.Buffer
	done, err := x.WriteAccess(t.Context(), officer, marie, r.ID, fields, &out)
	require.NoError(t, err)
	assert.Equal(t, rights.Written{Values: 5, Left: 1}, done)
	// Two purposes were disclosed for, in an order of no meaning: the report's is stable.
	var report struct {
		Disclosures []struct{ First, Last time.Time }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &report))
	require.Len(t, report.Disclosures, 1)
	d := report.Disclosures[0]
	assert.Equal(t, time.Minute, d.Last.Sub(d.First).Truncate(time.Minute))
	text := out.String()
	text = strings.ReplaceAll(text, d.First.Format(time.RFC3339), "FIRST")
	text = strings.ReplaceAll(text, d.Last.Format(time.RFC3339), "LAST")
	golden(t, "testdata/access_v1.json", []byte(text))
	for _, never := range []string{"Louis", "555-0111", "laundering", "secret@", "Inquiries", string(marie)} {
		assert.NotContains(t, text, never)
	}
	for _, told := range []string{"Marie Tremblay", "marie@example.com", "provided", "observed", "inferred", "Infolettre", "Sondages Léger", "CQLR c. P-39.1 s. 18", "P3Y", "2029-03-03", "privacy@shop.example"} {
		assert.Contains(t, text, told)
	}
	// Every value that was opened is in the audit, under her own request.
	n := 0
	for _, a := range x.Trail.Entries() {
		if a.Operation == purpose.Rights && a.Reason == purpose.Permitted {
			n++
			assert.Equal(t, requests, a.Purpose)
			assert.Equal(t, officer, a.Actor)
		}
	}
	assert.Equal(t, 5, n, "what is not told is not opened")
}

// Whatever cannot be told makes the report fail, and nothing is written.
func TestAccessFailsClosed(t *testing.T) {
	t.Parallel()
	x, fields := filled(t)
	r := x.receive(t, rights.Access)
	ctx := t.Context()
	his := piitest.Seal[pii.Email](x.Vault, louis, canary, service)
	var out bytes.Buffer
	write := func(fields ...rights.Field) error {
		_, err := x.WriteAccess(ctx, officer, marie, r.ID, fields, &out)
		assert.Empty(t, out.String())
		return err
	}
	require.ErrorIs(t, write(fields[0], rights.FieldOf("mixed up", his)), pii.ErrWrongSubject, "somebody else's data")
	shared := rights.FieldOf("mixed up", his)
	shared.Shared = true
	require.ErrorIs(t, write(shared), pii.ErrWrongSubject)
	require.ErrorIs(t, write(rights.Field{Place: "nothing"}), rights.ErrInvalid)
	_, err := x.WriteAccess(ctx, clerk, marie, r.ID, fields, &out)
	require.ErrorIs(t, err, purpose.ActorNotAuthorized)
	_, err = x.WriteAccess(ctx, officer, louis, r.ID, fields, &out)
	require.ErrorIs(t, err, rights.ErrNoRequest)
	_, err = x.WriteAccess(ctx, officer, marie, x.receive(t, rights.Portability).ID, fields, &out)
	require.ErrorIs(t, err, rights.ErrKind)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = x.WriteAccess(ended, officer, marie, r.ID, fields, &out)
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	x.trail.fails = errors.New("no audit of canary-marie-5d1e")
	err = write(fields[0])
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	assert.NotContains(t, err.Error(), "canary")
	x.trail.fails = nil
	require.ErrorIs(t, func() error {
		_, err := x.WriteAccess(ctx, officer, marie, r.ID, fields[:1], brokenWriter{})
		return err
	}(), errBroken)
	require.NoError(t, func() error { _, err := x.WriteAccess(ctx, officer, marie, r.ID, fields, &out); return err }())
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

// What has passed the end of the desk's purpose is named, and not shown.
func TestAccessToWhatIsPast(t *testing.T) {
	t.Parallel()
	x, fields := filled(t, func(c *rights.Config) { c.Masker = nil })
	r := x.receive(t, rights.Access)
	var out bytes.Buffer
	done, err := x.WriteAccess(t.Context(), officer, marie, r.ID, fields[6:], &out)
	require.NoError(t, err)
	assert.Equal(t, rights.Written{Withheld: 1}, done)
	assert.Contains(t, out.String(), `"withheld": "other_persons"`)
	assert.NotContains(t, out.String(), "Louis")

	x.Clock.Set(received.AddDate(4, 0, 0))
	r = x.receive(t, rights.Access)
	out.Reset()
	done, err = x.WriteAccess(t.Context(), officer, marie, r.ID, fields[:1], &out)
	require.NoError(t, err)
	assert.Equal(t, rights.Written{Withheld: 1}, done)
	assert.Contains(t, out.String(), `"withheld": "RetentionExpired"`)
	assert.NotContains(t, out.String(), "Tremblay")
}

func TestUntil(t *testing.T) {
	t.Parallel()
	end := received.AddDate(7, 0, 0)
	fails := error(nil)
	x, fields := filled(t, func(c *rights.Config) {
		c.Until = func(_ context.Context, s consent.Subject, d pii.Description, caseID string) (time.Time, error) {
			if s != marie || d.Attribute != "identity.name" || caseID != "job-1" {
				return time.Time{}, errBroken
			}
			return end, fails
		}
	})
	r := x.receive(t, rights.Access)
	fields[0].Case = "job-1"
	var out bytes.Buffer
	_, err := x.WriteAccess(t.Context(), officer, marie, r.ID, fields[:1], &out)
	require.NoError(t, err)
	assert.Contains(t, out.String(), `"until": "2033-03-03T15:04:05Z"`)
	_, err = x.WriteAccess(t.Context(), officer, marie, r.ID, fields[1:2], &out)
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	_, err = x.WritePortable(t.Context(), officer, marie, x.receive(t, rights.Portability).ID, fields[1:2], rights.JSON, &out)
	require.NoError(t, err, "it tells no end, and asks for none")
}

func TestScenario93Portability(t *testing.T) {
	t.Parallel()
	x, fields := filled(t)
	r := x.receive(t, rights.Portability)
	var out bytes.Buffer
	done, err := x.WritePortable(t.Context(), officer, marie, r.ID, fields, rights.JSON, &out)
	require.NoError(t, err)
	assert.Equal(t, rights.Written{Values: 4, Left: 2}, done)
	golden(t, "testdata/portable_v1.json", out.Bytes())
	assert.NotContains(t, out.String(), "gates", "what was inferred")
	assert.NotContains(t, out.String(), "inferred")

	out.Reset()
	_, err = x.WritePortable(t.Context(), officer, marie, r.ID, fields, rights.CSV, &out)
	require.NoError(t, err)
	golden(t, "testdata/portable_v1.csv", out.Bytes())
	lines, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	assert.Len(t, lines, 5)
	for _, l := range lines[1:] {
		assert.Contains(t, []string{"provided", "observed"}, l[3])
	}
	_, err = x.WritePortable(t.Context(), officer, marie, r.ID, fields, 0, &out)
	require.ErrorIs(t, err, rights.ErrInvalid)
	_, err = x.WritePortable(t.Context(), officer, marie, x.receive(t, rights.Access).ID, fields, rights.CSV, &out)
	require.ErrorIs(t, err, rights.ErrKind)
}

func TestBoundField(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	x.Notify(marie)
	in, err := x.Collect(t.Context(), clerk, marie, pii.Collection{For: []purpose.ID{service}, Method: consent.WebForm})
	require.NoError(t, err)
	var email pii.Sealed[pii.Email]
	require.NoError(t, email.SealBound(in, canary, "row-1"))
	r := x.receive(t, rights.Access)
	var out bytes.Buffer
	_, err = x.WriteAccess(t.Context(), officer, marie, r.ID, []rights.Field{rights.BoundFieldOf("row", email, "row-2")}, &out)
	require.ErrorIs(t, err, pii.ErrWrongRecord)
	_, err = x.WriteAccess(t.Context(), officer, marie, r.ID, []rights.Field{rights.BoundFieldOf("row", email, "row-1")}, &out)
	require.NoError(t, err)
	assert.Contains(t, out.String(), canary)
}

func TestRectify(t *testing.T) {
	t.Parallel()
	x, _ := filled(t)
	ctx := t.Context()
	email := piitest.Seal[pii.Email](x.Vault, marie, "marie@example.com", service, newsletter)
	before := email
	r := x.receive(t, rights.Rectification)
	_, err := rights.Rectify(ctx, x.Desk, clerk, marie, r.ID, &email, "new@example.com", pii.Collection{})
	require.ErrorIs(t, err, purpose.ActorNotAuthorized)
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &email, "no address", pii.Collection{})
	require.ErrorIs(t, err, pii.ErrInvalid)
	his := piitest.Seal[pii.Email](x.Vault, louis, canary, service)
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &his, "new@example.com", pii.Collection{})
	require.ErrorIs(t, err, pii.ErrWrongSubject, "another's field")
	ofCase := piitest.SealFor[pii.Email](x.Vault, marie, canary, pii.Collection{For: []purpose.ID{service}, Method: consent.WebForm, Case: "job-1"})
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &ofCase, "new@example.com", pii.Collection{})
	require.ErrorIs(t, err, rights.ErrInvalid, "it would lose its case")
	x.trail.fails = errBroken
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &email, "new@example.com", pii.Collection{})
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	x.trail.fails = nil
	assert.Equal(t, before, email, "left as it was on every error")
	assert.Len(t, x.get(t, r.ID).Events, 1)

	inform, err := rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &email, "new@example.com", pii.Collection{})
	require.NoError(t, err)
	assert.Equal(t, []string{"leger"}, inform)
	d, err := email.Describe(x.Vault.Vault)
	require.NoError(t, err)
	assert.Equal(t, []purpose.ID{newsletter, service}, d.Purposes, "for what it was for")
	assert.Equal(t, pii.Provided, d.Origin)
	require.NoError(t, x.opens(t, service, clerk, email))
	e := x.get(t, r.ID).Events[1]
	assert.Equal(t, rights.Corrected, e.Kind)
	assert.Equal(t, purpose.Attribute("identity.email"), e.Attribute)
	assert.Equal(t, inform, e.Inform)
	assert.Equal(t, officer, e.By)

	// What was incomplete.
	var name pii.Sealed[pii.Name]
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &name, "Marie T.", pii.Collection{})
	require.ErrorIs(t, err, purpose.ErrDenied, "nobody said what for")
	inform, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &name, "Marie T.", pii.Collection{For: []purpose.ID{service}})
	require.NoError(t, err)
	assert.Empty(t, inform)
	require.NoError(t, x.Answer(ctx, officer, marie, r.ID, "letter"))
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &name, "Marie", pii.Collection{})
	require.ErrorIs(t, err, rights.ErrSettled)
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, x.receive(t, rights.Access).ID, &name, "Marie", pii.Collection{})
	require.ErrorIs(t, err, rights.ErrKind)
	_, err = rights.Rectify[pii.Name](ctx, nil, officer, marie, r.ID, &name, "Marie", pii.Collection{})
	require.ErrorIs(t, err, rights.ErrInvalid)
}

// A value that is bound to its row's version is bound to the next one afterwards.
func TestRectifyBound(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	ctx := t.Context()
	x.Notify(marie)
	in, err := x.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{service}, Method: consent.WebForm})
	require.NoError(t, err)
	var email pii.Sealed[pii.Email]
	require.NoError(t, email.SealBound(in, canary, "row-1@1"))
	before := email
	r := x.receive(t, rights.Rectification)
	_, err = rights.Rectify(ctx, x.Desk, officer, marie, r.ID, &email, "new@example.com", pii.Collection{})
	require.ErrorIs(t, err, pii.ErrWrongRecord, "it would lose its row")
	_, err = rights.RectifyBound(ctx, x.Desk, officer, marie, r.ID, &email, "new@example.com", pii.Collection{}, "row-2@1", "row-2@2")
	require.ErrorIs(t, err, pii.ErrWrongRecord)
	assert.Equal(t, before, email)
	_, err = rights.RectifyBound(ctx, x.Desk, officer, marie, r.ID, &email, "new@example.com", pii.Collection{}, "row-1@1", "row-1@2")
	require.NoError(t, err)
	require.NoError(t, x.MustAccessor(service).Do(ctx, clerk, marie, func(use *pii.Use) error {
		_, err := before.RevealBound(use, "row-1@2")
		require.ErrorIs(t, err, pii.ErrWrongRecord, "the old value put back")
		v, err := email.RevealBound(use, "row-1@2")
		require.NoError(t, err)
		assert.Equal(t, "new@example.com", v.Plaintext())
		return nil
	}))
	assert.Equal(t, rights.Corrected, x.get(t, r.ID).Events[1].Kind)
	_, err = rights.RectifyBound[pii.Email](ctx, x.Desk, officer, marie, r.ID, nil, "new@example.com", pii.Collection{}, "row-1@2", "row-1@3")
	require.ErrorIs(t, err, rights.ErrInvalid)
}

// A scrubber takes the others out of a message.
func TestScrubbedMessage(t *testing.T) {
	t.Parallel()
	scrubber, err := scrub.New()
	require.NoError(t, err)
	x, fields := filled(t, func(c *rights.Config) { c.Masker = scrubber })
	var out bytes.Buffer
	_, err = x.WriteAccess(t.Context(), officer, marie, x.receive(t, rights.Access).ID, fields[6:], &out)
	require.NoError(t, err)
	assert.Contains(t, out.String(), "will be there.")
	for _, other := range []string{"Louis", "Gagnon", "555-0111"} {
		assert.NotContains(t, out.String(), other)
	}
}

// Once her keys are destroyed, that a field is hers cannot be known any more: nothing is told of it, not even that somebody has such a value.
func TestAccessTellsNothingOfWhatWasErased(t *testing.T) {
	t.Parallel()
	x, fields := filled(t)
	his := piitest.Seal[pii.Email](x.Vault, louis, canary, survey)
	_, sweep := sweeping(t, x)
	_, err := sweep.Erase(t.Context(), marie)
	require.NoError(t, err)
	r := x.receive(t, rights.Access)
	var out bytes.Buffer
	done, err := x.WriteAccess(t.Context(), officer, marie, r.ID, []rights.Field{fields[0], rights.FieldOf("mixed up", his)}, &out)
	require.NoError(t, err)
	assert.Equal(t, rights.Written{Left: 2}, done)
	assert.Contains(t, out.String(), `"values": []`)
	assert.NotContains(t, out.String(), "mixed up")
}

// What she last said is so, and what ended with her consent, is told; a report without either is what it was.
func TestAccessTellsOfConsentAndOfWhatWasVerified(t *testing.T) {
	t.Parallel()
	d := shop()
	d.Purposes[1].Retention.AfterConsent = purpose.Period{Days: 30}
	x := newRigUnder(t, d, received)
	x.Grant(marie, newsletter)
	email := rights.FieldOf("the list", piitest.Seal[pii.Email](x.Vault, marie, "marie@example.com", newsletter))
	email.Verified = received.AddDate(0, 0, 10)
	tell := func() (report struct {
		Values []struct {
			Verified time.Time
			Purposes []struct{ Until time.Time }
		}
		Purposes []struct {
			AfterConsent string `json:"after_consent"`
		}
	},
	) {
		r := x.receive(t, rights.Access)
		var out bytes.Buffer
		_, err := x.WriteAccess(t.Context(), officer, marie, r.ID, []rights.Field{email}, &out)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(out.Bytes(), &report))
		return report
	}
	day := received.Truncate(24 * time.Hour)
	report := tell()
	assert.Equal(t, email.Verified, report.Values[0].Verified)
	assert.Equal(t, "P30D", report.Purposes[0].AfterConsent)
	assert.Equal(t, day.AddDate(2, 0, 0), report.Values[0].Purposes[0].Until)
	_, err := x.Registry().Withdraw(t.Context(), marie, newsletter)
	require.NoError(t, err)
	assert.Equal(t, x.Clock.Now().AddDate(0, 0, 30), tell().Values[0].Purposes[0].Until)
}
