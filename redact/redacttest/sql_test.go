package redacttest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// fake is a database that notes what a driver is asked. It has no optional interface; the types below add them.
type fake struct {
	mu    sync.Mutex
	calls []string
}

func (f *fake) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

type fakeConnector struct {
	*fake
	age       age
	converter bool
}

// age is how many optional interfaces a driver has.
type age int

const (
	plainest age = iota
	old          // executes and queries without a statement, and knows no context
	oldQuery     // only queries without one
	oldExec      // only executes without one
	modern       // all
)

func (c *fakeConnector) Connect(context.Context) (driver.Conn, error) {
	basic := &basicConn{c.fake, c.converter}
	switch c.age {
	case old:
		return &oldConn{basic, oldQueryConn{basic}, oldExecConn{basic}}, nil
	case oldQuery:
		return &oldQueryConn{basic}, nil
	case oldExec:
		return &oldExecConn{basic}, nil
	case modern:
		return &modernConn{basic}, nil
	}
	return basic, nil
}

func (c *fakeConnector) Driver() driver.Driver { return &fakeDriver{c} }
func (c *fakeConnector) Close() error          { c.note("connector closed"); return nil }

type fakeDriver struct{ connector *fakeConnector }

func (d *fakeDriver) Open(name string) (driver.Conn, error) {
	d.connector.note("open %s", name)
	return d.connector.Connect(context.Background())
}

type basicConn struct {
	*fake
	converter bool
}

func (c *basicConn) Prepare(query string) (driver.Stmt, error) {
	c.note("prepare %s", query)
	if strings.Contains(query, "fails") {
		return nil, errors.New("no such table")
	}
	basic := &basicStmt{c.fake, query, strings.Count(query, "?")}
	if c.converter {
		basic.inputs = -1
		return &converterStmt{basic}, nil
	}
	return basic, nil
}
func (c *basicConn) Close() error              { c.note("close"); return nil }
func (c *basicConn) Begin() (driver.Tx, error) { c.note("begin"); return fakeTx{c.fake}, nil }

type fakeTx struct{ *fake }

func (t fakeTx) Commit() error   { t.note("commit"); return nil }
func (t fakeTx) Rollback() error { t.note("rollback"); return nil }

type basicStmt struct {
	*fake
	query  string
	inputs int
}

func (s *basicStmt) Close() error  { s.note("close statement"); return nil }
func (s *basicStmt) NumInput() int { return s.inputs }
func (s *basicStmt) Exec(args []driver.Value) (driver.Result, error) {
	s.note("exec %s %v", s.query, args)
	return driver.RowsAffected(1), nil
}

func (s *basicStmt) Query(args []driver.Value) (driver.Rows, error) {
	s.note("query %s %v", s.query, args)
	return &fakeRows{}, nil
}

type converterStmt struct{ *basicStmt }

func (s *converterStmt) ColumnConverter(int) driver.ValueConverter { return upper{s.fake} }

type upper struct{ *fake }

func (u upper) ConvertValue(v any) (driver.Value, error) {
	u.note("convert %v", v)
	return strings.ToUpper(fmt.Sprint(v)), nil
}

type fakeRows struct{ done bool }

func (*fakeRows) Columns() []string { return []string{"n"} }
func (*fakeRows) Close() error      { return nil }
func (r *fakeRows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	dest[0], r.done = int64(42), true
	return nil
}

type oldQueryConn struct{ *basicConn }

func (c oldQueryConn) Query(query string, args []driver.Value) (driver.Rows, error) {
	c.note("query at once %s %v", query, args)
	return &fakeRows{}, nil
}

type oldExecConn struct{ *basicConn }

func (c oldExecConn) Exec(query string, args []driver.Value) (driver.Result, error) {
	if strings.Contains(query, "skips") {
		return nil, driver.ErrSkip
	}
	c.note("exec at once %s %v", query, args)
	return driver.RowsAffected(1), nil
}

type oldConn struct {
	*basicConn
	oldQueryConn
	oldExecConn
}

// modernConn has every optional interface.
type modernConn struct{ *basicConn }

func (c *modernConn) Ping(context.Context) error         { c.note("ping"); return nil }
func (c *modernConn) ResetSession(context.Context) error { c.note("reset"); return nil }
func (c *modernConn) IsValid() bool                      { c.note("valid"); return true }
func (c *modernConn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.note("begin %v", o)
	return fakeTx{c.fake}, nil
}

func (c *modernConn) CheckNamedValue(v *driver.NamedValue) error {
	c.note("check %v", v.Value)
	switch v.Value.(type) {
	case own, *own, *string, hush, *hush, rawHush, late, *late, sql.Out, []string:
		return nil
	case removed:
		return driver.ErrRemoveArgument
	}
	return driver.ErrSkip
}

