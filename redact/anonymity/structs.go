package anonymity

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
)

var roles = map[string]Role{"direct": DirectIdentifier, "quasi": QuasiIdentifier, "sensitive": Sensitive, "other": Other}

// FromStructs returns a table with a row for each struct and a column for each field, named as the field is. Every exported field needs a
// tag that gives its role, so that none is forgotten, or leaves it out:
//
//	type Visit struct {
//		Client string  `anonymity:"direct"`
//		Area   string  `anonymity:"quasi"`
//		Cost   float64 `anonymity:"sensitive,numeric"` // with the distance of [Numeric]
//		Notes  string  `anonymity:"-"`
//	}
//
// The roles are direct, quasi, sensitive and other. Fields are strings, numbers, booleans, what has MarshalText, or pointers to these, of which nil
// is a missing value. Anything else is an [ErrStruct], and so is an embedded type that is not exported, which may have exported fields, unless it is
// left out.
func FromStructs[T any](rows iter.Seq[T]) (*Table, error) {
	columns, fields, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	t, err := New(columns...)
	if err != nil {
		return nil, err
	}
	cells := make([]string, len(fields))
	for row := range rows {
		v := reflect.ValueOf(row)
		for i, field := range fields {
			var ok bool
			if cells[i], ok = textOf(v.Field(field)); !ok {
				return nil, fmt.Errorf("%w: field %s gives no text", ErrStruct, columns[i].Name)
			}
		}
		if err := t.Append(cells...); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// columnsOf returns the columns of a type and the numbers of their fields.
func columnsOf(s reflect.Type) (columns []Column, fields []int, err error) {
	if s.Kind() != reflect.Struct {
		return nil, nil, ErrStruct
	}
	for i := range s.NumField() {
		field := s.Field(i)
		tag := field.Tag.Get("anonymity")
		if tag == "-" || !field.IsExported() && !field.Anonymous {
			continue
		}
		if field.Anonymous && !field.IsExported() { // it may have exported fields
			return nil, nil, fmt.Errorf("%w: field %s is embedded", ErrStruct, field.Name)
		}
		name, more, _ := strings.Cut(tag, ",")
		c := Column{Name: field.Name, Role: roles[name]}
		switch {
		case more == "numeric" && c.Role == Sensitive:
			c.Distance = Numeric()
		case more != "" || c.Role == 0:
			return nil, nil, fmt.Errorf("%w: field %s has no tag that is understood", ErrStruct, field.Name)
		}
		columns = append(columns, c)
		fields = append(fields, i)
	}
	return columns, fields, nil
}

// textOf returns the text of a field, the empty text for a nil pointer.
func textOf(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", true
		}
		if _, ok := v.Interface().(encoding.TextMarshaler); !ok {
			v = v.Elem()
		}
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), err == nil
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), true
	case reflect.Float32:
		return strconv.FormatFloat(v.Float(), 'g', -1, 32), true
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), true
	}
	return "", false
}
