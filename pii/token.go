package pii

import (
	"encoding/base64"
	"encoding/binary"
	"iter"
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// The sealed token, version 1. format.md describes it; testdata holds vectors. It is never changed, only followed by a version 2.
const (
	tokenVersion = 1

	flagCase    = 1 << 0 // a case tag follows the classes
	flagRecord  = 1 << 1 // a record binding is part of the associated data
	flagSeconds = 1 << 2 // collected-at counts seconds, not days
	flagsKnown  = flagCase | flagRecord | flagSeconds

	maxPurposes  = 16
	maxHeader    = 1 << 10
	maxValue     = 1 << 20
	maxToken     = maxHeader + 2*maxValue
	checkSize    = 16
	minSealed    = 28 // a Tink AES-GCM ciphertext of nothing: nonce and tag
	maxCollected = 1 << 40
	daySeconds   = 24 * 60 * 60
)

// Origin says how a value came to be. The zero Origin means Provided where one is asked for.
type Origin uint8

// The origins of a value (P-39.1 s. 27 par. 3: only what was provided or observed is portable).
const (
	Provided Origin = iota + 1 // given by the person
	Observed                   // recorded while the person used the service
	Inferred                   // derived from other data
)

// token is a sealed value in memory: its header apart, which values of one field that are sealed together share. So a token need not be
// put together before it is stored, which took half as long as encrypting it. The zero token is absent.
type token struct {
	head string
	body string // what Tink made
}

// parseToken splits what is stored, and takes nothing that could not have been stored.
func parseToken(text string) (token, bool) {
	var h header
	if !h.parse(text) {
		return token{}, false
	}
	return token{text[:h.size], text[h.size:]}, true
}

// text returns the token as it is stored.
func (t token) text() string { return t.head + t.body }

// bytes returns the token as it is stored.
func (t token) bytes() []byte {
	return append(append(make([]byte, 0, len(t.head)+len(t.body)), t.head...), t.body...)
}

// header is what a token says in clear, and authenticates. Its strings share memory with the token.
type header struct {
	flags     byte
	origin    Origin
	policy    uint16
	attribute uint16
	size      int    // bytes of the header
	collected int64  // unix seconds
	purposes  string // ordinals, as written
	classes   string // ordinals, as written
	tag       string // of the case, 16 bytes or none
	check     string // of the key, 16 bytes
}

// parse reads the header of a token. It takes nothing that append would not write.
func (h *header) parse(token string) bool {
	if len(token) < 8 || len(token) > maxToken || token[0] != tokenVersion || token[1]&^flagsKnown != 0 {
		return false
	}
	h.flags = token[1]
	policy, i, ok := uvarint(token, 2)
	if !ok || policy > math.MaxUint16 {
		return false
	}
	attribute, i, ok := uvarint(token, i)
	if !ok || attribute > math.MaxUint16 {
		return false
	}
	h.policy, h.attribute = uint16(policy), uint16(attribute)
	if h.purposes, i, ok = set(token, i); !ok {
		return false
	}
	collected, i, ok := uvarint(token, i)
	if !ok || collected > maxCollected {
		return false
	}
	if h.flags&flagSeconds == 0 {
		if collected > maxCollected/daySeconds {
			return false
		}
		collected *= daySeconds
	}
	h.collected = int64(collected)
	if i >= len(token) || token[i] < byte(Provided) || token[i] > byte(Inferred) {
		return false
	}
	h.origin = Origin(token[i])
	if h.classes, i, ok = set(token, i+1); !ok {
		return false
	}
	end := i + checkSize
	if h.flags&flagCase != 0 {
		end += checkSize
	}
	if end > maxHeader || len(token) < end+minSealed {
		return false
	}
	h.tag, h.check, h.size = token[i:end-checkSize], token[end-checkSize:end], end
	return true
}

// append writes the header.
func (h *header) append(b []byte) []byte {
	b = append(b, tokenVersion, h.flags)
	b = binary.AppendUvarint(b, uint64(h.policy))
	b = binary.AppendUvarint(b, uint64(h.attribute))
	b = append(b, h.purposes...)
	collected := h.collected
	if h.flags&flagSeconds == 0 {
		collected /= daySeconds
	}
	b = binary.AppendUvarint(b, uint64(collected))
	b = append(b, byte(h.origin))
	b = append(b, h.classes...)
	b = append(b, h.tag...)
	return append(b, h.check...)
}

// has reports whether the value was collected for the purpose of that ordinal.
func (h *header) has(purpose uint16) bool {
	if purpose < 0x80 {
		for i := 1; i < len(h.purposes); i++ {
			if h.purposes[i] == byte(purpose) && h.purposes[i-1] < 0x80 { // a whole ordinal, not the end of one
				return true
			}
		}
		return false
	}
	for o := range ordinals(h.purposes) {
		if o == purpose {
			return true
		}
	}
	return false
}

// set checks a count from 1 to 16 and that many ordinals, each above the one before, and returns them as written.
func set(token string, i int) (written string, next int, ok bool) {
	start := i
	if i >= len(token) || token[i] < 1 || token[i] > maxPurposes {
		return "", i, false
	}
	n := int(token[i])
	i++
	before := int64(-1)
	for range n {
		var v uint64
		if v, i, ok = uvarint(token, i); !ok || v > math.MaxUint16 || int64(v) <= before {
			return "", i, false
		}
		before = int64(v)
	}
	return token[start:i], i, true
}

// ordinals yields the ordinals of a set that was checked.
func ordinals(written string) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for i := 1; i < len(written); {
			var v uint64
			if v, i, _ = uvarint(written, i); !yield(uint16(v)) {
				return
			}
		}
	}
}

