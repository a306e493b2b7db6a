package redacttest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// sinks are the ways out. leak sends text there from the function that is watched.
var sinks = []struct {
	name string
	site bool // whether the line that wrote can be had
	leak func(t testing.TB, w *redacttest.Watch) (write func(text string))
}{
	{"stdout", false, func(testing.TB, *redacttest.Watch) func(string) { return func(s string) { fmt.Println("got", s) } }},
	{"stderr", false, func(testing.TB, *redacttest.Watch) func(string) {
		return func(s string) { fmt.Fprintln(os.Stderr, "got", s) }
	}},
	{"log", true, func(testing.TB, *redacttest.Watch) func(string) { return func(s string) { log.Print("got ", s) } }},
	{"slog", true, func(testing.TB, *redacttest.Watch) func(string) {
		return func(s string) { slog.Debug("got", "value", s) }
	}},
	{"slog", true, func(testing.TB, *redacttest.Watch) func(string) {
		return func(s string) { slog.Info("got", "value", struct{ private string }{s}) }
	}},
	{"audit", true, func(_ testing.TB, w *redacttest.Watch) func(string) {
		sink := w.Sink("audit")
		return func(s string) { io.WriteString(sink, s) }
	}},
	{"HTTP request", true, func(t testing.TB, _ *redacttest.Watch) func(string) {
		server := testServer(t, http.NotFoundHandler())
		return func(s string) { do(t, http.DefaultClient, http.MethodPost, server, s, "") }
	}},
	{"HTTP request", true, func(t testing.TB, _ *redacttest.Watch) func(string) {
		server := testServer(t, http.NotFoundHandler())
		return func(s string) { do(t, http.DefaultClient, http.MethodGet, server+"/?q="+percentAll(s), "", "") }
	}},
	{"HTTP request", true, func(t testing.TB, w *redacttest.Watch) func(string) {
		server := testServer(t, http.NotFoundHandler())
		client := &http.Client{Transport: w.Transport(&http.Transport{DisableKeepAlives: true})}
		return func(s string) { do(t, client, http.MethodGet, server, "", percentAll(s)) }
	}},
	{"HTTP request", true, func(t testing.TB, _ *redacttest.Watch) func(string) {
		server := testServer(t, http.NotFoundHandler())
		return func(s string) {
			do(t, http.DefaultClient, http.MethodGet, server+"/people/"+url.PathEscape(s)+"/edit", "", "")
		}
	}},
	{"HTTP request", true, func(t testing.TB, _ *redacttest.Watch) func(string) {
		server := testServer(t, http.NotFoundHandler())
		return func(s string) {
			r, err := http.NewRequest(http.MethodGet, server, nil)
			require.NoError(t, err)
			r.AddCookie(&http.Cookie{Name: "who", Value: percentAll(s)})
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			resp.Body.Close()
		}
	}},
	{"HTTP response", true, func(_ testing.TB, w *redacttest.Watch) func(string) {
		h := w.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			http.SetCookie(rw, &http.Cookie{Name: "who", Value: percentAll(r.Header.Get("Text"))})
		}))
		return func(s string) { answer(h, s) }
	}},
	{"HTTP response", true, func(_ testing.TB, w *redacttest.Watch) func(string) {
		h := w.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, r.Header.Get("Text")) }))
		return func(s string) { answer(h, s) }
	}},
	{"HTTP response", true, func(_ testing.TB, w *redacttest.Watch) func(string) {
		h := w.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { http.Error(rw, "no such "+r.Header.Get("Text"), 404) }))
		return func(s string) { answer(h, s) }
	}},
	{"HTTP response", true, func(_ testing.TB, w *redacttest.Watch) func(string) {
		h := w.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Location", r.Header.Get("Text"))
			rw.WriteHeader(http.StatusSeeOther)
		}))
		return func(s string) { answer(h, s) }
	}},
	{"SQL", true, func(_ testing.TB, w *redacttest.Watch) func(string) {
		db := sql.OpenDB(w.Connector(&fakeConnector{fake: &fake{}}))
		return func(s string) { _, _ = db.ExecContext(context.Background(), "INSERT INTO t VALUES (?, ?)", 17, s) }
	}},
	{"file notes/a.txt", false, func(t testing.TB, w *redacttest.Watch) func(string) {
		dir := t.TempDir()
		w.Dir(dir)
		return func(s string) {
			_ = os.Mkdir(filepath.Join(dir, "notes"), 0o700)
			_ = os.WriteFile(filepath.Join(dir, "notes", "a.txt"), []byte(s), 0o600)
		}
	}},
	{"the name of a file", false, func(t testing.TB, w *redacttest.Watch) func(string) {
		dir := t.TempDir()
		w.Dir(dir)
		return func(s string) { _ = os.WriteFile(filepath.Join(dir, percentAll(s)), nil, 0o600) }
	}},
	{"the name of a file", false, func(t testing.TB, w *redacttest.Watch) func(string) { // of a directory
		dir := t.TempDir()
		w.Dir(dir)
		return func(s string) { _ = os.MkdirAll(filepath.Join(dir, "of", percentAll(s), "x"), 0o700) }
	}},
	{"file link", false, func(t testing.TB, w *redacttest.Watch) func(string) {
		dir := t.TempDir()
		w.Dir(dir)
		return func(s string) { _ = os.Symlink(percentAll(s), filepath.Join(dir, "link")) }
	}},
	{"panic", true, func(testing.TB, *redacttest.Watch) func(string) {
		return func(s string) { panic("cannot send to " + s) }
	}},
	{"panic", true, func(testing.TB, *redacttest.Watch) func(string) {
		return func(s string) { panic(fmt.Errorf("sending: %w", errors.New(s))) }
	}},
}

