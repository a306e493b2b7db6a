package redactslog

import (
	"log/slog"
	"reflect"
	"slices"
	"strings"
)

// Scrubber replaces personal data in text; *scrub.Scrubber is one. Append appends src to dst with what it finds replaced, and src itself if there is
// nothing. It must be safe for concurrent use, and must always find nothing in a text in which it once found nothing, since that is remembered.
type Scrubber interface {
	Append(dst, src []byte) []byte
}

// Option changes what [New] withholds.
type Option interface{ set(*rules) }

type option func(*rules)

func (o option) set(r *rules) { o(r) }

// WithKeys withholds the values of attributes, fields and keys of maps of these names, besides those withheld by default. Case and the characters
// "_", "-", "." and space make no difference, and "*" stands for any text: "apiKey" is API_KEY too, "*token" is access_token too. What follows the last dot
// is a name as well: "password" is db.password too. Fields are known by their names in Go and in JSON.
func WithKeys(patterns ...string) Option {
	return option(func(r *rules) {
		for _, p := range patterns {
			r.keys = append(r.keys, foldKey(p))
		}
	})
}

// WithoutKeys withholds no values of the default names that match, nor of those of WithKeys before it. WithoutKeys("*") leaves none.
func WithoutKeys(patterns ...string) Option {
	return option(func(r *rules) {
		for _, p := range patterns {
			r.keys = slices.DeleteFunc(r.keys, func(key string) bool { return match(foldKey(p), key) })
		}
	})
}

// WithTag withholds fields whose struct tag of that name is one of the values, up to a first comma. Without values, every field that has the tag.
func WithTag(name string, values ...string) Option {
	return option(func(r *rules) { r.tags = append(r.tags, tag{name, append([]string(nil), values...)}) })
}

// WithType withholds values of type T, and within others what is of type T: fields, embedded or not, elements, keys, and what pointers and
// interfaces hold. If T is a struct, types defined from it match too. If T is an interface, so do all types that have its methods, on the value or on its
// pointer. Attributes of log/slog's own kinds match int and its sizes alike, uint and its sizes alike, and both floats.
func WithType[T any]() Option {
	return option(func(r *rules) { r.types = append(r.types, reflect.TypeFor[T]()) })
}

// LetThrough passes on values of type T unchecked, by all of: shape, methods, fields. It is for types whose author answers for what they print. A key,
// a tag or WithType still withholds them. It concerns values that reach log/slog as they are: a string or a number in an attribute is of log/slog's own kind.
func LetThrough[T any]() Option {
	return option(func(r *rules) { r.through[reflect.TypeFor[T]()] = true })
}

// WithScrubber searches texts by s in place of a scrub.Scrubber for all types. It panics if s is nil: that would search nothing.
func WithScrubber(s Scrubber) Option {
	if s == nil {
		panic("redactslog: WithScrubber(nil); to search no texts use WithoutScrubber")
	}
	return option(func(r *rules) { r.scrubber = s })
}

// WithoutScrubber searches no texts: only types, keys and tags withhold.
func WithoutScrubber() Option {
	return option(func(r *rules) { r.scrubber = nil })
}

type tag struct {
	name   string
	values []string // nil: any
}

// matches reports whether a field has the tag.
func (t tag) matches(st reflect.StructTag) bool {
	value, ok := st.Lookup(t.name)
	if !ok {
		return false
	}
	value, _, _ = strings.Cut(value, ",")
	for _, v := range t.values {
		if v == value {
			return true
		}
	}
	return len(t.values) == 0
}

// kindOf is what kinds of log/slog values of a type become.
var kindOf = map[reflect.Type]slog.Kind{
	reflect.TypeFor[string](): slog.KindString, reflect.TypeFor[bool](): slog.KindBool, timeType: slog.KindTime, durationType: slog.KindDuration,
	reflect.TypeFor[int](): slog.KindInt64, reflect.TypeFor[int8](): slog.KindInt64, reflect.TypeFor[int16](): slog.KindInt64, reflect.TypeFor[int32](): slog.KindInt64,
	reflect.TypeFor[int64](): slog.KindInt64, reflect.TypeFor[uint](): slog.KindUint64, reflect.TypeFor[uint8](): slog.KindUint64, reflect.TypeFor[uint16](): slog.KindUint64,
	reflect.TypeFor[uint32](): slog.KindUint64, reflect.TypeFor[uint64](): slog.KindUint64, reflect.TypeFor[uintptr](): slog.KindUint64,
	reflect.TypeFor[float32](): slog.KindFloat64, reflect.TypeFor[float64](): slog.KindFloat64,
}
