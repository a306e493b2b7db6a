package retentionsql_test

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// sweeping is, in the environment of a child process, the plant it is to sweep.
const sweeping = "PURPOSEBOUND_TEST_SWEEPER"

// plant is where all that a program keeps is: ledger, keys, agenda and two tables of its own in one database.
type plant struct {
	Driver, DSN string
	KEK         []byte
	Number      int // of the process
}

const (
	letters  purpose.ID = "letters"
	disputes purpose.ID = "disputes"
	taxes    purpose.ID = "taxes"

	contacts = "contacts"
	papers   = "papers"

	email      purpose.Attribute = "identity.email"
	personName purpose.Attribute = "identity.name"
	birthDate  purpose.Attribute = "identity.birth_date"
)

// tables says what is kept where.
var tables = map[string][]purpose.Attribute{contacts: {email}, papers: {personName, birthDate}}

func tableOf(a purpose.Attribute) string {
	if a == email {
		return contacts
	}
	return papers
}

func plantPolicy() (*purpose.Policy, error) {
	spec := func(id purpose.ID, basis purpose.Basis, rule purpose.Retention, attributes ...purpose.Attribute) purpose.Spec {
		s := purpose.Spec{
			ID: id, Domain: string(id), Title: purpose.Text{EN: string(id), FR: string(id)}, Basis: basis, Attributes: attributes,
			Operations: []purpose.Operation{purpose.Collect, purpose.Use}, Roles: map[purpose.Role][]purpose.Attribute{"clerk": attributes},
			Retention: rule, Consequence: purpose.Text{EN: "None.", FR: "Aucune."},
		}
		if basis == purpose.LegalGround {
			s.Citation = "CQLR c. P-39.1 s. 18"
		}
		return s
	}
	return purpose.NewPolicy(purpose.Document{
		Version: "1", Effective: time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{
			spec(letters, purpose.ExpressConsent, purpose.Retention{Keep: purpose.Period{Months: 6}, From: purpose.FromCollection}, email),
			spec(disputes, purpose.LegalGround, purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection}, email, personName, birthDate),
			spec(taxes, purpose.LegalGround, retention.Tax(), personName),
		},
	})
}

// opened are the parts over a plant.
type opened struct {
	db       *sql.DB
	ledger   *consentsql.Ledger
	registry *consent.Registry
	keys     *keyringsql.Store
	ring     *keyring.Ring
	agenda   *retentionsql.Store
}

const (
	plantLease  = 500 * time.Millisecond // of a registry
	plantMaxUse = 100 * time.Millisecond
	sweepLease  = 1500 * time.Millisecond
)

// open opens the parts. The ledger may be wrapped before the registry gets it.
func (p plant) open(ctx context.Context, wrap func(*consentsql.Ledger) consent.Ledger) (o *opened, err error) {
	o = new(opened)
	defer func() {
		if err != nil {
			err = errors.Join(err, o.close())
			o = nil
		}
	}()
	policy, err := plantPolicy()
	if err != nil {
		return o, err
	}
	if o.db, err = sql.Open(p.Driver, p.DSN); err != nil {
		return o, err
	}
	o.db.SetMaxOpenConns(8)
	o.db.SetMaxIdleConns(8)
	if o.ledger, err = consentsql.Open(ctx, o.db); err != nil {
		return o, err
	}
	if o.keys, err = keyringsql.Open(ctx, o.db); err != nil {
		return o, err
	}
	if o.ring, err = p.newRing(o.keys); err != nil {
		return o, err
	}
	if o.agenda, err = retentionsql.Open(ctx, o.db); err != nil {
		return o, err
	}
	o.registry, err = consent.NewRegistry(policy, wrap(o.ledger), consent.WithLease(plantLease), consent.WithMaxUse(plantMaxUse))
	return o, err
}

// newRing returns a ring that remembers nothing.
func (p plant) newRing(store keyring.Store) (*keyring.Ring, error) {
	kek, err := subtle.NewAESGCMSIV(p.KEK)
	if err != nil {
		return nil, err
	}
	return keyring.New(keyring.Config{Store: store, KEK: kek})
}

func (o *opened) close() error {
	var faults []error
	if o.registry != nil {
		faults = append(faults, o.registry.Close())
	}
	if o.agenda != nil {
		faults = append(faults, o.agenda.Close())
	}
	if o.keys != nil {
		faults = append(faults, o.keys.Close())
	}
	if o.ledger != nil {
		faults = append(faults, o.ledger.Close())
	}
	if o.db != nil {
		faults = append(faults, o.db.Close())
	}
	return errors.Join(faults...)
}

