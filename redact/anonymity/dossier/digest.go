package dossier

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// digestOf returns the SHA-256 of a table, as format.md describes it. Values of direct identifiers are not kept by a table, so are not in it; a
// release has none.
func digestOf(t *anonymity.Table) string {
	h := sha256.New()
	var b []byte
	part := func(text string) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	part("purposebound.dossier.release.v1")
	columns := t.Columns()
	b = binary.BigEndian.AppendUint64(b, uint64(len(columns)))
	for _, c := range columns {
		part(c.Name)
		part(roles[c.Role])
	}
	for _, cells := range t.All() {
		for _, cell := range cells {
			part(cell)
		}
		if len(b) > 1<<16 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}
