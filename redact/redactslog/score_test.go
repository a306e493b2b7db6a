package redactslog_test

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact/internal/samplestest"
	"github.com/purposebound/purposebound/redact/redactslog"
)

// cell is a field of a struct and a filter: whether the filter must hide the field.
type cell struct {
	Filter   string `json:"filter"`
	Arg      string `json:"arg"`
	Field    string `json:"field"`
	GoType   string `json:"go_type"`
	Exported bool   `json:"exported"`
	Tag      string `json:"tag"`
	Value    string `json:"value"`
	Expect   string `json:"rule_expect"`
	Strength string `json:"strength"`
}

type (
	CustomType string
	customType string
	CustomInt  int
	customInt  int
	CustomBool bool
	customBool bool
)

var cellTypes = map[string]reflect.Type{
	"string": reflect.TypeFor[string](), "int": reflect.TypeFor[int](), "int64": reflect.TypeFor[int64](), "int32": reflect.TypeFor[int32](), "uint8": reflect.TypeFor[uint8](),
	"float64": reflect.TypeFor[float64](), "bool": reflect.TypeFor[bool](), "CustomType": reflect.TypeFor[CustomType](), "customType": reflect.TypeFor[customType](),
	"CustomInt": reflect.TypeFor[CustomInt](), "customInt": reflect.TypeFor[customInt](), "CustomBool": reflect.TypeFor[CustomBool](), "customBool": reflect.TypeFor[customBool](),
	"*string": reflect.TypeFor[*string](), "interface {}": reflect.TypeFor[any](),
}

var cellOptions = map[string]func(arg string) redactslog.Option{
	"WithTag":         func(arg string) redactslog.Option { return redactslog.WithTag("cell", arg) },
	"WithFieldName":   func(arg string) redactslog.Option { return redactslog.WithKeys(arg) },
	"WithFieldPrefix": func(arg string) redactslog.Option { return redactslog.WithKeys(arg + "*") },
	"WithType":        withCellType,
	"WithContain": func(arg string) redactslog.Option {
		return hiding(func(text string) bool { return strings.Contains(text, arg) })
	},
	"WithRegex": func(arg string) redactslog.Option { return hiding(regexp.MustCompile(arg).MatchString) },
}

func withCellType(arg string) redactslog.Option {
	switch arg {
	case "string":
		return redactslog.WithType[string]()
	case "int":
		return redactslog.WithType[int]()
	case "CustomType":
		return redactslog.WithType[CustomType]()
	case "CustomInt":
		return redactslog.WithType[CustomInt]()
	}
	type other struct{ Value string }
	return redactslog.WithType[other]()
}

// hiding hides all of a text of which found says that something is in it.
func hiding(found func(string) bool) redactslog.Option {
	return redactslog.WithScrubber(scrubberFunc(func(dst, src []byte) []byte {
		if found(string(src)) {
			return append(dst, redactslog.Withheld...)
		}
		return append(dst, src...)
	}))
}

// TestScoreStructMatrix scores the handler on fields and filters that others test theirs with. It is skipped where the data is not.
//
// The other sample of logs, rows of a Printf that marks what is unsafe in its result, is not scored here. In it every argument is withheld unless its type says
// that it is safe; this handler withholds what a type, key, tag or scrubber says, prints with no format of the caller's, and has no marks to escape. A row
// such as the argument "hi", which is unsafe there and is nobody's data here, would count for or against it by the words of the sample alone.
func TestScoreStructMatrix(t *testing.T) {
	t.Parallel()
	hidden, leaks, visible, over, other := 0, 0, 0, 0, 0
	for _, c := range samplestest.Rows[cell](t, "logs", "struct_matrix.jsonl") {
		typ, option := cellTypes[c.GoType], cellOptions[c.Filter]
		if c.Strength != "leaf" || typ == nil || option == nil {
			other++
			continue
		}
		options := []redactslog.Option{redactslog.WithoutKeys("*"), option(c.Arg)}
		if c.Filter != "WithContain" && c.Filter != "WithRegex" {
			options = append(options, redactslog.WithoutScrubber())
		}
		j, x := both(t, c.holder(typ), options...)
		shows := strings.Contains(j+x, c.Value)
		switch {
		case c.Expect == "visible":
			visible++
			if !strings.Contains(x, c.Value) || c.Exported && !strings.Contains(j, c.Value) {
				over++
				t.Logf("withheld without need: %s(%s) on %s %s", c.Filter, c.Arg, c.Field, c.GoType)
			}
		default:
			hidden++
			if shows {
				leaks++
				t.Logf("leaked: %s(%s) on %s %s", c.Filter, c.Arg, c.Field, c.GoType)
			}
		}
	}
	t.Logf("struct matrix, leaves:  to hide %3d, leaked %d   to show %3d, withheld %d   (%d of other strength not scored)", hidden, leaks, visible, over, other)
	assert.Positive(t, hidden)
	assert.Zero(t, leaks)
	assert.Zero(t, over)
}

// holder returns a struct with the field, set to the value.
func (c cell) holder(typ reflect.Type) any {
	sf := reflect.StructField{Name: c.Field, Type: typ, Tag: reflect.StructTag("cell:" + strconv.Quote(c.Tag))}
	if !c.Exported {
		sf.PkgPath = "github.com/purposebound/purposebound/redact/redactslog_test"
	}
	v := reflect.New(reflect.StructOf([]reflect.StructField{sf})).Elem()
	field := reflect.NewAt(typ, v.Field(0).Addr().UnsafePointer()).Elem() // settable though private
	if typ.Kind() == reflect.Interface {
		field.Set(reflect.ValueOf(c.Value))
		return v.Interface()
	}
	if typ.Kind() == reflect.Pointer {
		field.Set(reflect.New(typ.Elem()))
		field = field.Elem()
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(c.Value)
	case reflect.Bool:
		b, _ := strconv.ParseBool(c.Value)
		field.SetBool(b)
	case reflect.Float64:
		n, _ := strconv.ParseFloat(c.Value, 64)
		field.SetFloat(n)
	case reflect.Uint8:
		n, _ := strconv.ParseUint(c.Value, 10, 8)
		field.SetUint(n)
	default:
		n, _ := strconv.ParseInt(c.Value, 10, 64)
		field.SetInt(n)
	}
	return v.Interface()
}
