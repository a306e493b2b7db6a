package redactslog

import (
	"encoding/json"
	"reflect"
)

const (
	deepest = 32      // levels
	largest = 1 << 16 // values in one attribute
)

// walk looks whether a value can be passed on as it is. It allocates nothing, but for maps.
type walk struct {
	rules  *rules
	depth  int
	values int
}

// clean reports whether there is nothing to withhold in v. It gives up, and says no, on what is too deep or too large: the renderer
// tells where that is.
func (w *walk) clean(v reflect.Value, p *plan) bool {
	switch p.how {
	case inert:
		return true
	case texts:
		_, found := w.rules.search(v.String())
		return !found
	case numeral:
		return isNumber(v.String())
	case bytes:
		return w.rules.cleanBytes(v)
	case walked:
	default:
		return false
	}
	if w.values++; w.depth == deepest || w.values > largest {
		return false
	}
	w.depth++
	defer func() { w.depth-- }()
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || isPrivate(v) || w.clean(v.Elem(), p.elem) // no handler follows a pointer in a private field
	case reflect.Interface:
		if v.IsNil() {
			return true
		}
		v = v.Elem()
		return w.clean(v, w.rules.plan(v.Type()))
	case reflect.Struct:
		for i := range p.fields {
			f := &p.fields[i]
			if f.withheld {
				return false
			}
			if f.plan.how == inert {
				continue
			}
			fv, fp := v.Field(f.index), f.plan
			if f.embedded && fp.how == walked && fv.Kind() == reflect.Pointer && !fv.IsNil() { // its fields are not private, though it may be
				fv, fp = fv.Elem(), fp.elem
			}
			if !w.clean(fv, fp) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !w.clean(v.Index(i), p.elem) {
				return false
			}
		}
		return true
	case reflect.Map:
		if isPrivate(v) { // see renderer.treat
			return v.IsNil()
		}
		for it := v.MapRange(); it.Next(); {
			if !w.cleanKey(it.Key(), p.key) || !w.clean(it.Value(), p.elem) {
				return false
			}
		}
		return true
	}
	return false
}

func (w *walk) cleanKey(key reflect.Value, p *plan) bool {
	if key.Kind() == reflect.Interface && !key.IsNil() {
		key = key.Elem()
		p = w.rules.plan(key.Type())
	}
	if key.Kind() == reflect.String && p.how == texts {
		return w.rules.plainKey(key.String())
	}
	return w.clean(key, p)
}

// isPrivate reports whether v was reached through a private field.
func isPrivate(v reflect.Value) bool { return !v.CanInterface() }

// isNumber reports whether a json.Number is one. An empty one is zero.
func isNumber(s string) bool {
	return s == "" || (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s))
}

func (r *rules) cleanBytes(v reflect.Value) bool {
	_, found := r.search(string(bytesOf(v)))
	return !found
}

// bytesOf returns the bytes of a slice or an array.
func bytesOf(v reflect.Value) []byte {
	if v.Kind() == reflect.Slice || v.CanAddr() {
		return v.Bytes()
	}
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}
