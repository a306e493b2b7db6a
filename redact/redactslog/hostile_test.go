package redactslog_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/redactslog"
)

type (
	nested         struct{ depth int } // LogValue returns another, and at last a text
	secret         struct{ S string }  // to be withheld by type, though it has LogValue
	revealing      struct{ s secret }  // LogValue returns a secret
	invalid        struct{ S string }  // MarshalJSON returns no JSON
	grade          uint8               // String
	wrapping       struct{ err error } // an error that hides what it wraps behind a private field
	registry       struct{ byName map[string]int }
	generic[T any] struct {
		Value   T
		pointer *T
	}
	instant time.Time
)

func (n nested) LogValue() slog.Value {
	if n.depth == 0 {
		return slog.StringValue(mail)
	}
	return slog.AnyValue(nested{n.depth - 1})
}
func (secret) LogValue() slog.Value            { return slog.StringValue("31337") }
func (r revealing) LogValue() slog.Value       { return slog.AnyValue(r.s) }
func (i invalid) MarshalJSON() ([]byte, error) { return []byte(`{"a": ` + i.S), nil }
func (grade) String() string                   { return mail }
func (w *wrapping) Error() string              { return "wrapping " + fmt.Sprint(w.err) }
func (w *wrapping) Unwrap() error              { return w.err }

type panickingValuer struct{ S string }

func (p panickingValuer) LogValue() slog.Value { panic(p.S) }

type secretError struct{ Token string }

func (e *secretError) Error() string { return "refused: " + e.Token }

