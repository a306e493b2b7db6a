package redactslog

import (
	stdbytes "bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// What is written in place of what could not be checked.
const (
	tooDeep   = "[withheld: too deep]"
	tooLarge  = "[withheld: too large]"
	cycle     = "[withheld: cycle]"
	hidden    = "[withheld: private map]"
	panicked  = "[withheld: panic]"
	unencoded = "[withheld: cannot be encoded]"
)

// plain is what is passed on in place of a value: what it is in JSON and what it prints as.
type plain struct{ json, text string }

// MarshalJSON returns the value in JSON.
func (p plain) MarshalJSON() ([]byte, error) { return []byte(p.json), nil }

// Format prints the value as "%+v" would have, whatever the verb.
func (p plain) Format(f fmt.State, _ rune) { io.WriteString(f, p.text) }

// String returns the value as it prints.
func (p plain) String() string { return p.text }

// renderer writes a value in both forms at once. Where one form has nothing, that one is muted.
type renderer struct {
	rules      *rules
	json, text []byte
	muteJSON   int
	muteText   int
	path       []place // the pointers, maps and slices that are being written
	depth      int
	values     int
	scan       bool // looks for what withholds by rule, so pointers are followed in the text too
	ruled      bool // something was withheld by type, key or tag, or for want of an end, or declared itself
}

type place struct {
	address uintptr
	len     int
	typ     reflect.Type
}

func (r *rules) render(v reflect.Value, p *plan) slog.Value {
	w := &renderer{rules: r}
	w.value(v, p)
	if text := string(w.text); string(w.json) == string(appendJSON(nil, text)) {
		return slog.StringValue(text)
	}
	return slog.AnyValue(plain{string(w.json), string(w.text)})
}

func (w *renderer) writeJSON(s string) {
	if w.muteJSON == 0 {
		w.json = append(w.json, s...)
	}
}

func (w *renderer) writeText(s string) {
	if w.muteText == 0 {
		w.text = append(w.text, s...)
	}
}

// word writes the same words in both forms.
func (w *renderer) word(s string) {
	w.writeText(s)
	if w.muteJSON == 0 {
		w.json = appendJSON(w.json, s)
	}
}

// silent reports whether nothing is written: w only looks for what withholds by rule.
func (w *renderer) silent() bool { return w.muteJSON > 0 && w.muteText > 0 }

// searched writes a text with what is found in it replaced.
func (w *renderer) searched(s string) {
	if !w.silent() {
		w.word(w.rules.text(s))
	}
}

// both writes punctuation.
func (w *renderer) both(json, text string) {
	w.writeJSON(json)
	w.writeText(text)
}

// appendJSON appends v in JSON as log/slog writes it, which does not escape for HTML.
func appendJSON(dst []byte, v any) []byte {
	if s, ok := v.(string); ok && isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	var b stdbytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return strconv.AppendQuote(dst, unencoded)
	}
	return append(dst, stdbytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// isPlain reports whether a text is the same in JSON but for the quotes.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// mark keeps a place in both forms to go back to.
type mark struct{ json, text int }

func (w *renderer) mark() mark     { return mark{len(w.json), len(w.text)} }
func (w *renderer) backTo(to mark) { w.json, w.text = w.json[:to.json], w.text[:to.text] }
func (w *renderer) withheld(s string) {
	w.ruled = true
	w.word(s)
}

// value writes v. Whatever panics on the way, be it a method or a value that is being changed, is withheld.
func (w *renderer) value(v reflect.Value, p *plan) {
	if w.silent() && !w.scan {
		return // what is there is found when one of the forms is written
	}
	start, muteJSON, muteText, depth, path := w.mark(), w.muteJSON, w.muteText, w.depth, len(w.path)
	defer func() {
		if recover() != nil {
			w.backTo(start)
			w.muteJSON, w.muteText, w.depth, w.path = muteJSON, muteText, depth, w.path[:path]
			w.word(panicked)
		}
	}()
	if w.depth == deepest {
		w.withheld(tooDeep)
		return
	}
	if w.values++; w.values > largest {
		w.withheld(tooLarge)
		return
	}
	w.depth++
	w.treat(v, p)
	w.depth--
}

func (w *renderer) treat(v reflect.Value, p *plan) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		if v.IsNil() && p.how != withheld {
			w.nothing(v)
			return
		}
	}
	// A map that a program keeps private may be written to meanwhile, which would end the program.
	if v.Kind() == reflect.Map && isPrivate(v) && p.how != withheld {
		w.withheld(hidden)
		return
	}
	switch p.how {
	case inert:
		w.inert(v)
	case withheld:
		w.withheld(Withheld)
	case declared:
		w.declared(v)
	case texts:
		w.searched(v.String())
	case numeral:
		if isNumber(v.String()) {
			w.inert(v)
			return
		}
		w.searched(v.String())
	case bytes:
		w.bytes(v)
	case methods:
		w.methods(v, p)
	default:
		w.parts(v, p)
	}
}

