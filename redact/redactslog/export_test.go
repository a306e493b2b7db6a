package redactslog

import (
	"log/slog"
	"reflect"
)

// Render renders v as if something in it had to be withheld.
func Render(h slog.Handler, v any) slog.Value {
	r := h.(*handler).rules
	x := reflect.ValueOf(v)
	return r.render(x, r.plan(x.Type()))
}
