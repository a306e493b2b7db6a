package redactslog

import (
	"context"
	"hash/maphash"
	"log/slog"
	"reflect"
	"slices"
	"strconv"

	"github.com/purposebound/purposebound/redact/scrub"
)

// New returns a handler that withholds personal data from inner. It is safe for concurrent use if inner is. It panics if inner or an option is nil.
func New(inner slog.Handler, options ...Option) slog.Handler {
	if inner == nil {
		panic("redactslog: New(nil); pass the handler that writes the log")
	}
	scrubber, err := scrub.New()
	if err != nil {
		panic("redactslog: " + err.Error())
	}
	r := &rules{
		scrubber: scrubber,
		keys:     slices.Clone(defaultKeys),
		tags:     []tag{{"redact", []string{"secret"}}},
		through:  map[reflect.Type]bool{},
		seed:     maphash.MakeSeed(),
	}
	for i, o := range options {
		if o == nil {
			panic("redactslog: New: option " + strconv.Itoa(i) + " is nil")
		}
		o.set(r)
	}
	for t, kind := range kindOf {
		r.kinds[kind] = r.kinds[kind] || r.typed(t)
	}
	return &handler{inner: inner, rules: r}
}

type handler struct {
	inner slog.Handler
	rules *rules
	all   bool // the group that is open withholds all its attributes
}

// Enabled reports whether the inner handler is.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// Handle passes the record on with what must be withheld withheld.
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	message := h.rules.text(record.Message)
	changed := message != record.Message
	var attrs []slog.Attr // those so far, once one had to be changed
	n := 0
	record.Attrs(func(a slog.Attr) bool {
		result, c := h.rules.attr(a, h.all, 0)
		if c && attrs == nil {
			attrs = firstAttrs(record, n)
		}
		if attrs != nil {
			attrs = append(attrs, result)
		}
		n++
		return true
	})
	if !changed && attrs == nil {
		return h.inner.Handle(ctx, record)
	}
	clean := slog.NewRecord(record.Time, record.Level, message, record.PC)
	if attrs == nil {
		attrs = firstAttrs(record, n)
	}
	clean.AddAttrs(attrs...)
	return h.inner.Handle(ctx, clean)
}

func firstAttrs(record slog.Record, n int) []slog.Attr {
	attrs := make([]slog.Attr, 0, record.NumAttrs())
	record.Attrs(func(a slog.Attr) bool {
		if len(attrs) == n {
			return false
		}
		attrs = append(attrs, a)
		return true
	})
	return attrs
}

// WithAttrs withholds at once what must be, so that the inner handler may format the attributes once.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs, _ = h.rules.attrs(attrs, h.all, 0)
	return &handler{h.inner.WithAttrs(attrs), h.rules, h.all}
}

// WithGroup opens a group. If its name is a key that withholds, so does the group.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{h.inner.WithGroup(h.rules.text(name)), h.rules, h.all || h.rules.withholds(name)}
}
