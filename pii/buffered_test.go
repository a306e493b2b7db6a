package pii_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// gatedAudit is an auditor that can be closed and made to fail.
type gatedAudit struct {
	pii.Trail
	mu     sync.Mutex
	err    error
	closed chan struct{} // nil: open
}

func (g *gatedAudit) set(err error, closed chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err, g.closed = err, closed
}

func (g *gatedAudit) Record(ctx context.Context, a pii.Access) error {
	g.mu.Lock()
	err, closed := g.err, g.closed
	g.mu.Unlock()
	if closed != nil {
		<-closed
	}
	if err != nil {
		return err
	}
	return g.Trail.Record(ctx, a)
}

func access(n int) pii.Access {
	return pii.Access{Attribute: purpose.Attribute(fmt.Sprint("a.", n)), Count: 1}
}

func TestBufferedWritesInOrderAndInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		behind := new(gatedAudit)
		audit, err := pii.NewBufferedAudit(behind, pii.Buffer{Records: 10, Every: time.Second})
		require.NoError(t, err)
		require.NoError(t, audit.Record(t.Context(), access(0)))
		time.Sleep(time.Second - time.Nanosecond) // the bubble's clock
		synctest.Wait()
		assert.Empty(t, behind.Entries())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Len(t, behind.Entries(), 1, "after Every, whether or not anything follows")

		for i := 1; i <= 5; i++ {
			require.NoError(t, audit.Record(t.Context(), access(i)))
		}
		synctest.Wait()
		assert.Len(t, behind.Entries(), 6, "half the buffer is written at once")
		for i, a := range behind.Entries() {
			assert.Equal(t, access(i), a)
		}
		require.NoError(t, audit.Close(t.Context()))
	})
}

// Never more than Records entries are only in memory: the next access waits.
func TestBufferedHoldsNoMoreThanItSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		behind := new(gatedAudit)
		open := make(chan struct{})
		behind.set(nil, open)
		audit, err := pii.NewBufferedAudit(behind, pii.Buffer{Records: 4, Every: time.Hour})
		require.NoError(t, err)
		for i := range 4 {
			require.NoError(t, audit.Record(t.Context(), access(i)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, audit.Record(ctx, access(99)), context.DeadlineExceeded)

		done := make(chan error)
		go func() { done <- audit.Record(t.Context(), access(4)) }()
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("a fifth entry was taken while four were unwritten")
		default:
		}
		close(open)
		require.NoError(t, <-done)
		require.NoError(t, audit.Flush(t.Context()))
		require.Len(t, behind.Entries(), 5)
		for i, a := range behind.Entries() {
			assert.Equal(t, access(i), a)
		}
		require.NoError(t, audit.Close(t.Context()))
	})
}

// When the auditor behind fails, accesses are denied and nothing is lost; when it recovers, all of it is there once.
func TestBufferedDeniesWhileTheAuditorFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		behind := new(gatedAudit)
		full := errors.New("disk full")
		behind.set(full, nil)
		audit, err := pii.NewBufferedAudit(behind, pii.Buffer{Records: 4, Every: time.Second})
		require.NoError(t, err)
		require.NoError(t, audit.Record(t.Context(), access(0)))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.ErrorIs(t, audit.Record(t.Context(), access(1)), full)
		require.ErrorIs(t, audit.Flush(t.Context()), full)
		require.ErrorIs(t, audit.Close(t.Context()), full)
		behind.set(nil, nil)
		require.NoError(t, audit.Close(t.Context()))
		require.Len(t, behind.Entries(), 1)
		assert.Equal(t, access(0), behind.Entries()[0])
		require.ErrorIs(t, audit.Record(t.Context(), access(2)), pii.ErrAuditClosed)
	})
}

func TestBufferedRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		behind := new(gatedAudit)
		behind.set(errors.New("disk full"), nil)
		audit, err := pii.NewBufferedAudit(behind, pii.Buffer{Records: 2, Every: time.Second})
		require.NoError(t, err)
		require.NoError(t, audit.Record(t.Context(), access(0)))
		synctest.Wait()
		require.Error(t, audit.Record(t.Context(), access(1)))
		behind.set(nil, nil)
		require.NoError(t, audit.Record(t.Context(), access(1)), "the access after the recovery goes through")
		require.NoError(t, audit.Close(t.Context()))
		require.Len(t, behind.Entries(), 2)
		assert.Equal(t, access(0), behind.Entries()[0])
		assert.Equal(t, access(1), behind.Entries()[1])
	})
}

func TestBufferedUnderLoad(t *testing.T) {
	t.Parallel()
	behind := new(gatedAudit)
	audit, err := pii.NewBufferedAudit(behind, pii.Buffer{Records: 7})
	require.NoError(t, err)
	const writers, each = 16, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				assert.NoError(t, audit.Record(context.Background(), access(w*each+i)))
			}
		})
	}
	wg.Wait()
	require.NoError(t, audit.Close(t.Context()))
	seen := make(map[purpose.Attribute]int)
	for _, a := range behind.Entries() {
		seen[a.Attribute]++
	}
	assert.Len(t, behind.Entries(), writers*each)
	assert.Len(t, seen, writers*each, "an entry was written twice")
}

func TestBufferedRefusesNonsense(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func() (*pii.BufferedAudit, error){
		"nil auditor": func() (*pii.BufferedAudit, error) { return pii.NewBufferedAudit(nil, pii.Buffer{}) },
		"nil pointer": func() (*pii.BufferedAudit, error) { return pii.NewBufferedAudit((*pii.Trail)(nil), pii.Buffer{}) },
		"negative records": func() (*pii.BufferedAudit, error) {
			return pii.NewBufferedAudit(new(pii.Trail), pii.Buffer{Records: -1})
		},
		"negative duration": func() (*pii.BufferedAudit, error) { return pii.NewBufferedAudit(new(pii.Trail), pii.Buffer{Every: -1}) },
	} {
		audit, err := make()
		require.Error(t, err, name)
		assert.Nil(t, audit, name)
	}
}
