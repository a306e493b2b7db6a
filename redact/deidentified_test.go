package redact_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

// secret is what must not show.
const secret = "H2X-canary-40-49"

var march = redact.Terms{Purpose: "statistics", Release: "2026-03", End: day("2027-01-01")}

func deidentified[T any](tb testing.TB, value T) redact.Deidentified[T] {
	tb.Helper()
	d, err := redact.NewDeidentified(value, march)
	require.NoError(tb, err)
	return d
}

func TestDeidentifiedOpens(t *testing.T) {
	t.Parallel()
	d := deidentified(t, secret)
	for _, test := range []struct {
		name    string
		d       redact.Deidentified[string]
		purpose string
		now     time.Time
		want    error
	}{
		{"before its end", d, "statistics", day("2026-06-15"), nil},
		{"the last instant", d, "statistics", day("2027-01-01").Add(-1), nil},
		{"at its end", d, "statistics", day("2027-01-01"), redact.ErrExpired},
		{"after its end", d, "statistics", day("2027-01-02"), redact.ErrExpired},
		{"at its end elsewhere", d, "statistics", day("2027-01-01").In(time.FixedZone("EST", -5*3600)), redact.ErrExpired},
		{"another purpose", d, "marketing", day("2026-06-15"), redact.ErrPurpose},
		{"a part of the purpose", d, "statistics.energy", day("2026-06-15"), redact.ErrPurpose},
		{"no purpose", d, "", day("2026-06-15"), redact.ErrPurpose},
		{"no time", d, "statistics", time.Time{}, redact.ErrIncomplete},
		{"zero", redact.Deidentified[string]{}, "", day("2026-06-15"), redact.ErrAbsent},
	} {
		got, err := test.d.Open(test.purpose, test.now)
		if test.want == nil {
			assert.NoError(t, err, test.name)
			assert.Equal(t, secret, got, test.name)
			continue
		}
		assert.ErrorIs(t, err, test.want, test.name)
		assert.Empty(t, got, test.name)
	}
	assert.Equal(t, march, d.Terms())
	assert.False(t, d.IsZero())
	assert.Equal(t, redact.Terms{}, redact.Deidentified[string]{}.Terms())
	assert.True(t, redact.Deidentified[string]{}.IsZero())
}

func TestDeidentifiedNeedsItsTerms(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*redact.Terms){
		"purpose": func(terms *redact.Terms) { terms.Purpose = "" },
		"release": func(terms *redact.Terms) { terms.Release = "" },
		"end":     func(terms *redact.Terms) { terms.End = time.Time{} },
	} {
		terms := march
		change(&terms)
		d, err := redact.NewDeidentified(secret, terms)
		assert.ErrorIs(t, err, redact.ErrIncomplete, name)
		assert.True(t, d.IsZero(), name)
	}
}

// A struct with a de-identified value in fields that fmt may and may not call methods of.
type study struct {
	Area    redact.Deidentified[string]
	private redact.Deidentified[string]
	Nested  map[string]*redact.Deidentified[string]
	Slice   []redact.Deidentified[[]byte]
}

func hidden(tb testing.TB) study {
	d := deidentified(tb, secret)
	return study{d, d, map[string]*redact.Deidentified[string]{"d": &d}, []redact.Deidentified[[]byte]{deidentified(tb, []byte(secret))}}
}

