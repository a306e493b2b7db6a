package purpose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// The canonical form of a document is JSON with the fields in the order of their declaration, named in lower case with
// underscores. Fields that are empty are left out, maps are sorted, and nothing is indented. format.md describes it.

const maxDocument = 16 << 20 // bytes

// MarshalJSON returns the canonical form. It fails for a time or a text that JSON could not give back as it was.
func (d Document) MarshalJSON() ([]byte, error) {
	var e encoder
	e.strings = json.NewEncoder(&e.scratch)
	e.strings.SetEscapeHTML(false)
	out, err := e.value(nil, reflect.ValueOf(d))
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Hash returns "sha256:" and the SHA-256 of the canonical form in hexadecimal digits, or "" if there is none.
// Documents that say the same, whatever their empty lists and time zones, have one hash.
func (d Document) Hash() string {
	b, err := d.MarshalJSON()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ParseDocument reads a document as [Document.MarshalJSON] writes it, in any order and with any white space. It takes nothing
// that it does not understand: the error joins one [*Fault], with its line, for each unknown or repeated field and each
// value that is none. Whether the document makes sense is asked by [NewPolicy], and by [LoadPolicy] for both at once.
func ParseDocument(data []byte) (Document, error) {
	d, _, err := parse(data)
	return d, err
}

// LoadPolicy reads a document and makes the policy of it, with the checks of [ParseDocument] and [NewPolicy].
// Each [*Fault] has the line it is at.
func LoadPolicy(data []byte) (*Policy, error) {
	d, lines, err := parse(data)
	if err != nil {
		return nil, err
	}
	var c check
	c.document(&d)
	if len(c.faults) == 0 {
		return NewPolicy(d)
	}
	for _, err := range c.faults {
		if f, ok := errors.AsType[*Fault](err); ok {
			f.Line = lines.of(f.Place)
		}
	}
	return nil, errors.Join(c.faults...)
}

// fieldName is how a field is called: CaseBound is case_bound, ID is id.
func fieldName(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

type encoder struct {
	scratch bytes.Buffer
	strings *json.Encoder
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	periodType   = reflect.TypeFor[Period]()
	tagType      = reflect.TypeFor[language.Tag]()
)

var errText = errors.New("purpose: a text or time of the document has no canonical form")

func (e *encoder) text(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, errText
	}
	e.scratch.Reset()
	if err := e.strings.Encode(s); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimSuffix(e.scratch.Bytes(), []byte("\n"))...), nil
}

func (e *encoder) value(b []byte, v reflect.Value) ([]byte, error) {
	switch v.Type() {
	case timeType:
		t := v.Interface().(time.Time).UTC()
		if t.Year() < 1 || t.Year() > 9999 {
			return nil, errText
		}
		return e.text(b, t.Format(time.RFC3339Nano))
	case durationType:
		return e.text(b, v.Interface().(time.Duration).String())
	case periodType:
		return e.text(b, v.Interface().(Period).String())
	case tagType:
		return e.text(b, v.Interface().(language.Tag).String())
	}
	switch v.Kind() {
	case reflect.String:
		return e.text(b, v.String())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), nil
	case reflect.Int:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case reflect.Uint8:
		all := texts[v.Type()]
		if v.Uint() >= uint64(len(all)) {
			return nil, errText
		}
		return e.text(b, all[v.Uint()])
	case reflect.Slice:
		return e.list(b, v)
	case reflect.Map:
		return e.table(b, v)
	case reflect.Struct:
		return e.fields(b, v)
	}
	panic("purpose: Document has a field of type " + v.Type().String() + ", which has no canonical form")
}

