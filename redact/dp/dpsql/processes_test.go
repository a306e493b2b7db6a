package dpsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/dp"
	"github.com/purposebound/purposebound/redact/dp/dpsql"
)

// What names, in the environment of a child process, the database it is to spend from.
const (
	childDriver = "PURPOSEBOUND_TEST_BUDGET_DRIVER"
	childDSN    = "PURPOSEBOUND_TEST_BUDGET_DSN"
)

func TestMain(m *testing.M) {
	if driver := os.Getenv(childDriver); driver != "" {
		if err := spendAll(context.Background(), driver, os.Getenv(childDSN)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var shared = dp.Limit{Purpose: "planning.heating", Release: "2026-03/shared", Epsilon: 100}

// spendAll asks until the budget is spent, and writes a line for each answer.
func spendAll(ctx context.Context, driver, dsn string) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	l, err := dpsql.Open(ctx, db)
	if err != nil {
		return err
	}
	defer l.Close()
	b, err := dp.NewBudget(ctx, l, shared)
	if err != nil {
		return err
	}
	for {
		err := askFor(ctx, b, 0.25)
		if errors.Is(err, dp.ErrSpent) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Println("answered"); err != nil {
			return err
		}
	}
}

// Processes that are killed while they spend, and others that then spend what is left: every answer was charged, and a kill loses one charge at most.
func TestProcessesKilled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver, dsn string) {
		require.NoError(t, open(t, driver, dsn).Close())
		var mu sync.Mutex
		answers, kills := 0, 0
		run := func(killAfter int) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), childDriver+"="+driver, childDSN+"="+dsn)
			cmd.Stderr = os.Stderr
			pipe, err := cmd.StdoutPipe()
			if !assert.NoError(t, err) || !assert.NoError(t, cmd.Start()) {
				return
			}
			n := 0
			for lines := bufio.NewScanner(pipe); lines.Scan(); {
				if !assert.Equal(t, "answered", lines.Text()) {
					break
				}
				if n++; n == killAfter {
					assert.NoError(t, cmd.Process.Kill())
				}
			}
			err = cmd.Wait()
			mu.Lock()
			defer mu.Unlock()
			answers += n
			if killAfter == 0 {
				assert.NoError(t, err)
			} else if err != nil {
				kills++
			}
		}
		together := func(killed bool) {
			var group sync.WaitGroup
			for range 3 {
				after := 0
				if killed {
					after = 1 + rand.IntN(12)
				}
				group.Go(func() { run(after) })
			}
			group.Wait()
		}
		together(true)
		together(true)
		require.Positive(t, kills)
		together(false)
		l := open(t, driver, dsn)
		a, err := l.Account(t.Context(), shared.Purpose, shared.Release)
		require.NoError(t, err)
		require.EqualValues(t, 401, a.Sequence, "the budget is spent")
		require.LessOrEqual(t, answers, 400, "more was answered than was paid for")
		require.GreaterOrEqual(t, answers, 400-kills, "a kill loses one charge")
		t.Logf("%d answers, %d kills", answers, kills)
	})
}