func testServer(t testing.TB, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func do(t testing.TB, client *http.Client, method, url, body, header string) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Text", header)
	resp, err := client.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
}

func answer(h http.Handler, text string) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header["Text"] = []string{text}
	h.ServeHTTP(httptest.NewRecorder(), r)
}

// TestSinksTimesFormsTimesKinds lets every kind out of every sink in some form: all forms come up, since the next one is taken each time.
func TestSinksTimesFormsTimesKinds(t *testing.T) {
	n := 0
	for i, sink := range sinks {
		p := redacttest.NewPerson(fmt.Sprint(t.Name(), i))
		for _, c := range p.Canaries() {
			for range 2 {
				n++
				f := forms[n%len(forms)]
				if sink.name == "the name of a file" && len(f.write(c.String())) > 80 || len(c.String()) < 12 && strings.Contains(f.title, "after") {
					f = forms[0] // names are short; and a short value must stand alone, which what is decoded before it may prevent
				}
				errs, _ := attempt(func(tb testing.TB) {
					w := redacttest.NewWatch(c)
					write := sink.leak(t, w)
					w.AssertNoLeak(tb, func() { write(f.write(c.String())) })
				})
				if !assert.NotEmpty(t, errs, "%s as %s into %s", c.Kind(), f.title, sink.name) {
					continue
				}
				assert.Contains(t, errs[0], "redacttest: "+c.Kind()+" of "+t.Name(), "%s as %s", sink.name, f.title)
				assert.Contains(t, errs[0], " reached "+sink.name+" as ")
				assert.NotContains(t, errs[0], c.String())
				if sink.site {
					assert.Contains(t, errs[0], ", written at watch_test.go:", "%s as %s", sink.name, f.title)
				}
			}
		}
	}
}

func TestCleanProgramPasses(t *testing.T) {
	for i, sink := range sinks {
		if sink.name == "panic" {
			continue
		}
		p := redacttest.NewPerson(fmt.Sprint(t.Name(), i))
		errs, panicked := attempt(func(tb testing.TB) {
			w := redacttest.NewWatch(p.Canaries()...)
			write := sink.leak(t, w)
			name, _, _ := strings.Cut(sink.name, " notes/")
			if name != "the name of a file" {
				w.Expect(name)
			}
			w.AssertNoLeak(tb, func() { write(fmt.Sprintf("a person with an address of %d letters", len(p.Email.String()))) })
		})
		assert.Empty(t, errs, sink.name)
		assert.Nil(t, panicked, sink.name)
	}
}

