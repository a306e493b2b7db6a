package consentsql_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy is one node's way to the database server, for a test to slow down and cut.
type proxy struct {
	listener        net.Listener
	network, target string

	mu    sync.Mutex
	delay time.Duration
	open  chan struct{} // closed while bytes pass
	conns map[net.Conn]struct{}
	done  bool
	ended sync.WaitGroup
}

func newProxy(tb testing.TB, network, target string) *proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &proxy{listener: l, network: network, target: target, open: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	close(p.open)
	p.ended.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.ended.Go(func() {
			if !p.track(near) {
				return
			}
			defer p.drop(near)
			p.pass()
			far, err := net.Dial(p.network, p.target)
			if err != nil || !p.track(far) {
				return
			}
			defer p.drop(far)
			var both sync.WaitGroup
			both.Go(func() { p.carry(far, near) })
			both.Go(func() { p.carry(near, far) })
			both.Wait()
		})
	}
}

// carry moves bytes one way until one end is gone.
func (p *proxy) carry(to, from net.Conn) {
	defer p.drop(to)
	defer p.drop(from)
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			time.Sleep(p.pass())
			p.pass()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits until bytes pass, and returns how long they take.
func (p *proxy) pass() time.Duration {
	p.mu.Lock()
	open := p.open
	p.mu.Unlock()
	<-open
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delay
}

func (p *proxy) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		_ = c.Close()
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *proxy) drop(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

func (p *proxy) slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// cut holds all bytes back until it is mended: connections stay and nothing arrives.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		p.open = make(chan struct{})
	default:
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}

// reset breaks every connection.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
	p.reset()
	p.mend()
	p.ended.Wait()
}

func TestPromiseProxy(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	p := newProxy(t, "tcp", l.Addr().String())
	c, err := net.Dial("tcp", p.address())
	require.NoError(t, err)
	defer c.Close()
	echo := func(text string) (string, error) {
		if _, err := c.Write([]byte(text)); err != nil {
			return "", err
		}
		got := make([]byte, len(text))
		_, err := io.ReadFull(c, got)
		return string(got), err
	}
	got, err := echo("one")
	require.NoError(t, err)
	require.Equal(t, "one", got)
	p.cut()
	p.cut()
	time.AfterFunc(20*time.Millisecond, p.mend)
	got, err = echo("two")
	require.NoError(t, err)
	require.Equal(t, "two", got)
	p.reset()
	_, err = echo("three")
	require.Error(t, err)
}
