package redactslog_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/purposebound/purposebound/redact/redactslog"
)

// log returns what both handlers of log/slog write of a record, JSON first, each behind a handler of ours.
func log(options []redactslog.Option, message string, args ...any) (json, text string) {
	var j, t bytes.Buffer
	slog.New(redactslog.New(slog.NewJSONHandler(&j, withoutTime), options...)).Info(message, args...)
	slog.New(redactslog.New(slog.NewTextHandler(&t, withoutTime), options...)).Info(message, args...)
	return j.String(), t.String()
}

// bare is log without ours.
func bare(message string, args ...any) (json, text string) {
	var j, t bytes.Buffer
	slog.New(slog.NewJSONHandler(&j, withoutTime)).Info(message, args...)
	slog.New(slog.NewTextHandler(&t, withoutTime)).Info(message, args...)
	return j.String(), t.String()
}

// both is log of one attribute "v", without what is around it.
func both(t testing.TB, value any, options ...redactslog.Option) (json, text string) {
	t.Helper()
	j, x := log(options, "m", "v", value)
	const jsonStart, textStart = `{"level":"INFO","msg":"m","v":`, "level=INFO msg=m v="
	if len(j) < len(jsonStart)+2 || len(x) < len(textStart)+1 {
		return j, x
	}
	return j[len(jsonStart) : len(j)-2], x[len(textStart) : len(x)-1]
}
