package consent_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// The compartments of the tests.
const (
	attic  purpose.Compartment = "hourly/attic"
	cellar purpose.Compartment = "yearly/cellar"
)

func (d *desk) facts() *purpose.Facts {
	d.t.Helper()
	f, err := d.Facts(d.t.Context(), d.who)
	require.NoError(d.t, err)
	return f
}

// hold places a hold that must be placed.
func (d *desk) hold(h purpose.Hold) consent.Event {
	d.t.Helper()
	e, err := d.PlaceHold(d.t.Context(), d.who, h, "letter-7")
	require.NoError(d.t, err)
	return e
}

// erase begins an erasure from what the ledger says now.
func (d *desk) erase(ctx context.Context, x purpose.Erasure) (consent.Withdrawal, error) {
	d.t.Helper()
	return d.BeginErasure(ctx, d.who, d.facts().Ledger, x)
}

// erased begins an erasure of everything, and says that it is done.
func (d *desk) erased(id string) {
	d.t.Helper()
	require.NoError(d.t, second(d.erase(d.t.Context(), purpose.Erasure{ID: id})))
	require.NoError(d.t, second(d.FinishErasure(d.t.Context(), d.who, id)))
}

// reopened is a desk over the same ledger that has read nothing yet.
func (d *desk) reopened() *desk {
	d.t.Helper()
	require.NoError(d.t, d.Close())
	r, err := consent.NewRegistry(registryPolicy(d.t), d.ledger)
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = r.Close() })
	return &desk{Registry: r, t: d.t, ledger: d.ledger, who: d.who}
}

// restraintCalls are the calls about holds and erasures, each with a state in which it succeeds.
var restraintCalls = map[string]struct {
	given func(d *desk)
	call  func(ctx context.Context, r *consent.Registry, s consent.Subject) error
}{
	"PlaceHold": {func(*desk) {}, func(ctx context.Context, r *consent.Registry, s consent.Subject) error {
		return second(r.PlaceHold(ctx, s, purpose.Hold{ID: "h-1", Purpose: proof}, ""))
	}},
	"ReleaseHold": {func(d *desk) { d.hold(purpose.Hold{ID: "h-1", Purpose: proof}) }, func(ctx context.Context, r *consent.Registry, s consent.Subject) error {
		return second(r.ReleaseHold(ctx, s, "h-1"))
	}},
	"BeginErasure": {func(*desk) {}, func(ctx context.Context, r *consent.Registry, s consent.Subject) error {
		return second(r.BeginErasure(ctx, s, 2, purpose.Erasure{ID: "e-1"}))
	}},
	"FinishErasure": {
		func(d *desk) { require.NoError(d.t, second(d.erase(d.t.Context(), purpose.Erasure{ID: "e-1"}))) },
		func(ctx context.Context, r *consent.Registry, s consent.Subject) error {
			return second(r.FinishErasure(ctx, s, "e-1"))
		},
	},
	"Readmit": {func(d *desk) { d.erased("e-1") }, func(ctx context.Context, r *consent.Registry, s consent.Subject) error {
		return second(r.Readmit(ctx, s))
	}},
	"Redact": {func(d *desk) { d.erased("e-1") }, func(ctx context.Context, r *consent.Registry, s consent.Subject) error {
		return r.Redact(ctx, s)
	}},
}

