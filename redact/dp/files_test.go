package dp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func openFiles(tb testing.TB, folder string) *Files {
	tb.Helper()
	f, err := NewFiles(folder)
	require.NoError(tb, err)
	return f
}

// golden is the account of testdata/account_v1.json.
func golden() Account {
	a := Account{Limit: Limit{Purpose: "planning.<heating>", Release: "2026-03/étude \"A\"", Epsilon: 12.5, Delta: 1e-6, Slack: 2.5e-7}, Sequence: 1}
	for _, c := range []Cost{{0.1, 0}, {0.5, 1e-9}, {0.1, 0}, {0.1, 1e-10}, {0.1, 0}} {
		a = a.with(c)
	}
	return a
}

func TestStoredForm(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "account_v1.json"))
	require.NoError(t, err)
	encoded, err := golden().MarshalText()
	require.NoError(t, err)
	require.Equal(t, string(text), string(encoded))
	decoded, err := decode(text)
	require.NoError(t, err)
	require.Equal(t, golden(), decoded)
	var unmarshalled Account
	require.NoError(t, unmarshalled.UnmarshalText(text))
	require.Equal(t, golden(), unmarshalled)
	require.ErrorIs(t, unmarshalled.UnmarshalText(text[1:]), ErrLedger)
	require.Equal(t, golden(), unmarshalled, "what is malformed changes nothing")
	require.Equal(t, "9acd4d186ebc86f316a909c14653db157c72c463493741484cbca8e0209749c7.budget", filepath.Base((&Files{}).path("planning.heating", "2026-03/study")))
}

// Any change of any byte is refused, and so is what is well formed and was not written like this.
func TestMalformedAccounts(t *testing.T) {
	t.Parallel()
	text, err := golden().MarshalText()
	require.NoError(t, err)
	for i := range text {
		for _, flip := range []byte{1, 2, 16, 32, 128} {
			bad := bytes.Clone(text)
			bad[i] ^= flip
			_, err := decode(bad)
			require.ErrorIs(t, err, ErrLedger, "byte %d", i)
		}
		_, err := decode(text[:i])
		require.ErrorIs(t, err, ErrLedger)
	}
	_, err = decode(append(text, '\n'))
	require.ErrorIs(t, err, ErrLedger)
	// The sum is right, the account is not.
	for _, change := range [][2]string{
		{`"sequence":6`, `"sequence":7`},
		{`"sequence":6`, `"sequence":0`},
		{`"times":3`, `"times":-3`},
		{`"epsilon":"12.5"`, `"epsilon":"0.5"`},
		{`"epsilon":"12.5"`, `"epsilon":"NaN"`},
		{`"epsilon":"12.5"`, `"epsilon":"12.50"`},
		{`"epsilon":"12.5"`, `"epsilon":"0x1.9p3"`},
		{`account.v1`, `account.v2`},
		{`"slack"`, `"Slack"`},
		{`{"format"`, `{"more":1,"format"`},
		{`"planning.<heating>"`, `""`},
		{`,"spent"`, `, "spent"`},
	} {
		line, _, _ := strings.Cut(string(text), "\n")
		changed := strings.Replace(line, change[0], change[1], 1) + "\n"
		require.NotEqual(t, line+"\n", changed, change[0])
		_, err := decode(append([]byte(changed), sumOf(changed)...))
		require.ErrorIs(t, err, ErrLedger, change[1])
	}
}

func sumOf(line string) string { return fmt.Sprintf("%x\n", sha256.Sum256([]byte(line))) }

func FuzzDecode(f *testing.F) {
	text, err := golden().MarshalText()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := decode(text)
		if err != nil {
			require.ErrorIs(t, err, ErrLedger)
			return
		}
		require.NoError(t, a.check())
		again, err := a.MarshalText()
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}

