package redacttest_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// TestHandlerChangesNothing: a client sees the same from a handler that is watched.
func TestHandlerChangesNothing(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"body":    func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>hello") },
		"status":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"late header": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "x")
			w.Header().Set("X-Late", "is lost")
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
		},
		"flush": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "one")
			w.(http.Flusher).Flush()
			io.WriteString(w, "two")
		},
		"controller": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "one")
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
		},
		"announced trailer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum, X-Other")
			io.WriteString(w, "one")
			w.Header().Set("X-Sum", "1")
		},
		"trailer by prefix": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "one")
			w.(http.Flusher).Flush()
			w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		},
		"copied": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("copied")) },
	} {
		watch := redacttest.NewWatch(redacttest.NewPerson(t.Name()).Email)
		plain, watched := testServer(t, h), testServer(t, watch.Handler(h))
		assert.Equal(t, get(t, plain), get(t, watched), name)
	}
}

func get(t *testing.T, url string) string {
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Header.Del("Date")
	return fmt.Sprint(resp.Status, resp.Header, string(body), resp.Trailer)
}

// TestHandlerSeesAll places a canary wherever an answer has room, and once where it is never sent.
func TestHandlerSeesAll(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Username
	for name, h := range map[string]http.HandlerFunc{
		"header without body": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-User", c.String()) },
		"header of early hint": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", c.String())
			w.WriteHeader(103)
			w.Header().Del("Link")
		},
		"announced trailer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-User")
			io.WriteString(w, "one")
			w.Header().Set("X-User", c.String())
		},
		"trailer by prefix": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "one")
			w.Header().Set(http.TrailerPrefix+"X-User", c.String())
		},
		"two writes": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, c.String()[:5])
			io.WriteString(w, c.String()[5:])
		},
		"connection": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"+c.String())
				conn.Close()
			}
		},
		"connection, buffered": func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err == nil {
				rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + c.String())
				rw.Flush()
				conn.Close()
			}
		},
		"never sent": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "one")
			w.Header().Set("X-Late", c.String())
		},
	} {
		errs, _ := attempt(func(tb testing.TB) {
			w := redacttest.NewWatch(c)
			server := httptest.NewServer(w.Handler(h))
			defer server.Close()
			w.AssertNoLeak(tb, func() {
				resp, err := http.Get(server.URL)
				if err == nil {
					_, _ = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				server.Close() // waits for the handler
			})
		})
		if name == "never sent" {
			assert.Empty(t, errs, name)
		} else if assert.Len(t, errs, 1, name) {
			assert.Contains(t, errs[0], "reached HTTP response", name)
		}
	}
}

func TestHandlerThatCannotFlushOrHijack(t *testing.T) {
	t.Parallel()
	w := redacttest.NewWatch(redacttest.NewPerson(t.Name()).Email)
	w.Handler(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _, err := rw.(http.Hijacker).Hijack()
		assert.ErrorIs(t, err, http.ErrNotSupported)
		assert.ErrorIs(t, http.NewResponseController(rw).Flush(), http.ErrNotSupported)
		rw.(http.Flusher).Flush()
	})).ServeHTTP(onlyWriter{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/", nil))
}

type onlyWriter struct{ http.ResponseWriter }

// TestTransportChangesNothing: a server sees the same of a request that is watched, and a caller's request is not changed.
func TestTransportChangesNothing(t *testing.T) {
	t.Parallel()
	echo := testServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprint(w, r.Method, r.URL, r.ContentLength, r.TransferEncoding, r.Header, string(body), r.Trailer)
	}))
	clients := map[string]*http.Client{
		"plain":   {Transport: new(http.Transport)},
		"watched": {Transport: redacttest.NewWatch(redacttest.NewPerson(t.Name()).Email).Transport(new(http.Transport))},
	}
	requests := map[string]func() *http.Request{
		"get":    func() *http.Request { return request(t, http.MethodGet, echo+"/?a=b", nil) },
		"post":   func() *http.Request { return request(t, http.MethodPost, echo, strings.NewReader("body")) },
		"nobody": func() *http.Request { return request(t, http.MethodPost, echo, http.NoBody) },
		"stream": func() *http.Request {
			return request(t, http.MethodPost, echo, io.MultiReader(strings.NewReader("bo"), strings.NewReader("dy")))
		},
		"again": func() *http.Request { return request(t, http.MethodPost, echo+"/from", strings.NewReader("body")) },
		"trailer": func() *http.Request {
			return withTrailer(request(t, http.MethodPost, echo, io.MultiReader(strings.NewReader("body"))))
		},
	}
	for name, make := range requests {
		got := map[string]string{}
		for which, client := range clients {
			r := make()
			body := r.Body
			resp, err := client.Do(r)
			require.NoError(t, err, name)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err, name)
			resp.Body.Close()
			got[which] = resp.Status + string(text)
			assert.True(t, body == r.Body, "%s: the request was changed", name)
		}
		assert.Equal(t, got["plain"], got["watched"], name)
	}
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	r, err := http.NewRequestWithContext(context.Background(), method, url, body)
	require.NoError(t, err)
	return r
}

// withTrailer sets a trailer when the body has been read, as callers may.
func withTrailer(r *http.Request) *http.Request {
	r.Trailer = http.Header{"X-Sum": nil}
	r.Body = io.NopCloser(io.MultiReader(r.Body, readerFunc(func([]byte) (int, error) {
		r.Trailer.Set("X-Sum", "17")
		return 0, io.EOF
	})))
	return r
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestTransportSeesTrailersAndCredentials(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Username
	server := testServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	for name, make := range map[string]func() *http.Request{
		"trailer": func() *http.Request {
			r := withTrailer(request(t, http.MethodPost, server, io.MultiReader(strings.NewReader("body"))))
			r.Trailer = http.Header{"X-Sum": nil}
			r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
				r.Trailer.Set("X-Sum", c.String())
				return 0, io.EOF
			}))
			return r
		},
		"basic authentication": func() *http.Request {
			r := request(t, http.MethodGet, server, nil)
			r.SetBasicAuth(c.String(), "x")
			return r
		},
		"host": func() *http.Request {
			r := request(t, http.MethodGet, server, nil)
			r.Host = c.String() + ".example"
			return r
		},
	} {
		errs, _ := attempt(func(tb testing.TB) {
			redacttest.AssertNoLeak(tb, func() {
				resp, err := http.DefaultClient.Do(make())
				require.NoError(t, err)
				resp.Body.Close()
			}, c)
		})
		if assert.Len(t, errs, 1, name) {
			assert.Contains(t, errs[0], "reached HTTP request", name)
		}
	}
}

// TestDefaultTransportStaysOne: programs take it for an *http.Transport, clone it and go on.
func TestDefaultTransportStaysOne(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Email
	server := testServer(t, http.NotFoundHandler())
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	errs, panicked := attempt(func(tb testing.TB) {
		w := redacttest.NewWatch(c)
		w.Expect("HTTP request")
		w.AssertNoLeak(tb, func() {
			_ = c.String()
			clone := http.DefaultTransport.(*http.Transport).Clone()
			clone.TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
			for _, url := range []string{server, secure.URL} {
				resp, err := (&http.Client{Transport: clone}).Get(url)
				require.NoError(t, err)
				resp.Body.Close()
			}
			_, err := http.Get(secure.URL) // its certificate is not known, so this fails, and was seen
			require.ErrorContains(t, err, "certificate")
		})
	})
	assert.Empty(t, errs)
	assert.Nil(t, panicked)
}