// Every call denies under the same circumstances, by the same names, and changes nothing then.
func TestRestraintsNeedARegistryThatWorks(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	var none context.Context
	for name, c := range restraintCalls {
		for what, f := range map[string]struct {
			ctx   context.Context
			who   consent.Subject
			spoil func(d *desk)
			want  []error
		}{
			"nothing wrong":     {who: canary},
			"no context":        {ctx: none, who: canary, want: []error{purpose.Malformed}},
			"cancelled":         {ctx: cancelled, who: canary, want: []error{purpose.Cancelled, context.Canceled}},
			"no subject":        {who: "", want: []error{purpose.Malformed, consent.ErrSubject}},
			"no valid subject":  {who: "a b", want: []error{purpose.Malformed, consent.ErrSubject}},
			"closed":            {who: canary, spoil: func(d *desk) { _ = d.Close() }, want: []error{purpose.RegistryUnavailable, consent.ErrClosed}},
			"unreadable ledger": {who: canary, spoil: func(d *desk) { d.ledger.bend(nil, func(context.Context, events) events { return failing(errDisk) }) }, want: []error{purpose.RegistryUnavailable}},
			"a broken chain": {who: canary, spoil: func(d *desk) {
				d.ledger.bend(nil, func(context.Context, events) events { return failing(consent.ErrChain) })
			}, want: []error{purpose.RegistryUnavailable}},
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t).told(letter)
				c.given(d)
				before := d.history()
				d = d.reopened()
				if f.spoil != nil {
					f.spoil(d)
				}
				ctx := f.ctx
				if ctx == nil && what != "no context" {
					ctx = t.Context()
				}
				err := c.call(ctx, d.Registry, f.who)
				if f.want == nil {
					require.NoError(t, err)
					return
				}
				require.Error(t, err)
				for _, want := range f.want {
					require.ErrorIs(t, err, want)
				}
				assert.NotContains(t, err.Error(), string(canary))
				assert.NotContains(t, err.Error(), errDisk.Error())
				assert.Equal(t, before, d.history(), "nothing was stored, or blanked")
			})
		}
	}
}

