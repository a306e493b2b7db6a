package consentsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
)

// childFile names, in the environment of a child process, the database it is to append to.
const childFile = "PURPOSEBOUND_TEST_LEDGER"

func TestMain(m *testing.M) {
	if driver := os.Getenv(nodeDriver); driver != "" {
		if err := useForever(driver, os.Getenv(nodeDSN)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if file := os.Getenv(childFile); file != "" {
		if err := appendForever(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// appendForever opens the ledger, says "open" and then one line for each event that the ledger acknowledged.
// It ends when it is killed or nobody reads it any more.
func appendForever(file string) error {
	ctx := context.Background()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	l, err := consentsql.Open(ctx, db)
	if err != nil {
		return err
	}
	fmt.Println("open")
	run := consent.NewSubject() // makes this process's ids its own
	for i := 0; ; i++ {
		s := consent.Subject(fmt.Sprint("s", i%3))
		e := event(fmt.Sprintf("%s-%d", run, i))
		seq, err := l.Append(ctx, s, consent.Any, e)
		if err != nil {
			return err
		}
		if _, err := fmt.Println(s, seq, e.ID); err != nil {
			return err
		}
	}
}

// child is a running process that appends.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
}

// startChild runs this test binary as a child on the file and waits until it holds the ledger.
func startChild(t *testing.T, file, settings string) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	c.cmd.Env = append(os.Environ(), childFile+"=file:"+file+"?"+settings)
	c.cmd.Stderr = os.Stderr
	pipe, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	c.out = bufio.NewScanner(pipe)
	require.NoError(t, c.cmd.Start())
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	require.True(t, c.out.Scan(), "the child could not open the ledger at once")
	require.Equal(t, "open", c.out.Text())
	return c
}

// acknowledged is an event whose Append returned without error.
type acknowledged struct {
	subject consent.Subject
	seq     uint64
	id      string
}

// kill kills the child once it has acknowledged an event and then a random moment later, and returns what it acknowledged.
func (c *child) kill(t *testing.T) []acknowledged {
	t.Helper()
	var all []acknowledged
	for c.out.Scan() {
		var a acknowledged
		if _, err := fmt.Sscan(c.out.Text(), &a.subject, &a.seq, &a.id); err != nil {
			break // the kill came in the middle of the line
		}
		if all = append(all, a); len(all) == 1 {
			time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = c.cmd.Process.Kill() })
		}
	}
	var exit *exec.ExitError
	require.ErrorAs(t, c.cmd.Wait(), &exit)
	require.Equal(t, "signal: killed", exit.String(), "the child ended by itself")
	return all
}

// Killed with SIGKILL at any moment, a process takes nothing with it that it had acknowledged, and leaves the ledger
// free. The machine stays up, so this says nothing about what a power cut does; synchronous=FULL is for that.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	kills := 20
	if *long {
		kills = 1000
	}
	for _, settings := range []string{wal, "_pragma=journal_mode(delete)"} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			file := newFile(t)
			db := database(t, file, settings)
			var want []acknowledged
			for range kills / 2 {
				want = append(want, startChild(t, file, settings).kill(t)...)

				l, err := consentsql.Open(t.Context(), db)
				require.NoError(t, err, "the dead process still holds the ledger")
				stored := make(map[acknowledged]bool)
				for _, s := range []consent.Subject{"s0", "s1", "s2"} {
					for e, err := range l.Events(t.Context(), s, 0) { // verifies the chain and the numbers
						require.NoError(t, err)
						stored[acknowledged{s, e.Seq, e.ID}] = true
					}
				}
				for _, a := range want {
					if !stored[a] {
						t.Fatalf("event %d of %s was acknowledged and is lost", a.seq, a.subject)
					}
				}
				require.NoError(t, l.Close())
			}
			assert.NotEmpty(t, want)
			t.Logf("%d events acknowledged in %d processes", len(want), kills/2)
		})
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{wal, "_pragma=journal_mode(delete)"} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			file := newFile(t)
			c := startChild(t, file, settings)
			db := database(t, file, settings)
			_, err := consentsql.Open(t.Context(), db)
			require.ErrorIs(t, err, consent.ErrLedgerInUse)
			c.kill(t)
			l := open(t, db)
			assert.NotEmpty(t, ids(t, l, "s0"))
		})
	}
}
