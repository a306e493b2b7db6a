package pii_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"expvar"
	"flag"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log"
	"log/slog"
	"math/rand"
	"mime/quotedprintable"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/quick"
	"text/tabwriter"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

// leakWay is one way for a value to leave: print, encode, bind, diff, panic.
type leakWay struct {
	name string
	do   func(s *leakScene, v any) string // what came out, errors included
}

// leakScene is what ways need that is dear to make. It is not safe for concurrent use.
type leakScene struct {
	db      *sql.DB
	types   *pgtype.Map
	scratch []byte
}

func newLeakScene(tb testing.TB) *leakScene {
	tb.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(tb, err)
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return &leakScene{db: db, types: pgtype.NewMap()}
}

// out runs a way and returns what came out, a panic included.
func (s *leakScene) out(w *leakWay, v any) (out string) {
	defer func() {
		if r := recover(); r != nil {
			out += fmt.Sprintf("panic: %v %+v %#v", r, r, r)
		}
	}()
	return w.do(s, v)
}

// leakBoth is what an encoder gave out: bytes, and everything its error tells.
func leakBoth(b []byte, err error) string {
	if err == nil {
		return string(b)
	}
	return fmt.Sprintf("%s %s %+v %#v", b, err, err, err)
}

// leakRecorder is a test that keeps what it would print.
type leakRecorder struct{ strings.Builder }

func (r *leakRecorder) Errorf(format string, args ...any) { fmt.Fprintf(r, format, args...) }

// FailNow does nothing: the way goes on.
func (r *leakRecorder) FailNow() {}

func leakPrinted(do func(w io.Writer)) string {
	var b strings.Builder
	do(&b)
	return b.String()
}

// leakEqual returns something of v's type that holds nothing, for differs.
func leakEqual(v any) any {
	of := reflect.TypeOf(v)
	if of.Kind() == reflect.Pointer {
		return reflect.New(of.Elem()).Interface()
	}
	return reflect.Zero(of).Interface()
}