func TestLeakAcrossWrites(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Card
	errs, _ := attempt(func(tb testing.TB) {
		w := redacttest.NewWatch(c)
		sink := w.Sink("wire")
		w.AssertNoLeak(tb, func() {
			for _, b := range []byte(c.String() + ".") {
				_, _ = sink.Write([]byte{b})
			}
			_, _ = sink.Write([]byte("more"))
		})
	})
	require.Len(t, errs, 1)
	assert.Contains(t, errs[0], "card of TestLeakAcrossWrites reached wire as raw, written at watch_test.go:")
}

func TestSameLeakIsToldOnce(t *testing.T) {
	p := redacttest.NewPerson(t.Name())
	errs, _ := attempt(func(tb testing.TB) {
		redacttest.AssertNoLeak(tb, func() {
			for range 3 {
				log.Print(p.SIN, p.IBAN)
			}
		}, p.Canaries()...)
	})
	assert.Len(t, errs, 2, "%q", errs)
}

// TestNotVacuous: what cannot fail proves nothing.
func TestNotVacuous(t *testing.T) {
	taken := redacttest.NewPerson(t.Name()).Name
	require.NotEmpty(t, taken.String())
	for name, c := range map[string]struct {
		assert func(t testing.TB)
		want   string
	}{
		"no canary":           {func(t testing.TB) { redacttest.AssertNoLeak(t, func() {}) }, "no canary to look for"},
		"zero canary":         {func(t testing.TB) { redacttest.AssertNoLeak(t, func() {}, redacttest.Canary{}) }, "fewer than 6"},
		"short canary":        {func(t testing.TB) { redacttest.AssertNoLeak(t, func() {}, redacttest.NewCanary("age", "47")) }, "fewer than 6"},
		"unused":              {func(t testing.TB) { redacttest.AssertNoLeak(t, func() {}, redacttest.NewPerson("x").Canaries()...) }, "no canary was used"},
		"zero watch":          {func(t testing.TB) { new(redacttest.Watch).AssertNoLeak(t, func() {}) }, "no canary to look for"},
		"nothing came":        {func(t testing.TB) { expecting(taken, "audit").AssertNoLeak(t, func() {}) }, "nothing reached audit"},
		"no request":          {func(t testing.TB) { expecting(taken, "HTTP request").AssertNoLeak(t, func() {}) }, "nothing reached HTTP request"},
		"nested":              {func(t testing.TB) { nested(t, taken) }, "inside the function of another"},
		"nested in a subtest": {func(t testing.TB) { inSubtest(t, taken) }, "in a subtest that the function of another started"},
		"unreadable dir":      {func(t testing.TB) { gone(taken).AssertNoLeak(t, func() {}) }, "cannot be read"},
	} {
		errs, panicked := attempt(c.assert)
		if assert.Len(t, errs, 1, name) {
			assert.Contains(t, errs[0], c.want, name)
		}
		assert.Nil(t, panicked, name)
	}
}

func expecting(c redacttest.Canary, sink string) *redacttest.Watch {
	w := redacttest.NewWatch(c)
	w.Expect(sink)
	return w
}

func gone(c redacttest.Canary) *redacttest.Watch {
	w := redacttest.NewWatch(c)
	w.Dir(filepath.Join(os.TempDir(), "redacttest", "is", "not", "there"))
	return w
}

func nested(t testing.TB, c redacttest.Canary) {
	redacttest.AssertNoLeak(t, func() { redacttest.AssertNoLeak(t, func() {}, c) }, c)
}

// inSubtest watches on a goroutine of its own, as t.Run has it, and waits for it.
func inSubtest(t testing.TB, c redacttest.Canary) {
	outer := t.(*recorder)
	outer.name = "TestOuter"
	redacttest.AssertNoLeak(outer, func() {
		errs, _ := attempt(func(sub testing.TB) {
			sub.(*recorder).name = "TestOuter/sub"
			redacttest.AssertNoLeak(sub, func() {}, c)
		})
		outer.errors = append(outer.errors, errs...)
	}, c)
}