// The words of the lines a worker writes. A line is a reading of the clock, a word, and what it is about, in one write: a kill cuts none.
const (
	wordBegin    = "begin"    // a call
	wordEnd      = "end"      // a call has returned, whatever it returned
	wordTook     = "took"     // an item: when the call began, from when and until when it is the taker's by its registry's clock, in nanoseconds, and its key
	wordSettling = "settling" // an item: its key
	wordShredded = "shredded" // a person
	wordFault    = "fault"
)

func say(word string, about ...any) {
	line := fmt.Sprint(time.Now().UnixNano()) + " " + word
	for _, a := range about {
		line += " " + fmt.Sprint(a)
	}
	_, _ = os.Stdout.WriteString(line + "\n")
}

// told says when a call begins and when it has returned.
func told(what string, call func() error) error {
	say(wordBegin, what)
	err := call()
	say(wordEnd, what)
	return err
}

// keyText is an item's key without blanks.
func keyText(i retention.Item) string {
	k := i.Key()
	return fmt.Sprintf("%s|%s|%s|%d", k.Subject, k.Compartment, k.Case, k.Day)
}

type toldLedger struct{ *consentsql.Ledger }

func (l toldLedger) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (seq uint64, err error) {
	err = told("append "+e.Kind.String(), func() error {
		seq, err = l.Ledger.Append(ctx, s, after, e)
		return err
	})
	return seq, err
}

func (l toldLedger) Redact(ctx context.Context, s consent.Subject, through uint64) error {
	return told("redact", func() error { return l.Ledger.Redact(ctx, s, through) })
}

type toldKeys struct{ *keyring.Ring }

func (k toldKeys) Shred(ctx context.Context, s consent.Subject, keep func(purpose.Compartment) bool) (n int, err error) {
	err = told("shred", func() error {
		if n, err = k.Ring.Shred(ctx, s, keep); err == nil {
			say(wordShredded, s)
		}
		return err
	})
	return n, err
}

func (k toldKeys) Fence(ctx context.Context, s consent.Subject) error {
	return told("fence", func() error { return k.Ring.Fence(ctx, s) })
}

type toldStore struct{ *retentionsql.Store }

func (t toldStore) Put(ctx context.Context, items ...retention.Item) error {
	return told("put", func() error { return t.Store.Put(ctx, items...) })
}

func (t toldStore) Of(ctx context.Context, s consent.Subject) (items []retention.Item, err error) {
	err = told("of", func() error { items, err = t.Store.Of(ctx, s); return err })
	return items, err
}

func (t toldStore) Take(ctx context.Context, c retention.Claim) (items []retention.Item, err error) {
	began := time.Now().UnixNano()
	err = told("take", func() error { items, err = t.Store.Take(ctx, c); return err })
	for _, i := range items {
		say(wordTook, began, c.Now.UnixNano(), c.Now.Add(c.For).UnixNano(), keyText(i))
	}
	return items, err
}

func (t toldStore) Settle(ctx context.Context, done, again []retention.Item) error {
	for _, i := range slices.Concat(done, again) {
		say(wordSettling, keyText(i))
	}
	return told("settle", func() error { return t.Store.Settle(ctx, done, again) })
}

// sweepForever sweeps a plant until its input ends. A line "erase" with a person has it erase her.
func sweepForever(text string) error {
	var p plant
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	if err := mysql.SetLogger(log.New(io.Discard, "", 0)); err != nil { // it tells of every connection that is lost
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	orders := make(chan consent.Subject, 1000)
	go func() {
		defer stop()
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if _, s, ok := strings.Cut(lines.Text(), "erase "); ok {
				orders <- consent.Subject(s)
			}
		}
	}()
	var o *opened
	for o == nil { // the database may be away
		var err error
		if o, err = p.open(ctx, func(l *consentsql.Ledger) consent.Ledger { return toldLedger{l} }); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			say(wordFault, err)
			time.Sleep(20 * time.Millisecond)
		}
	}
	w := worker{p, o}
	sweeper, err := retention.NewSweeper(w.config())
	if err != nil {
		return err
	}
	go func() {
		for s := range orders {
			if _, err := sweeper.Erase(ctx, s); err != nil {
				say(wordFault, err)
			}
		}
	}()
	for ctx.Err() == nil {
		for step, err := range sweeper.Sweep(ctx) {
			if err = cmp.Or(err, step.Cause); err != nil && step.Action != retention.Waiting {
				say(wordFault, err)
			}
		}
		_ = told("idle", func() error { time.Sleep(10 * time.Millisecond); return nil })
	}
	return o.close()
}

