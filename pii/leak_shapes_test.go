package pii_test

import (
	"container/list"
	"database/sql"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/purposebound/purposebound/pii"
)

// leakShape is a value as a program may hold it: bare, in a field, in a map.
type leakShape struct {
	name  string
	value any
}

type (
	leakExported[T any]   struct{ V T }
	leakUnexported[T any] struct{ v T }
	leakDeep[T any]       struct {
		in struct{ list []leakUnexported[T] }
	}
	leakTagged[T any] struct {
		V T `json:"v,omitempty" xml:"v,attr,omitempty" asn1:"optional"`
	}
	leakQuoted[T any] struct {
		V T `json:"quoted" xml:",chardata"`
	}
	leakHiddenAny     struct{ v any }
	leakShownAny      struct{ V any }
	leakError[T any]  struct{ of T }
	leakLogged[T any] struct{ of T }
	leakInner[T any]  struct{ V T }
	leakOuter[T any]  struct{ leakInner[T] }
)

// Error is an error that someone wrote without a thought for what it prints.
func (e leakError[T]) Error() string {
	return fmt.Sprintf("failed on %v (%+v)", e.of, leakHiddenAny{e.of})
}

// LogValue spreads the value over a group.
func (l leakLogged[T]) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("bare", l.of), slog.Any("held", leakHiddenAny{l.of}))
}

// The types a program defines from ours. A defined type has none of the methods: only its representation protects it.
type (
	leakMySealed[K pii.Kind]      pii.Sealed[K]
	leakMyValue[K pii.Kind]       pii.Value[K]
	leakMyDerived                 pii.Derived[string]
	leakEmbedsSealed[K pii.Kind]  struct{ pii.Sealed[K] }
	leakEmbedsValue[K pii.Kind]   struct{ pii.Value[K] }
	leakEmbedsDerived             struct{ pii.Derived[string] }
	leakEmbedsPointer[K pii.Kind] struct{ *pii.Value[K] }
)

// leakShapes returns v in every shape that any type may have.
func leakShapes[T any](v T) []leakShape {
	pointer := &v
	channel := make(chan T, 1)
	channel <- v
	close(channel) // a template ranges over it
	linked := list.New()
	linked.PushBack(v)
	var shared atomic.Pointer[T]
	shared.Store(&v)
	var stored atomic.Value
	stored.Store(v)
	var synced sync.Map
	synced.Store("k", v)
	shapes := []leakShape{
		{"bare", v},
		{"pointer", pointer},
		{"pointer to pointer", &pointer},
		{"exported field", leakExported[T]{v}},
		{"unexported field", leakUnexported[T]{v}},
		{"pointer to unexported field", &leakUnexported[T]{v}},
		{"pointer in exported field", leakExported[*T]{&v}},
		{"pointer in unexported field", leakUnexported[*T]{&v}},
		{"deep unexported field", leakDeep[T]{struct{ list []leakUnexported[T] }{[]leakUnexported[T]{{v}}}}},
		{"tagged field", leakTagged[T]{v}},
		{"quoted field", leakQuoted[T]{v}},
		{"any field", leakShownAny{v}},
		{"unexported any field", leakHiddenAny{v}},
		{"field of an embedded type", leakOuter[T]{leakInner[T]{v}}},
		{"slice", []T{v, v}},
		{"slice of pointers", []*T{&v}},
		{"slice of any", []any{1, v}},
		{"array", [2]T{v, v}},
		{"map value", map[string]T{"k": v}},
		{"map pointer value", map[string]*T{"k": &v}},
		{"map any value", map[string]any{"k": v}},
		{"map pointer key", map[*T]string{&v: "k"}},
		{"channel", channel},
		{"closure", func() T { return v }},
		{"error", leakError[T]{v}},
		{"log valuer", leakLogged[T]{v}},
		{"slog value", slog.AnyValue(v)},
		{"reflect value", reflect.ValueOf(v)},
		{"sql null", sql.Null[T]{V: v, Valid: true}},
		{"list", linked},
		{"atomic pointer", &shared},
		{"atomic value", &stored},
		{"sync map", &synced},
	}
	if of := reflect.TypeFor[T](); of.Comparable() {
		keyed := reflect.MakeMap(reflect.MapOf(of, reflect.TypeFor[string]()))
		keyed.SetMapIndex(reflect.ValueOf(v), reflect.ValueOf("k"))
		shapes = append(shapes, leakShape{"map key", keyed.Interface()}, leakShape{"map any key", map[any]string{v: "k"}})
	}
	return shapes
}