// writeSet writes ordinals that are sorted and unique.
func writeSet(of []uint16) string {
	b := []byte{byte(len(of))}
	for _, o := range of {
		b = binary.AppendUvarint(b, uint64(o))
	}
	return string(b)
}

// uvarint reads an unsigned integer in the one shortest way to write it.
func uvarint(s string, i int) (v uint64, next int, ok bool) {
	if i < len(s) && s[i] < 0x80 {
		return uint64(s[i]), i + 1, true
	}
	return longUvarint(s, i)
}

func longUvarint(s string, i int) (v uint64, next int, ok bool) {
	for shift := 0; shift < 63; shift += 7 {
		if i >= len(s) {
			return 0, i, false
		}
		c := s[i]
		i++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, i, c != 0 || shift == 0
		}
	}
	return 0, i, false
}

const associatedLabel = "purposebound token v1\x00"

// owner is the part of the associated data that is the same for every token of a subject: what the header's numbers
// mean, and whose it is.
func owner(tables [16]byte, subject, tenant string) string {
	b := binary.AppendUvarint(tables[:], uint64(len(subject)))
	b = append(b, subject...)
	b = binary.AppendUvarint(b, uint64(len(tenant)))
	return string(append(b, tenant...))
}

// appendAssociated writes the associated data: everything that a ciphertext is bound to.
func appendAssociated(b []byte, head, owner, record string, bound bool) []byte {
	b = append(b, associatedLabel...)
	b = append(b, head...)
	return appendOwner(b, owner, record, bound)
}

// associate returns the associated data of a header, which is not written to any more, and the header in it.
func associate(h *header, owner, record string, bound bool) (associated []byte, head string) {
	b := h.append([]byte(associatedLabel))
	size := len(b) - len(associatedLabel)
	b = slices.Clip(appendOwner(b, owner, record, bound))
	return b, unsafe.String(&b[len(associatedLabel)], size)
}

func appendOwner(b []byte, owner, record string, bound bool) []byte {
	b = append(b, owner...)
	if bound {
		b = binary.AppendUvarint(b, uint64(len(record)))
		b = append(b, record...)
	}
	return b
}

// padded returns how long n bytes of content are made: width if the kind has one and they fit, else the length that
// Padmé gives (Nikitin et al., 2019: at most 12 % longer, and few lengths in all), and at least 16.
func padded(n, width int) int {
	if width > 0 && n <= width {
		return width
	}
	if n <= 16 {
		return 16
	}
	e := bits.Len(uint(n)) - 1
	s := bits.Len(uint(e))
	mask := 1<<(e-s) - 1
	return (n + mask) &^ mask
}

// content frames text for encryption: its length, the text, zeros.
func content(text string, width int) []byte {
	return appendContent(nil, text, width)
}

func appendContent(b []byte, text string, width int) []byte {
	start := len(b)
	// All the room at once: growing later would leave the text behind in a buffer that nobody clears.
	b = slices.Grow(b, binary.MaxVarintLen32+max(width+binary.MaxVarintLen32, padded(binary.MaxVarintLen32+len(text), 0)))
	b = binary.AppendUvarint(b, uint64(len(text)))
	n := len(b) - start
	if width > 0 {
		width += len(binary.AppendUvarint(nil, uint64(width))) // the same for every text that fits
	}
	b = append(b, text...)
	end := len(b)
	b = b[:start+padded(n+len(text), width)]
	clear(b[end:])
	return b
}

// framed checks that b is a frame: a length, that many bytes of text, zeros.
func framed(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	n, start := uint64(b[0]), 1
	if n >= 0x80 {
		n, start = binary.Uvarint(b[:min(len(b), binary.MaxVarintLen32)])
		if start <= 0 || b[start-1] == 0 {
			return false
		}
	}
	if n == 0 || n > maxValue || uint64(len(b)-start) < n {
		return false
	}
	for _, c := range b[start+int(n):] {
		if c != 0 {
			return false
		}
	}
	return true
}

// strictBase64 refuses what the decoder would let pass: line breaks, and loose last bits.
func strictBase64(text string) (string, bool) {
	if len(text) > base64.RawURLEncoding.EncodedLen(maxToken) {
		return "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != text {
		return "", false
	}
	return string(b), true
}