// TestRestores tells that all is as before, whatever way the function ends.
func TestRestores(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Email
	before := []any{os.Stdout, os.Stderr, log.Writer(), log.Flags(), log.Prefix(), slog.Default(), http.DefaultTransport}
	for name, fn := range map[string]func(tb testing.TB){
		"return": func(testing.TB) {},
		"panic":  func(testing.TB) { panic(c.String()) },
		"goexit": func(tb testing.TB) { log.Print(c); tb.FailNow() },
		"disorder": func(testing.TB) {
			log.SetPrefix("x")
			log.SetFlags(0)
			log.SetOutput(io.Discard)
			slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, nil)))
			slog.Info("hello", "to", c.String())
			os.Stdout.Close()
			os.Stderr = nil
			http.DefaultTransport = nil
		},
	} {
		errs, panicked := attempt(func(tb testing.TB) {
			redacttest.AssertNoLeak(tb, func() { _ = c.String(); fn(tb) }, c)
		})
		after := []any{os.Stdout, os.Stderr, log.Writer(), log.Flags(), log.Prefix(), slog.Default(), http.DefaultTransport}
		for i := range before {
			assert.Same(t, pointer(before[i]), pointer(after[i]), "%s: %T", name, before[i])
		}
		if name == "return" {
			assert.Empty(t, errs)
		} else {
			assert.Len(t, errs, 1, name)
		}
		if name == "panic" {
			assert.Equal(t, c.String(), panicked, "a panic goes on as it was")
		} else {
			assert.Nil(t, panicked, name)
		}
	}
}

// pointer makes values that have no address comparable by Same.
func pointer(v any) any {
	switch v := v.(type) {
	case int, string:
		return interned(fmt.Sprint(v))
	default:
		return v
	}
}

var internedValues sync.Map

func interned(s string) *string {
	v, _ := internedValues.LoadOrStore(s, &s)
	return v.(*string)
}

func TestSlogThroughTheHandlerOfTheProgram(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Phone
	withholding := func(w io.Writer) slog.Handler {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "phone" {
				a.Value = slog.StringValue("withheld")
			}
			return a
		}})
	}
	for _, key := range []string{"phone", "other"} {
		errs, _ := attempt(func(tb testing.TB) {
			w := redacttest.NewWatch(c)
			w.Slog(withholding)
			w.Expect("slog")
			w.AssertNoLeak(tb, func() { slog.Info("called", key, c.String()) })
		})
		assert.Equal(t, key != "phone", len(errs) == 1, "%s: %q", key, errs)
	}
}

func TestConcurrentWriters(t *testing.T) {
	p := redacttest.NewPerson(t.Name())
	errs, _ := attempt(func(tb testing.TB) {
		w := redacttest.NewWatch(p.Canaries()...)
		w.AssertNoLeak(tb, func() {
			var group sync.WaitGroup
			for i := range 16 {
				group.Go(func() {
					for range 50 {
						log.Print("working")
						slog.Info("working", "n", i)
						fmt.Fprintln(w.Sink("own"), "working")
					}
					if i == 7 {
						fmt.Fprintln(w.Sink("own"), p.IP)
					}
				})
			}
			group.Wait()
		})
	})
	require.Len(t, errs, 1)
	assert.Contains(t, errs[0], "IP address of TestConcurrentWriters reached own as raw, written at watch_test.go:")
}

func TestParallelWatchesDoNotMix(t *testing.T) {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			p := redacttest.NewPerson(fmt.Sprint(t.Name(), i))
			errs, _ := attempt(func(tb testing.TB) {
				redacttest.AssertNoLeak(tb, func() { log.Print(p.Name) }, p.Canaries()...)
			})
			if assert.Len(t, errs, 1) {
				assert.Contains(t, errs[0], fmt.Sprint("name of ", t.Name(), i, " reached log"))
			}
		})
	}
	group.Wait()
}

func TestReuse(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Name
	w := redacttest.NewWatch(c)
	io.WriteString(w.Sink("before"), c.String())
	for _, want := range []int{1, 0} {
		errs, _ := attempt(func(tb testing.TB) { w.AssertNoLeak(tb, func() {}) })
		assert.Len(t, errs, want)
	}
}
