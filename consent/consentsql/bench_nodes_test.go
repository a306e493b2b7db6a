package consentsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/purpose"
)

// A child process of a benchmark is a node that holds uses of twenty milliseconds, one after another, until its input ends.
const (
	nodeDriver = "PURPOSEBOUND_TEST_NODE_DRIVER"
	nodeDSN    = "PURPOSEBOUND_TEST_NODE_DSN"
)

const letters purpose.ID = "letters"

const nodeCrowd = 400 // subjects

var sender = purpose.Actor{Role: "sender", ID: "1"}

func nodePolicy() (*purpose.Policy, error) {
	return purpose.NewPolicy(purpose.Document{
		Version: "1", Effective: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{{
			ID: letters, Domain: "shop", Title: purpose.Text{EN: "Letters", FR: "Lettres"}, Basis: purpose.ExpressConsent,
			Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{"sender": {"identity.email"}},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		}},
	})
}

// openNode opens a registry on a server.
func openNode(ctx context.Context, driver, dsn string, options ...consent.Option) (*consent.Registry, *sql.DB, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	ledger, err := consentsql.Open(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	policy, err := nodePolicy()
	if err != nil {
		return nil, nil, err
	}
	r, err := consent.NewRegistry(policy, ledger, options...)
	return r, db, err
}

func crowd(i int) consent.Subject { return consent.Subject(fmt.Sprintf("subject-%04d", i%nodeCrowd)) }

func useForever(driver, dsn string) error {
	ctx := context.Background()
	r, _, err := openNode(ctx, driver, dsn)
	if err != nil {
		return err
	}
	gate, err := r.Gate(nil, purpose.Use, letters)
	if err != nil {
		return err
	}
	for range 4 {
		go func() {
			for {
				p, err := gate.Begin(ctx, sender, crowd(rand.IntN(nodeCrowd)))
				time.Sleep(20 * time.Millisecond)
				if err == nil {
					p.End()
				}
			}
		}()
	}
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startNode starts a child and waits until it is a node.
func startNode(b testing.TB, driver, dsn string) (*exec.Cmd, io.Closer) {
	b.Helper()
	exe, err := os.Executable()
	require.NoError(b, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), nodeDriver+"="+driver, nodeDSN+"="+dsn)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	require.Equal(b, "open\n", line)
	return cmd, in
}

// p99 is in milliseconds.
func p99(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)*99/100].Microseconds()) / 1000
}

func BenchmarkWithdraw(b *testing.B) {
	// A hundred withdrawals a second, with eight processes that hold uses. One round is three seconds.
	b.Run("nodes_8", func(b *testing.B) {
		ctx := context.Background()
		driver, dsn := databasetest.PostgreSQL(b)
		r, db, err := openNode(ctx, driver, dsn)
		require.NoError(b, err)
		b.Cleanup(func() { _ = r.Close(); _ = db.Close() })
		for i := range nodeCrowd {
			_, err := r.Notify(ctx, crowd(i), language.English)
			require.NoError(b, err)
			_, err = r.Grant(ctx, crowd(i), letters, consent.Act{Method: consent.WebForm})
			require.NoError(b, err)
		}
		for range 7 {
			startNode(b, driver, dsn)
		}
		time.Sleep(time.Second)
		var mu sync.Mutex
		var took []time.Duration
		drained := 0
		k := 0
		for b.Loop() {
			var all sync.WaitGroup
			ticker := time.NewTicker(10 * time.Millisecond)
			for range 300 {
				<-ticker.C
				s := crowd(k)
				k++
				all.Go(func() {
					began := time.Now()
					w, err := r.Withdraw(ctx, s, letters)
					d := time.Since(began)
					if err != nil || w.Fenced > 0 {
						panic(fmt.Sprint("withdraw: ", w, err))
					}
					mu.Lock()
					took = append(took, d)
					drained += w.Drained
					mu.Unlock()
					if _, err := r.Grant(ctx, s, letters, consent.Act{Method: consent.WebForm}); err != nil {
						panic(err)
					}
				})
			}
			ticker.Stop()
			all.Wait()
		}
		b.ReportMetric(p99(took), "p99-ms")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(drained)/float64(len(took)), "drained/op")
	})

	// A process is killed, and the withdrawal after that waits until its lease has run out.
	b.Run("one_dead", func(b *testing.B) {
		ctx := context.Background()
		driver, dsn := databasetest.PostgreSQL(b)
		r, db, err := openNode(ctx, driver, dsn)
		require.NoError(b, err)
		b.Cleanup(func() { _ = r.Close(); _ = db.Close() })
		_, err = r.Notify(ctx, crowd(0), language.English)
		require.NoError(b, err)
		var took []time.Duration
		for b.Loop() {
			cmd, _ := startNode(b, driver, dsn)
			require.NoError(b, cmd.Process.Kill())
			began := time.Now()
			w, err := r.Withdraw(ctx, crowd(0), letters)
			took = append(took, time.Since(began))
			require.NoError(b, err)
			require.GreaterOrEqual(b, w.Fenced, 1)
		}
		b.ReportMetric(p99(took), "p99-ms")
	})
}
