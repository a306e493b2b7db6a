package redactslog

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
)

// treatment is what is done with the values of a type.
type treatment int

const (
	inert    treatment = iota + 1 // passed on: there is no text in it
	withheld                      // withheld, whatever it is
	declared                      // its LogValue is taken, since it knows what may be logged; also values and attributes of log/slog
	texts                         // searched
	numeral                       // searched, if it is no number
	bytes                         // searched as text
	walked                        // its parts are looked at
	methods                       // what its methods print is searched
)

// plan is what is known of a type. It is made once for each.
type plan struct {
	how    treatment
	fields []field // of a struct
	elem   *plan   // of what pointers, slices, arrays and maps hold; nil for interfaces
	key    *plan   // of a map's keys

	prints, marshals, pointerMarshals bool // by methods
	guarded                           bool // declared, and says only of what kind it is
}

type field struct {
	index    int
	name     string // in Go
	json     string // in JSON; "" if it is not there
	embedded bool
	inline   bool // an embedded struct whose fields are those of the outer in JSON
	empty    bool // left out of JSON if it is empty
	zero     bool // left out of JSON if it is zero
	quoted   bool // in JSON a string
	withheld bool // by key or tag
	plan     *plan
}

var (
	valueType         = reflect.TypeFor[slog.Value]()
	attrType          = reflect.TypeFor[slog.Attr]()
	logValuerType     = reflect.TypeFor[slog.LogValuer]()
	plaintextType     = reflect.TypeFor[interface{ Plaintext() string }]()
	guardedType       = reflect.TypeFor[guarded]()
	formatterType     = reflect.TypeFor[fmt.Formatter]()
	stringerType      = reflect.TypeFor[fmt.Stringer]()
	errorType         = reflect.TypeFor[error]()
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	numberType        = reflect.TypeFor[json.Number]()
)

// guarded is how sealed and revealed values of package pii are told from others: no other type has reason to have all of these.
type guarded interface {
	slog.LogValuer
	fmt.Formatter
	fmt.GoStringer
	encoding.BinaryMarshaler
	IsZero() bool
}

// namesKind reports whether a text only says of what kind a guarded value is, "[sealed identity.email]". Then it is not searched, where the name of
// an attribute might pass for that of a host.
func namesKind(text string) bool {
	for _, state := range []string{"[sealed ", "[revealed ", "[absent "} {
		if kind, ok := strings.CutPrefix(text, state); ok {
			kind, closed := strings.CutSuffix(kind, "]")
			return closed && strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
		}
	}
	return false
}

// Types of the standard library whose methods print nothing but numbers and words of their own.
var knownTypes = map[reflect.Type]bool{
	timeType: true, durationType: true, reflect.TypeFor[slog.Level](): true,
}

func (r *rules) plan(t reflect.Type) *plan {
	if p, ok := r.plans.Load(t); ok {
		return p.(*plan)
	}
	p := r.compile(t, map[reflect.Type]*plan{})
	r.plans.Store(t, p)
	return p
}

// compile makes the plan of a type and of those in it. A type that contains itself is found in open, where its plan is not complete.
func (r *rules) compile(t reflect.Type, open map[reflect.Type]*plan) *plan {
	if p, ok := open[t]; ok {
		return p
	}
	p := &plan{how: walked}
	open[t] = p
	switch {
	case r.typed(t):
		p.how = withheld
		return p
	case r.through[t] || knownTypes[t]:
		p.how = inert
		return p
	case t == numberType:
		p.how = numeral
		return p
	case t == valueType || t == attrType:
		p.how = declared
		return p
	case t.Implements(logValuerType):
		p.how, p.guarded = declared, t.Implements(guardedType)
		return p
	case t.Implements(plaintextType) || t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(plaintextType):
		p.how = withheld
		return p
	}
	r.parts(t, p, open)
	if t.Kind() == reflect.Interface {
		return p // what matters is what it holds
	}
	p.prints = t.Implements(formatterType) || t.Implements(stringerType) || t.Implements(errorType) || t.Implements(textMarshalerType)
	p.marshals = t.Implements(marshalerType) || t.Implements(textMarshalerType)
	if t.Kind() != reflect.Pointer {
		pointer := reflect.PointerTo(t)
		p.pointerMarshals = !p.marshals && (pointer.Implements(marshalerType) || pointer.Implements(textMarshalerType))
	}
	if p.prints || p.marshals || p.pointerMarshals {
		p.how = methods
	}
	return p
}

// parts fills in what a type is made of, its methods aside.
func (r *rules) parts(t reflect.Type, p *plan, open map[reflect.Type]*plan) {
	switch t.Kind() {
	case reflect.String:
		p.how = texts
	case reflect.Interface:
		// Only the value knows.
	case reflect.Pointer:
		p.elem = r.compile(t.Elem(), open)
		p.how = ifInert(p.elem.how == inert)
	case reflect.Slice, reflect.Array:
		p.elem = r.compile(t.Elem(), open)
		p.how = ifInert(p.elem.how == inert)
		if t.Elem().Kind() == reflect.Uint8 && p.elem.how == inert {
			p.how = bytes
		}
	case reflect.Map:
		p.elem, p.key = r.compile(t.Elem(), open), r.compile(t.Key(), open)
		p.how = ifInert(p.elem.how == inert && p.key.how == inert)
	case reflect.Struct:
		still := true
		for i := range t.NumField() {
			f := r.field(t.Field(i), open)
			f.index = i
			p.fields = append(p.fields, f)
			still = still && f.plan.how == inert && !f.withheld
		}
		p.how = ifInert(still)
	default: // numbers, and what prints as an address
		p.how = inert
	}
}

func ifInert(still bool) treatment {
	if still {
		return inert
	}
	return walked
}

func (r *rules) field(sf reflect.StructField, open map[reflect.Type]*plan) field {
	f := field{name: sf.Name, embedded: sf.Anonymous, plan: r.compile(sf.Type, open)}
	base := sf.Type
	if base.Kind() == reflect.Pointer {
		base = base.Elem()
	}
	embedsStruct := sf.Anonymous && base.Kind() == reflect.Struct // then its exported fields are in JSON even if the type is not exported
	name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
	if sf.Tag.Get("json") != "-" && (sf.IsExported() || embedsStruct) {
		f.json = cmp.Or(name, sf.Name)
		f.inline = embedsStruct && name == ""
	}
	for o := range strings.SplitSeq(options, ",") {
		switch o {
		case "omitempty":
			f.empty = true
		case "omitzero":
			f.zero = true
		case "string":
			f.quoted = true
		}
	}
	f.withheld = r.withholds(sf.Name) || name != "" && r.withholds(name)
	for _, t := range r.tags {
		f.withheld = f.withheld || t.matches(sf.Tag)
	}
	return f
}

// typed reports whether a type is withheld by one of WithType.
func (r *rules) typed(t reflect.Type) bool {
	for _, w := range r.types {
		switch {
		case t == w:
			return true
		case w.Kind() == reflect.Interface && w.NumMethod() > 0:
			if t.Implements(w) || t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(w) {
				return true
			}
		case w.Kind() == reflect.Struct && t.Kind() == reflect.Struct && t.ConvertibleTo(w):
			return true
		}
	}
	return false
}
