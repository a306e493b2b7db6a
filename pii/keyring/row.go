package keyring

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// The stored form of a row; format.md specifies it.
const (
	rowVersion   = 1
	flagFenced   = 1
	stateLive    = 1
	stateDead    = 2
	rowLabel     = "purposebound key row v1"
	wrapLabel    = "purposebound key wrap v1"
	maxRow       = 1 << 20
	maxTag       = 255
	maxWrap      = 1<<16 - 1
	maxDomain    = 64
	maxDomains   = 64
	maxCompart   = 1024
	deadOverhead = 2 + 4 + 1
)

// state is a decoded row: the fence and the records, sorted by compartment and generation.
type state struct {
	fenced  bool
	records []record
}

// record is one generation of one compartment's key. If it is not live, check and wraps are gone.
type record struct {
	compartment purpose.Compartment
	generation  uint32
	live        bool
	check       [16]byte
	wraps       []wrap // sorted by domain, one each
}

// wrap is a data key encrypted to one domain, or, with the domain "", under the ring's single KEK.
type wrap struct {
	domain string
	sealed []byte
}

func compareRecords(a, b record) int {
	return cmp.Or(cmp.Compare(a.compartment, b.compartment), cmp.Compare(a.generation, b.generation))
}

func compareWraps(a, b wrap) int { return strings.Compare(a.domain, b.domain) }

// of returns the records of one compartment, oldest first.
func (st *state) of(c purpose.Compartment) []record {
	from, _ := slices.BinarySearchFunc(st.records, record{compartment: c}, compareRecords)
	to := from
	for to < len(st.records) && st.records[to].compartment == c {
		to++
	}
	return st.records[from:to]
}

// validCompartment reports whether c is classes, a slash and domains, both sorted, without doubles and joined by '+'.
func validCompartment(c purpose.Compartment) bool {
	if len(c) > maxCompart || strings.Count(string(c), "/") != 1 {
		return false
	}
	return validNames(c.Classes()) && validNames(c.Domains())
}

func validNames(names []string) bool {
	if len(names) == 0 || len(names) > maxDomains-2 {
		return false
	}
	for i, name := range names {
		if !validName(name) || i > 0 && names[i-1] >= name {
			return false
		}
	}
	return true
}

func validName(name string) bool {
	return name != "" && len(name) <= maxDomain && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '/' || r == '+' })
}

// body encodes all of a row but its tag.
func (st *state) body() []byte {
	out := []byte{rowVersion, 0}
	if st.fenced {
		out[1] = flagFenced
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(st.records)))
	for _, r := range st.records {
		out = binary.BigEndian.AppendUint16(out, uint16(len(r.compartment)))
		out = append(out, r.compartment...)
		out = binary.BigEndian.AppendUint32(out, r.generation)
		if !r.live {
			out = append(out, stateDead)
			continue
		}
		out = append(out, stateLive)
		out = append(out, r.check[:]...)
		out = append(out, byte(len(r.wraps)))
		for _, w := range r.wraps {
			out = append(out, byte(len(w.domain)))
			out = append(out, w.domain...)
			out = binary.BigEndian.AppendUint16(out, uint16(len(w.sealed)))
			out = append(out, w.sealed...)
		}
	}
	return out
}

// appendTag completes a body with its tag, which may be empty.
func appendTag(body, tag []byte) []byte {
	return append(append(body, byte(len(tag))), tag...)
}

// macInput is what the intake key authenticates: whose row it is, then its body.
func macInput(tenant string, s consent.Subject, body []byte) []byte {
	return prefixed(rowLabel, tenant, string(s), string(body))
}

// wrapContext is what a wrap is bound to.
func wrapContext(tenant string, s consent.Subject, r *record, domain string) []byte {
	out := prefixed(wrapLabel, tenant, string(s), string(r.compartment), domain)
	out = binary.BigEndian.AppendUint32(out, r.generation)
	return append(out, r.check[:]...)
}

// decodeRow reads what [state.body] and [appendTag] wrote and refuses everything they would not write.
// The parts it returns stand in data.
func decodeRow(data []byte) (st *state, body, tag []byte, ok bool) {
	if len(data) > maxRow {
		return nil, nil, nil, false
	}
	in := reader{rest: data, ok: true}
	version, flags, count := in.byte(), in.byte(), in.uint32()
	if version != rowVersion || flags > flagFenced || uint64(count)*deadOverhead > uint64(len(data)) {
		return nil, nil, nil, false
	}
	st = &state{fenced: flags == flagFenced, records: make([]record, 0, count)}
	for range count {
		r := record{
			compartment: purpose.Compartment(in.take(int(in.uint16()))),
			generation:  in.uint32(),
		}
		switch in.byte() {
		case stateLive:
			r.live = true
			copy(r.check[:], in.take(len(r.check)))
			in.wraps(&r)
		case stateDead:
		default:
			in.ok = false
		}
		if !in.ok || !validCompartment(r.compartment) || r.generation == 0 ||
			len(st.records) > 0 && compareRecords(st.records[len(st.records)-1], r) >= 0 {
			return nil, nil, nil, false
		}
		st.records = append(st.records, r)
	}
	body = data[:len(data)-len(in.rest)]
	tag = in.take(int(in.byte()))
	return st, body, tag, in.ok && len(in.rest) == 0
}

// wraps reads the wraps of a live record: sorted, none empty.
func (in *reader) wraps(r *record) {
	n := int(in.byte())
	if n == 0 || n > maxDomains {
		in.ok = false
		return
	}
	r.wraps = make([]wrap, 0, n)
	for i := range n {
		w := wrap{domain: string(in.take(int(in.byte()))), sealed: in.take(int(in.uint16()))}
		if !in.ok || len(w.sealed) == 0 || !(validName(w.domain) || w.domain == "" && n == 1) ||
			i > 0 && r.wraps[i-1].domain >= w.domain {
			in.ok = false
			return
		}
		r.wraps = append(r.wraps, w)
	}
}

// reader takes fields from the front of bytes; after the first failure it yields zeros and ok stays false.
type reader struct {
	rest []byte
	ok   bool
}

func (in *reader) take(n int) []byte {
	if !in.ok || n > len(in.rest) {
		in.ok = false
		return nil
	}
	out := in.rest[:n:n]
	in.rest = in.rest[n:]
	return out
}

func (in *reader) byte() byte {
	if b := in.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (in *reader) uint16() uint16 {
	if b := in.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (in *reader) uint32() uint32 {
	if b := in.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}
