package redacttest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const (
	httpRequest  = "HTTP request"
	httpResponse = "HTTP response"
)

// Transport watches the requests that leave through rt: address, headers, body and trailers. What is answered comes in, and is not watched.
// If rt is nil it is [http.DefaultTransport], which AssertNoLeak watches anyway; but no clone that the program makes of it, and no upgrade
// of an https connection to a web socket.
func (w *Watch) Transport(rt http.RoundTripper) http.RoundTripper {
	return &transport{w, rt}
}

// defaultTransport returns what takes the place of the default transport. Programs assert that it is an *http.Transport, so it stays one.
func (w *Watch) defaultTransport(rt http.RoundTripper) http.RoundTripper {
	inner, ok := rt.(*http.Transport)
	if !ok {
		return w.Transport(rt)
	}
	front := inner.Clone()
	front.ForceAttemptHTTP2 = false // it dials nothing itself
	front.TLSNextProto = nil
	front.Protocols = new(http.Protocols)
	front.Protocols.SetHTTP1(true)
	front.RegisterProtocol("http", w.Transport(inner))
	front.RegisterProtocol("https", w.Transport(inner))
	return front
}

type transport struct {
	watch *Watch
	inner http.RoundTripper
}

// RoundTrip records the request and sends it on.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	from, s := stack(), t.watch.stream(httpRequest)
	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.Host + "\n")
	if r.URL != nil {
		b.WriteString(r.URL.String() + "\n" + r.URL.Path + "\n")
		if query, err := url.QueryUnescape(r.URL.RawQuery); err == nil {
			b.WriteString(query + "\n")
		}
	}
	writeHeader(&b, r.Header)
	s.record(b.Bytes(), from)
	if r.Body != nil && r.Body != http.NoBody {
		body, trailer := r.Body, r.Trailer
		r = r.Clone(r.Context())
		r.Trailer = trailer // the caller fills it while the body is read
		r.Body = &watchedBody{body, func(p []byte) { s.record(p, from) }, func() {
			var b bytes.Buffer
			b.WriteByte('\n')
			writeHeader(&b, trailer)
			s.record(b.Bytes(), from)
		}}
	}
	inner := t.inner
	if inner == nil {
		inner = http.DefaultTransport
	}
	return inner.RoundTrip(r)
}

// writeHeader writes in the order of the map: what is looked for is in one value.
func writeHeader(b *bytes.Buffer, h http.Header) {
	for name, values := range h {
		for _, v := range values {
			b.WriteString(name + ": " + v + "\n")
		}
	}
}

type watchedBody struct {
	io.ReadCloser
	read func([]byte)
	end  func()
}

// Read reads on and records what was read.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.read(p[:n])
	}
	if err == io.EOF {
		b.end()
	}
	return n, err
}

// Handler watches what h answers: headers, body, trailers, and what it writes to a connection it took over. A panic of h goes on, as it would without.
func (w *Watch) Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: rw, sink: w.stream(httpResponse)}
		defer a.trailers()
		h.ServeHTTP(a, r)
	})
}

type answer struct {
	http.ResponseWriter
	sink *sink
	sent bool // the header is
}

// Unwrap serves [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader records the header and sends it.
func (a *answer) WriteHeader(status int) {
	a.header(status >= 200 || status == http.StatusSwitchingProtocols)
	a.ResponseWriter.WriteHeader(status)
}

// header records the header that is about to be sent, once for each informational answer and once at last.
func (a *answer) header(last bool) {
	if a.sent {
		return
	}
	a.sent = last
	var b bytes.Buffer
	writeHeader(&b, a.Header())
	a.sink.record(append(b.Bytes(), '\n'), stack())
}

// Write records p and sends it.
func (a *answer) Write(p []byte) (int, error) {
	a.header(true)
	a.sink.record(p, stack())
	return a.ResponseWriter.Write(p)
}

// FlushError serves [http.ResponseController].
func (a *answer) FlushError() error {
	a.header(true)
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Flush sends what is buffered, if the server can.
func (a *answer) Flush() { _ = a.FlushError() }

// Hijack takes the connection over, if the server lets it, and watches what is written to it.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	watched := &watchedConn{conn, a.sink}
	rw.Writer.Reset(watched)
	return watched, rw, nil
}

// trailers records what is sent after the body, or the header of an answer without body.
func (a *answer) trailers() {
	if !a.sent {
		a.header(true)
		return
	}
	announced := map[string]bool{}
	for _, list := range a.Header().Values("Trailer") {
		for name := range strings.SplitSeq(list, ",") {
			announced[http.CanonicalHeaderKey(strings.TrimSpace(name))] = true
		}
	}
	sent := http.Header{}
	for name, values := range a.Header() {
		if announced[name] || strings.HasPrefix(name, http.TrailerPrefix) {
			sent[name] = values
		}
	}
	if len(sent) > 0 {
		var b bytes.Buffer
		writeHeader(&b, sent)
		a.sink.record(append([]byte{'\n'}, b.Bytes()...), stack())
	}
}

type watchedConn struct {
	net.Conn
	sink *sink
}

// Write records p and sends it.
func (c *watchedConn) Write(p []byte) (int, error) {
	c.sink.record(p, stack())
	return c.Conn.Write(p)
}