func TestRestraintsAreRefused(t *testing.T) {
	t.Parallel()
	place := func(h purpose.Hold, evidence string) func(d *desk) error {
		return func(d *desk) error { return second(d.PlaceHold(d.t.Context(), d.who, h, evidence)) }
	}
	begin := func(x purpose.Erasure) func(d *desk) error {
		return func(d *desk) error { return second(d.erase(d.t.Context(), x)) }
	}
	begun := func(x purpose.Erasure) func(d *desk) { return func(d *desk) { require.NoError(d.t, begin(x)(d)) } }
	held := func(h purpose.Hold) func(d *desk) { return func(d *desk) { d.hold(h) } }
	both := func(all ...func(d *desk)) func(d *desk) {
		return func(d *desk) {
			for _, one := range all {
				one(d)
			}
		}
	}
	finish := func(id string) func(d *desk) error {
		return func(d *desk) error { return second(d.FinishErasure(d.t.Context(), d.who, id)) }
	}
	release := func(id string) func(d *desk) error {
		return func(d *desk) error { return second(d.ReleaseHold(d.t.Context(), d.who, id)) }
	}
	done := func(call func(d *desk) error) func(d *desk) { return func(d *desk) { require.NoError(d.t, call(d)) } }
	readmit := func(d *desk) error { return second(d.Readmit(d.t.Context(), d.who)) }
	redact := func(d *desk) error { return d.Redact(d.t.Context(), d.who) }
	whole := purpose.Erasure{ID: "e-1"}
	part := purpose.Erasure{ID: "e-1", Compartment: attic}
	ofJob := purpose.Erasure{ID: "e-1", Compartment: attic, Case: job}
	long := strings.Repeat("x", 119)
	for name, c := range map[string]struct {
		given func(d *desk)
		call  func(d *desk) error
		want  error // nil: it is not refused
	}{
		"hold for nothing":                          {nil, place(purpose.Hold{}, ""), purpose.UnknownPurpose},
		"hold for what the policy never had":        {nil, place(purpose.Hold{ID: "h-1", Purpose: "nothing"}, ""), purpose.UnknownPurpose},
		"hold with a long id":                       {nil, place(purpose.Hold{ID: long + "x", Purpose: proof}, ""), consent.ErrInvalidEvent},
		"hold with the longest id":                  {nil, place(purpose.Hold{ID: long, Purpose: proof}, ""), nil},
		"hold that looks like a release":            {nil, place(purpose.Hold{ID: "x/released", Purpose: proof}, ""), consent.ErrInvalidEvent},
		"hold that looks like an end":               {nil, place(purpose.Hold{ID: "x/erased", Purpose: proof}, ""), consent.ErrInvalidEvent},
		"hold with a zero byte":                     {nil, place(purpose.Hold{ID: "x\x00", Purpose: proof}, ""), consent.ErrInvalidEvent},
		"hold with an id that is no text":           {nil, place(purpose.Hold{ID: "\xff", Purpose: proof}, ""), consent.ErrInvalidEvent},
		"hold on a long case":                       {nil, place(purpose.Hold{Purpose: proof, Case: strings.Repeat("x", 129)}, ""), consent.ErrInvalidEvent},
		"hold on a case of two lines":               {nil, place(purpose.Hold{Purpose: proof, Case: "a\nb"}, ""), consent.ErrInvalidEvent},
		"hold on a case that is no text":            {nil, place(purpose.Hold{Purpose: proof, Case: "\xff"}, ""), consent.ErrInvalidEvent},
		"hold with long evidence":                   {nil, place(purpose.Hold{Purpose: proof}, strings.Repeat("x", 1025)), consent.ErrInvalidEvent},
		"hold with evidence that is no text":        {nil, place(purpose.Hold{Purpose: proof}, "\xff"), consent.ErrInvalidEvent},
		"hold with the longest of all":              {nil, place(purpose.Hold{Purpose: proof, Case: strings.Repeat("x", 128)}, strings.Repeat("x", 1024)), nil},
		"hold without an id, twice":                 {done(place(purpose.Hold{Purpose: proof}, "")), place(purpose.Hold{Purpose: proof}, ""), nil},
		"the same hold again":                       {held(purpose.Hold{ID: "h-1", Purpose: proof}), place(purpose.Hold{ID: "h-1", Purpose: proof}, "letter-7"), nil},
		"the same hold for another purpose":         {held(purpose.Hold{ID: "h-1", Purpose: proof}), place(purpose.Hold{ID: "h-1", Purpose: letter}, "letter-7"), consent.ErrEventExists},
		"the same hold on another case":             {held(purpose.Hold{ID: "h-1", Purpose: proof}), place(purpose.Hold{ID: "h-1", Purpose: proof, Case: job}, "letter-7"), consent.ErrEventExists},
		"the same hold with other evidence":         {held(purpose.Hold{ID: "h-1", Purpose: proof}), place(purpose.Hold{ID: "h-1", Purpose: proof}, "letter-8"), consent.ErrEventExists},
		"a hold that was released":                  {both(held(purpose.Hold{ID: "h-1", Purpose: proof}), done(release("h-1"))), place(purpose.Hold{ID: "h-1", Purpose: proof}, "letter-7"), consent.ErrEventExists},
		"a hold with the id of an erasure":          {both(begun(part), done(finish("e-1"))), place(purpose.Hold{ID: "e-1", Purpose: proof}, ""), consent.ErrEventExists},
		"hold while everything is erased":           {begun(whole), place(purpose.Hold{Purpose: proof}, ""), consent.ErrAlreadyErasing},
		"hold on a case, then":                      {begun(whole), place(purpose.Hold{Purpose: proof, Case: job}, ""), consent.ErrAlreadyErasing},
		"hold on all while a part is erased":        {begun(part), place(purpose.Hold{Purpose: proof}, ""), consent.ErrAlreadyErasing},
		"hold on all while a case is":               {begun(ofJob), place(purpose.Hold{Purpose: proof}, ""), consent.ErrAlreadyErasing},
		"hold on the case that is erased":           {begun(ofJob), place(purpose.Hold{Purpose: proof, Case: job}, ""), consent.ErrAlreadyErasing},
		"hold on another case":                      {begun(ofJob), place(purpose.Hold{Purpose: proof, Case: "job-2"}, ""), nil},
		"hold on a case while a part of no case is": {begun(part), place(purpose.Hold{Purpose: proof, Case: job}, ""), nil},
		"hold when the erasure is done":             {both(begun(part), done(finish("e-1"))), place(purpose.Hold{Purpose: proof}, ""), nil},

		"release of nothing":         {nil, release(""), consent.ErrNoHold},
		"release of no hold":         {held(purpose.Hold{ID: "h-1", Purpose: proof}), release("h-2"), consent.ErrNoHold},
		"release of an erasure":      {begun(part), release("e-1"), consent.ErrNoHold},
		"second release":             {both(held(purpose.Hold{ID: "h-1", Purpose: proof}), done(release("h-1"))), release("h-1"), consent.ErrNoHold},
		"release while it is erased": {both(held(purpose.Hold{ID: "h-1", Purpose: proof, Case: job}), begun(whole)), release("h-1"), nil},

		"erasure without a name":                   {nil, begin(purpose.Erasure{}), consent.ErrInvalidEvent},
		"erasure with a long name":                 {nil, begin(purpose.Erasure{ID: long + "x"}), consent.ErrInvalidEvent},
		"erasure with the longest name":            {nil, begin(purpose.Erasure{ID: long}), nil},
		"erasure that looks like its end":          {nil, begin(purpose.Erasure{ID: "x/erased"}), consent.ErrInvalidEvent},
		"erasure that looks like a release":        {nil, begin(purpose.Erasure{ID: "x/released"}), consent.ErrInvalidEvent},
		"erasure of all of a case":                 {nil, begin(purpose.Erasure{ID: "e-1", Case: job}), consent.ErrInvalidEvent},
		"erasure of a long case":                   {nil, begin(purpose.Erasure{ID: "e-1", Compartment: attic, Case: strings.Repeat("x", 129)}), consent.ErrInvalidEvent},
		"erasure of no compartment":                {nil, begin(purpose.Erasure{ID: "e-1", Compartment: "\xff"}), consent.ErrInvalidEvent},
		"erasure from any version":                 {nil, func(d *desk) error { return second(d.BeginErasure(d.t.Context(), d.who, consent.Any, whole)) }, consent.ErrInvalidEvent},
		"erasure from an earlier version":          {nil, func(d *desk) error { return second(d.BeginErasure(d.t.Context(), d.who, d.facts().Ledger-1, whole)) }, consent.ErrConflict},
		"erasure from a version there is not":      {nil, func(d *desk) error { return second(d.BeginErasure(d.t.Context(), d.who, d.facts().Ledger+1, whole)) }, consent.ErrConflict},
		"erasure that a hold is against":           {held(purpose.Hold{Purpose: proof}), begin(whole), consent.ErrHeld},
		"a part, then":                             {held(purpose.Hold{Purpose: proof}), begin(part), consent.ErrHeld},
		"a case, then":                             {held(purpose.Hold{Purpose: proof}), begin(ofJob), consent.ErrHeld},
		"a case that is held":                      {held(purpose.Hold{Purpose: proof, Case: job}), begin(ofJob), consent.ErrHeld},
		"another case":                             {held(purpose.Hold{Purpose: proof, Case: "job-2"}), begin(ofJob), nil},
		"what is of no case":                       {held(purpose.Hold{Purpose: proof, Case: job}), begin(part), nil},
		"all but a case that is held":              {held(purpose.Hold{Purpose: proof, Case: job}), begin(whole), nil},
		"when the hold was released":               {both(held(purpose.Hold{ID: "h-1", Purpose: proof}), done(release("h-1"))), begin(whole), nil},
		"the same erasure again":                   {begun(part), begin(part), nil},
		"the same, of another part":                {begun(part), begin(purpose.Erasure{ID: "e-1", Compartment: cellar}), consent.ErrEventExists},
		"the same, of everything":                  {begun(part), begin(whole), consent.ErrEventExists},
		"an erasure with the id of a hold":         {both(held(purpose.Hold{ID: "e-1", Purpose: proof}), done(release("e-1"))), begin(whole), consent.ErrEventExists},
		"a part that is done":                      {both(begun(part), done(finish("e-1"))), begin(part), consent.ErrErasureDone},
		"when all is done":                         {both(begun(whole), done(finish("e-1"))), begin(whole), consent.ErrErasureDone},
		"when all is done, and the person is back": {both(begun(whole), done(finish("e-1")), done(readmit)), begin(whole), consent.ErrErasureDone},
		"a part that is done, under another id":    {both(begun(part), done(finish("e-1"))), begin(purpose.Erasure{ID: "e-2", Compartment: attic}), nil},
		"a second one beside it":                   {begun(part), begin(purpose.Erasure{ID: "e-2", Compartment: cellar}), nil},

		"end of nothing":      {nil, finish(""), consent.ErrNoErasure},
		"end of what is none": {begun(part), finish("e-2"), consent.ErrNoErasure},
		"end of a hold":       {held(purpose.Hold{ID: "h-1", Purpose: proof}), finish("h-1"), consent.ErrNoErasure},
		"end of a part":       {begun(part), finish("e-1"), nil},
		"second end":          {both(begun(part), done(finish("e-1"))), finish("e-1"), nil},

		"readmission while it is erased":        {begun(whole), readmit, consent.ErrAlreadyErasing},
		"readmission while a part is":           {both(begun(whole), done(finish("e-1")), begun(purpose.Erasure{ID: "e-2", Compartment: attic})), readmit, consent.ErrAlreadyErasing},
		"readmission of who was not erased":     {nil, readmit, nil},
		"redaction of who was not erased":       {nil, redact, consent.ErrNoErasure},
		"redaction when a part was":             {both(begun(part), done(finish("e-1"))), redact, consent.ErrNoErasure},
		"redaction of who has come back":        {both(begun(whole), done(finish("e-1")), done(readmit)), redact, consent.ErrNoErasure},
		"redaction while it is erased":          {begun(whole), redact, nil},
		"redaction, twice":                      {both(begun(whole), done(redact)), redact, nil},
		"readmission, twice":                    {both(begun(whole), done(finish("e-1")), done(readmit)), readmit, nil},
		"hold, when the person was redacted":    {both(begun(whole), done(finish("e-1")), done(redact)), place(purpose.Hold{Purpose: proof}, ""), nil},
		"hold, when the person is being erased": {both(begun(whole), done(redact)), place(purpose.Hold{Purpose: proof}, ""), consent.ErrAlreadyErasing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).told(letter)
			if c.given != nil {
				c.given(d)
			}
			before, facts, reason := d.history(), *d.facts(), d.asks(letter)
			err := c.call(d)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
			assert.NotContains(t, err.Error(), string(canary))
			assert.Equal(t, before, d.history(), "nothing was stored")
			assert.Equal(t, facts, *d.facts())
			assert.Equal(t, reason, d.asks(letter), "and nothing denies by it")
		})
	}
}

