package redact

import "net/netip"

const (
	maxV4 = 24 // bits: 256 addresses
	maxV6 = 48 // bits: what is delegated to one site is mostly longer (RFC 6177)
)

// IPPrefix generalises an IP address to the network it is in: with {V4: 24, V6: 40}, "192.0.2.77" becomes "192.0.2.0/24" and
// "2001:db8:1234::1" becomes "2001:db8:1200::/40". The zero IPPrefix generalises nothing, and a family whose width is 0 or out of
// bounds is refused.
//
// A network is not anonymous: it can belong to one firm. Providers delegate /48 to /64 to a home, so V6: 48 may still be one household,
// and 32 is the provider.
type IPPrefix struct {
	V4 int // bits kept of an IPv4 address, 1 to 24
	V6 int // bits kept of an IPv6 address, 1 to 48
}

// sixToFour holds addresses that carry an IPv4 address in the 32 bits after their first 16 (RFC 3056).
var sixToFour = netip.MustParsePrefix("2002::/16")

// Generalise returns the network in CIDR notation, and false for text that is no address, has a zone, or has a prefix length already.
// An IPv4 address written as IPv6 (::ffff:192.0.2.77) is generalised as IPv4, and one that a 6to4 address carries keeps no more than V4
// bits.
func (p IPPrefix) Generalise(text string) (string, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return "", false
	}
	a = a.Unmap()
	bits, most := p.V6, maxV6
	if a.Is4() {
		bits, most = p.V4, maxV4
	}
	if bits < 1 || bits > most {
		return "", false
	}
	if sixToFour.Contains(a) {
		if p.V4 < 1 || p.V4 > maxV4 {
			return "", false
		}
		bits = min(bits, sixToFour.Bits()+p.V4)
	}
	return netip.PrefixFrom(a, bits).Masked().String(), true
}