func TestFilesKeepWhatIsSpent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	q := use{}.query()
	data := keys(crowd(5, func(int) float64 { return 1 }))
	limit := rigLimit
	limit.Epsilon = 2
	_, err := Count(t.Context(), openBudget(t, openFiles(t, folder), limit), q, data)
	require.NoError(t, err)
	b := openBudget(t, openFiles(t, folder), limit)
	_, err = Count(t.Context(), b, q, data)
	require.NoError(t, err)
	_, err = Count(t.Context(), b, q, data)
	require.ErrorIs(t, err, ErrSpent)
	spent, err := openBudget(t, openFiles(t, folder), limit).Spent(t.Context())
	require.NoError(t, err)
	require.Equal(t, Cost{Epsilon: 2}, spent)

	// Another purpose, or another release, has a budget of its own.
	limit.Release = "other"
	_, err = Count(t.Context(), openBudget(t, openFiles(t, folder), limit), q, data)
	require.NoError(t, err)

	info, err := os.Stat((&Files{folder: folder}).path(limit.Purpose, limit.Release))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestFilesRefuse(t *testing.T) {
	t.Parallel()
	_, err := NewFiles(filepath.Join(t.TempDir(), "absent"))
	require.ErrorIs(t, err, ErrLedger)
	for _, none := range []*Files{nil, {}} {
		_, err := none.Account(t.Context(), "p", "r")
		require.ErrorIs(t, err, ErrLedger)
		require.ErrorIs(t, none.Replace(t.Context(), golden()), ErrLedger)
	}
	folder := t.TempDir()
	f := openFiles(t, folder)
	b := openBudget(t, f, rigLimit)
	path := f.path(rigLimit.Purpose, rigLimit.Release)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	foreign, err := golden().MarshalText()
	require.NoError(t, err)
	for name, bad := range map[string][]byte{"empty": {}, "cut": text[:len(text)/2], "foreign": foreign, "long": make([]byte, largestFile+1)} {
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		require.ErrorIs(t, b.spend(t.Context(), Cost{Epsilon: 1}), ErrLedger, name)
		_, err = NewBudget(t.Context(), f, rigLimit)
		require.ErrorIs(t, err, ErrLedger, name)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(bad, after), name)
	}
	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, b.spend(t.Context(), Cost{Epsilon: 1}), ErrLedger, "an open budget is not made again")

	_, err = f.Account(canceled(t), "p", "r")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, f.Replace(canceled(t), Account{Limit: rigLimit, Sequence: 1}), context.Canceled)
	require.ErrorIs(t, f.Replace(t.Context(), Account{}), ErrLedger)
	require.ErrorIs(t, f.Replace(t.Context(), golden()), ErrConflict)
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// Who waits for a lock that another has stops when the context ends, and has changed nothing.
func TestLockWaits(t *testing.T) {
	t.Parallel()
	f := openFiles(t, t.TempDir())
	b := openBudget(t, f, rigLimit)
	unlock, err := lock(t.Context(), f.path(rigLimit.Purpose, rigLimit.Release)+".lock")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = b.spend(ctx, Cost{Epsilon: 1})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, ErrLedger)
	require.EqualValues(t, 1, sequence(t, f))
	unlock()
	require.NoError(t, b.spend(t.Context(), Cost{Epsilon: 1}))
}

// A process that dies between any two steps of a replacement leaves the account as it was or as it was to be, and nobody is locked out.
func TestCrash(t *testing.T) {
	t.Parallel()
	for step, after := range map[string]uint64{"created": 1, "written": 1, "renamed": 2} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			b := openBudget(t, openFiles(t, folder), rigLimit)
			out, err := child(t, "die", folder, step).CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), "dying "+step)
			require.NotContains(t, string(out), "answered")
			f := openFiles(t, folder)
			require.Equal(t, after, sequence(t, f))
			require.NoError(t, b.spend(t.Context(), Cost{Epsilon: 1}))
			require.Equal(t, after+1, sequence(t, f))
		})
	}
}

// Several processes never spend the same budget twice.
func TestProcesses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	openBudget(t, openFiles(t, folder), rigLimit)
	var mu sync.Mutex
	var all string
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			out, _ := child(t, "spend", folder, "").CombinedOutput()
			mu.Lock()
			all += string(out)
			mu.Unlock()
		})
	}
	wait.Wait()
	require.Equal(t, 10, strings.Count(all, "paid\n"), all)
	require.Equal(t, 3, strings.Count(all, "spent\n"), all)
}

func child(t *testing.T, task, folder, step string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "DP_TEST_CHILD="+task, "DP_TEST_FOLDER="+folder, "DP_TEST_STEP="+step)
	return c
}

// TestMain is where a process that a test above started does its task instead of the tests.
func TestMain(m *testing.M) {
	task := os.Getenv("DP_TEST_CHILD")
	if task == "" {
		os.Exit(m.Run())
	}
	if err := childTask(context.Background(), task, os.Getenv("DP_TEST_FOLDER"), os.Getenv("DP_TEST_STEP")); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// childTask dies at a step of an answer, or spends what there is.
func childTask(ctx context.Context, task, folder, dying string) error {
	f, err := NewFiles(folder)
	if err != nil {
		return err
	}
	b, err := NewBudget(ctx, f, rigLimit)
	if err != nil {
		return err
	}
	if task == "die" {
		f.step = func(step string) {
			if step == dying {
				fmt.Println("dying", step)
				self, err := os.FindProcess(os.Getpid())
				if err == nil {
					err = self.Kill()
				}
				fmt.Println(err)
				select {}
			}
		}
		_, err := Count(ctx, b, use{}.query(), keys(crowd(5, func(int) float64 { return 1 })))
		fmt.Println("answered", err)
		return nil
	}
	for b.spend(ctx, Cost{Epsilon: 1}) == nil {
		fmt.Println("paid")
	}
	fmt.Println("spent")
	return nil
}

// An account of many different costs still fits its file.
func TestManyCosts(t *testing.T) {
	t.Parallel()
	a := Account{Limit: Limit{Purpose: strings.Repeat("p", maxName), Release: "r", Epsilon: 100, Delta: 0.5}, Sequence: 1}
	for i := range 2000 {
		a = a.with(Cost{Epsilon: math.Nextafter(0.01, 1) + float64(i)*1e-6, Delta: 1e-9})
	}
	text, err := a.MarshalText()
	require.NoError(t, err)
	require.Less(t, len(text), largestFile)
	require.True(t, json.Valid(text[:bytes.IndexByte(text, '\n')]))
}
