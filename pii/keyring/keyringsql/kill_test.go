package keyringsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/purpose"
)

var long = flag.Bool("long", false, "run the long fault and fuzz suites")

// killedFile names, in the environment of a child process, the database it is to make keys in.
const killedFile = "PURPOSEBOUND_TEST_KEYS"

func TestMain(m *testing.M) {
	if file := os.Getenv(killedFile); file != "" {
		if err := makeForever(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const killedCompartment purpose.Compartment = "service/service"

// killedRing opens the file with a KEK that every process of the test knows.
func killedRing(ctx context.Context, db *sql.DB) (*keyring.Ring, *keyringsql.Store, error) {
	store, err := keyringsql.Open(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	kek, err := subtle.NewAESGCMSIV(make([]byte, 32))
	if err != nil {
		return nil, nil, err
	}
	ring, err := keyring.New(keyring.Config{Store: store, KEK: kek})
	return ring, store, err
}

// makeForever makes keys, and writes a line for each when its maker has returned: from then on it must never be lost.
func makeForever(file string) error {
	ctx := context.Background()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	ring, _, err := killedRing(ctx, db)
	if err != nil {
		return err
	}
	fmt.Println("open")
	for {
		s := consent.NewSubject()
		key, err := ring.MakeKey(ctx, s, killedCompartment)
		if err != nil {
			return err
		}
		check := key.Check()
		if _, err := fmt.Println(s, hex.EncodeToString(check[:])); err != nil {
			return err
		}
	}
}

// A key that was handed out may have sealed something, so it must survive whatever happens to the process.
func TestKillLosesNoKey(t *testing.T) {
	t.Parallel()
	kills := 10
	if *long {
		kills = 500
	}
	for _, mode := range []string{"wal", "delete"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dsn := "file:" + filepath.Join(t.TempDir(), "keys.db") + "?_pragma=journal_mode(" + mode + ")"
			made := make(map[consent.Subject][16]byte)
			for range kills {
				var lately []consent.Subject
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), killedFile+"="+dsn)
				cmd.Stderr = os.Stderr
				pipe, err := cmd.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, cmd.Start())
				lines := bufio.NewScanner(pipe)
				require.True(t, lines.Scan(), "the file does not open")
				for lines.Scan() {
					var s consent.Subject
					var text string
					if _, err := fmt.Sscan(lines.Text(), &s, &text); err != nil || len(text) != 32 {
						break // cut by the kill
					}
					check, err := hex.DecodeString(text)
					require.NoError(t, err)
					made[s] = [16]byte(check)
					if lately = append(lately, s); len(lately) == 1 {
						time.AfterFunc(rand.N(20*time.Millisecond), func() { _ = cmd.Process.Kill() })
					}
				}
				var exit *exec.ExitError
				require.ErrorAs(t, cmd.Wait(), &exit)
				require.Equal(t, "signal: killed", exit.String(), "the child ended by itself")
				opens(t, dsn, made, lately)
			}
			var all []consent.Subject
			for s := range made {
				all = append(all, s)
			}
			require.NotEmpty(t, all)
			opens(t, dsn, made, all)
			t.Logf("%d keys acknowledged in %d processes", len(all), kills)
		})
	}
}

// opens checks that the keys of the subjects are there.
func opens(t *testing.T, dsn string, made map[consent.Subject][16]byte, subjects []consent.Subject) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	defer db.Close()
	ring, store, err := killedRing(t.Context(), db)
	require.NoError(t, err)
	defer store.Close()
	for _, s := range subjects {
		key, err := ring.Key(t.Context(), s, killedCompartment, made[s])
		require.NoError(t, err, "a key was acknowledged and is lost")
		require.True(t, key.Live())
	}
}
