//go:build linux

package consentsql_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/postgrestest"
)

// TestRejoinAfterLoss puts an older copy in the place of the database, which lacks what a node has seen, and the node itself; and then as many other events
// take the positions of what is lost. The node joins anew, and must notice.
func TestRejoinAfterLoss(t *testing.T) {
	t.Parallel()
	s := postgrestest.Open(t)
	p := placeOn(t, s)
	near := newProxy(t, p.network, p.target)
	o := &office{t: t, place: p, config: promiseConfig()}
	a := openWitness(t, o)
	a.grant()
	older, newer := filepath.Join(s.Dir(), "older"), filepath.Join(s.Dir(), "newer")
	s.End(syscall.SIGINT)
	s.Run("cp", "-a", s.Data(), older)
	s.Start()
	o2 := &office{t: t, place: p, config: promiseConfig()}
	o2.place.dsn = p.via(near.address())
	var b witness
	require.Eventually(t, func() bool { return a.use() == nil }, time.Minute, 10*time.Millisecond)
	b = openWitness(t, o2) // joins after the copy was taken
	require.NoError(t, b.use())
	a.withdraw()
	require.Error(t, b.use()) // b has seen it
	a.close()
	near.cut()
	s.End(syscall.SIGQUIT)
	near.reset()
	require.NoError(t, os.Rename(s.Data(), newer))
	require.NoError(t, os.Rename(older, s.Data()))
	s.Start()
	l := open(t, dialLoosely(t, p.dsn))
	for i := range 3 { // others go on, and the head is where it was again
		e := event(fmt.Sprint("later ", i))
		e.Kind = consent.CaseClosed
		_, err := l.Append(t.Context(), "another", consent.Any, e)
		require.NoError(t, err)
	}
	near.mend()
	for range 500 {
		err := b.use()
		if err == nil {
			t.Fatal("what was withdrawn, and seen to be, is permitted again")
		}
		if errors.Is(err, consent.ErrLedgerRegressed) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	assert.Fail(t, "neither")
}
