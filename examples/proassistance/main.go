// Command proassistance is the whole library at work in one small program: the privacy policy of ProAssistance, a
// service that matches people who need work on their home with professionals who do it.
//
//	go run ./examples/proassistance [-db FILE]
//
// It needs no service. Everything is in one SQLite file, by default proassistance.db in the temporary directory: the
// register of consents, the keys, and the program's own tables, whose personal columns are sealed. Beside it are the key
// that wraps the others (FILE.kek) and the audit (FILE.audit.jsonl). The people come from testdata/people.json and do not exist.
//
// The first run takes the people in. Then, and on every run after, the program tells what happens in nine scenes, with
// the real decisions of the library. What one run does stays done: the next one finds Marie unsubscribed, the
// job closed, and the counts where they were.
//
// # How to read it
//
// policy.go is the policy as data, names.go its vocabulary, kinds.go the kinds of value it adds to the library's, data.go what
// is in the data file. office.go puts the parts of the library together, with kek.go and audit.go; tables.go is the program's
// own tables, and takein.go collects. Each service has a file of its own: support.go, mailing.go, field.go, calls.go,
// statistics.go. A service is handed an accessor, so it opens values for its own purpose and cannot name another.
// story.go calls them; page.go, search.go and summary.go show.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/purposebound/purposebound/consent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without what a test cannot have. It returns the exit code: 0, 1 for a failure, 2 for wrong arguments.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("proassistance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("db", filepath.Join(os.TempDir(), "proassistance.db"), "the SQLite `file`, made if it is not there")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "proassistance: there are no arguments but -db FILE")
		return 2
	}
	err := play(ctx, *file, stdout)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, consent.ErrLedgerInUse):
		fmt.Fprintf(stderr, "proassistance: another program is using %s; wait for it to end, or name another file with -db\n", *file)
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "proassistance: stopped; run it again and it continues")
	default:
		fmt.Fprintln(stderr, "proassistance:", err)
	}
	return 1
}

// play opens the file, takes in who is not there yet, and tells the story.
func play(ctx context.Context, path string, stdout io.Writer) (err error) {
	began := time.Now()
	data, err := load()
	if err != nil {
		return err
	}
	o, err := openOffice(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()

	before, err := o.counts(ctx)
	if err != nil {
		return err
	}
	p := &page{w: stdout}
	p.cover(o, before.people > 0)
	if err := takeIn(ctx, o, data, progress(stdout)); err != nil {
		return err
	}
	s := &story{page: p, office: o, data: data, again: before.people > 0, imported: time.Since(began)}
	if err := s.tell(ctx); err != nil {
		return err
	}
	if err := summarise(ctx, p, o, before, began); err != nil {
		return err
	}
	return p.err
}
