package redacttest

//lint:file-ignore SA1019 A wrapper must serve drivers of any age: their deprecated interfaces are the only ones that some have.

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// Connector watches statements and their arguments on the way to a database. Open it with sql.OpenDB. Each optional interface of the driver goes on to work;
// what a program reaches by sql.Conn.Raw is the watch's connection, whose Unwrap method returns the driver's. Rows are not watched: they come in.
func (w *Watch) Connector(c driver.Connector) driver.Connector {
	return &connector{c, sqlWatch{w.sink("SQL")}}
}

// Driver is [Watch.Connector] for a driver, to be registered under a name or opened by OpenConnector of [driver.DriverContext].
func (w *Watch) Driver(d driver.Driver) driver.Driver {
	return &watchedDriver{d, sqlWatch{w.sink("SQL")}}
}

type sqlWatch struct{ sink *sink }

func (w sqlWatch) named(query string, args []driver.NamedValue) {
	b := append([]byte(query), '\n')
	for _, a := range args {
		b = append(appendArgument(b, a.Value), '\n')
	}
	w.sink.record(b, stack())
}

func (w sqlWatch) values(query string, args []driver.Value) {
	b := append([]byte(query), '\n')
	for _, a := range args {
		b = append(appendArgument(b, a), '\n')
	}
	w.sink.record(b, stack())
}

// appendArgument appends what a driver may send of an argument. Some take more than [driver.Value] allows: then it is what the argument prints, is in JSON,
// and gives as its value; and what it is, where its methods hide that.
func appendArgument(b []byte, arg any) (out []byte) {
	defer func() {
		if recover() != nil {
			out = b // a method that the driver may never call
		}
	}()
	switch arg := arg.(type) {
	case []byte:
		return append(b, arg...)
	case sql.Out:
		if !arg.In {
			return b
		}
		return appendArgument(b, arg.Dest)
	case driver.Valuer:
		if value, err := arg.Value(); err == nil && driver.IsValue(value) {
			b = append(appendArgument(b, value), ' ')
		}
	}
	b = fmt.Append(b, arg)
	if driver.IsValue(arg) {
		return b
	}
	if encoded, err := json.Marshal(arg); err == nil {
		b = append(append(b, ' '), encoded...)
	}
	v := reflect.ValueOf(arg)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.String:
		b = append(append(b, ' '), v.String()...)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		b = append(append(b, ' '), v.Bytes()...)
	}
	return b
}

type watchedDriver struct {
	driver.Driver
	watch sqlWatch
}

var _ driver.DriverContext = (*watchedDriver)(nil)

// Open opens a connection.
func (d *watchedDriver) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return watchConn(c, d.watch), nil
}

// OpenConnector returns a connector, of the driver's own if it has them.
func (d *watchedDriver) OpenConnector(name string) (driver.Connector, error) {
	own, ok := d.Driver.(driver.DriverContext)
	if !ok {
		return &connector{&dsnConnector{name, d.Driver}, d.watch}, nil
	}
	c, err := own.OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return &connector{c, d.watch}, nil
}

// dsnConnector is what database/sql uses for a driver without connectors.
type dsnConnector struct {
	name   string
	driver driver.Driver
}

func (c *dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.name) }

func (c *dsnConnector) Driver() driver.Driver { return c.driver }

type connector struct {
	driver.Connector
	watch sqlWatch
}

var _ io.Closer = (*connector)(nil)

// Connect opens a connection.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return watchConn(inner, c.watch), nil
}

// Driver returns the driver, watched.
func (c *connector) Driver() driver.Driver { return &watchedDriver{c.Connector.Driver(), c.watch} }

