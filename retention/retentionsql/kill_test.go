package retentionsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

var long = flag.Bool("long", false, "run the long fault and fuzz suites")

// killedFile names, in the environment of a child process, the database whose agenda it is to write.
const killedFile = "PURPOSEBOUND_TEST_AGENDA"

func TestMain(m *testing.M) {
	if text := os.Getenv(sweeping); text != "" {
		if err := sweepForever(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if file := os.Getenv(killedFile); file != "" {
		if err := writeForever(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeForever puts items two by two, takes one, settles it, and writes a line when each has returned: from then on it must never be undone.
func writeForever(file string) error {
	ctx := context.Background()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	store, err := retentionsql.Open(ctx, db)
	if err != nil {
		return err
	}
	fmt.Println("open")
	for {
		due, later := consent.NewSubject(), consent.NewSubject()
		fmt.Println("about", due, later)
		if err := store.Put(ctx, itemOf(due, today), itemOf(later, today.AddDate(1, 0, 0))); err != nil {
			return err
		}
		fmt.Println("put", due, later)
		some, err := store.Take(ctx, retention.Claim{Now: today, For: time.Hour, Limit: 1})
		if err != nil {
			return err
		}
		if err := store.Settle(ctx, some, nil); err != nil {
			return err
		}
		for _, i := range some {
			fmt.Println("done", i.Subject, "-")
		}
	}
}

// What was put must survive whatever happens to the process, and what is done must not come back. Of two items put together both are there or none.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	kills := 10
	if *long {
		kills = 500
	}
	for _, mode := range []string{"wal", "delete"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dsn := "file:" + filepath.Join(t.TempDir(), "agenda.db") + "?_pragma=journal_mode(" + mode + ")"
			w := written{state: make(map[consent.Subject]string), pair: make(map[consent.Subject]consent.Subject)}
			for n := 0; n < kills || !w.ended() && n < 20*kills; n++ { // on a busy machine the first ones may all come too early
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), killedFile+"="+dsn)
				cmd.Stderr = os.Stderr
				pipe, err := cmd.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, cmd.Start())
				lines := bufio.NewScanner(pipe)
				require.True(t, lines.Scan(), "the file does not open")
				for n := 0; lines.Scan(); n++ {
					w.read(lines.Text())
					if n == 1 {
						time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = cmd.Process.Kill() })
					}
				}
				var exit *exec.ExitError
				require.ErrorAs(t, cmd.Wait(), &exit)
				require.Equal(t, "signal: killed", exit.String(), "the child ended by itself")
			}
			w.check(t, dsn)
		})
	}
}

// written is what the children said.
type written struct {
	state map[consent.Subject]string          // the last that was said of the person's item
	pair  map[consent.Subject]consent.Subject // who was put together: the due one's, the later one's
}

func (w *written) read(line string) {
	var what string
	var one, two consent.Subject
	if n, _ := fmt.Sscan(line, &what, &one, &two); n < 3 || what != "done" && len(two) != 26 {
		return // cut by the kill
	}
	w.state[one] = what
	if what != "done" {
		w.state[two], w.pair[one] = what, two
	}
}

// ended reports whether anything was settled.
func (w *written) ended() bool {
	for due := range w.pair {
		if w.state[due] == "done" {
			return true
		}
	}
	return false
}

func (w *written) check(t *testing.T, dsn string) {
	t.Helper()
	store := open(t, "sqlite", dsn)
	puts, done := 0, 0
	there := func(s consent.Subject) bool {
		have, err := store.Of(t.Context(), s)
		require.NoError(t, err)
		require.LessOrEqual(t, len(have), 1)
		return len(have) == 1
	}
	for due, later := range w.pair {
		switch w.state[later] {
		case "put":
			puts++
			require.True(t, there(later), "an item was put and is lost")
		default:
			if there(due) {
				require.True(t, there(later), "half of a put was stored")
			}
		}
		if w.state[due] == "done" {
			done++
			require.False(t, there(due), "an item was settled and is back")
		}
	}
	require.Positive(t, puts)
	require.Positive(t, done)
	// Whatever else was taken when its taker died is free again, and ends.
	some, err := store.Take(t.Context(), retention.Claim{Now: today.Add(2 * time.Hour), For: time.Hour, Limit: 1000})
	require.NoError(t, err)
	for _, i := range some {
		require.NotEqual(t, "done", w.state[i.Subject])
	}
	require.NoError(t, store.Settle(t.Context(), some, nil))
	for due := range w.pair {
		require.False(t, there(due), "an item that was due did not end")
	}
	t.Logf("%d puts and %d ends acknowledged", puts, done)
}
