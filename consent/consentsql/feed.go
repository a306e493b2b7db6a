package consentsql

import (
	"encoding/binary"

	"github.com/purposebound/purposebound/consent"
)

// A row of the feed packs its changes one behind another: the length of the subject in one byte, the subject, the event's number and
// its reach in eight bytes each, big-endian. The last has the row's position, and those before it count down from there.

func packChanges(changes []consent.Change) []byte {
	var out []byte
	for _, c := range changes {
		out = append(out, byte(len(c.Subject)))
		out = append(out, c.Subject...)
		out = binary.BigEndian.AppendUint64(out, c.Seq)
		out = binary.BigEndian.AppendUint64(out, c.Reach)
	}
	return out
}

func unpackChanges(to []consent.Change, position uint64, b []byte) ([]consent.Change, error) {
	first := len(to)
	for len(b) > 0 {
		size := int(b[0])
		if size == 0 || len(b) < 1+size+16 {
			return nil, consent.ErrFormat
		}
		to = append(to, consent.Change{
			Subject: consent.Subject(b[1 : 1+size]),
			Seq:     binary.BigEndian.Uint64(b[1+size:]), Reach: binary.BigEndian.Uint64(b[9+size:]),
		})
		b = b[17+size:]
	}
	for i := range to[first:] {
		to[len(to)-1-i].Position = position - uint64(i)
	}
	return to, nil
}

// A node's draining list packs each entry in 36 bytes: position, subject and reach in eight each, and three counts in four.
const drainingSize = 36

func packDraining(list []consent.Draining) []byte {
	out := make([]byte, 0, drainingSize*len(list))
	for _, d := range list {
		for _, n := range []uint64{d.Position, d.Subject, d.Reach} {
			out = binary.BigEndian.AppendUint64(out, n)
		}
		for _, n := range []uint32{d.Running, d.Ended, d.Cancelled} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
	}
	return out
}

func unpackDraining(b []byte) ([]consent.Draining, error) {
	if len(b)%drainingSize != 0 {
		return nil, consent.ErrFormat
	}
	var out []consent.Draining
	for ; len(b) > 0; b = b[drainingSize:] {
		out = append(out, consent.Draining{
			Position: binary.BigEndian.Uint64(b), Subject: binary.BigEndian.Uint64(b[8:]), Reach: binary.BigEndian.Uint64(b[16:]),
			Running: binary.BigEndian.Uint32(b[24:]), Ended: binary.BigEndian.Uint32(b[28:]), Cancelled: binary.BigEndian.Uint32(b[32:]),
		})
	}
	return out, nil
}
