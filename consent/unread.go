package consent

import (
	"encoding/binary"
	"strings"
)

// unread gathers the records of a subject that were read ahead, as they are. They are checked and folded when they are asked for: many at once
// are read by one query, and each is used in its own time, or never.
type unread struct {
	records []byte
	count   uint64
}

// add copies a record.
func (u *unread) add(r Record) {
	u.records = binary.AppendUvarint(u.records, uint64(len(r.Envelope)))
	u.records = append(u.records, r.Envelope...)
	if r.Payload == nil {
		u.records = append(u.records, 0)
	} else {
		u.records = binary.AppendUvarint(u.records, uint64(len(r.Payload))+1)
		u.records = append(u.records, r.Payload...)
	}
	u.records = append(u.records, r.Chain[:]...)
	u.count++
}

// take returns what was gathered, and begins anew. read is the reading of the clock before the ledger was read.
func (u *unread) take(read int64) packed {
	var space [32]byte
	head := append(space[:0], keptUnread)
	head = binary.AppendVarint(head, read)
	head = binary.AppendUvarint(head, u.count)
	var out strings.Builder
	out.Grow(len(head) + len(u.records))
	out.Write(head)
	out.Write(u.records)
	u.records, u.count = u.records[:0], 0
	return packed(out.String())
}

// fold returns the state of records that were read ahead.
func (p packed) fold(s Subject) (*state, error) {
	u := unpacker{text: string(p[1:])}
	read, count := u.signed(), u.number()
	f := newFolder(s)
	rest := []byte(u.text)
	take := func(n uint64) []byte {
		out := rest[:n:n]
		rest = rest[n:]
		return out
	}
	number := func() uint64 {
		n, size := binary.Uvarint(rest)
		rest = rest[size:]
		return n
	}
	for range count {
		r := Record{Envelope: take(number())}
		if n := number(); n > 0 {
			r.Payload = take(n - 1)
		}
		r.Chain = [32]byte(take(32))
		if err := f.next(r); err != nil {
			return nil, err
		}
	}
	f.state.read = read
	return f.state, nil
}
