package consent

import "crypto/sha256"

// LinkForTest is link, for tests that forge records.
func LinkForTest(before [32]byte, head []byte) [32]byte { return link(before, head) }

// HashForTest is the hash of a payload.
func HashForTest(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
