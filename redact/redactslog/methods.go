package redactslog

import (
	stdbytes "bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// methods writes what the methods of v print, searched. If there is something in v that is withheld by rule, a method might print it. Then the parts of v are
// written instead, and nothing of an error: its parts may be texts made of each other. So the parts are looked at first.
func (w *renderer) methods(v reflect.Value, p *plan) {
	if isPrivate(v) { // no handler can call them
		w.parts(v, p)
		return
	}
	own := &renderer{rules: w.rules, path: slices.Clip(w.path), depth: w.depth, values: w.values, scan: true}
	if w.silent() {
		own.muteJSON, own.muteText = 1, 1
	}
	own.parts(v, p)
	err, isError := v.Interface().(error)
	if isError && !w.scan {
		own.wrapped(err)
	}
	w.values = own.values
	switch {
	case !own.ruled && !w.silent():
		own.printed(v, p)
		w.ruled = w.ruled || own.ruled
		w.both(string(own.json), string(own.text))
	case !own.ruled:
	case w.scan:
		w.ruled = true // that is the answer
	case isError:
		w.withheld(Withheld)
	default:
		w.ruled = true
		w.parts(v, p)
	}
}

// wrapped looks whether something is withheld by rule in the errors that err wraps, since err prints them.
func (w *renderer) wrapped(err error) {
	var inner []error
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		inner = []error{x.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = x.Unwrap()
	}
	for _, err := range inner {
		if w.ruled || err == nil {
			continue
		}
		scan := &renderer{rules: w.rules, depth: w.depth, values: w.values, scan: true, muteJSON: 1, muteText: 1}
		v := reflect.ValueOf(err)
		scan.treat(v, w.rules.plan(v.Type()))
		w.values, w.ruled = scan.values+1, scan.ruled || scan.values >= largest
		w.wrapped(err)
	}
}

// printed puts what the methods of v print in the place of its parts.
func (w *renderer) printed(v reflect.Value, p *plan) {
	top, x := w.depth == 1, v.Interface()
	err, isError := x.(error)
	switch {
	case p.marshals:
		w.marshalled(x)
	case p.pointerMarshals && v.CanAddr():
		w.marshalled(v.Addr().Interface())
	case isError && top: // log/slog writes it so, at the top
		w.json = appendJSON(w.json[:0], w.rules.text(err.Error()))
	}
	if w.ruled { // there is a name in the JSON that withholds, and what else is printed may have it too
		w.text = w.json
	} else if p.prints {
		if text, ok := asText(x, top); ok {
			w.text = []byte(w.rules.text(text))
		}
	}
}

// asText returns what a text handler prints by the methods of x, and false if it calls none.
func asText(x any, top bool) (string, bool) {
	if t, ok := x.(encoding.TextMarshaler); ok && top {
		text, err := t.MarshalText()
		if err != nil {
			return unencoded, true
		}
		return string(text), true
	}
	switch x := x.(type) { // in the order of package fmt
	case fmt.Formatter:
		text := fmt.Sprintf("%+v", x)
		if strings.Contains(text, "(PANIC=") {
			return panicked, true // package fmt prints what it panicked with
		}
		return text, true
	case error:
		return x.Error(), true
	case fmt.Stringer:
		return x.String(), true
	}
	return "", false
}

// marshalled writes only the JSON that a value encodes itself to, with every text in it searched, and names that withhold.
func (w *renderer) marshalled(x any) {
	w.json = w.json[:0]
	encoded, err := json.Marshal(x)
	if err != nil {
		w.json = strconv.AppendQuote(w.json, unencoded)
		return
	}
	d := json.NewDecoder(stdbytes.NewReader(encoded))
	d.UseNumber()
	w.token(d)
}

// token writes the next value of d.
func (w *renderer) token(d *json.Decoder) {
	t, err := d.Token()
	if err != nil {
		panic(err) // it was well formed a moment ago
	}
	switch t := t.(type) {
	case json.Delim:
		w.json = append(w.json, t.String()...)
		for first := true; d.More(); first = false {
			if !first {
				w.json = append(w.json, ',')
			}
			if t == '[' {
				w.token(d)
				continue
			}
			name, err := d.Token()
			if err != nil {
				panic(err)
			}
			key, _ := name.(string)
			w.json = append(appendJSON(w.json, w.rules.text(key)), ':')
			start := len(w.json)
			w.token(d)
			if w.rules.withholds(key) {
				w.ruled, w.json = true, strconv.AppendQuote(w.json[:start], Withheld)
			}
		}
		end, err := d.Token()
		if err != nil {
			panic(err)
		}
		w.json = append(w.json, fmt.Sprint(end)...)
	case string:
		w.json = appendJSON(w.json, w.rules.text(t))
	default:
		w.json = appendJSON(w.json, t)
	}
}
