package consent_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// update rewrites the vectors. It is only for adding vectors: ledgers in use hold the old ones.
var update = flag.Bool("update", false, "rewrite testdata/events_v1.json")

const vectorFile = "testdata/events_v1.json"

// vectors is the shape of the file. Events come as JSON text so that other languages can use it; they form one ledger.
type vectors struct {
	About   string
	Subject string
	Salt    string // hex, of every payload
	Events  []vector
}

type vector struct {
	Name     string
	Envelope string // text
	Payload  string // text
	Chain    string // hex
}

var salt = []byte("0123456789abcdef")

// vectorEvents are the events of the vectors: one brief and one full event of every kind, and some with unusual values.
func vectorEvents() []consent.Event {
	full := consent.Event{
		Purpose: "marketing.newsletter", Policy: "2026-01", Time: time.Date(2026, 3, 8, 6, 59, 59, 123456789, time.UTC),
		Act: consent.Act{
			Method: consent.Phone, Language: language.CanadianFrench, Evidence: "recording-77",
			Operations: []purpose.Operation{2, 1}, Until: time.Date(2027, 3, 8, 6, 59, 59, 1, time.UTC),
			Guardian: true, Request: "request-9",
		},
		Case: "ticket-3", Actor: purpose.Actor{Role: "support_agent", ID: "agent-5"},
		Occurred: time.Date(2026, 3, 1, 0, 0, 0, 100, time.UTC),
	}
	var events []consent.Event
	add := func(id string, e consent.Event) {
		e.ID, e.Seq = id, uint64(len(events))+1
		events = append(events, e)
	}
	kinds := 0
	// Kinds that came after the vectors were born stand behind them.
	later := []consent.Kind{
		consent.Consumed, consent.Resides,
		consent.HoldPlaced, consent.HoldReleased, consent.Erasing, consent.Expiring, consent.Erased, consent.Readmitted,
	}
	kind := func(k consent.Kind) {
		full.Kind = k
		name := k.String()
		switch k { // what puts an end to something has its id
		case consent.HoldReleased:
			name = consent.HoldPlaced.String() + "/released"
		case consent.Erased:
			name = consent.Erasing.String() + "/erased"
		}
		add("full-"+name, full)
		add("brief-"+name, consent.Event{Kind: k, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
		kinds++
	}
	for k := consent.Kind(1); k.String() != "unknown"; k++ {
		if !slices.Contains(later, k) {
			kind(k)
		}
	}
	for m := consent.Method(1); m.String() != "unknown"; m++ {
		add("method-"+m.String(), consent.Event{Kind: consent.Granted, Act: consent.Act{Method: m}, Time: full.Time})
	}
	for op := purpose.Operation(1); ; op++ {
		if _, ok := purpose.ParseOperation(op.String()); !ok {
			break
		}
		if op == purpose.Sell {
			continue // no ledger stores it
		}
		add("operation-"+op.String(), consent.Event{
			Kind: consent.Granted, Act: consent.Act{Operations: []purpose.Operation{op}}, Time: full.Time,
		})
	}
	add("unusual \"<>&\u2028 \U0001F600 e\u0301", consent.Event{Kind: consent.CaseOpened, Case: "\x00\n\\", Policy: "<é>"})
	for _, k := range later {
		full.Jurisdiction, full.Compartment = "", ""
		switch k {
		case consent.Resides:
			full.Jurisdiction = "CA-QC"
		case consent.Expiring:
			full.Jurisdiction, full.Compartment = "CA-QC", "hourly/office"
		}
		kind(k)
	}
	return events
}

// vectorSubject is whose ledger the vectors are.
const vectorSubject = "c-1"

// encodeAll returns the records of a ledger of events.
func encodeAll(tb testing.TB, events []consent.Event, salt []byte) []consent.Record {
	tb.Helper()
	before := consent.Root(vectorSubject)
	var records []consent.Record
	for _, e := range events {
		r, err := consent.Encode(e, before, salt)
		require.NoError(tb, err)
		before = r.Chain
		records = append(records, r)
	}
	return records
}

// before returns the chain before record i.
func before(records []consent.Record, i int) [32]byte {
	if i == 0 {
		return consent.Root(vectorSubject)
	}
	return records[i-1].Chain
}

func TestRecordVectors(t *testing.T) {
	t.Parallel()
	events := vectorEvents()
	records := encodeAll(t, events, salt)
	if *update {
		v := vectors{
			About:   "Ledger format 1: one subject's ledger. Envelope and payload are the exact bytes as text, chain is hex.",
			Subject: vectorSubject,
			Salt:    hex.EncodeToString(salt),
		}
		for i, r := range records {
			v.Events = append(v.Events, vector{events[i].ID, string(r.Envelope), string(r.Payload), hex.EncodeToString(r.Chain[:])})
		}
		b, err := json.MarshalIndent(v, "", "\t")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(vectorFile, append(b, '\n'), 0o644))
	}
	b, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(b, &v))
	require.NotEmpty(t, v.Events)
	assert.Equal(t, hex.EncodeToString(salt), v.Salt)
	assert.Equal(t, vectorSubject, v.Subject)
	// New kinds come at the end of the tables, so vectors that exist are found by name and chained as in the file.
	byName := make(map[string]consent.Event)
	for _, e := range events {
		byName[e.ID] = e
	}
	require.Len(t, v.Events, len(events), "a kind, method or operation has no vector: run with -update and look at what changed")
	last := consent.Root(consent.Subject(v.Subject))
	for i, want := range v.Events {
		e, ok := byName[want.Name]
		require.True(t, ok, want.Name)
		e.Seq = uint64(i) + 1
		r, err := consent.Encode(e, last, salt)
		require.NoError(t, err)
		assert.Equal(t, want.Envelope, string(r.Envelope))
		assert.Equal(t, want.Payload, string(r.Payload))
		assert.Equal(t, want.Chain, hex.EncodeToString(r.Chain[:]))

		chain, err := hex.DecodeString(want.Chain)
		require.NoError(t, err)
		got, err := consent.Decode(consent.Record{
			Envelope: []byte(want.Envelope), Payload: []byte(want.Payload), Chain: [32]byte(chain),
		}, last)
		require.NoError(t, err)
		assert.True(t, got.Same(e), want.Name)
		assert.True(t, got.Time.Equal(e.Time), want.Name)
		assert.Equal(t, e.Seq, got.Seq)
		last = r.Chain
	}
}