// own is a type that only its driver understands, and removed an option that is no argument.
type (
	own     struct{ Text string }
	removed struct{}
	hush    string
	rawHush []byte
	late    struct{ text string }
)

func (c *modernConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.Contains(query, "skips") {
		return nil, driver.ErrSkip
	}
	c.note("exec in context %s %v", query, args)
	return driver.RowsAffected(1), nil
}

func (c *modernConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.note("query in context %s %v", query, args)
	return &fakeRows{}, nil
}

func (c *modernConn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	c.note("prepare in context %s", query)
	s, err := c.Prepare(query)
	if basic, ok := s.(*basicStmt); ok {
		return &modernStmt{basic}, err
	}
	return s, err
}

type modernStmt struct{ *basicStmt }

func (s *modernStmt) ExecContext(_ context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.note("exec statement in context %v", args)
	return driver.RowsAffected(1), nil
}

func (s *modernStmt) QueryContext(_ context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.note("query statement in context %v", args)
	return &fakeRows{}, nil
}

// What these print is not what a driver sends.
func (hush) String() string                 { return "hush" }
func (hush) MarshalJSON() ([]byte, error)   { return []byte(`"hush"`), nil }
func (rawHush) Format(f fmt.State, _ rune)  { io.WriteString(f, "hush") }
func (late) String() string                 { return "late" }
func (l late) Value() (driver.Value, error) { return l.text, nil }

func (s *modernStmt) CheckNamedValue(v *driver.NamedValue) error {
	s.note("check in statement %v", v.Value)
	return driver.ErrSkip
}

// TestSQLChangesNothing runs one program over drivers old and new, watched and not: the driver must be asked the same, and the program must get the same.
func TestSQLChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	program := func(db *sql.DB) (results []string) {
		note := func(what string, v any, err error) { results = append(results, fmt.Sprint(what, " ", v, " ", err)) }
		exec := func(query string, args ...any) {
			r, err := db.ExecContext(ctx, query, args...)
			var n int64
			if err == nil {
				n, _ = r.RowsAffected()
			}
			note(query, n, err)
		}
		note("ping", nil, db.PingContext(ctx))
		exec("insert ?", "text")
		exec("insert ? ?", 17, []byte("bytes"))
		exec("insert @a", sql.Named("a", "named"))
		exec("insert ?", own{"text"})
		exec("insert ?", "x", removed{})
		exec("skips ?", "text")
		exec("fails", "text")
		exec("insert ?")
		var n int
		err := db.QueryRowContext(ctx, "select ?", "text").Scan(&n)
		note("select", n, err)
		s, err := db.PrepareContext(ctx, "select ? ?")
		note("prepare", nil, err)
		if err == nil {
			err = s.QueryRow(1, "b").Scan(&n)
			note("statement", n, err)
			_, err = s.Exec(2, "c")
			note("statement", nil, err)
			note("close", nil, s.Close())
		}
		for _, o := range []*sql.TxOptions{nil, {ReadOnly: true}, {Isolation: sql.LevelSerializable}} {
			tx, err := db.BeginTx(ctx, o)
			note("begin", nil, err)
			if err == nil {
				_, err = tx.Exec("update ?", true)
				note("update", nil, err)
				note("commit", nil, tx.Commit())
			}
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		_, err = db.PrepareContext(cancelled, "select ?")
		note("cancelled", nil, err)
		note("close", nil, db.Close())
		return results
	}
	for _, age := range []age{plainest, old, oldQuery, oldExec, modern} {
		for _, converter := range []bool{false, true} {
			for _, by := range []string{"connector", "driver"} {
				name := fmt.Sprint("age ", age, ", converter ", converter, ", by ", by)
				plain, watched := &fake{}, &fake{}
				open := func(f *fake, w *redacttest.Watch) *sql.DB {
					c := driver.Connector(&fakeConnector{f, age, converter})
					if by == "driver" {
						d := c.Driver()
						if w == nil {
							c = dsn{d}
						} else {
							var err error
							c, err = w.Driver(d).(driver.DriverContext).OpenConnector("name")
							require.NoError(t, err)
						}
					} else if w != nil {
						c = w.Connector(c)
					}
					db := sql.OpenDB(c)
					db.SetMaxOpenConns(1)
					return db
				}
				want := program(open(plain, nil))
				got := program(open(watched, redacttest.NewWatch(redacttest.NewPerson(t.Name()).Email)))
				assert.Equal(t, want, got, name)
				assert.Equal(t, plain.calls, watched.calls, name)
				assert.Greater(t, len(watched.calls), 15, name)
			}
		}
	}
}

