package redactslog_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact/redactslog"
)

// TestWhatWasCleanIsRemembered counts how often a text is searched.
func TestWhatWasCleanIsRemembered(t *testing.T) {
	t.Parallel()
	var searched atomic.Int64
	counting := redactslog.WithScrubber(scrubberFunc(func(dst, src []byte) []byte {
		if string(src) != "v" {
			searched.Add(1)
		}
		return append(dst, bytes.ReplaceAll(src, []byte("31337"), []byte("#"))...)
	}))
	for name, c := range map[string]struct {
		text string
		want int64 // of three times
	}{
		"clean":                 {"nothing", 1},
		"clean, of 256 bytes":   {strings.Repeat("x", 256), 1},
		"clean, longer":         {strings.Repeat("x", 257), 3},
		"dirty":                 {"a 31337", 3},
		"empty":                 {"", 0},
		"what replaced the bad": {"a #", 1},
	} {
		searched.Store(0)
		logger := slog.New(redactslog.New(slog.NewJSONHandler(io.Discard, nil), counting))
		for range 3 {
			logger.Info("", "v", c.text) // another text beside it could have the same place in the memory, once in 1024 handlers
		}
		assert.Equal(t, c.want, searched.Load(), name)
	}
}

// TestMemoryLetsNothingThrough fills the memory several times over with texts, some of them with something in them, in every order.
func TestMemoryLetsNothingThrough(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	logger := slog.New(redactslog.New(slog.NewJSONHandler(&b, withoutTime), redactslog.WithScrubber(scrubberFunc(func(dst, src []byte) []byte {
		return append(dst, bytes.ReplaceAll(src, []byte("31337"), []byte("#"))...)
	}))))
	for range 3 {
		for i := range 4096 {
			logger.Info(fmt.Sprint("clean ", i), fmt.Sprint("key", i), fmt.Sprint("text ", i))
			if i%4 == 0 {
				logger.Info(fmt.Sprint("dirty 31337 ", i), fmt.Sprint("key31337 ", i), fmt.Sprint("31337 ", i))
			}
		}
	}
	assert.NotContains(t, b.String(), "31337")

	b.Reset()
	for range 2 { // a text that is clean is no key that is: they are remembered apart
		logger.Info("password", "v", "password", "a", []string{"password"})
		logger.Info("m", "password", "s3cret", "m", map[string]string{"password": "s3cret"})
	}
	assert.NotContains(t, b.String(), "s3cret")
}