// TestHostileValues logs what programs log without thinking, and what somebody would who wants a value to come through.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	bySecret := redactslog.WithType[secret]()
	deepError := errors.New(mail)
	for range 10_000 {
		deepError = fmt.Errorf("w: %w", deepError)
	}
	deepGroup := slog.StringValue(mail)
	for range 10_000 {
		deepGroup = slog.GroupValue(slog.Attr{Key: "g", Value: deepGroup})
	}
	link, err := url.Parse("https://zelda:31337@x.example/?q=" + mail)
	require.NoError(t, err)
	request := httptest.NewRequest(http.MethodPost, "https://x.example/"+mail, strings.NewReader(mail))
	request.Header = http.Header{"Authorization": {"Basic 31337"}, "Cookie": {"id=31337"}, "X-Reply-To": {mail}}
	var shared sync.Map
	shared.Store(mail, mail)
	var value atomic.Value
	value.Store(mail)
	var pointer atomic.Pointer[string]
	pointer.Store(pointerTo(mail))
	var builder strings.Builder
	builder.WriteString(mail)
	for name, c := range map[string]struct {
		value      any
		options    []redactslog.Option
		json, text string // "" if it need only be clean
	}{
		"LogValue returns itself":          {loop{mail}, nil, `"[withheld: too deep]"`, `"[withheld: too deep]"`},
		"LogValue returns 10000":           {nested{10_000}, nil, `"[withheld: too deep]"`, `"[withheld: too deep]"`},
		"LogValue returns 50":              {nested{50}, nil, `"[EMAIL_1]"`, `[EMAIL_1]`},
		"LogValue panics":                  {panickingValuer{"31337"}, nil, `"[withheld: panic]"`, `"[withheld: panic]"`},
		"LogValue panics in list":          {[]any{panickingValuer{"31337"}, 1}, nil, `["[withheld: panic]",1]`, `"[[withheld: panic] 1]"`},
		"LogValue of nil":                  {(*valuer)(nil), nil, `"[withheld: panic]"`, `"[withheld: panic]"`},
		"type of LogValue":                 {secret{}, []redactslog.Option{bySecret}, `"[withheld]"`, `[withheld]`},
		"LogValue returns a type":          {revealing{}, []redactslog.Option{bySecret}, `"[withheld]"`, `[withheld]`},
		"LogValue returns a type, in list": {[]any{revealing{}}, []redactslog.Option{bySecret}, `["[withheld]"]`, `[[withheld]]`},
		"type in slog.Value":               {[]any{slog.AnyValue(secret{})}, []redactslog.Option{bySecret}, `["[withheld]"]`, `[[withheld]]`},
		"type in slog.Attr":                {[]any{slog.Any("k", secret{})}, []redactslog.Option{bySecret}, `[{"k":"[withheld]"}]`, `"[[k=[withheld]]]"`},
		"type in attributes":               {[]any{[]slog.Attr{slog.Any("k", secret{})}}, []redactslog.Option{bySecret}, `[[{"k":"[withheld]"}]]`, `"[[[k=[withheld]]]]"`},
		"type in group":                    {slog.GroupValue(slog.Any("k", secret{})), []redactslog.Option{bySecret}, "", ""},
		"interface of a duration":          {31337 * time.Nanosecond, []redactslog.Option{redactslog.WithType[fmt.Stringer]()}, `"[withheld]"`, `[withheld]`},
		"let through":                      {[]any{secret{"x"}, mail}, []redactslog.Option{redactslog.LetThrough[secret](), redactslog.WithoutKeys("*")}, `[{"S":"x"},"[EMAIL_1]"]`, `"[{S:x} [EMAIL_1]]"`},
		"groups":                           {deepGroup, nil, "", ""},
		"errors":                           {deepError, nil, "", ""},
		"error that hides":                 {&wrapping{&wrapping{errors.New(mail)}}, nil, `"wrapping wrapping [EMAIL_1]"`, `"wrapping wrapping [EMAIL_1]"`},
		"key in a hidden error":            {&wrapping{&wrapping{&secretError{"31337"}}}, nil, "", ""},
		"key in joined errors":             {errors.Join(io.EOF, &wrapping{&secretError{"31337"}}), nil, "", ""},
		"type in a hidden error":           {fmt.Errorf("a: %w", &secretError{"31337"}), []redactslog.Option{redactslog.WithoutKeys("*"), redactslog.WithType[*secretError]()}, "", ""},
		"nil error in error":               {&wrapping{}, nil, `"wrapping <nil>"`, `"wrapping <nil>"`},
		"no JSON":                          {invalid{mail}, nil, `"[withheld: cannot be encoded]"`, `{S:[EMAIL_1]}`},
		"raw, no JSON":                     {json.RawMessage(`{"a":` + mail), nil, `"[withheld: cannot be encoded]"`, ""},
		"key in raw JSON":                  {json.RawMessage(`{"a": [{"password": "31337"}]}`), nil, `{"a":[{"password":"[withheld]"}]}`, `"{\"a\":[{\"password\":\"[withheld]\"}]}"`},
		"key in raw JSON in map":           {map[string]any{"r": json.RawMessage(`{"password":"31337"}`)}, nil, `{"r":{"password":"[withheld]"}}`, ""},
		"json.Number":                      {json.Number(mail), nil, `"[EMAIL_1]"`, `[EMAIL_1]`},
		"json.Number in struct":            {struct{ N json.Number }{phone}, nil, `{"N":"[PHONE_1]"}`, `{N:[PHONE_1]}`},
		"enumeration of bytes":             {[]grade{1}, nil, "", `[[EMAIL_1]]`},
		"array of them":                    {[2]grade{1}, nil, `[1,0]`, `"[[EMAIL_1] [EMAIL_1]]"`},
		"text in an enumeration":           {[]grade(mail), nil, `"[EMAIL_1]"`, `[EMAIL_1]`},
		"enumeration as key":               {map[grade]int{1: 1}, nil, `{"1":1}`, `map[[EMAIL_1]:1]`},
		"URL with password":                {link, nil, "", ""},
		"URL, not its pointer":             {*link, nil, "", ""},
		"header":                           {request.Header, nil, `{"Authorization":"[withheld]","Cookie":"[withheld]","X-Reply-To":["[EMAIL_1]"]}`, ""},
		"request":                          {request, nil, "", ""},
		"HTML":                             {template.HTML("<b>" + mail), nil, `"<b>[EMAIL_1]"`, `<b>[EMAIL_1]`},
		"nullable":                         {sql.NullString{String: mail, Valid: true}, nil, `{"String":"[EMAIL_1]","Valid":true}`, ""},
		"reflect.Value":                    {reflect.ValueOf(mail), nil, `{}`, `[EMAIL_1]`},
		"reflect.Value of struct":          {reflect.ValueOf(inner{mail, 1}), nil, "", ""},
		"sync.Map":                         {&shared, nil, "", ""},
		"atomic.Value":                     {&value, nil, "", ""},
		"atomic.Pointer":                   {&pointer, nil, "", ""},
		"strings.Builder":                  {&builder, nil, `{}`, `[EMAIL_1]`},
		"bytes.Buffer":                     {bytes.NewBufferString(mail), nil, `{}`, `[EMAIL_1]`},
		"context":                          {context.WithValue(context.Background(), nested{}, mail), nil, "", ""},
		"generic":                          {generic[string]{mail, pointerTo(mail)}, nil, `{"Value":"[EMAIL_1]"}`, ""},
		"generic of pointers":              {&generic[*string]{Value: pointerTo(mail)}, nil, `{"Value":"[EMAIL_1]"}`, ""},
		"behind a private pointer":         {struct{ p *inner }{&inner{mail, 1}}, nil, `{}`, ""},
		"embedded with a name in JSON": {struct {
			*inner `json:"named"`
		}{&inner{mail, 1}}, nil, `{"named":{"addr":"[EMAIL_1]","N":1}}`, ""},
		"private map": {registry{map[string]int{mail: 1}}, nil, `{}`, `"{byName:[withheld: private map]}"`},
		"nil interfaces": {struct {
			Err  error
			Says fmt.Stringer
		}{}, nil, `{"Err":null,"Says":null}`, `"{Err:<nil> Says:<nil>}"`},
		"time":               {struct{ At, Other any }{instant(time.Time{}), mail}, nil, `{"At":{},"Other":"[EMAIL_1]"}`, ""},
		"channels and funcs": {[]any{make(chan string), func() string { return mail }, mail, complex(1, 2)}, nil, "", ""},
		"long":               {strings.Repeat("nothing here, ", 1<<12) + mail, nil, "", ""},
	} {
		j, x := both(t, c.value, c.options...)
		for _, out := range []string{j, x} {
			assert.NotContains(t, out, "quaxley", name)
			assert.NotContains(t, out, "31337", name)
			assert.NotContains(t, out, "PANIC", name)
		}
		assert.True(t, json.Valid([]byte(j)), "%s: %s", name, j)
		if c.json != "" {
			assert.Equal(t, c.json, j, name)
		}
		if c.text != "" {
			assert.Equal(t, c.text, x, name)
		}
	}
	j, _ := both(t, deepError)
	assert.True(t, strings.HasPrefix(j, `"w: w: `) && strings.HasSuffix(j, `w: [EMAIL_1]"`), "a long error still tells what happened")
}

