package scrub

import (
	"bytes"
	"crypto/sha256"
)

// luhn reports whether digits, each '0' to '9', pass the check of ISO/IEC 7812-1, annex B.
func luhn(digits []byte) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// mod97 reports whether an IBAN without separators passes the check of ISO 7064, MOD 97-10.
func mod97(iban []byte) bool {
	rest := 0
	for i := range len(iban) {
		switch c := iban[(i+4)%len(iban)]; {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case isLetter(c):
			rest = (rest*100 + int(c|0x20-'a') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Check reports whether token is an address with a version byte, 20 bytes and a checksum of four, as Bitcoin and its relatives write it.
func base58Check(token []byte) bool {
	var raw [25]byte
	for _, c := range token {
		carry := bytes.IndexByte([]byte(base58), c)
		if carry < 0 {
			return false
		}
		for i := len(raw) - 1; i >= 0; i-- {
			carry += 58 * int(raw[i])
			raw[i] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	once := sha256.Sum256(raw[:21])
	twice := sha256.Sum256(once[:])
	return bytes.Equal(twice[:4], raw[21:])
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32Check reports whether token is well formed under BIP 173 (Bech32) or BIP 350 (Bech32m), with a prefix of one of the cryptocurrencies.
func bech32Check(token []byte) bool {
	if len(token) < 14 || len(token) > 90 {
		return false
	}
	one := bytes.LastIndexByte(token, '1')
	if one < 1 || one+7 > len(token) || !bech32Prefix[string(bytes.ToLower(token[:one]))] {
		return false
	}
	upper, lower := bytes.ToUpper(token), bytes.ToLower(token)
	if !bytes.Equal(token, upper) && !bytes.Equal(token, lower) {
		return false
	}
	sum := uint32(1)
	step := func(v byte) {
		generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, c := range lower[:one] {
		step(c >> 5)
	}
	step(0)
	for _, c := range lower[:one] {
		step(c & 31)
	}
	for _, c := range lower[one+1:] {
		v := bytes.IndexByte([]byte(bech32), c)
		if v < 0 {
			return false
		}
		step(byte(v))
	}
	return sum == 1 || sum == 0x2bc830a3
}

var bech32Prefix = set("bc tb bcrt ltc tltc addr stake cosmos osmo")
