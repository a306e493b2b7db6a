package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	_ "modernc.org/sqlite" // the program chooses the driver

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// calendar is the shop's clock: the story takes seven years.
type calendar struct{ today time.Time }

func (c *calendar) Now() time.Time { return c.today }

// shop is the program: the library's parts over one SQLite file, and its own tables.
type shop struct {
	*calendar
	db       *sql.DB
	registry *consent.Registry
	trail    *pii.Trail
	vault    *pii.Vault
	agenda   *retentionsql.Store
	sweeper  *retention.Sweeper
	requests requests
	desk     *rights.Desk
	issued   []retention.Certificate // what Certify was given: a real program stores them
	closers  []func() error
}

const schema = `
CREATE TABLE IF NOT EXISTS clients (id TEXT PRIMARY KEY, name TEXT, email TEXT, phone TEXT);
CREATE TABLE IF NOT EXISTS invoices (client TEXT NOT NULL, number TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (client, number));
CREATE TABLE IF NOT EXISTS requests (client TEXT NOT NULL, n INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (client, n));
CREATE TABLE IF NOT EXISTS request_looks (client TEXT PRIMARY KEY, at TEXT NOT NULL);`

// openShop puts the parts together in a directory.
func openShop(ctx context.Context, dir string) (_ *shop, err error) {
	s := &shop{calendar: &calendar{time.Date(2025, time.March, 7, 14, 0, 0, 0, time.UTC)}, trail: new(pii.Trail)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	file := url.URL{
		Scheme: "file", OmitHost: true, Path: filepath.ToSlash(filepath.Join(dir, "shop.db")),
		RawQuery: url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(5000)"}, "_txlock": {"immediate"}}.Encode(),
	}
	if s.db, err = sql.Open("sqlite", file.String()); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.db.Close)
	if _, err = s.db.ExecContext(ctx, schema); err != nil {
		return s, err
	}
	s.requests = requests{s.db}
	ledger, err := consentsql.Open(ctx, s.db)
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, ledger.Close)
	if s.agenda, err = retentionsql.Open(ctx, s.db); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.agenda.Close)
	policy, err := purpose.NewPolicy(Policy())
	if err != nil {
		return s, err
	}
	// What closes a case, ends consent or releases a hold has what is kept looked at.
	if s.registry, err = consent.NewRegistry(policy, ledger, consent.WithClock(s.Now), consent.WithReview(retention.PutForward(s.agenda))); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.registry.Close)
	keys, err := keyringsql.Open(ctx, s.db)
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, keys.Close)
	handle, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate())
	if err != nil {
		return s, err
	}
	kek, err := aead.New(handle)
	if err != nil {
		return s, err
	}
	ring, err := keyring.New(keyring.Config{Store: keys, KEK: kek, Now: s.Now})
	if err != nil {
		return s, err
	}
	planner, err := retention.NewPlanner(s.registry, s.agenda)
	if err != nil {
		return s, err
	}
	s.vault, err = pii.NewVault(pii.Config{Registry: s.registry, Keys: ring, Audit: s.trail, Agenda: planner})
	if err != nil {
		return s, err
	}
	s.sweeper, err = retention.NewSweeper(retention.Config{
		Registry: s.registry, Store: s.agenda, Keys: ring,
		Tables: s.tables(),
		Certify: func(_ context.Context, c retention.Certificate) error {
			s.issued = append(s.issued, c)
			return nil
		},
		Backups: purpose.Period{Days: 35},
	})
	if err != nil {
		return s, err
	}
	s.desk, err = rights.NewDesk(rights.Config{
		Vault: s.vault, Purpose: Requests, Rules: rights.Quebec(), Store: s.requests, Disclosures: s, Eraser: s, Until: s.until,
	})
	return s, err
}

// tables says where sealed fields are, and what deletes them there.
func (s *shop) tables() []retention.Table {
	return []retention.Table{
		{Name: "clients", Attributes: []purpose.Attribute{attrName, attrEmail, attrPhone}, Eraser: retention.EraserFunc(s.eraseClient)},
		{Name: "invoices", Attributes: []purpose.Attribute{attrInvoice}, Eraser: retention.EraserFunc(s.eraseInvoices)},
		{Name: "requests", Attributes: []purpose.Attribute{attrContact, attrNature}, Eraser: retention.EraserFunc(s.eraseSaid)},
	}
}

// Close gives everything back, the last part first.
func (s *shop) Close() error {
	var errs []error
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		errs = append(errs, s.closers[last]())
		s.closers = s.closers[:last]
	}
	return errors.Join(errs...)
}

// client is a row: ciphertext, and an id that says nothing.
type client struct {
	ID    consent.Subject
	Name  pii.Sealed[pii.Name]
	Email pii.Sealed[pii.Email]
	Phone pii.Sealed[phone.Phone]
}