// TestKeysOfSections: a name is one after a dot too.
func TestKeysOfSections(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"db.password", "enduser.e-mail.", "http.request.header.Set-Cookie", "a.b.api.key"} {
		j, _ := log(nil, "m", key, "31337")
		if key == "enduser.e-mail." || key == "a.b.api.key" { // what follows the last dot is no name that withholds
			assert.Contains(t, j, "31337", key)
			continue
		}
		assert.NotContains(t, j, "31337", key)
	}
}

// TestPrivateMapIsNotRead logs what another goroutine writes to under a lock that a handler cannot know. Reading the map would end the program.
func TestPrivateMapIsNotRead(t *testing.T) {
	t.Parallel()
	r := registry{map[string]int{}}
	type service struct {
		Name     string
		registry *registry
		inline   registry
	}
	s := &service{mail, &r, r}
	var written sync.WaitGroup
	done := make(chan struct{})
	written.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				r.byName[fmt.Sprint(i%100)] = i
			}
		}
	})
	for range 200 {
		j, x := both(t, s)
		assert.Equal(t, `{"Name":"[EMAIL_1]"}`, j)
		assert.Contains(t, x, "inline:{byName:[withheld: private map]}")
	}
	close(done)
	written.Wait()
}

// TestRequestsOfALiveServer logs requests while their server works on others: what it keeps in their contexts is not touched.
func TestRequestsOfALiveServer(t *testing.T) {
	t.Parallel()
	logger := slog.New(redactslog.New(slog.NewTextHandler(io.Discard, nil)))
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		logger.Info("request", "r", r, "ctx", r.Context(), "url", r.URL)
	}))
	defer server.Close()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for range 25 {
				resp, err := client.Get(server.URL + "/?q=" + mail)
				if assert.NoError(t, err) {
					resp.Body.Close()
				}
			}
		})
	}
	group.Wait()
}
