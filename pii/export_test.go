package pii

import "slices"

// TokenHeader is what a token says in clear, for tests of the format.
type TokenHeader struct {
	Flags     byte
	Policy    uint16
	Attribute uint16
	Purposes  []uint16
	Collected int64 // Unix seconds
	Origin    Origin
	Classes   []uint16
	Tag       []byte
	Check     []byte
	Size      int
}

// ParseToken reads the header of a token and writes it again.
func ParseToken(token []byte) (fields TokenHeader, again []byte, ok bool) {
	var h header
	if !h.parse(string(token)) {
		return TokenHeader{}, nil, false
	}
	return TokenHeader{
		Flags: h.flags, Policy: h.policy, Attribute: h.attribute, Purposes: slices.Collect(ordinals(h.purposes)),
		Collected: h.collected, Origin: h.origin, Classes: slices.Collect(ordinals(h.classes)),
		Tag: []byte(h.tag), Check: []byte(h.check), Size: h.size,
	}, h.append(nil), true
}

// CollectedFor reports whether the token's header has the purpose of that ordinal.
func CollectedFor(token []byte, ordinal uint16) bool {
	var h header
	return h.parse(string(token)) && h.has(ordinal)
}