// No registry at all is no place to begin anything.
func TestRestraintsOfNoRegistry(t *testing.T) {
	t.Parallel()
	for name, c := range restraintCalls {
		if name != "PlaceHold" { // which asks for its policy first, as a withdrawal does
			assert.ErrorIs(t, c.call(t.Context(), nil, canary), purpose.Malformed, name)
		}
	}
}

// A hold and an erasure are the same under a later version of the policy.
func TestRestraintsOutliveAPolicy(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	for _, e := range []consent.Event{
		{ID: "h-1", Kind: consent.HoldPlaced, Purpose: proof, Case: job}, {ID: "e-1", Kind: consent.Expiring, Compartment: attic},
	} {
		e.Policy, e.Time = "0", time.Now()
		require.NoError(t, second(d.ledger.Memory.Append(t.Context(), d.who, consent.Any, e)))
	}
	d = d.reopened()
	e, err := d.PlaceHold(t.Context(), d.who, purpose.Hold{ID: "h-1", Purpose: proof, Case: job}, "")
	require.NoError(t, err)
	assert.Equal(t, uint64(3), e.Seq)
	assert.Equal(t, "0", e.Policy)
	require.NoError(t, second(d.BeginErasure(t.Context(), d.who, 0, purpose.Erasure{ID: "e-1", Compartment: attic})))
	assert.Len(t, d.history(), 4)
}