// An added field that the vectors' full event leaves at zero would go untested.
func TestFullEventIsFull(t *testing.T) {
	t.Parallel()
	all := vectorEvents()
	e := all[slices.IndexFunc(all, func(e consent.Event) bool { return e.ID == "full-expiring" })] // fields that came later are only in it
	for _, v := range []any{e, e.Act, e.Actor} {
		value := reflect.ValueOf(v)
		for i := range value.NumField() {
			name := value.Type().String() + "." + value.Type().Field(i).Name
			// An act's ID is the event's, an actor's case is the event's, and a blank event is never encoded.
			if slices.Contains([]string{"consent.Act.ID", "purpose.Actor.Case", "consent.Event.Blank"}, name) {
				continue
			}
			assert.False(t, value.Field(i).IsZero(), name)
		}
	}
}

func TestDecodeSeesEveryFlippedByte(t *testing.T) {
	t.Parallel()
	events := []consent.Event{vectorEvents()[4], vectorEvents()[5]}
	events[0].Seq, events[1].Seq = 1, 2
	records := encodeAll(t, events, salt)
	check := func(what string, r consent.Record, before [32]byte) {
		t.Helper()
		_, err := consent.Decode(r, before)
		require.ErrorIs(t, err, consent.ErrChain, what)
	}
	r := records[1]
	prior := records[0].Chain
	_, err := consent.Decode(r, prior)
	require.NoError(t, err)
	for bit := range 8 {
		for i := range r.Envelope {
			c := r
			c.Envelope = slices.Clone(r.Envelope)
			c.Envelope[i] ^= 1 << bit
			check(fmt.Sprint("envelope ", i), c, prior)
		}
		for i := range r.Payload {
			c := r
			c.Payload = slices.Clone(r.Payload)
			c.Payload[i] ^= 1 << bit
			check(fmt.Sprint("payload ", i), c, prior)
		}
		for i := range r.Chain {
			c := r
			c.Chain[i] ^= 1 << bit
			check(fmt.Sprint("chain ", i), c, prior)
			p := prior
			p[i] ^= 1 << bit
			check(fmt.Sprint("chain before ", i), r, p)
		}
	}
	c := r
	c.Payload = []byte{}
	check("an empty payload is no blanked one", c, prior)
	c.Payload = records[0].Payload
	check("another's payload", c, prior)
	check("another's place", records[1], [32]byte{})
}