// leakWays lists every way. Names are unique; the test counts them.
func leakWays() []leakWay {
	var ways []leakWay
	add := func(name string, do func(s *leakScene, v any) string) { ways = append(ways, leakWay{name, do}) }

	// fmt
	for _, verb := range []string{
		"%v", "%+v", "%#v", "%s", "%q", "%+q", "%x", "%X", "%#x", "% x", "%d", "%#d", "%p", "%w", "%T", "%t", "%U", "%b", "%o", "%e", "%f", "%g", "%c",
		"%z", "%!", "%60v", "%.9v", "%060x", "%[1]*d", "plain",
	} {
		add("Sprintf "+verb, func(_ *leakScene, v any) string { return fmt.Sprintf(verb, v) })
	}
	wrapping := "%w" // not a constant, for vet knows that v may be no error
	add("Errorf %w", func(_ *leakScene, v any) string { return fmt.Errorf(wrapping, v).Error() })
	add("Errorf %v wrapped %#v", func(_ *leakScene, v any) string {
		err := fmt.Errorf("outer: %w", fmt.Errorf("inner: %v", v))
		return fmt.Sprintf("%v %+v %#v", err, err, err)
	})
	add("Sprint", func(_ *leakScene, v any) string { return fmt.Sprint("a", v, v, "b") })
	add("Sprintln", func(_ *leakScene, v any) string { return fmt.Sprintln("a", v) })
	add("Fprint", func(_ *leakScene, v any) string { return leakPrinted(func(w io.Writer) { fmt.Fprint(w, v) }) })
	add("Fprintf", func(_ *leakScene, v any) string {
		return leakPrinted(func(w io.Writer) { fmt.Fprintf(w, "%s|%[1]v", v) })
	})
	add("Append", func(_ *leakScene, v any) string { return string(fmt.Append(nil, v)) })
	add("Appendf", func(_ *leakScene, v any) string { return string(fmt.Appendf(nil, "%s", v)) })
	add("Appendln", func(_ *leakScene, v any) string { return string(fmt.Appendln(nil, v)) })
	add("errors.New", func(_ *leakScene, v any) string { return errors.New(fmt.Sprint(v)).Error() })
	add("errors.Join", func(_ *leakScene, v any) string {
		err, _ := v.(error)
		return errors.Join(errors.New("a"), err, fmt.Errorf("%v", v)).Error()
	})
	add("type assertion", func(_ *leakScene, v any) string { return fmt.Sprint(v.(interface{ never() })) })
	add("strconv.Quote", func(_ *leakScene, v any) string { return strconv.Quote(fmt.Sprint(v)) })
	add("tabwriter", func(_ *leakScene, v any) string {
		return leakPrinted(func(w io.Writer) {
			tab := tabwriter.NewWriter(w, 8, 8, 1, ' ', 0)
			fmt.Fprintf(tab, "a\t%v\t\n", v)
			tab.Flush()
		})
	})
	add("context %v", func(_ *leakScene, v any) string {
		type key struct{}
		type name string
		ctx := context.WithValue(context.WithValue(context.Background(), key{}, v), name("name"), v)
		return fmt.Sprintf("%v %+v %s", ctx, ctx, ctx)
	})
	add("context cause", func(_ *leakScene, v any) string {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(fmt.Errorf("on %v", v))
		return fmt.Sprintf("%v %v %+v", context.Cause(ctx), ctx.Err(), ctx)
	})

	// log
	logger := func(do func(l *log.Logger)) string { return leakPrinted(func(w io.Writer) { do(log.New(w, "", 0)) }) }
	add("log.Print", func(_ *leakScene, v any) string { return logger(func(l *log.Logger) { l.Print(v) }) })
	add("log.Printf", func(_ *leakScene, v any) string { return logger(func(l *log.Logger) { l.Printf("%#v", v) }) })
	add("log.Println", func(_ *leakScene, v any) string { return logger(func(l *log.Logger) { l.Println("a", v) }) })
	add("log.Panic", func(_ *leakScene, v any) string {
		return logger(func(l *log.Logger) {
			defer func() { l.Print(recover()) }()
			l.Panic(v)
		})
	})
	add("log.Panicf", func(_ *leakScene, v any) string {
		return logger(func(l *log.Logger) {
			defer func() { l.Print(recover()) }()
			l.Panicf("%s", v)
		})
	})

	// slog
	for name, handler := range map[string]func(w io.Writer) slog.Handler{
		"slog text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, &slog.HandlerOptions{AddSource: true}) },
		"slog JSON": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		for what, do := range map[string]func(l *slog.Logger, v any){
			"argument":       func(l *slog.Logger, v any) { l.Info("m", "k", v) },
			"missing key":    func(l *slog.Logger, v any) { l.Info("m", v) },
			"any":            func(l *slog.Logger, v any) { l.LogAttrs(context.Background(), slog.LevelInfo, "m", slog.Any("k", v)) },
			"group":          func(l *slog.Logger, v any) { l.Info("m", slog.Group("g", "k", v, slog.Any("l", &v))) },
			"with":           func(l *slog.Logger, v any) { l.With("k", v).WithGroup("g").Info("m", "k", v) },
			"log valuer":     func(l *slog.Logger, v any) { l.Info("m", "k", leakLogged[any]{v}) },
			"error":          func(l *slog.Logger, v any) { l.Error("m", "err", fmt.Errorf("on %v", v)) },
			"message":        func(l *slog.Logger, v any) { l.Info(fmt.Sprintf("on %v", v)) },
			"list of values": func(l *slog.Logger, v any) { l.Info("m", "k", []any{v}, "m", map[string]any{"k": v}) },
		} {
			add(name+" "+what, func(_ *leakScene, v any) string {
				return leakPrinted(func(w io.Writer) { do(slog.New(handler(w)), v) })
			})
		}
	}
	add("slog replaced", func(_ *leakScene, v any) string {
		return leakPrinted(func(w io.Writer) {
			slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				return slog.String(a.Key, a.Value.String()+fmt.Sprint(a.Value.Any()))
			}})).Info("m", "k", v)
		})
	})
	add("slog value string", func(_ *leakScene, v any) string {
		x := slog.AnyValue(v)
		return x.String() + x.Resolve().String() + fmt.Sprintf("%v %+v %#v", x, slog.Any("k", v), x)
	})
	add("slog record", func(_ *leakScene, v any) string {
		r := slog.NewRecord(time.Time{}, slog.LevelInfo, "m", 0)
		r.Add("k", v)
		return fmt.Sprintf("%v %+v", r, r)
	})
	add("slog to log", func(_ *leakScene, v any) string {
		return leakPrinted(func(w io.Writer) { slog.NewLogLogger(slog.NewJSONHandler(w, nil), slog.LevelInfo).Print(v) })
	})

	// json, xml, gob and other encoders
	add("json.Marshal", func(_ *leakScene, v any) string { return leakBoth(json.Marshal(v)) })
	add("json.MarshalIndent", func(_ *leakScene, v any) string { return leakBoth(json.MarshalIndent(v, "", " ")) })
	add("json.Encoder", func(_ *leakScene, v any) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		return leakBoth(b.Bytes(), e.Encode(v)) + b.String()
	})
	add("json field", func(_ *leakScene, v any) string { return leakBoth(json.Marshal(leakShownAny{&v})) })
	add("json map", func(_ *leakScene, v any) string { return leakBoth(json.Marshal(map[string][]any{"k": {v}})) })
	add("json of print", func(_ *leakScene, v any) string { return leakBoth(json.Marshal(fmt.Sprintf("%+v", v))) })
	add("http response", func(_ *leakScene, v any) string {
		r := httptest.NewRecorder()
		r.Header().Set("X-Value", fmt.Sprint(v))
		err := json.NewEncoder(r).Encode(v)
		return leakBoth(r.Body.Bytes(), err) + fmt.Sprint(r.Header())
	})
	add("expvar", func(_ *leakScene, v any) string { return expvar.Func(func() any { return v }).String() })
	add("xml.Marshal", func(_ *leakScene, v any) string { return leakBoth(xml.Marshal(v)) })
	add("xml.MarshalIndent", func(_ *leakScene, v any) string { return leakBoth(xml.MarshalIndent(v, "", " ")) })
	add("xml element", func(_ *leakScene, v any) string {
		return leakBoth(xml.Marshal(struct {
			XMLName xml.Name `xml:"x"`
			V       any      `xml:"v"`
		}{V: v}))
	})
	add("xml attribute", func(_ *leakScene, v any) string {
		return leakBoth(xml.Marshal(struct {
			XMLName xml.Name `xml:"x"`
			V       any      `xml:"v,attr"`
		}{V: v}))
	})
	add("xml character data", func(_ *leakScene, v any) string {
		return leakBoth(xml.Marshal(struct {
			XMLName xml.Name `xml:"x"`
			V       any      `xml:",chardata"`
		}{V: v}))
	})
	add("xml comment", func(_ *leakScene, v any) string {
		return leakBoth(xml.Marshal(struct {
			XMLName xml.Name `xml:"x"`
			V       string   `xml:",comment"`
		}{V: fmt.Sprint(v)}))
	})
	add("gob", func(_ *leakScene, v any) string {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(v)
		return leakBoth(b.Bytes(), err)
	})
	add("gob in any", func(_ *leakScene, v any) string {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(&leakShownAny{v})
		return leakBoth(b.Bytes(), err)
	})
	add("asn1", func(_ *leakScene, v any) string { return leakBoth(asn1.Marshal(v)) })
	add("binary.Write", func(_ *leakScene, v any) string {
		var b bytes.Buffer
		err := binary.Write(&b, binary.LittleEndian, v)
		return leakBoth(b.Bytes(), err)
	})
	add("encoding interfaces", func(_ *leakScene, v any) string {
		out := ""
		if m, ok := v.(encoding.TextMarshaler); ok {
			out += leakBoth(m.MarshalText())
		}
		if m, ok := v.(encoding.BinaryMarshaler); ok {
			out += leakBoth(m.MarshalBinary())
		}
		if m, ok := v.(encoding.TextAppender); ok {
			out += leakBoth(m.AppendText(nil))
		}
		if m, ok := v.(gob.GobEncoder); ok {
			out += leakBoth(m.GobEncode())
		}
		if m, ok := v.(json.Marshaler); ok {
			out += leakBoth(m.MarshalJSON())
		}
		if m, ok := v.(fmt.GoStringer); ok {
			out += m.GoString()
		}
		if m, ok := v.(fmt.Stringer); ok {
			out += m.String()
		}
		if m, ok := v.(slog.LogValuer); ok {
			out += m.LogValue().String()
		}
		return out
	})
	add("csv", func(_ *leakScene, v any) string {
		return leakPrinted(func(w io.Writer) {
			c := csv.NewWriter(w)
			err := c.Write([]string{"a", fmt.Sprint(v), fmt.Sprintf("%s", v)})
			c.Flush()
			fmt.Fprint(w, err)
		})
	})
	add("hex of print", func(_ *leakScene, v any) string { return hex.EncodeToString(fmt.Append(nil, v)) })
	add("hex dump of print", func(_ *leakScene, v any) string { return hex.Dump(fmt.Append(nil, v)) })
	add("base64 of print", func(_ *leakScene, v any) string { return base64.StdEncoding.EncodeToString(fmt.Append(nil, v)) })
	add("pem header", func(_ *leakScene, v any) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "X", Headers: map[string]string{"k": fmt.Sprint(v)}}))
	})
	add("quoted-printable", func(_ *leakScene, v any) string {
		return leakPrinted(func(w io.Writer) {
			q := quotedprintable.NewWriter(w)
			fmt.Fprint(q, v)
			q.Close()
		})
	})
	add("url.Values", func(_ *leakScene, v any) string { return url.Values{"k": {fmt.Sprint(v)}}.Encode() })
	add("url path", func(_ *leakScene, v any) string {
		u := url.URL{Scheme: "https", Host: "localhost", Path: fmt.Sprintf("/%v", v)}
		return u.String()
	})
	add("flag default", func(_ *leakScene, v any) string {
		marshaler, ok := v.(encoding.TextMarshaler)
		if !ok {
			return ""
		}
		into, ok := reflect.New(reflect.TypeOf(v)).Interface().(encoding.TextUnmarshaler)
		if !ok {
			return ""
		}
		return leakPrinted(func(w io.Writer) {
			set := flag.NewFlagSet("x", flag.ContinueOnError)
			set.SetOutput(w)
			set.TextVar(into, "k", marshaler, "usage")
			set.PrintDefaults()
		})
	})

	// templates
	for _, text := range []string{
		`{{.}}`, `{{printf "%v" .}}`, `{{printf "%s" .}}`, `{{printf "%#v" .}}`, `{{print .}}`, `{{html .}}`, `{{js .}}`, `{{urlquery .}}`, `{{range .}}{{.}}{{end}}`,
		`{{len .}}`, `{{.V}}`, `{{index . "k"}}`,
	} {
		plain := template.Must(template.New("t").Parse(text))
		add("text/template "+text, func(_ *leakScene, v any) string {
			var b bytes.Buffer
			err := plain.Execute(&b, v)
			return b.String() + leakBoth(nil, err)
		})
	}
	for _, text := range []string{
		`<p>{{.}}</p>`, `<p title="{{.}}">`, `<p title={{.}}>`, `<script>var x = {{.}};</script>`, `<a href="/?q={{.}}">`, `<p style="color: {{.}}">`, `<p onclick="f({{.}})">`,
	} {
		safe := htmltemplate.Must(htmltemplate.New("t").Parse(text))
		add("html/template "+text, func(_ *leakScene, v any) string {
			var b bytes.Buffer
			err := safe.Execute(&b, v)
			return b.String() + leakBoth(nil, err)
		})
	}

	// databases
	add("sqlite argument", func(s *leakScene, v any) string {
		var kind, text, inHex any
		err := s.db.QueryRow("SELECT typeof(?1), ?1, hex(?1)", v).Scan(&kind, &text, &inHex)
		return fmt.Sprintf("%v %s %v", kind, text, inHex) + leakBoth(nil, err)
	})
	add("sqlite named argument", func(s *leakScene, v any) string {
		var text any
		err := s.db.QueryRow("SELECT :x", sql.Named("x", v)).Scan(&text)
		return fmt.Sprintf("%s", text) + leakBoth(nil, err)
	})
	for name, converter := range map[string]driver.ValueConverter{
		"default": driver.DefaultParameterConverter, "string": driver.String,
		"not null": driver.NotNull{Converter: driver.DefaultParameterConverter},
	} {
		add("driver converter "+name, func(_ *leakScene, v any) string {
			out, err := converter.ConvertValue(v)
			return fmt.Sprintf("%v %s %#v", out, out, out) + leakBoth(nil, err)
		})
	}
	add("driver.Valuer", func(_ *leakScene, v any) string {
		if valuer, ok := v.(driver.Valuer); ok {
			out, err := valuer.Value()
			return fmt.Sprintf("%v", out) + leakBoth(nil, err)
		}
		return ""
	})
	add("sql.Null any", func(_ *leakScene, v any) string {
		out, err := sql.Null[any]{V: v, Valid: true}.Value()
		return fmt.Sprintf("%v", out) + leakBoth(nil, err)
	})
	for name, oid := range map[string]uint32{
		"text": pgtype.TextOID, "bytea": pgtype.ByteaOID, "json": pgtype.JSONOID, "jsonb": pgtype.JSONBOID,
		"text array": pgtype.TextArrayOID, "unlisted": 0, "unknown": pgtype.UnknownOID,
	} {
		for format, code := range map[string]int16{"text": pgtype.TextFormatCode, "binary": pgtype.BinaryFormatCode} {
			add("pgx "+name+" in "+format, func(s *leakScene, v any) string { return leakBoth(s.types.Encode(oid, code, v, nil)) })
		}
	}
	add("pgx without description", func(s *leakScene, v any) string {
		var q pgx.ExtendedQueryBuilder
		err := q.Build(s.types, nil, []any{v})
		return fmt.Sprintf("%s", q.ParamValues) + leakBoth(nil, err)
	})

	// differs, assertions and reports of tests
	asserted := func(name string, do func(t *leakRecorder, v any)) {
		add("testify "+name, func(_ *leakScene, v any) string {
			var r leakRecorder
			do(&r, v)
			return r.String()
		})
	}
	asserted("Equal nil", func(t *leakRecorder, v any) { assert.Equal(t, nil, v) })
	asserted("Equal zero", func(t *leakRecorder, v any) { assert.Equal(t, leakEqual(v), v) })
	asserted("Equal held", func(t *leakRecorder, v any) { assert.Equal(t, leakHiddenAny{}, leakHiddenAny{v}) })
	asserted("NotEqual", func(t *leakRecorder, v any) { assert.NotEqual(t, v, v) })
	asserted("EqualExportedValues", func(t *leakRecorder, v any) { assert.EqualExportedValues(t, leakEqual(v), v) })
	asserted("ElementsMatch", func(t *leakRecorder, v any) { assert.ElementsMatch(t, []any{v}, []any{1}) })
	asserted("Contains", func(t *leakRecorder, v any) { assert.Contains(t, []any{v}, 1); assert.NotContains(t, v, v) })
	asserted("Nil", func(t *leakRecorder, v any) { assert.Nil(t, v) })
	asserted("Len", func(t *leakRecorder, v any) { assert.Len(t, v, 99) })
	asserted("Greater", func(t *leakRecorder, v any) { assert.Greater(t, v, v) })
	asserted("Regexp", func(t *leakRecorder, v any) { assert.Regexp(t, "^$", v) })
	asserted("message", func(t *leakRecorder, v any) {
		assert.Fail(t, "m", v)
		assert.Fail(t, "m", "%v", v)
		assert.Fail(t, "m", v, v)
	})
	asserted("NotPanics", func(t *leakRecorder, v any) { assert.NotPanics(t, func() { panic(v) }) })
	asserted("PanicsWithValue", func(t *leakRecorder, v any) { assert.PanicsWithValue(t, 1, func() { panic(v) }) })
	asserted("PanicsWithError", func(t *leakRecorder, v any) { assert.PanicsWithError(t, "x", func() { panic(v) }) })
	asserted("NoError", func(t *leakRecorder, v any) { assert.NoError(t, fmt.Errorf("on %v", v)) })
	asserted("ErrorAs", func(t *leakRecorder, v any) {
		err, _ := v.(error)
		var into *json.SyntaxError
		assert.ErrorAs(t, fmt.Errorf("on %v: %w", v, err), &into)
	})
	asserted("ErrorIs", func(t *leakRecorder, v any) {
		err, _ := v.(error)
		assert.ErrorIs(t, fmt.Errorf("on %v: %w", v, err), io.EOF)
	})
	add("cmp.Diff", func(_ *leakScene, v any) string { return cmp.Diff(leakEqual(v), v) })
	add("cmp.Diff any", func(_ *leakScene, v any) string { return cmp.Diff([]any{1}, []any{v}) })
	add("cmp.Diff exporter", func(_ *leakScene, v any) string {
		return cmp.Diff(leakEqual(v), v, cmp.Exporter(func(reflect.Type) bool { return true }))
	})
	add("cmp.Diff allowed", func(_ *leakScene, v any) string {
		of := reflect.TypeOf(v)
		if of.Kind() != reflect.Struct {
			return ""
		}
		return cmp.Diff(leakEqual(v), v, cmp.AllowUnexported(leakEqual(v)))
	})
	add("cmp.Diff ignored", func(_ *leakScene, v any) string {
		return cmp.Diff([]any{leakEqual(v)}, []any{v, v}, cmpopts.EquateComparable(), cmpopts.EquateErrors())
	})
	add("quick.Check", func(_ *leakScene, v any) string {
		of := reflect.TypeOf(v)
		refuses := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{of}, []reflect.Type{reflect.TypeFor[bool]()}, false), func([]reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(false)}
		})
		err := quick.Check(refuses.Interface(), &quick.Config{Values: func(args []reflect.Value, _ *rand.Rand) { args[0] = reflect.ValueOf(v) }})
		return leakBoth(nil, err)
	})
	add("gopter report", func(_ *leakScene, v any) string {
		result := prop.ForAll(func(any) bool { return false }, gen.Const(v))(gopter.MinGenParams)
		return fmt.Sprintf("%v %+v", result.Args, result)
	})
	add("reflect value", func(_ *leakScene, v any) string {
		r := reflect.ValueOf(v)
		return fmt.Sprintf("%v %s %#v %s", r, r, r, r.String())
	})
	add("reflect walk", func(_ *leakScene, v any) string {
		var w leakWalker
		w.walk(reflect.ValueOf(v), 0)
		return w.String()
	})
	add("reflect methods", func(_ *leakScene, v any) string { return leakMethods(v) })

	// panics that are recovered; those that are not have a test of their own
	add("panic", func(_ *leakScene, v any) string { panic(v) })
	add("panic with text", func(_ *leakScene, v any) string { panic(fmt.Sprintf("on %v", v)) })
	add("panic with stack", func(_ *leakScene, v any) (out string) {
		defer func() { out = fmt.Sprintf("%v\n%s", recover(), debug.Stack()) }()
		panic(fmt.Errorf("on %#v", v))
	})
	add("panic again", func(_ *leakScene, v any) (out string) {
		defer func() { out = fmt.Sprint(recover()) }()
		defer func() { panic(fmt.Sprint("again ", recover())) }()
		panic(v)
	})
	return ways
}