func (e *encoder) list(b []byte, v reflect.Value) (_ []byte, err error) {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = e.value(b, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func (e *encoder) table(b []byte, v reflect.Value) (_ []byte, err error) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = e.text(b, key.String()); err != nil {
			return nil, err
		}
		if b, err = e.value(append(b, ':'), v.MapIndex(key)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func (e *encoder) fields(b []byte, v reflect.Value) (_ []byte, err error) {
	b = append(b, '{')
	first := true
	for i := range v.NumField() {
		f := v.Field(i)
		if blank(f) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), fieldName(v.Type().Field(i).Name)...), '"', ':')
		if b, err = e.value(b, f); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// blank reports whether a field says nothing.
func blank(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		if t := v.Type(); t == timeType || t == tagType {
			return v.IsZero()
		}
		for i := range v.NumField() {
			if !blank(v.Field(i)) {
				return false
			}
		}
		return true
	default:
		return v.IsZero()
	}
}

// places says on which line what stands.
type places map[string]int

// of returns the line of a place, or of the nearest that encloses it; 0 if there is none.
func (p places) of(place string) int {
	for {
		if line, ok := p[place]; ok {
			return line
		}
		i := strings.LastIndexAny(place, ".[")
		if i < 0 {
			return p[""]
		}
		place = place[:i]
	}
}

type decoder struct {
	data   []byte
	json   *json.Decoder
	offset int // up to which lines were counted
	line   int
	lines  places
	faults []*Fault
	names  map[reflect.Type]map[string]int // of the fields
	broken bool                            // the rest is not JSON
}

// field returns which field of t has the name.
func (d *decoder) field(t reflect.Type, name string) (int, bool) {
	fields := d.names[t]
	if fields == nil {
		fields = make(map[string]int, t.NumField())
		for i := range t.NumField() {
			fields[fieldName(t.Field(i).Name)] = i
		}
		d.names[t] = fields
	}
	i, ok := fields[name]
	return i, ok
}

func parse(data []byte) (Document, places, error) {
	d := &decoder{data: data, json: json.NewDecoder(bytes.NewReader(data)), line: 1, lines: make(places), names: make(map[reflect.Type]map[string]int)}
	d.json.UseNumber()
	var out Document
	switch {
	case len(data) > maxDocument:
		d.fault("document", "is larger than %d bytes", maxDocument)
	case !utf8.Valid(data):
		d.fault("document", "is not UTF-8")
	default:
		d.value("", reflect.ValueOf(&out).Elem())
		if _, err := d.json.Token(); !d.broken && err != io.EOF {
			d.here()
			d.fault("document", "goes on after its end")
		}
	}
	d.rename(&out)
	if len(d.faults) == 0 {
		return out, d.lines, nil
	}
	all := make([]error, len(d.faults))
	for i, f := range d.faults {
		all[i] = f
	}
	return Document{}, nil, errors.Join(all...)
}

// rename calls the elements of lists by their ids, as faults of the document do, where they have one.
func (d *decoder) rename(out *Document) {
	names := make(map[string]string)
	add := func(list string, i int, id string) {
		if id != "" {
			names[fmt.Sprintf("%s[%d]", list, i)] = fmt.Sprintf("%s[%q]", list, id)
		}
	}
	for i := range out.Purposes {
		add("purposes", i, string(out.Purposes[i].ID))
	}
	for i := range out.Recipients {
		add("recipients", i, out.Recipients[i].ID)
	}
	for i := range out.Assessments {
		add("assessments", i, out.Assessments[i].ID)
	}
	for i := range out.Prohibitions {
		add("prohibitions", i, out.Prohibitions[i].Name)
	}
	for i := range out.Terms {
		add("terms", i, out.Terms[i].ID)
	}
	named := func(place string) string {
		end := strings.IndexByte(place, ']') + 1
		if name, ok := names[place[:end]]; ok {
			return name + place[end:]
		}
		return place
	}
	for _, f := range d.faults {
		f.Place = named(f.Place)
	}
	for place, line := range d.lines {
		if name := named(place); name != place {
			if _, twice := d.lines[name]; !twice {
				d.lines[name] = line
			}
		}
	}
}

func (d *decoder) fault(place, format string, args ...any) {
	d.faults = append(d.faults, &Fault{Place: place, Problem: fmt.Sprintf(format, args...), Line: d.line})
}

// here counts the lines up to what was read last.
func (d *decoder) here() {
	now := int(d.json.InputOffset())
	d.line += bytes.Count(d.data[d.offset:now], []byte("\n"))
	d.offset = now
}

func (d *decoder) token() json.Token {
	t, err := d.json.Token()
	d.here()
	if err != nil {
		if !d.broken {
			if err == io.EOF {
				d.fault("document", "ends before it is complete")
			} else {
				d.fault("document", "is not JSON")
			}
		}
		d.broken = true
		return nil
	}
	return t
}

// skip passes over the rest of a value that began with t.
func (d *decoder) skip(t json.Token) {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth <= 0 || d.broken {
			return
		}
		t = d.token()
	}
}

// value reads one value into v.
func (d *decoder) value(place string, v reflect.Value) {
	t := d.token()
	if d.broken {
		return
	}
	d.lines[place] = d.line
	want, ok := d.assign(place, v, t)
	if !ok && !d.broken {
		d.fault(nameOf(place), "must be %s", want)
		d.skip(t)
	}
}