func TestDecodeOfRedactedRecord(t *testing.T) {
	t.Parallel()
	events := vectorEvents()
	records := encodeAll(t, events, salt)
	for i, e := range events {
		kept, err := records[i].Redacted()
		require.NoError(t, err)
		switch e.Kind {
		case consent.Noticed, consent.Granted, consent.Refused, consent.Withdrawn:
			assert.Equal(t, records[i], kept)
		default:
			assert.Nil(t, kept.Payload)
		}
		bare := records[i]
		bare.Payload = nil
		got, err := consent.Decode(bare, before(records, i))
		require.NoError(t, err, "a blanked payload still verifies")
		assert.True(t, got.Same(consent.Event{ID: e.ID, Kind: e.Kind, Purpose: e.Purpose, Policy: e.Policy, Blank: true}))
		assert.True(t, got.Time.Equal(e.Time))
		assert.Equal(t, e.Seq, got.Seq)
	}
}

// forge returns a record of envelope and payload whose hashes are right, so that only the form can be wrong.
// HASH in the envelope stands for the payload's.
func forge(tb testing.TB, envelope, payload string) consent.Record {
	tb.Helper()
	hash, err := json.Marshal(consent.HashForTest([]byte(payload)))
	require.NoError(tb, err)
	head := []byte(strings.ReplaceAll(envelope, "HASH", string(hash)))
	return consent.Record{Envelope: head, Payload: []byte(payload), Chain: consent.LinkForTest([32]byte{}, head)}
}