// leakWalker prints everything that reflection reaches without package unsafe.
type leakWalker struct {
	strings.Builder
	steps int
}

func (w *leakWalker) walk(v reflect.Value, depth int) {
	if w.steps++; depth > 12 || w.steps > 20_000 || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		w.walk(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			w.WriteString(v.Type().Field(i).Name + ":")
			w.walk(v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			for i := range v.Len() {
				fmt.Fprintf(w, "%02x", v.Index(i).Uint())
			}
			w.WriteByte('\n')
			return
		}
		for i := range v.Len() {
			w.walk(v.Index(i), depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			w.walk(it.Key(), depth+1)
			w.walk(it.Value(), depth+1)
		}
	case reflect.String:
		w.WriteString(v.String() + "\n")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		fmt.Fprintln(w, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		fmt.Fprintln(w, v.Uint())
	case reflect.UnsafePointer, reflect.Func, reflect.Chan:
		fmt.Fprintln(w, v.Kind(), v.IsNil())
	default:
		fmt.Fprintln(w, v)
	}
}

// leakMethods prints what the methods without arguments return, as generic renderers and templates do, but for the ways out.
func leakMethods(v any) string {
	var b strings.Builder
	r := reflect.ValueOf(v)
	for i := range r.NumMethod() {
		name, m := r.Type().Method(i).Name, r.Method(i)
		if m.Type().NumIn() == 0 && m.Type().NumOut() > 0 && !leakWaysOut[name] {
			leakCall(&b, m)
		}
	}
	return b.String()
}

func leakCall(b *strings.Builder, m reflect.Value) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprint(b, r)
		}
	}()
	for _, out := range m.Call(nil) {
		fmt.Fprintf(b, "%v %s %+v\n", out.Interface(), out.Interface(), out.Interface())
	}
}

// leakWaysOut are the methods by which a program takes a value on purpose, and one that would end the test.
var leakWaysOut = map[string]bool{"Plaintext": true, "Reveal": true, "Close": true}
