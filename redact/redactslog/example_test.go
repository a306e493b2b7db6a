package redactslog_test

import (
	"errors"
	"log/slog"
	"os"

	"github.com/purposebound/purposebound/redact/redactslog"
)

// withoutTime keeps the time out of the output of examples.
var withoutTime = &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}

func ExampleNew() {
	logger := slog.New(redactslog.New(slog.NewJSONHandler(os.Stdout, withoutTime)))

	logger.Info("call from 514-555-0137", "attempt", 2, "password", "hunter2")
	logger.Error("not sent", "err", errors.New("550 zelda@example.org: no such user"))
	// Output:
	// {"level":"INFO","msg":"call from [PHONE_1]","attempt":2,"password":"[withheld]"}
	// {"level":"ERROR","msg":"not sent","err":"550 [EMAIL_1]: no such user"}
}

func ExampleNew_struct() {
	type Job struct {
		ID      int    `json:"id"`
		Contact string `json:"contact"`
		Code    string `json:"code" redact:"secret"`
		private string
	}
	job := &Job{17, "zelda@example.org, evenings", "4-7-1-1", "also zelda@example.org"}

	slog.New(redactslog.New(slog.NewJSONHandler(os.Stdout, withoutTime))).Info("done", "job", job)
	slog.New(redactslog.New(slog.NewTextHandler(os.Stdout, withoutTime))).Info("done", "job", job)
	// Output:
	// {"level":"INFO","msg":"done","job":{"id":17,"contact":"[EMAIL_1], evenings","code":"[withheld]"}}
	// level=INFO msg=done job="&{ID:17 Contact:[EMAIL_1], evenings Code:[withheld] private:also [EMAIL_1]}"
}

// Secret is whatever has the method of the interface.
type Secret interface{ IsSecret() }

type Key string

func (Key) IsSecret() {}

func ExampleWithType() {
	logger := slog.New(redactslog.New(slog.NewTextHandler(os.Stdout, withoutTime), redactslog.WithType[Secret]()))
	logger.Info("keys", "one", Key("k-1"), "more", map[string]any{"a": []Key{"k-2", "k-3"}, "n": 2})
	// Output:
	// level=INFO msg=keys one=[withheld] more="map[a:[[withheld] [withheld]] n:2]"
}

func ExampleWithKeys() {
	handler := slog.NewTextHandler(os.Stdout, withoutTime)
	logger := slog.New(redactslog.New(handler, redactslog.WithKeys("*name", "door_code")))
	logger.Info("visit", "customerName", "Zelda", slog.Group("place", "doorCode", 4711, "floor", 3))
	// Output:
	// level=INFO msg=visit customerName=[withheld] place.doorCode=[withheld] place.floor=3
}
