package redactslog

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// entry is a key and a value of a map.
type entry struct {
	key        reflect.Value
	json, text string // the key as it is written
	withheld   bool
	value      reflect.Value
}

// entries writes a map: in JSON in the order of the written keys, as text in that of the keys, as packages encoding/json and fmt do.
func (w *renderer) entries(v reflect.Value, p *plan) {
	var all []entry
	for it := v.MapRange(); it.Next(); {
		if len(all) > largest {
			break
		}
		all = append(all, w.entry(it.Key(), it.Value(), p.key))
	}
	if w.muteJSON == 0 {
		w.muteText++
		slices.SortStableFunc(all, func(a, b entry) int { return strings.Compare(a.json, b.json) })
		w.writeJSON("{")
		for i, e := range all {
			if i > 0 {
				w.writeJSON(",")
			}
			w.json = append(appendJSON(w.json, e.json), ':')
			w.entryValue(e, p.elem)
		}
		w.writeJSON("}")
		w.muteText--
	}
	if w.muteText == 0 {
		w.muteJSON++
		slices.SortStableFunc(all, compareKeys)
		w.writeText("map[")
		for i, e := range all {
			if i > 0 {
				w.writeText(" ")
			}
			w.writeText(e.text + ":")
			w.entryValue(e, p.elem)
		}
		w.writeText("]")
		w.muteJSON--
	}
	if w.silent() {
		for _, e := range all {
			w.entryValue(e, p.elem)
		}
	}
}

func (w *renderer) entryValue(e entry, p *plan) {
	if e.withheld {
		w.withheld(Withheld)
		return
	}
	w.value(e.value, p)
}

func compareKeys(a, b entry) int {
	switch x, y := a.key, b.key; {
	case x.Kind() != y.Kind():
	case x.CanInt():
		return cmp.Compare(x.Int(), y.Int())
	case x.CanUint():
		return cmp.Compare(x.Uint(), y.Uint())
	case x.CanFloat():
		return cmp.Compare(x.Float(), y.Float())
	}
	return strings.Compare(a.text, b.text)
}

func (w *renderer) entry(key, value reflect.Value, p *plan) entry {
	if key.Kind() == reflect.Interface && !key.IsNil() {
		key = key.Elem()
		p = w.rules.plan(key.Type())
	}
	if key.Kind() == reflect.String && p.how == texts {
		name := w.rules.text(key.String())
		return entry{key, name, name, w.rules.withholds(key.String()), value}
	}
	name := &renderer{rules: w.rules, depth: w.depth, values: w.values}
	name.value(key, p)
	w.ruled, w.values = w.ruled || name.ruled, name.values
	e := entry{key: key, text: strings.ToValidUTF8(string(name.text), "\uFFFD"), value: value}
	// A key in JSON is a text: that of a number, of a text, or, where package encoding/json has none, what it prints as.
	if json.Unmarshal(name.json, &e.json) != nil {
		e.json = e.text
		if key.CanInt() || key.CanUint() {
			e.json = string(name.json)
		}
	}
	e.withheld = w.rules.withholds(e.text) || w.rules.withholds(e.json)
	return e
}
