package scrub

// crypto finds an address of a cryptocurrency.
func (sc *scan) crypto(start, end int) int {
	n := end - start
	if n < 14 || n > 90 || !sc.wants(kindCrypto) {
		return 0
	}
	token := sc.text[start:end]
	reason, score := "", float32(0.95)
	switch c := token[0]; {
	case n == 42 && c == '0' && token[1]|0x20 == 'x' && allHex(token[2:]):
		reason, score = "0x and forty hexadecimal digits", 0.8
	case n >= 26 && n <= 35 && bytesIn(token, base58) && base58Check(token):
		reason = "Base58Check"
	case bech32Check(token):
		reason = "Bech32 checksum"
	default:
		return 0
	}
	if !sc.add(kindCrypto, start, end, score, reason) {
		return 0
	}
	return end
}

func allHex(b []byte) bool {
	for _, c := range b {
		if !isHex(c) {
			return false
		}
	}
	return true
}

func bytesIn(b []byte, alphabet string) bool {
	for _, c := range b {
		found := false
		for k := range len(alphabet) {
			if alphabet[k] == c {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