func (w *renderer) nothing(v reflect.Value) {
	switch v.Kind() {
	case reflect.Map:
		w.both("null", "map[]")
	case reflect.Slice:
		w.both("null", "[]")
	default:
		w.both("null", "<nil>")
	}
}

// inert writes what has no text in it.
func (w *renderer) inert(v reflect.Value) {
	if w.muteText == 0 {
		w.text = fmt.Appendf(w.text, "%+v", v)
	}
	if w.muteJSON > 0 {
		return
	}
	if isPrivate(v) {
		w.json = strconv.AppendQuote(w.json, Withheld) // an embedded struct that is private
		return
	}
	w.json = appendJSON(w.json, v.Interface())
}

// declared writes what LogValue returns. A private field's cannot be called.
func (w *renderer) declared(v reflect.Value) {
	w.ruled = true
	if isPrivate(v) {
		w.word(Withheld)
		return
	}
	x := v.Interface()
	if a, ok := x.(slog.Attr); ok {
		x = slog.GroupValue(a)
	}
	w.slogValue(slog.AnyValue(x))
}

func (w *renderer) slogValue(v slog.Value) {
	v, final := w.rules.resolve(v)
	switch {
	case v.Kind() == slog.KindLogValuer: // let through
		w.inert(reflect.ValueOf(v.LogValuer()))
	case final:
		w.word(v.String())
	case v.Kind() == slog.KindGroup:
		if w.depth == deepest { // its attributes may have groups without end
			w.withheld(tooDeep)
			return
		}
		w.depth++
		w.both("{", "[")
		for i, a := range v.Group() {
			if i > 0 {
				w.both(",", " ")
			}
			key := w.rules.text(a.Key)
			if w.muteJSON == 0 {
				w.json = append(appendJSON(w.json, key), ':')
			}
			w.writeText(key + "=")
			if a.Key != "" && w.rules.withholds(a.Key) {
				w.withheld(Withheld)
			} else {
				w.slogValue(a.Value)
			}
		}
		w.both("}", "]")
		w.depth--
	default:
		if w.rules.kinds[v.Kind()] {
			w.withheld(Withheld)
			return
		}
		x := reflect.ValueOf(v.Any())
		if !x.IsValid() {
			w.both("null", "<nil>")
			return
		}
		w.value(x, w.rules.plan(x.Type()))
	}
}

// bytes writes bytes in which nothing is found as they were, and others as the text that they are.
func (w *renderer) bytes(v reflect.Value) {
	if w.silent() {
		return
	}
	b := bytesOf(v)
	clean, found := w.rules.scrub(string(b))
	switch {
	case found:
		w.word(strings.ToValidUTF8(clean, "\uFFFD"))
	case isPrivate(v):
		w.writeText(fmt.Sprintf("%+v", b))
	case w.depth == 1 && v.Kind() == reflect.Slice: // log/slog writes them so, at the top
		w.writeText(string(b))
		w.inertJSON(v)
	default:
		w.writeText(fmt.Sprintf("%+v", b))
		w.inertJSON(v)
	}
}

func (w *renderer) inertJSON(v reflect.Value) {
	w.muteText++
	w.inert(v)
	w.muteText--
}

