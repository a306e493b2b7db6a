package retentionsql

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"slices"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// row is an item as the table has it.
type row struct {
	retention.Item
	key   [32]byte
	until []byte // of the claim; empty for none
}

// free ends the claim, if there is one.
func (r *row) free() { r.Claim, r.until = "", []byte{} }

const columns = "item, subject, compartment, case_id, collected, attributes, due, failures, version, claim, claimed_until"

const keyLabel = "purposebound agenda v1\x00"

// keyOf returns what stands for the item's key: of fixed length, whatever the key's.
func keyOf(i *retention.Item) [32]byte {
	k := i.Key()
	b := []byte(keyLabel)
	for _, text := range []string{string(k.Subject), string(k.Compartment), k.Case} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(k.Day)))
}

// yearOne is the Unix time of the first second of the year 1.
const yearOne = -62135596800

// stamp writes a time so that bytes compare as times do. The zero time is the smallest; what is before it counts as it, so that a clock which is that wrong finds nothing due.
func stamp(t time.Time) []byte {
	if t.Before(time.Time{}) {
		t = time.Time{}
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 12), uint64(t.Unix()-yearOne))
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

func unstamp(b []byte) (time.Time, bool) {
	if len(b) != 12 {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(b))+yearOne, int64(binary.BigEndian.Uint32(b[8:]))).UTC(), true
}

// pack writes attributes, each behind its length.
func pack(attributes []purpose.Attribute) []byte {
	b := []byte{}
	for _, a := range attributes {
		b = binary.AppendUvarint(b, uint64(len(a)))
		b = append(b, a...)
	}
	return b
}

func unpack(b []byte) (attributes []purpose.Attribute, ok bool) {
	for len(b) > 0 {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			return nil, false
		}
		attributes = append(attributes, purpose.Attribute(b[used:used+int(n)]))
		b = b[used+int(n):]
	}
	return attributes, true
}

// readRow reads one row. It is [ErrRow] if that is not what was written.
func readRow(rows *sql.Rows) (row, error) {
	var r row
	var key, subject, compartment, caseID, collected, attributes, due, claim []byte
	var failures, version int64
	if err := rows.Scan(&key, &subject, &compartment, &caseID, &collected, &attributes, &due, &failures, &version, &claim, &r.until); err != nil {
		return row{}, err
	}
	var ok1, ok2, ok3 bool
	r.Subject, r.Compartment, r.Case = consent.Subject(subject), purpose.Compartment(compartment), string(caseID)
	r.Collected, ok1 = unstamp(collected)
	r.Due, ok2 = unstamp(due)
	r.Attributes, ok3 = unpack(attributes)
	r.Failures, r.Version, r.Claim = int(failures), uint64(version), string(claim)
	r.until = append([]byte{}, r.until...) // some drivers give nil for what is empty, and write NULL for nil
	if copy(r.key[:], key) != len(r.key) || len(key) != len(r.key) || !ok1 || !ok2 || !ok3 {
		return row{}, ErrRow
	}
	// One of another key could not be settled and would be taken for ever; one without attributes would end and leave its rows.
	if r.key != keyOf(&r.Item) || (r.Compartment == "") != (len(r.Attributes) == 0) {
		return row{}, ErrRow
	}
	return r, nil
}

// ordered sorts items by due date and then by key.
func ordered(items []retention.Item) {
	slices.SortFunc(items, func(a, b retention.Item) int {
		ka, kb := a.Key(), b.Key()
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(ka.Subject, kb.Subject), cmp.Compare(ka.Compartment, kb.Compartment),
			cmp.Compare(ka.Case, kb.Case), cmp.Compare(ka.Day, kb.Day))
	})
}