// worker is a process that sweeps.
type worker struct {
	plant
	*opened
}

func (w worker) config() retention.Config {
	c := retention.Config{
		Registry: w.registry, Store: toldStore{w.agenda}, Keys: toldKeys{w.ring}, Certify: w.certify, Backups: purpose.Period{Days: 30},
		Batch: 5, Parallel: 3, Lease: sweepLease, Review: 2 * time.Second, Retry: 50 * time.Millisecond,
	}
	for _, t := range []string{contacts, papers} {
		c.Tables = append(c.Tables, retention.Table{Name: t, Attributes: tables[t], Eraser: retention.EraserFunc(func(ctx context.Context, i retention.Item) error {
			return told("erase "+t, func() error { return w.erase(ctx, t, i) })
		})})
	}
	return c
}

// erase deletes what a table has of an item, and writes down, in the same transaction, what went and what ledger and agenda said just before.
func (w worker) erase(ctx context.Context, table string, i retention.Item) error {
	fence, held, err := w.restraints(ctx, i)
	if err != nil {
		return err
	}
	items, err := w.agenda.Of(ctx, i.Subject)
	if err != nil {
		return err
	}
	listed := slices.ContainsFunc(items, func(other retention.Item) bool { return other.Key() == i.Key() })
	tx, err := w.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	gone, err := texts(tx.QueryContext(ctx, w.bind("DELETE FROM "+table+" WHERE subject = ? AND compartment = ? AND case_id = ? AND collected <= ? RETURNING id"),
		string(i.Subject), string(i.Compartment), i.Case, i.Collected.Unix()))
	if err != nil {
		return err
	}
	for _, id := range gone {
		if _, err := tx.ExecContext(ctx, w.bind("INSERT INTO deletions (row_id, fence, held, listed, at, process) VALUES (?, ?, ?, ?, ?, ?)"),
			id, fence, number(held), number(listed), time.Now().UnixNano(), w.Number); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// restraints returns the id of an erasure that has begun to end the item and is not done, and whether a hold is on it.
func (w worker) restraints(ctx context.Context, i retention.Item) (fence string, held bool, err error) {
	open, holds := make(map[string]bool), make(map[string]bool)
	day := fmt.Sprintf("ended.%d.", i.Key().Day)
	for e, err := range w.ledger.Events(ctx, i.Subject, 0) {
		switch {
		case err != nil:
			return "", false, err
		case e.Kind == consent.Erasing,
			e.Kind == consent.Expiring && strings.HasPrefix(e.ID, day) && (e.Blank || e.Compartment == i.Compartment && e.Case == i.Case):
			open[e.ID] = true
		case e.Kind == consent.HoldPlaced && (e.Case == "" || e.Case == i.Case):
			holds[e.ID] = true
		case e.Kind == consent.HoldReleased:
			delete(holds, strings.TrimSuffix(e.ID, "/released"))
		case e.Kind == consent.Erased:
			for id := range open {
				if consent.ErasedID(id) == e.ID {
					delete(open, id)
				}
			}
		}
	}
	for id := range open {
		fence = max(fence, id) // any of them
	}
	return fence, len(holds) > 0, nil
}

// certify stores a certificate, with when that was.
func (w worker) certify(ctx context.Context, c retention.Certificate) error {
	return told("certify", func() error {
		body, err := json.Marshal(c)
		if err != nil {
			return err
		}
		_, err = w.db.ExecContext(ctx, w.bind("INSERT INTO certificates (erasure, body, at) VALUES (?, ?, ?)"), c.ID, string(body), time.Now().UnixNano())
		return err
	})
}

// bind gives a query the placeholders of the database.
func (p plant) bind(query string) string {
	if p.Driver != "pgx" {
		return query
	}
	parts := strings.Split(query, "?")
	out := parts[0]
	for n, part := range parts[1:] {
		out += fmt.Sprintf("$%d", n+1) + part
	}
	return out
}

// texts reads a column.
func texts(rows *sql.Rows, err error) (all []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}