// parts writes what v is made of.
func (w *renderer) parts(v reflect.Value, p *plan) {
	if k := v.Kind(); (k == reflect.Slice || k == reflect.Array) && v.Type().Elem().Kind() == reflect.Uint8 {
		if p.elem.how == inert || p.elem.how != withheld && !w.rules.cleanBytes(v) {
			w.bytes(v)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		w.pointer(v, p)
	case reflect.Interface:
		v = v.Elem()
		w.value(v, w.rules.plan(v.Type()))
	case reflect.Struct:
		w.both("{", "{")
		first := true
		w.fields(v, p, nil, &first)
		w.both("}", "}")
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && !w.enter(v, v.Len()) {
			return
		}
		w.both("[", "[")
		for i := range v.Len() {
			if i > 0 {
				w.both(",", " ")
			}
			if w.values > largest {
				w.withheld(tooLarge)
				break
			}
			w.value(v.Index(i), p.elem)
		}
		w.both("]", "]")
		if v.Kind() == reflect.Slice {
			w.leave()
		}
	case reflect.Map:
		if w.enter(v, 0) {
			w.entries(v, p)
			w.leave()
		}
	case reflect.String:
		w.searched(v.String())
	default:
		w.inert(v)
	}
}

// pointer writes what v points at, as text only at the top and elsewhere the address, as package fmt does. No handler follows a pointer in a private field, so
// nor does it: it might lead anywhere in the program.
func (w *renderer) pointer(v reflect.Value, p *plan) {
	follow := w.scan
	if w.depth == 1 {
		switch v.Elem().Kind() {
		case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
			follow = true
		}
	}
	if isPrivate(v) && w.muteJSON > 0 {
		w.address(v)
		return
	}
	if !w.enter(v, 0) {
		return
	}
	if follow {
		w.writeText("&")
		w.value(v.Elem(), p.elem)
	} else {
		w.address(v)
		w.muteText++
		w.value(v.Elem(), p.elem)
		w.muteText--
	}
	w.leave()
}

func (w *renderer) address(v reflect.Value) {
	w.writeText("0x" + strconv.FormatUint(uint64(v.Pointer()), 16))
}

// enter notes that what v points at is being written, and withholds it if it is already: then it contains itself.
func (w *renderer) enter(v reflect.Value, length int) bool {
	at := place{v.Pointer(), length, v.Type()}
	if slices.Contains(w.path, at) && (v.Kind() != reflect.Slice || length > 0) {
		w.withheld(cycle)
		return false
	}
	w.path = append(w.path, at)
	return true
}

func (w *renderer) leave() { w.path = w.path[:len(w.path)-1] }

// fields writes the fields of a struct. In JSON, those of an embedded struct are among those of the outer, and the outer ones come before others of
// their name.
func (w *renderer) fields(v reflect.Value, p *plan, outer []*plan, first *bool) {
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.Field(f.index)
		if i > 0 {
			w.writeText(" ")
		}
		w.writeText(f.name + ":")
		if f.inline && f.json != "" && !f.withheld && (f.plan.how == walked || f.plan.how == inert) {
			w.muteJSON++
			w.value(fv, f.plan)
			w.muteJSON--
			w.embedded(fv, f.plan, append(outer[:len(outer):len(outer)], p), first)
			continue
		}
		omitted := f.json == "" || f.empty && isEmpty(fv) || f.zero && fv.IsZero() || shadowed(f.json, outer)
		if omitted {
			w.muteJSON++
		} else {
			if !*first {
				w.writeJSON(",")
			}
			*first = false
			if w.muteJSON == 0 {
				w.json = append(appendJSON(w.json, f.json), ':')
			}
		}
		start := len(w.json)
		if f.withheld {
			w.withheld(Withheld)
		} else {
			w.value(fv, f.plan)
		}
		if f.quoted && w.muteJSON == 0 && isQuotable(fv.Kind()) && w.json[start] != '"' {
			w.json = strconv.AppendQuote(w.json[:start], string(w.json[start:]))
		}
		if omitted {
			w.muteJSON--
		}
	}
}

// embedded writes the fields of an embedded struct in JSON.
func (w *renderer) embedded(v reflect.Value, p *plan, outer []*plan, first *bool) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() || w.depth >= deepest {
			return
		}
		v, p = v.Elem(), p.elem
		if p.how != walked && p.how != inert {
			return
		}
	}
	if w.muteJSON > 0 {
		return
	}
	w.muteText++
	w.depth++
	w.fields(v, p, outer, first)
	w.depth--
	w.muteText--
}

// shadowed reports whether an outer struct has a field of the name.
func shadowed(name string, outer []*plan) bool {
	return slices.ContainsFunc(outer, func(p *plan) bool {
		return slices.ContainsFunc(p.fields, func(f field) bool { return f.json == name && !f.inline })
	})
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Complex64, reflect.Complex128, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	}
	return v.IsZero()
}

func isQuotable(k reflect.Kind) bool {
	return reflect.Bool <= k && k <= reflect.Float64 && k != reflect.Uintptr
}