func TestDecodeRefusesUnknownForms(t *testing.T) {
	t.Parallel()
	const (
		head = `{"v":1,"id":"e","seq":1,"kind":"granted","time":"2026-01-02T03:04:05Z","payload":HASH}`
		body = `{"salt":"MDEyMzQ1Njc4OWFiY2RlZg==","method":"phone"}`
	)
	_, err := consent.Decode(forge(t, head, body), [32]byte{})
	require.NoError(t, err)
	for name, c := range map[string]struct{ part, old, new string }{
		"newer format":          {"head", `"v":1`, `"v":2`},
		"no format":             {"head", `"v":1,`, ``},
		"unknown kind":          {"head", `granted`, `forgotten`},
		"zero kind":             {"head", `granted`, `unknown`},
		"no kind":               {"head", `"kind":"granted",`, ``},
		"unknown field":         {"head", `"v":1`, `"v":1,"also":0`},
		"no id":                 {"head", `"id":"e",`, ``},
		"long id":               {"head", `"e"`, `"` + strings.Repeat("e", 129) + `"`},
		"zero number":           {"head", `"seq":1`, `"seq":0`},
		"negative number":       {"head", `"seq":1`, `"seq":-1`},
		"no time":               {"head", `"time":"2026-01-02T03:04:05Z",`, ``},
		"bad time":              {"head", `-01-02T`, `-13-02T`},
		"time not in UTC":       {"head", `05Z`, `05+01:00`},
		"time with spare zero":  {"head", `05Z`, `05.0Z`},
		"no hash":               {"head", `,"payload":HASH`, ``},
		"short hash":            {"head", `HASH`, `"AAAA"`},
		"text after":            {"head", `HASH}`, `HASH} {}`},
		"no object":             {"head", head, `null`},
		"empty":                 {"head", head, ``},
		"unknown payload field": {"body", `"method"`, `"means"`},
		"unknown method":        {"body", `phone`, `telepathy`},
		"zero method":           {"body", `phone`, `unknown`},
		"unknown operation":     {"body", `"method":"phone"`, `"operations":["x"]`},
		"bad language":          {"body", `"method":"phone"`, `"language":"not a language"`},
		"bad end":               {"body", `"method":"phone"`, `"until":"tomorrow"`},
		"bad occurrence":        {"body", `"method":"phone"`, `"occurred":"yesterday"`},
		"no salt":               {"body", `"salt":"MDEyMzQ1Njc4OWFiY2RlZg==",`, ``},
		"short salt":            {"body", `MDEyMzQ1Njc4OWFiY2RlZg==`, `MDEy`},
		"payload text after":    {"body", `"phone"}`, `"phone"}1`},
		"payload no object":     {"body", body, `null`},
	} {
		h, b := head, body
		if c.part == "head" {
			require.Contains(t, h, c.old, name)
			h = strings.Replace(h, c.old, c.new, 1)
		} else {
			require.Contains(t, b, c.old, name)
			b = strings.Replace(b, c.old, c.new, 1)
		}
		_, err := consent.Decode(forge(t, h, b), [32]byte{})
		assert.ErrorIs(t, err, consent.ErrFormat, name)
	}
}