func nameOf(place string) string {
	if place == "" {
		return "document"
	}
	return place
}

// assign puts a value that begins with t into v. If it is not of v's type, assign has read nothing more, and says what it should be.
func (d *decoder) assign(place string, v reflect.Value, t json.Token) (want string, ok bool) {
	if want, ok, special := special(v, t); special {
		return want, ok
	}
	switch v.Kind() {
	case reflect.String:
		s, ok := t.(string)
		v.SetString(s)
		return "a text", ok
	case reflect.Bool:
		b, ok := t.(bool)
		v.SetBool(b)
		return "true or false", ok
	case reflect.Int:
		number, _ := t.(json.Number)
		n, err := strconv.ParseInt(string(number), 10, 32)
		v.SetInt(n)
		return "a whole number", err == nil
	case reflect.Slice:
		if t != json.Delim('[') {
			return "a list", false
		}
		d.list(place, v)
	case reflect.Map:
		if t != json.Delim('{') {
			return "an object", false
		}
		d.table(place, v)
	case reflect.Struct:
		if t != json.Delim('{') {
			return "an object", false
		}
		d.fields(place, v)
	}
	return "", true
}

// special reads what is written as text and is none.
func special(v reflect.Value, t json.Token) (want string, ok, special bool) {
	text, _ := t.(string)
	var err error
	switch v.Type() {
	case timeType:
		var at time.Time
		at, err = time.Parse(time.RFC3339Nano, text)
		v.Set(reflect.ValueOf(at.UTC()))
		return `a time as RFC 3339 writes it, "2026-01-01T00:00:00Z"`, err == nil, true
	case durationType:
		var length time.Duration
		length, err = time.ParseDuration(text)
		v.SetInt(int64(length))
		return `a length of time, "4h0m0s"`, err == nil, true
	case periodType:
		var p Period
		p, err = parsePeriod(text)
		v.Set(reflect.ValueOf(p))
		return `a period as ISO 8601 writes it, "P1Y6M"`, err == nil, true
	case tagType:
		var tag language.Tag
		tag, err = language.Raw.Parse(text)
		v.Set(reflect.ValueOf(tag))
		return `a language as BCP 47 writes it, "fr-CA"`, err == nil, true
	}
	if all := texts[v.Type()]; all != nil {
		i := slices.Index(all, text)
		if i < 0 || i == 0 && all[0] == "unknown" {
			return "one of " + strings.Join(all[min(1, max(0, slices.Index(all, "unknown")+1)):], ", "), false, true
		}
		v.SetUint(uint64(i))
		return "", true, true
	}
	return "", false, false
}

func (d *decoder) list(place string, v reflect.Value) {
	for i := 0; d.json.More() && !d.broken; i++ {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(fmt.Sprintf("%s[%d]", place, i), element)
		v.Set(reflect.Append(v, element))
	}
	d.token()
}

func (d *decoder) table(place string, v reflect.Value) {
	for d.json.More() && !d.broken {
		key, ok := d.token().(string)
		if !ok {
			return
		}
		at := fmt.Sprintf("%s[%q]", place, key)
		name := reflect.ValueOf(key).Convert(v.Type().Key())
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if v.MapIndex(name).IsValid() {
			d.fault(at, "is there twice")
		}
		d.value(at, element)
		v.SetMapIndex(name, element)
	}
	d.token()
}

func (d *decoder) fields(place string, v reflect.Value) {
	seen := make(map[string]bool)
	for d.json.More() && !d.broken {
		key, ok := d.token().(string)
		if !ok {
			return
		}
		at := strings.TrimPrefix(place+"."+key, ".")
		field, known := d.field(v.Type(), key)
		switch {
		case !known:
			if len(key) > maxName {
				at = nameOf(place)
			}
			d.fault(at, "is no field of a document; the fields here are %s", fieldNames(v.Type()))
			d.skip(d.token())
		case seen[key]:
			d.fault(at, "is there twice")
			d.skip(d.token())
		default:
			d.value(at, v.Field(field))
		}
		seen[key] = true
	}
	d.token()
}

func fieldNames(t reflect.Type) string {
	var all []string
	for i := range t.NumField() {
		all = append(all, fieldName(t.Field(i).Name))
	}
	return strings.Join(all, ", ")
}
