package pii_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
)

// leakPanicEnv names the panic that a child process of [TestLeakPanic] dies of.
const leakPanicEnv = "PURPOSEBOUND_LEAK_PANIC"

// leakPanics are panics that nobody recovers, of a sealed and a revealed value. The runtime prints them, not fmt.
func leakPanics(sealed pii.Sealed[pii.Email], revealed pii.Value[pii.Email], leaky leakyText) map[string]func() {
	return map[string]func(){
		"revealed":         func() { panic(revealed) },
		"revealed pointer": func() { panic(&revealed) },
		"revealed in fields": func() {
			panic(struct {
				v leakUnexported[pii.Value[pii.Email]]
				s pii.Sealed[pii.Email]
			}{leakUnexported[pii.Value[pii.Email]]{revealed}, sealed})
		},
		"error":       func() { panic(leakError[pii.Value[pii.Email]]{revealed}) },
		"print":       func() { panic(fmt.Sprintf("on %v %#v", revealed, leakHiddenAny{revealed})) },
		"again":       func() { defer func() { panic(fmt.Errorf("again: %v", recover())) }(); panic(revealed) },
		"sealed":      func() { panic(sealed) },
		"nil pointer": func() { leakDereference(revealed, nil) },
		"leaky text":  func() { panic(leaky) }, // shows that the test sees what a child prints
	}
}

// leakDereference dies with the value among its arguments, which a traceback prints as words.
//
//go:noinline
func leakDereference(v pii.Value[pii.Email], p *int) { fmt.Println(v, *p) }

// TestLeakPanic starts itself once for each panic and reads what the dying process prints.
func TestLeakPanic(t *testing.T) {
	t.Parallel()
	text := leakCanary("identity.email")
	name, child := os.LookupEnv(leakPanicEnv)
	if child {
		v := piitest.New(t, leakShop(), consent.WithMaxUse(time.Hour))
		sealed := piitest.Seal[pii.Email](v, "c-1", text, Service)
		use, err := v.MustAccessor(Service).Begin(t.Context(), agent, "c-1")
		require.NoError(t, err)
		revealed, err := sealed.Reveal(use)
		require.NoError(t, err)
		leakPanics(sealed, revealed, leakyText(text))[name]()
		return
	}

	oracle, scratch := newLeakOracle(text), []byte(nil)
	for name := range leakPanics(pii.Sealed[pii.Email]{}, pii.Value[pii.Email]{}, "") {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLeakPanic$")
		cmd.Env = append(os.Environ(), leakPanicEnv+"="+name, "GOTRACEBACK=system")
		out, err := cmd.CombinedOutput()
		exit, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok, "%s: the child did not die", name)
		assert.Equal(t, 2, exit.ExitCode(), "%s: the child did not die of its panic", name)
		assert.Contains(t, string(out), "goroutine ", name)
		how := oracle.find(string(out), &scratch)
		if name == "leaky text" {
			assert.NotEmpty(t, how, "a leak in the output of a panic is not seen")
			continue
		}
		if how != "" {
			t.Errorf("panic of %s: the plaintext is in the output, as %s", name, how)
		}
	}
}
