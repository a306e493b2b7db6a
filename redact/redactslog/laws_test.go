package redactslog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/redactslog"
	"github.com/purposebound/purposebound/redact/redacttest"
	"github.com/purposebound/purposebound/redact/scrub"
)

// grower makes random values, and plants a text in some of their places.
type grower struct {
	r     *rand.Rand
	plant func() string
}

func (g *grower) text() string {
	if g.r.IntN(3) == 0 {
		return "x " + g.plant() + " y"
	}
	return fmt.Sprint("word", g.r.IntN(5))
}

type (
	branch struct {
		Left, right any
		*leaf
		Texts []string
	}
	leaf struct {
		Text    string `json:"text"`
		private string
		N       int
	}
	Promoted struct {
		stringer
		Any any
	}
)

// value grows a value of a kind that r picks.
func (g *grower) value(depth int) any {
	if depth == 0 {
		return g.text()
	}
	more := func() any { return g.value(depth - 1) }
	text := g.text()
	switch g.r.IntN(26) {
	case 0:
		return branch{more(), more(), &leaf{text, g.text(), 1}, []string{g.text()}}
	case 1:
		return &branch{Left: more(), right: more()}
	case 2:
		return map[string]any{g.text(): more(), "k": more()}
	case 3:
		return []any{more(), more(), 1, nil}
	case 4:
		return [2]any{more(), more()}
	case 5:
		return map[any]any{g.text(): more(), 3: more()}
	case 6:
		return errors.New(text)
	case 7:
		return fmt.Errorf("%s: %w", text, io.EOF)
	case 8:
		return stringer{text}
	case 9:
		return marshaler{text}
	case 10:
		return texter{text}
	case 11:
		return formatter{text}
	case 12:
		return valuer{text}
	case 13:
		return []byte(text)
	case 14:
		raw, _ := json.Marshal(map[string]any{"a": text, "b": []any{g.text(), 1}})
		return json.RawMessage(raw)
	case 15:
		v := more()
		return &v
	case 16:
		return slog.GroupValue(slog.Any("a", more()), slog.String("b", text))
	case 17:
		return []slog.Attr{slog.Any(g.text(), more())}
	case 18:
		return failing{text}
	case 19:
		return panicking{text}
	case 20:
		return Promoted{stringer{text}, more()}
	case 21:
		return struct{ leaf }{leaf{text, g.text(), 2}}
	case 22:
		return &pointerOne{text}
	case 23:
		list := []any{more(), nil}
		list[1] = list
		return list
	case 24:
		return withStringless(text)
	default:
		return text
	}
}

// TestNoCanaryComesOut plants a person at random places of random values, in messages, keys and groups, before both handlers.
func TestNoCanaryComesOut(t *testing.T) {
	t.Parallel()
	p := redacttest.NewPerson(t.Name())
	person := []redacttest.Canary{p.Email, p.Phone, p.IBAN, p.Card, p.IP}
	s, err := scrub.New()
	require.NoError(t, err)
	for _, c := range person { // what is looked for below is how the values are used, not whether scrub knows them
		require.NotContains(t, s.Scrub("x "+c.String()+" y"), c.String(), c.Kind())
	}
	properties := gopter.NewProperties(nil)
	properties.Property("no canary comes out", prop.ForAll(func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 1))
		g := &grower{r, func() string { return person[r.IntN(len(person))].String() }}
		var out bytes.Buffer
		for _, inner := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			logger := slog.New(redactslog.New(inner))
			logger.With("w", g.value(3)).Info(g.text(), "a", g.value(5), slog.Any(g.text(), g.value(4)), slog.Group(g.text(), "b", g.value(3)))
			logger.WithGroup(g.text()).Info("m", "c", g.value(4))
		}
		if leaks := redacttest.Find(out.Bytes(), person...); len(leaks) > 0 {
			t.Log(leaks, out.String())
			return false
		}
		return true
	}, gen.UInt64()))
	properties.TestingRun(t)
}

// TestWithheldByTypeComesOutNowhere plants values of a withheld type, which no scrubber knows.
func TestWithheldByTypeComesOutNowhere(t *testing.T) {
	t.Parallel()
	code := redacttest.NewCanary("code", "Quixotry-8841")
	properties := gopter.NewProperties(nil)
	properties.Property("no withheld type comes out", prop.ForAll(func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 2))
		g := &grower{r, func() string { return "nothing" }}
		var out bytes.Buffer
		hide := func(v any) any {
			secret := withString(code.String())
			switch r.IntN(6) {
			case 0:
				return secret
			case 1:
				return &secret
			case 2:
				return []any{v, secret}
			case 3:
				return map[withString]any{secret: v}
			case 4:
				return promoted{secret, 1}
			default:
				return branch{Left: v, right: promoted{secret, 2}}
			}
		}
		for _, inner := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			slog.New(redactslog.New(inner, redactslog.WithType[withString]())).Info("m", "a", hide(hide(g.value(3))), "b", hide(g.value(2)))
		}
		return len(redacttest.Find(out.Bytes(), code)) == 0
	}, gen.UInt64()))
	properties.TestingRun(t)
}

func FuzzHandler(f *testing.F) {
	f.Add(uint64(1), "x", "zelda.quaxley@example.org")
	f.Add(uint64(2), "\xff\x00", "514-555-0137")
	s, err := scrub.New()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, seed uint64, key, text string) {
		r := rand.New(rand.NewPCG(seed, 3))
		g := &grower{r, func() string { return text }}
		var j, x bytes.Buffer
		for inner, out := range map[slog.Handler]*bytes.Buffer{slog.NewJSONHandler(&j, nil): &j, slog.NewTextHandler(&x, nil): &x} {
			slog.New(redactslog.New(inner, redactslog.WithScrubber(s))).Info(text, key, g.value(5), slog.Group(key, key, g.value(2)))
			if !strings.Contains(key+text, "!PANIC") {
				require.NotContains(t, out.String(), "!PANIC")
			}
		}
		require.True(t, json.Valid(j.Bytes()), j.String())
	})
}