// bill is a row of invoices.
type bill struct {
	Number string
	Text   pii.Sealed[Invoice]
}

func (s *shop) client(ctx context.Context, id consent.Subject) (*client, error) {
	c := &client{ID: id}
	err := s.db.QueryRowContext(ctx, "SELECT name, email, phone FROM clients WHERE id = ?", id).Scan(&c.Name, &c.Email, &c.Phone)
	return c, err
}

func (s *shop) save(ctx context.Context, c *client) error {
	_, err := s.db.ExecContext(ctx, "INSERT OR REPLACE INTO clients (id, name, email, phone) VALUES (?, ?, ?, ?)", c.ID, c.Name, c.Email, c.Phone)
	return err
}

func (s *shop) bills(ctx context.Context, id consent.Subject) (bills []bill, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT number, text FROM invoices WHERE client = ? ORDER BY number", id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var b bill
		if err := rows.Scan(&b.Number, &b.Text); err != nil {
			return nil, err
		}
		bills = append(bills, b)
	}
	return bills, rows.Err()
}

func (s *shop) keep(ctx context.Context, id consent.Subject, b bill) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO invoices (client, number, text) VALUES (?, ?, ?)", id, b.Number, b.Text)
	return err
}

// fields are all that the shop has of a person, for a report.
func (s *shop) fields(ctx context.Context, id consent.Subject) ([]rights.Field, error) {
	c, err := s.client(ctx, id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	bills, err := s.bills(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := s.desk.Requests(ctx, id)
	if err != nil {
		return nil, err
	}
	const account = "your account"
	fields := []rights.Field{rights.FieldOf(account, c.Name), rights.FieldOf(account, c.Email), rights.FieldOf(account, c.Phone)}
	for _, b := range bills {
		fields = append(fields, rights.FieldOf("invoice "+b.Number, b.Text))
	}
	for _, r := range all {
		for _, e := range r.Events {
			if e.Intake != nil {
				place := "your request of " + e.Intake.Received.Format(time.DateOnly)
				fields = append(fields, rights.FieldOf(place, e.Intake.Contact), rights.FieldOf(place, e.Intake.Nature))
			}
		}
	}
	return fields, nil
}

// due counts what a sweep will look at.
func (s *shop) due(ctx context.Context) (n int, err error) {
	ids, err := s.ids(ctx, "SELECT id FROM clients UNION SELECT client FROM invoices")
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		items, err := s.agenda.Of(ctx, id)
		if err != nil {
			return 0, err
		}
		for _, i := range items {
			if !i.Due.After(s.today) {
				n++
			}
		}
	}
	return n, nil
}

// ids returns the ids that a query selects.
func (s *shop) ids(ctx context.Context, query string) (ids []consent.Subject, err error) {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id consent.Subject
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// ends reports whether a field is of what ends: of the compartment, and collected no later.
func ends[K pii.Kind](s *shop, field pii.Sealed[K], i retention.Item) (bool, error) {
	d, err := field.Describe(s.vault)
	if errors.Is(err, pii.ErrAbsent) {
		return false, nil
	}
	return err == nil && d.Compartment == i.Compartment && !d.Collected.After(i.Collected), err
}

// eraseClient is the eraser of the table clients. It can be called again: what is gone is passed over.
func (s *shop) eraseClient(ctx context.Context, i retention.Item) error {
	c, err := s.client(ctx, i.Subject)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	name, err1 := ends(s, c.Name, i)
	email, err2 := ends(s, c.Email, i)
	telephone, err3 := ends(s, c.Phone, i)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if name {
		c.Name = pii.Sealed[pii.Name]{}
	}
	if email {
		c.Email = pii.Sealed[pii.Email]{}
	}
	if telephone {
		c.Phone = pii.Sealed[phone.Phone]{}
	}
	if c.Name.IsZero() && c.Email.IsZero() && c.Phone.IsZero() {
		_, err = s.db.ExecContext(ctx, "DELETE FROM clients WHERE id = ?", c.ID)
		return err
	}
	return s.save(ctx, c)
}

// eraseInvoices is the eraser of the table invoices.
func (s *shop) eraseInvoices(ctx context.Context, i retention.Item) error {
	bills, err := s.bills(ctx, i.Subject)
	if err != nil {
		return err
	}
	for _, b := range bills {
		over, err := ends(s, b.Text, i)
		if err != nil {
			return err
		}
		if over {
			if _, err := s.db.ExecContext(ctx, "DELETE FROM invoices WHERE client = ? AND number = ?", i.Subject, b.Number); err != nil {
				return err
			}
		}
	}
	return nil
}
