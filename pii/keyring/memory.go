package keyring

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/purposebound/purposebound/consent"
)

// Memory is a [Store] and [Lister] in memory, for tests and demonstrations: its keys end with the process.
// The zero Memory is empty and ready. It must not be copied.
type Memory struct {
	mu   sync.Mutex
	rows map[owner]Row
}

type owner struct {
	tenant  string
	subject consent.Subject
}

var (
	_ Store  = (*Memory)(nil)
	_ Lister = (*Memory)(nil)
)

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, tenant string, s consent.Subject) (Row, error) {
	if err := ctx.Err(); err != nil {
		return Row{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	row := m.rows[owner{tenant, s}]
	row.Data = bytes.Clone(row.Data)
	return row, nil
}

// Save implements [Store].
func (m *Memory) Save(ctx context.Context, tenant string, s consent.Subject, after uint64, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o := owner{tenant, s}
	if m.rows[o].Version != after {
		return ErrConflict
	}
	if m.rows == nil {
		m.rows = make(map[owner]Row)
	}
	clear(m.rows[o].Data) // a shredded key does not linger until the garbage collector comes
	m.rows[o] = Row{Version: after + 1, Data: bytes.Clone(data)}
	return nil
}

// Subjects implements [Lister].
func (m *Memory) Subjects(ctx context.Context, tenant string, after consent.Subject) iter.Seq2[consent.Subject, error] {
	return func(yield func(consent.Subject, error) bool) {
		var subjects []consent.Subject
		m.mu.Lock()
		for o := range m.rows {
			if o.tenant == tenant && o.subject > after {
				subjects = append(subjects, o.subject)
			}
		}
		m.mu.Unlock()
		slices.Sort(subjects)
		for _, s := range subjects {
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}
