package redactslog

import (
	"hash/maphash"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Withheld stands where a value was withheld.
const Withheld = "[withheld]"

// rules say what is withheld. They do not change once the handler is made; what they hold besides is remembered work.
type rules struct {
	scrubber Scrubber // nil: texts are not searched
	keys     []string // folded patterns
	tags     []tag
	types    []reflect.Type
	through  map[reflect.Type]bool
	kinds    [16]bool // by slog.Kind: values of these are withheld

	plans sync.Map // *plan by reflect.Type
	seed  maphash.Seed
	clean [1024]atomic.Uint64 // hashes of texts that were clean
	names [1024]atomic.Uint64 // and of keys that were clean and withhold nothing
	pool  sync.Pool           // of *scratch
}

type scratch struct{ source, result []byte }

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// remembered is the length of texts up to which it is remembered that they are clean: logs say the same again and again, and it is short.
const remembered = 256

// search returns text with what is found replaced, and whether anything was.
//
// That a text is clean is remembered by its hash under a key of this handler, not by the text. Only what was searched gets there, and each place holds
// one hash, so the memory is bounded, and a text passes for another only if all 63 bits are alike: with every place taken, once in 2⁵³ texts.
func (r *rules) search(text string) (clean string, found bool) {
	if text == "" || r.scrubber == nil {
		return text, false
	}
	if len(text) > remembered {
		return r.scrub(text)
	}
	h := maphash.String(r.seed, text) | 1 // 0 is an empty place
	place := &r.clean[h>>32%uint64(len(r.clean))]
	if place.Load() == h {
		return text, false
	}
	if clean, found = r.scrub(text); !found {
		place.Store(h)
	}
	return clean, found
}

// text is search for those who need not know.
func (r *rules) text(text string) string {
	clean, _ := r.search(text)
	return clean
}

// scrub is search without memory. If the scrubber panics, all of the text is withheld.
func (r *rules) scrub(text string) (clean string, found bool) {
	s, ok := r.pool.Get().(*scratch)
	if !ok {
		s = new(scratch)
	}
	defer func() {
		if recover() != nil {
			clean, found = Withheld, true
			return // and the scratch, which the scrubber may still hold
		}
		r.pool.Put(s)
	}()
	s.source = append(s.source[:0], text...)
	s.result = r.scrubber.Append(s.result[:0], s.source)
	if string(s.result) == text {
		return text, false
	}
	return string(s.result), true
}

// plainKey reports whether a key is clean and withholds nothing.
func (r *rules) plainKey(key string) bool {
	if len(key) > remembered {
		_, found := r.search(key)
		return !found && !r.withholds(key)
	}
	h := maphash.String(r.seed, key) | 1
	place := &r.names[h>>32%uint64(len(r.names))]
	if place.Load() == h {
		return true
	}
	if _, found := r.search(key); found || r.withholds(key) {
		return false
	}
	place.Store(h)
	return true
}

// withholds reports whether a key withholds its value: by all of it, or by what follows its last dot.
func (r *rules) withholds(key string) bool {
	last := key[strings.LastIndexByte(key, '.')+1:]
	return matchesAny(r.keys, foldKey(key)) || len(last) < len(key) && matchesAny(r.keys, foldKey(last))
}

// matchesAny reports whether a folded name is of one of the folded patterns.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, name) })
}

// attr returns an attribute with what must be withheld withheld, and whether that changed it. It does not panic. The depth is that of groups.
func (r *rules) attr(a slog.Attr, all bool, depth int) (result slog.Attr, changed bool) {
	defer func() {
		if recover() != nil {
			result, changed = slog.String(Withheld, Withheld), true
		}
	}()
	final := false
	if a.Value.Kind() == slog.KindLogValuer {
		a.Value, final = r.resolve(a.Value)
		changed = a.Value.Kind() != slog.KindLogValuer
	}
	group := a.Value.Kind() == slog.KindGroup
	switch {
	case a.Key == "" && group: // its attributes are those of the group around it
	case all:
		return slog.String(r.text(a.Key), Withheld), true
	case !r.plainKey(a.Key):
		key := r.text(a.Key)
		if r.withholds(a.Key) {
			return slog.String(key, Withheld), true
		}
		a.Key, changed = key, true
	}
	if final {
		return a, changed
	}
	if group && depth == deepest {
		return slog.String(a.Key, tooDeep), true
	}
	value, c := r.value(a.Value, all, depth)
	a.Value = value
	return a, changed || c
}

// valuers is how often in a row LogValue may return another value that has it, as in package log/slog.
const valuers = 100

// resolve asks a value that has LogValue what to log, and what that returns, and so on. The result is final if it must not be searched: it was
// withheld, or let through, or says only of what kind a guarded value is.
func (r *rules) resolve(v slog.Value) (result slog.Value, final bool) {
	defer func() {
		if recover() != nil {
			result, final = slog.StringValue(panicked), true
		}
	}()
	for range valuers {
		if v.Kind() != slog.KindLogValuer {
			return v, false
		}
		p := r.plan(reflect.TypeOf(v.LogValuer()))
		switch p.how {
		case withheld:
			return slog.StringValue(Withheld), true
		case inert:
			return v, true
		}
		v = v.LogValuer().LogValue()
		if p.guarded && v.Kind() == slog.KindString && namesKind(v.String()) {
			return v, true
		}
	}
	return slog.StringValue(tooDeep), true
}

func (r *rules) value(v slog.Value, all bool, depth int) (slog.Value, bool) {
	if r.kinds[v.Kind()] {
		return slog.StringValue(Withheld), true
	}
	switch v.Kind() {
	case slog.KindString:
		text, found := r.search(v.String())
		if !found {
			return v, false
		}
		return slog.StringValue(text), true
	case slog.KindGroup:
		attrs, changed := r.attrs(v.Group(), all, depth+1)
		if !changed {
			return v, false
		}
		return slog.GroupValue(attrs...), true
	case slog.KindAny:
		return r.any(v)
	}
	return v, false
}

// attrs returns attributes with what must be withheld withheld. What it is given is not changed.
func (r *rules) attrs(attrs []slog.Attr, all bool, depth int) ([]slog.Attr, bool) {
	var changed []slog.Attr
	for i, a := range attrs {
		result, c := r.attr(a, all, depth)
		if c && changed == nil {
			changed = append(make([]slog.Attr, 0, len(attrs)), attrs[:i]...)
		}
		if changed != nil {
			changed = append(changed, result)
		}
	}
	if changed == nil {
		return attrs, false
	}
	return changed, true
}

func (r *rules) any(value slog.Value) (slog.Value, bool) {
	v := reflect.ValueOf(value.Any())
	if !v.IsValid() {
		return value, false
	}
	p := r.plan(v.Type())
	if w := (walk{rules: r}); w.clean(v, p) {
		return value, false
	}
	return r.render(v, p), true
}