// Close closes the driver's connector, if it can be closed.
func (c *connector) Close() error {
	if closer, ok := c.Connector.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// watchConn wraps a connection. It has the two optional interfaces that execute without a statement only if the driver's has them, since
// their presence alone changes what database/sql converts.
func watchConn(inner driver.Conn, watch sqlWatch) driver.Conn {
	c := &conn{inner, watch}
	executes, queries := false, false
	switch inner.(type) {
	case driver.ExecerContext, driver.Execer:
		executes = true
	}
	switch inner.(type) {
	case driver.QueryerContext, driver.Queryer:
		queries = true
	}
	switch {
	case executes && queries:
		return struct {
			*conn
			execer
			queryer
		}{c, execer{c}, queryer{c}}
	case executes:
		return struct {
			*conn
			execer
		}{c, execer{c}}
	case queries:
		return struct {
			*conn
			queryer
		}{c, queryer{c}}
	}
	return c
}

// conn has the other optional interfaces of a connection. Where the driver's has not, it does what database/sql would have done.
type conn struct {
	driver.Conn
	watch sqlWatch
}

var (
	_ driver.Pinger             = (*conn)(nil)
	_ driver.ExecerContext      = execer{}
	_ driver.QueryerContext     = queryer{}
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
)

// Unwrap returns the driver's connection, which is not watched.
func (c *conn) Unwrap() driver.Conn { return c.Conn }

func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

type execer struct{ of *conn }

func (e execer) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	e.of.watch.named(query, args)
	if inner, ok := e.of.Conn.(driver.ExecerContext); ok {
		return inner.ExecContext(ctx, query, args)
	}
	values, err := positional(ctx, args)
	if err != nil {
		return nil, err
	}
	return e.of.Conn.(driver.Execer).Exec(query, values)
}

type queryer struct{ of *conn }

func (q queryer) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	q.of.watch.named(query, args)
	if inner, ok := q.of.Conn.(driver.QueryerContext); ok {
		return inner.QueryContext(ctx, query, args)
	}
	values, err := positional(ctx, args)
	if err != nil {
		return nil, err
	}
	return q.of.Conn.(driver.Queryer).Query(query, values)
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	s, err := c.Conn.Prepare(query)
	return c.prepared(query, s, err)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if p, ok := c.Conn.(driver.ConnPrepareContext); ok {
		s, err := p.PrepareContext(ctx, query)
		return c.prepared(query, s, err)
	}
	s, err := c.Conn.Prepare(query)
	if err == nil && ctx.Err() != nil {
		s.Close()
		return nil, ctx.Err()
	}
	return c.prepared(query, s, err)
}

func (c *conn) prepared(query string, s driver.Stmt, err error) (driver.Stmt, error) {
	c.watch.named(query, nil)
	if err != nil {
		return nil, err
	}
	watched := &stmt{s, c, query}
	if converter, ok := s.(driver.ColumnConverter); ok {
		return &convertingStmt{watched, converter}, nil
	}
	return watched, nil
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if b, ok := c.Conn.(driver.ConnBeginTx); ok {
		return b.BeginTx(ctx, opts)
	}
	if opts.Isolation != 0 {
		return nil, errors.New("sql: driver does not support non-default isolation level")
	}
	if opts.ReadOnly {
		return nil, errors.New("sql: driver does not support read-only transactions")
	}
	tx, err := c.Conn.Begin()
	if err == nil && ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), tx.Rollback())
	}
	return tx, err
}

func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.Conn.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip // then as if it had none
}

// stmt has every optional interface of a statement but ColumnConverter, whose presence alone changes what database/sql converts.
type stmt struct {
	driver.Stmt
	conn  *conn
	query string
}

type convertingStmt struct {
	*stmt
	converter driver.ColumnConverter
}

func (s *convertingStmt) ColumnConverter(i int) driver.ValueConverter {
	return s.converter.ColumnConverter(i)
}

var (
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
	_ driver.ColumnConverter   = (*convertingStmt)(nil)
)

func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	s.conn.watch.values(s.query, args)
	return s.Stmt.Exec(args)
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	s.conn.watch.values(s.query, args)
	return s.Stmt.Query(args)
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.conn.watch.named(s.query, args)
	if e, ok := s.Stmt.(driver.StmtExecContext); ok {
		return e.ExecContext(ctx, args)
	}
	values, err := positional(ctx, args)
	if err != nil {
		return nil, err
	}
	return s.Stmt.Exec(values)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.conn.watch.named(s.query, args)
	if q, ok := s.Stmt.(driver.StmtQueryContext); ok {
		return q.QueryContext(ctx, args)
	}
	values, err := positional(ctx, args)
	if err != nil {
		return nil, err
	}
	return s.Stmt.Query(values)
}

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := s.Stmt.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return s.conn.CheckNamedValue(v)
}

// positional is what database/sql makes of arguments for a driver that knows neither contexts nor names.
func positional(ctx context.Context, args []driver.NamedValue) ([]driver.Value, error) {
	values := make([]driver.Value, len(args))
	for i, a := range args {
		if a.Name != "" {
			return nil, errors.New("sql: driver does not support the use of Named Parameters")
		}
		values[i] = a.Value
	}
	return values, ctx.Err()
}