// A ledger that cannot blank says so.
func TestRedactNeedsARedactor(t *testing.T) {
	t.Parallel()
	r, err := consent.NewRegistry(registryPolicy(t), struct{ consent.Ledger }{new(consent.Memory)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	require.NoError(t, second(r.BeginErasure(t.Context(), canary, 0, purpose.Erasure{ID: "e-1"})))
	require.ErrorIs(t, r.Redact(t.Context(), canary), consent.ErrNotRedactable)
}

// What the events say is what was asked for.
func TestWhatHoldsAndErasuresStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	got := d.hold(purpose.Hold{ID: "h-1", Purpose: proof, Case: job, Since: time.Unix(1, 0)})
	require.NoError(t, second(d.erase(t.Context(), purpose.Erasure{ID: "e-1", Compartment: attic, Case: "job-2"})))
	require.NoError(t, second(d.FinishErasure(t.Context(), d.who, "e-1")))
	require.NoError(t, second(d.ReleaseHold(t.Context(), d.who, "h-1")))
	drawn := d.hold(purpose.Hold{Purpose: letter, Case: job})
	require.NoError(t, second(d.ReleaseHold(t.Context(), d.who, drawn.ID)))
	d.erased("e-2")
	back, err := d.Readmit(t.Context(), d.who)
	require.NoError(t, err)
	all := d.history()[2:]
	for i, want := range []consent.Event{
		{ID: "h-1", Kind: consent.HoldPlaced, Purpose: proof, Case: job, Act: consent.Act{Evidence: "letter-7"}},
		{ID: "e-1", Kind: consent.Expiring, Compartment: attic, Case: "job-2"},
		{ID: "e-1/erased", Kind: consent.Erased},
		{ID: "h-1/released", Kind: consent.HoldReleased},
		{ID: drawn.ID, Kind: consent.HoldPlaced, Purpose: letter, Case: job, Act: consent.Act{Evidence: "letter-7"}},
		{ID: drawn.ID + "/released", Kind: consent.HoldReleased},
		{ID: "e-2", Kind: consent.Erasing},
		{ID: "e-2/erased", Kind: consent.Erased},
		{ID: back.ID, Kind: consent.Readmitted},
	} {
		want.Policy = "1"
		assert.True(t, all[i].Same(want), "%d: %+v", i, all[i])
	}
	require.Len(t, all, 9)
	assert.Equal(t, all[0].Seq, got.Seq)
	assert.WithinDuration(t, time.Now(), all[0].Time, time.Minute, "when it was placed is not the caller's to say")
	assert.Equal(t, "e-2/erased", consent.ErasedID("e-2"))
	f := d.facts()
	assert.True(t, f.HoldsKnown)
	assert.Empty(t, f.Holds)
	assert.Empty(t, f.Erasures)
	assert.Zero(t, f.Erased)
}

// A person comes back by an explicit act alone, and what was said before counts.
func TestReadmit(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	into, err := d.GateInto(nil, attic, letter)
	require.NoError(t, err)
	takes := func() purpose.Reason {
		p, err := into.Begin(t.Context(), clerk, d.who)
		p.End()
		if err != nil {
			return reasonOf(err)
		}
		return purpose.Permitted
	}
	require.Equal(t, purpose.Permitted, takes())
	d.erased("e-1")
	d.told(letter)
	assert.Equal(t, purpose.Erased, takes(), "a new grant is no readmission")
	since := d.facts().Erased
	require.NoError(t, second(d.erase(t.Context(), purpose.Erasure{ID: "e-2"})))
	assert.Equal(t, since, d.facts().Erased, "since when she is erased does not change")
	require.NoError(t, second(d.FinishErasure(t.Context(), d.who, "e-2")))
	e, err := d.Readmit(t.Context(), d.who)
	require.NoError(t, err)
	assert.Equal(t, uint64(len(d.history())), e.Seq)
	assert.Equal(t, purpose.Permitted, takes())
	assert.Equal(t, purpose.Permitted, d.asks(letter))
	again, err := d.Readmit(t.Context(), d.who)
	require.NoError(t, err)
	assert.Zero(t, again, "who is not erased needs no readmission")
	assert.Len(t, d.history(consent.Readmitted), 1)
}

// When payloads are blanked, holds and erasures are known as before, and more is closed.
func TestRedactKeepsRestraints(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	d.open(job)
	d.hold(purpose.Hold{ID: "h-1", Purpose: proof, Case: job})
	require.NoError(t, second(d.erase(t.Context(), purpose.Erasure{ID: "e-1"})))
	require.NoError(t, second(d.FinishErasure(t.Context(), d.who, "e-1")))
	require.NoError(t, second(d.erase(t.Context(), purpose.Erasure{ID: "e-2", Compartment: attic, Case: "job-2"})))
	before, ids := *d.facts(), d.history()
	require.NoError(t, d.Redact(t.Context(), d.who))
	check := func(d *desk) {
		t.Helper()
		f := d.facts()
		assert.False(t, f.Complete)
		assert.True(t, f.HoldsKnown)
		assert.Equal(t, before.Ledger, f.Ledger)
		assert.Equal(t, before.Erased, f.Erased)
		assert.Equal(t, []purpose.Hold{{ID: "h-1", Purpose: proof, Since: before.Holds[0].Since}}, f.Holds)
		assert.Equal(t, []purpose.Erasure{{ID: "e-2"}}, f.Erasures)
		assert.Equal(t, purpose.Given, f.Consent(letter).Status, "the proof of a consent stays")
		assert.Equal(t, purpose.CaseUnknown, f.Case(job).Status)
	}
	check(d)
	d = d.reopened() // which reads the ledger, and verifies its chain
	check(d)
	for i, e := range d.history() {
		assert.Equal(t, ids[i].ID, e.ID)
		assert.Equal(t, e.Kind != consent.Noticed && e.Kind != consent.Granted, e.Blank, e.Kind)
	}
	require.NoError(t, second(d.BeginErasure(t.Context(), d.who, 0, purpose.Erasure{ID: "e-2", Compartment: attic, Case: "job-2"})), "it is gone on with")
	require.ErrorIs(t, second(d.erase(t.Context(), purpose.Erasure{ID: "e-3", Compartment: cellar})), consent.ErrHeld, "on whatever it was, it is on everything")
	require.NoError(t, second(d.FinishErasure(t.Context(), d.who, "e-2")))
	require.NoError(t, second(d.FinishErasure(t.Context(), d.who, "e-1")), "which was done before")
	require.NoError(t, second(d.ReleaseHold(t.Context(), d.who, "h-1")))
	require.NoError(t, second(d.Readmit(t.Context(), d.who)))
	assert.Empty(t, d.facts().Holds)
	assert.Empty(t, d.facts().Erasures)
	assert.Zero(t, d.facts().Erased)
}

// door is a gate of the tables of barriers.
type door struct {
	op   purpose.Operation
	into purpose.Compartment
	ids  []purpose.ID
}

func (d *desk) door(of door) *consent.Gate {
	d.t.Helper()
	var g *consent.Gate
	var err error
	if of.into != "" {
		g, err = d.GateInto(nil, of.into, of.ids...)
	} else {
		g, err = d.Gate(nil, of.op, of.ids...)
	}
	require.NoError(d.t, err)
	return g
}

// TestRestraintsAreBarriers has a use in progress behind each door, and says which of them a hold or an erasure ends, and which
// open again when it stands.
func TestRestraintsAreBarriers(t *testing.T) {
	t.Parallel()
	doors := map[string]door{
		"use":              {op: purpose.Use, ids: []purpose.ID{letter}},
		"use above":        {op: purpose.Use, ids: []purpose.ID{marketing}},
		"use for the hold": {op: purpose.Use, ids: []purpose.ID{proof}},
		"combine":          {op: purpose.Combine, ids: []purpose.ID{delivery}},
		"use for both":     {op: purpose.Use, ids: []purpose.ID{proof, letter}},
		"collect":          {op: purpose.Collect, ids: []purpose.ID{letter}},
		"collect, attic":   {into: attic, ids: []purpose.ID{letter}},
		"collect, cellar":  {into: cellar, ids: []purpose.ID{letter, marketing}},
		"store":            {op: purpose.Store, ids: []purpose.ID{proof}},
		"rights":           {op: purpose.Rights, ids: []purpose.ID{proof}},
		"maintenance":      {op: purpose.Maintenance, ids: []purpose.ID{proof}},
	}
	place := func(h purpose.Hold) func(ctx context.Context, d *desk) error {
		return func(ctx context.Context, d *desk) error { return second(d.PlaceHold(ctx, d.who, h, "")) }
	}
	begin := func(x purpose.Erasure) func(ctx context.Context, d *desk) error {
		return func(ctx context.Context, d *desk) error { return second(d.erase(ctx, x)) }
	}
	for name, c := range map[string]struct {
		do    func(ctx context.Context, d *desk) error
		early purpose.Reason            // why doors that it ends do not open while it is being stored
		ends  []string                  // doors whose uses it ends
		shut  map[string]purpose.Reason // doors that stay shut
	}{
		"hold": {
			place(purpose.Hold{ID: "h-1", Purpose: proof}), purpose.RestrictedToHold,
			[]string{"use", "use above", "combine", "use for both"},
			map[string]purpose.Reason{
				"use": purpose.RestrictedToHold, "use above": purpose.RestrictedToHold, "combine": purpose.RestrictedToHold, "use for both": purpose.RestrictedToHold,
			},
		},
		"hold for a purpose above": {
			place(purpose.Hold{ID: "h-1", Purpose: marketing}), purpose.RestrictedToHold,
			[]string{"combine"},
			map[string]purpose.Reason{"combine": purpose.RestrictedToHold},
		},
		"hold for another": {
			place(purpose.Hold{ID: "h-1", Purpose: delivery}), purpose.RestrictedToHold,
			[]string{"use", "use above", "use for the hold", "use for both"},
			map[string]purpose.Reason{
				"use": purpose.RestrictedToHold, "use above": purpose.RestrictedToHold, "use for the hold": purpose.RestrictedToHold,
				"use for both": purpose.RestrictedToHold,
			},
		},
		"hold on a case": { // of which values these are is asked when one is opened
			place(purpose.Hold{ID: "h-1", Purpose: proof, Case: job}), purpose.RestrictedToHold,
			[]string{"use", "use above", "combine", "use for both"},
			nil,
		},
		"erasure": {
			begin(purpose.Erasure{ID: "e-1"}), purpose.Erased,
			[]string{"use", "use above", "use for the hold", "combine", "use for both", "collect", "collect, attic", "collect, cellar"},
			map[string]purpose.Reason{
				"use": purpose.RestrictedToHold, "use above": purpose.RestrictedToHold, "use for the hold": purpose.RestrictedToHold, "combine": purpose.RestrictedToHold,
				"use for both": purpose.RestrictedToHold, "collect": purpose.Erased, "collect, attic": purpose.Erased, "collect, cellar": purpose.Erased,
			},
		},
		"erasure of a part": {
			begin(purpose.Erasure{ID: "e-1", Compartment: attic}), purpose.ErasureRunning,
			[]string{"collect, attic"},
			map[string]purpose.Reason{"collect, attic": purpose.ErasureRunning},
		},
		"erasure of a part, of a case": {
			begin(purpose.Erasure{ID: "e-1", Compartment: attic, Case: job}), purpose.ErasureRunning,
			[]string{"collect, attic"},
			map[string]purpose.Reason{"collect, attic": purpose.ErasureRunning},
		},
	} {
		for behind, of := range doors {
			t.Run(name+"/"+behind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t).told(marketing, letter)
					g := d.door(of)
					p, err := g.Begin(t.Context(), clerk, d.who)
					require.NoError(t, err)
					defer p.End()
					require.Equal(t, purpose.Permitted, checked(p))
					ends := false
					for _, one := range c.ends {
						ends = ends || one == behind
					}

					release := d.blocked()
					defer release()
					done := make(chan error, 1)
					go func() { done <- c.do(t.Context(), d) }()
					synctest.Wait()
					_, err = g.Begin(t.Context(), clerk, d.who)
					if ends {
						assert.Equal(t, purpose.StaleDecision, checked(p), "from the call on it opens nothing")
						assert.Equal(t, c.early, reasonOf(err), "nor does another")
					} else {
						assert.Equal(t, purpose.Permitted, checked(p))
						assert.NoError(t, err)
					}
					release()
					synctest.Wait()
					if !ends {
						require.Len(t, done, 1, "it is not waited for")
						assert.Equal(t, purpose.Permitted, checked(p))
					} else {
						require.Empty(t, done, "it is waited for")
						assert.NoError(t, p.Context().Err(), "and may finish what it does")
						p.End()
					}
					require.NoError(t, <-done)
					q, err := g.Begin(t.Context(), clerk, d.who)
					if want, shut := c.shut[behind]; shut {
						assert.Equal(t, want, reasonOf(err))
					} else if assert.NoError(t, err) {
						assert.Equal(t, purpose.Permitted, checked(q))
						q.End()
					}
				})
			})
		}
	}
}