type dsn struct{ d driver.Driver }

func (d dsn) Connect(context.Context) (driver.Conn, error) { return d.d.Open("name") }
func (d dsn) Driver() driver.Driver                        { return d.d }

// TestSQLSeesAll sends a canary every way there is to a database.
func TestSQLSeesAll(t *testing.T) {
	ctx := context.Background()
	for _, age := range []age{plainest, old, oldQuery, oldExec, modern} {
		c := redacttest.NewPerson(fmt.Sprint(t.Name(), age)).Email
		ways := map[string]func(db *sql.DB, s string){
			"argument":       func(db *sql.DB, s string) { _, _ = db.Exec("insert ?", s) },
			"bytes":          func(db *sql.DB, s string) { _, _ = db.Exec("insert ?", []byte(s)) },
			"query argument": func(db *sql.DB, s string) { _ = db.QueryRow("select ?", s).Err() },
			"text":           func(db *sql.DB, s string) { _, _ = db.Exec("insert '" + s + "'") },
			"prepared text":  func(db *sql.DB, s string) { _, _ = db.Prepare("insert '" + s + "'") },
			"refused text":   func(db *sql.DB, s string) { _, _ = db.Prepare("fails '" + s + "'") },
			"statement": func(db *sql.DB, s string) {
				if p, err := db.Prepare("insert ?"); err == nil {
					_, _ = p.Exec(s)
				}
			},
			"statement's query": func(db *sql.DB, s string) {
				if p, err := db.Prepare("select ?"); err == nil {
					_ = p.QueryRow(s).Err()
				}
			},
			"transaction": func(db *sql.DB, s string) {
				if tx, err := db.BeginTx(ctx, nil); err == nil {
					_, _ = tx.Exec("insert ?", s)
					_ = tx.Rollback()
				}
			},
		}
		if age == modern {
			ways["a driver's own type"] = func(db *sql.DB, s string) { _, _ = db.Exec("insert ?", own{s}) }
			for kind, arg := range map[string]func(s string) any{
				"pointer":               func(s string) any { return &s },
				"pointer to a struct":   func(s string) any { return &own{s} },
				"list":                  func(s string) any { return []string{s} },
				"in and out":            func(s string) any { return sql.Out{Dest: &s, In: true} },
				"text that hides":       func(s string) any { return hush(s) },
				"pointer that hides":    func(s string) any { h := hush(s); return &h },
				"bytes that hide":       func(s string) any { return rawHush(s) },
				"valuer that hides":     func(s string) any { return late{s} },
				"valuer behind pointer": func(s string) any { return &late{s} },
			} {
				ways[kind] = func(db *sql.DB, s string) { _, _ = db.Exec("insert ?", arg(s)) }
			}
			ways["named"] = func(db *sql.DB, s string) { _, _ = db.Exec("insert @a", sql.Named("a", s)) }
		}
		for name, way := range ways {
			errs, _ := attempt(func(tb testing.TB) {
				w := redacttest.NewWatch(c)
				db := sql.OpenDB(w.Connector(&fakeConnector{fake: &fake{}, age: age}))
				w.AssertNoLeak(tb, func() { way(db, c.String()) })
			})
			if assert.Len(t, errs, 1, "%s, age %v", name, age) {
				assert.Contains(t, errs[0], "reached SQL as raw, written at sql_test.go:", name)
			}
		}
	}
}

// TestSQLArgumentsThatPanic: what a driver would not call must not stop the program.
func TestSQLArgumentsThatPanic(t *testing.T) {
	c := redacttest.NewPerson(t.Name()).Email
	errs, panicked := attempt(func(tb testing.TB) {
		w := redacttest.NewWatch(c)
		db := sql.OpenDB(w.Connector(&fakeConnector{fake: &fake{}, age: modern}))
		w.AssertNoLeak(tb, func() {
			_, err := db.Exec("insert ?, ?, ?", (*late)(nil), sql.Out{Dest: new(string)}, len(c.String()))
			assert.NoError(t, err)
		})
	})
	assert.Empty(t, errs)
	assert.Nil(t, panicked)
}

func TestSQLConnectionUnwraps(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(redacttest.NewWatch(redacttest.NewPerson(t.Name()).Email).Connector(&fakeConnector{fake: &fake{}, age: modern}))
	conn, err := db.Conn(context.Background())
	require.NoError(t, err)
	require.NoError(t, conn.Raw(func(c any) error {
		assert.IsType(t, &modernConn{}, c.(interface{ Unwrap() driver.Conn }).Unwrap())
		return nil
	}))
	assert.Equal(t, "*redacttest.watchedDriver", fmt.Sprintf("%T", db.Driver()))
}