func TestEncodeRefusesWhatWouldNotComeBack(t *testing.T) {
	t.Parallel()
	good := vectorEvents()[4]
	for name, change := range map[string]func(*consent.Event){
		"no id":             func(e *consent.Event) { e.ID = "" },
		"long id":           func(e *consent.Event) { e.ID = strings.Repeat("x", 129) },
		"zero byte in id":   func(e *consent.Event) { e.ID = "a\x00" },
		"id not UTF-8":      func(e *consent.Event) { e.ID = "\xff" },
		"no number":         func(e *consent.Event) { e.Seq = 0 },
		"no kind":           func(e *consent.Event) { e.Kind = 0 },
		"unknown kind":      func(e *consent.Event) { e.Kind = 255 },
		"unknown method":    func(e *consent.Event) { e.Act.Method = 255 },
		"zero operation":    func(e *consent.Event) { e.Act.Operations = []purpose.Operation{0} },
		"a sale":            func(e *consent.Event) { e.Act.Operations = []purpose.Operation{purpose.Sell} },
		"unknown operation": func(e *consent.Event) { e.Act.Operations = []purpose.Operation{255} },
		"year 10000":        func(e *consent.Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"negative year":     func(e *consent.Event) { e.Act.Until = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
		"distant past":      func(e *consent.Event) { e.Occurred = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
		"blank":             func(e *consent.Event) { e.Blank = true },
		"purpose not UTF-8": func(e *consent.Event) { e.Purpose = "\xff" },
		"policy not UTF-8":  func(e *consent.Event) { e.Policy = "\xff" },
		"evidence":          func(e *consent.Event) { e.Act.Evidence = "\xff" },
		"request":           func(e *consent.Event) { e.Act.Request = "\xff" },
		"case":              func(e *consent.Event) { e.Case = "\xff" },
		"role":              func(e *consent.Event) { e.Actor.Role = "\xff" },
		"actor":             func(e *consent.Event) { e.Actor.ID = "\xff" },
		"jurisdiction":      func(e *consent.Event) { e.Jurisdiction = "\xff" },
		"compartment":       func(e *consent.Event) { e.Compartment = "\xff" },
		"actor's case":      func(e *consent.Event) { e.Actor.Case = "another" },
	} {
		e := good
		change(&e)
		_, err := consent.Encode(e, [32]byte{}, salt)
		assert.ErrorIs(t, err, consent.ErrFormat, name)
	}
	_, err := consent.Encode(good, [32]byte{}, salt[1:])
	require.ErrorIs(t, err, consent.ErrFormat, "short salt")
	good.Actor.Case = good.Case
	_, err = consent.Encode(good, [32]byte{}, salt)
	require.NoError(t, err)
}

func TestEncodeSaltsEachPayload(t *testing.T) {
	t.Parallel()
	e := vectorEvents()[0]
	a, err := consent.Encode(e, [32]byte{}, nil)
	require.NoError(t, err)
	b, err := consent.Encode(e, [32]byte{}, nil)
	require.NoError(t, err)
	assert.NotEqual(t, a.Payload, b.Payload)
	assert.NotEqual(t, a.Envelope, b.Envelope, "else a blanked payload could be guessed and compared")
}

// Whatever Encode accepts comes back the same.
func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 500
	properties := gopter.NewProperties(parameters)
	text := gen.AnyString()
	instant := gen.Int64Range(-62135596800, 253402300799).Map(func(s int64) time.Time {
		return time.Unix(s, (s&0x7fffffff)%1e9).In(time.FixedZone("", int(s%43200)))
	})
	tags := gen.OneConstOf("", "fr", "fr-CA", "en-CA", "iw", "sh", "zh-Hant-TW", "de-1996", "en-u-ca-buddhist", "und-CA", "x-private", "i-klingon", "en-GB-oed")
	properties.Property("Decode gives back what Encode took", prop.ForAll(
		func(id string, seq uint64, kind, method uint8, texts []string, times []time.Time, ops []uint8, tag string, guardian bool, salt []byte) (string, error) {
			e := consent.Event{
				ID: id, Seq: seq, Kind: consent.Kind(kind), Purpose: purpose.ID(texts[0]), Policy: texts[1], Time: times[0],
				Act: consent.Act{
					Method: consent.Method(method), Language: language.Raw.Make(tag), Evidence: texts[2],
					Until: times[1], Guardian: guardian, Request: texts[3],
				},
				Case: texts[4], Actor: purpose.Actor{Role: purpose.Role(texts[5]), ID: texts[6]}, Occurred: times[2], Jurisdiction: purpose.Jurisdiction(texts[6]),
				Compartment: purpose.Compartment(texts[7]),
			}
			for _, op := range ops {
				e.Act.Operations = append(e.Act.Operations, purpose.Operation(op))
			}
			before := [32]byte(consent.HashForTest(salt))
			r, err := consent.Encode(e, before, salt)
			if err != nil {
				return "", err
			}
			got, err := consent.Decode(r, before)
			if err != nil {
				return "", err
			}
			if !got.Same(e) || !e.Same(got) || !got.Time.Equal(e.Time) || got.Seq != e.Seq {
				return fmt.Sprintf("%+v came back as %+v", e, got), nil
			}
			again, err := consent.Encode(got, before, salt)
			if err != nil {
				return "", err
			}
			if !reflect.DeepEqual(again, r) {
				return "encoded again, it has other bytes", nil
			}
			return "", nil
		},
		gen.Identifier().SuchThat(func(s string) bool { return len(s) <= 128 }), gen.UInt64Range(1, 1<<64-1),
		gen.UInt8Range(1, uint8(consent.Readmitted)), gen.UInt8Range(0, 7), gen.SliceOfN(8, text), gen.SliceOfN(3, instant),
		gen.SliceOf(gen.UInt8Range(1, 3)), tags, gen.Bool(), gen.SliceOfN(16, gen.UInt8()),
	))
	properties.TestingRun(t)
}

func FuzzDecode(f *testing.F) {
	for _, e := range vectorEvents() {
		e.Seq = 1
		r, err := consent.Encode(e, [32]byte{}, salt)
		require.NoError(f, err)
		f.Add(r.Envelope, r.Payload, false)
		f.Add(r.Envelope, []byte(nil), true)
	}
	f.Fuzz(func(t *testing.T, head, body []byte, blank bool) {
		r := consent.Record{Envelope: head, Payload: body}
		if blank {
			r.Payload = nil
		}
		if quick, strict, ok := consent.BothForTest(r); ok {
			assert.Equal(t, strict, quick, "what the quick reader takes, the strict one takes for the same")
		}
		_, err := consent.Decode(r, [32]byte{})
		require.ErrorIs(t, err, consent.ErrChain, "a record with no chain")
		r.Chain = consent.LinkForTest([32]byte{}, head)
		e, err := consent.Decode(r, [32]byte{})
		if err != nil {
			if err != consent.ErrChain && err != consent.ErrFormat {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if e.Blank != (r.Payload == nil) {
			t.Fatal("blank")
		}
		e.Blank = false // what was decoded can be encoded, and then comes back
		again, err := consent.Encode(e, [32]byte{}, salt)
		if err != nil {
			t.Fatalf("decoded, but not encoded again: %v", err)
		}
		if got, err := consent.Decode(again, [32]byte{}); err != nil || !got.Same(e) || !got.Time.Equal(e.Time) {
			t.Fatalf("came back as another event: %v", err)
		}
	})
}

// TestQuick proves that what is read quickly is what the strict reader reads, and that it is used at all.
func TestQuick(t *testing.T) {
	t.Parallel()
	used := 0
	for _, e := range vectorEvents() {
		e.Seq = 1 << 40
		r, err := consent.Encode(e, [32]byte{}, salt)
		require.NoError(t, err)
		quick, strict, ok := consent.BothForTest(r)
		if ok {
			used++
			assert.Equal(t, strict, quick)
		}
	}
	assert.GreaterOrEqual(t, used, len(vectorEvents())/2)
	for _, text := range []string{"en", "fr", "fr-CA"} {
		want, err := language.Raw.Parse(text)
		require.NoError(t, err)
		got, err := consent.TagForTest(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, text, got.String())
	}
}

// The quick reader of times agrees with the standard library's on whatever it takes, and takes all that stamp writes.
func TestTimesBothWays(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(rand.Uint64(), 9))
	for range 20_000 {
		at := time.Unix(rng.Int64N(1<<38)-1<<37, 0).UTC()
		if y := at.Year(); y < 0 || y > 9999 {
			continue
		}
		for _, unit := range []int64{1e9, 1e6, 1e3, 1} {
			text := at.Add(time.Duration(rng.Int64N(1e9/unit) * unit)).Format(time.RFC3339Nano)
			quickly, slowly, ok, err := consent.TimesForTest(text)
			require.NoError(t, err)
			require.True(t, ok, text)
			require.Equal(t, slowly, quickly)
			b := []byte(text)
			b[rng.IntN(len(b))] = "0123456789:-.TZ+ "[rng.IntN(17)]
			if quickly, slowly, ok, err := consent.TimesForTest(string(b)); ok {
				require.NoError(t, err, "%s", b)
				require.Equal(t, slowly, quickly)
			}
		}
	}
	for _, text := range []string{
		"", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.10Z", "2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.1234567891Z", "2026-01-01t00:00:00Z", "20260-1-01T00:00:00Z",
	} {
		_, _, ok, err := consent.TimesForTest(text)
		assert.False(t, ok, text)
		assert.Error(t, err, text)
	}
	_, _, ok, err := consent.TimesForTest("2024-02-29T23:59:59.999999999Z")
	assert.True(t, ok)
	assert.NoError(t, err)
}