func TestDeidentifiedShowsNothing(t *testing.T) {
	t.Parallel()
	s := hidden(t)
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%w", "%e", "%U", "%08.3f"} {
		for _, value := range []any{s, &s, s.Area, &s.Area, s.private, s.Slice, s.Nested, s.Area.String(), any(s.Area)} {
			fmt.Fprintf(&shown, verb, value)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(handler).Info("opened", "study", s, "pointer", &s, "area", s.Area, "group", slog.GroupValue(slog.Any("area", s.Area)))
	}
	encoded, err := json.Marshal(s)
	require.NoError(t, err)
	shown.Write(encoded)
	encoded, err = xml.Marshal(s.Area)
	require.NoError(t, err)
	shown.Write(encoded)
	fmt.Fprint(&shown, assert.ObjectsAreEqual(s, hidden(t)))
	func() {
		defer func() { fmt.Fprint(&shown, recover()) }()
		panic(s.Area)
	}()
	for _, form := range []string{secret, "canary", fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprint([]byte(secret))} {
		assert.NotContains(t, shown.String(), form)
	}
	assert.Contains(t, shown.String(), `"Area":"[de-identified]"`)
	assert.Equal(t, "[de-identified]", fmt.Sprint(s.Area))
	assert.Equal(t, "[de-identified]", fmt.Sprintf("%#v", s.Area))
	assert.Equal(t, "[de-identified]", s.Area.GoString())
}

// The structure withholds by itself: a type with the same field and no method shows as little.
func TestDeidentifiedShowsNothingWithoutItsMethods(t *testing.T) {
	t.Parallel()
	type bare redact.Deidentified[string] // has none of the methods
	b := bare(deidentified(t, secret))
	shown := ""
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		shown += fmt.Sprintf(verb, b)
	}
	encoded, err := json.Marshal([]any{b})
	require.NoError(t, err)
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("opened", "bare", b)
	for _, out := range []string{shown, string(encoded), text.String()} {
		assert.NotContains(t, out, "canary")
		assert.NotContains(t, out, fmt.Sprintf("%x", "canary"))
		assert.NotContains(t, out, "statistics")
	}
}

func TestDeidentifiedIsNoData(t *testing.T) {
	t.Parallel()
	d := deidentified(t, secret)
	_, err := d.Value()
	assert.ErrorIs(t, err, redact.ErrWithheld)
	_, err = driver.DefaultParameterConverter.ConvertValue(d)
	assert.ErrorIs(t, err, redact.ErrWithheld)
	assert.ErrorIs(t, gob.NewEncoder(&bytes.Buffer{}).Encode(d), redact.ErrWithheld)
	assert.Error(t, readBack(&d), "a placeholder is not data")
	value, err := d.Open("statistics", day("2026-06-15"))
	require.NoError(t, err)
	assert.Equal(t, secret, value, "and changes nothing")
}

func readBack(into any) error { return json.Unmarshal([]byte(`"[de-identified]"`), into) }

// A release and a shift do not print their key or their days, nor do they in a private field.
func TestKeysShowNothing(t *testing.T) {
	t.Parallel()
	key := hmacKey(secret)
	r := release(t, "2026-03", key)
	p, err := r.Pseudonyms("client")
	require.NoError(t, err)
	s := shift(t, "2026-03", key, "c-1", 3650)
	v := reversible(t, "2026-03", "client", echo(secret))
	shown := fmt.Sprintf("%v %+v %#v", []any{*r, p, s, *v}, []any{*r, p, s, *v}, []any{*r, p, s, *v})
	assert.NotContains(t, shown, "canary")
	assert.NotContains(t, shown, fmt.Sprint([]byte(secret))[1:20])
	assert.NotContains(t, shown, fmt.Sprint(daysOf(t, s)))
}

func ExampleNewDeidentified() {
	area, _ := redact.PostalArea{Country: "CA"}.Generalise("G1R 4S9")
	terms := redact.Terms{Purpose: "statistics", Release: "2026-03/heating-study", End: time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)}
	d, err := redact.NewDeidentified(area, terms)
	must(err)

	fmt.Println(d)
	fmt.Println(d.Open("statistics", time.Date(2026, time.June, 15, 0, 0, 0, 0, time.UTC)))
	_, err = d.Open("marketing", time.Date(2026, time.June, 15, 0, 0, 0, 0, time.UTC))
	fmt.Println(err)
	_, err = d.Open("statistics", terms.End)
	fmt.Println(err)
	slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: noTime})).Info("released", "area", d)
	// Output:
	// [de-identified]
	// G1R <nil>
	// redact: de-identified for another purpose
	// redact: de-identified value is past its end
	// {"level":"INFO","msg":"released","area":"[de-identified]"}
}

func noTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
