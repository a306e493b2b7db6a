package redact_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/purposebound/purposebound/redact"
)

// beside runs ours and theirs in turns of a few hundred calls, so that what disturbs the machine disturbs both. It reports the time and allocations
// of one call of ours, and under unit how many times as fast as theirs it is if faster, how many times as long it takes otherwise.
func beside(b *testing.B, unit string, faster bool, ours, theirs func(i int)) {
	b.Helper()
	const turn = 256
	var mine, others time.Duration
	calls := 0
	for b.Loop() {
		start := time.Now()
		for i := range turn {
			ours(i)
		}
		middle := time.Now()
		for i := range turn {
			theirs(i)
		}
		mine += middle.Sub(start)
		others += time.Since(middle)
		calls += turn
	}
	b.ReportMetric(float64(mine.Nanoseconds())/float64(calls), "ns/op")
	b.ReportMetric(testing.AllocsPerRun(turn, func() { ours(0) }), "allocs")
	if faster {
		b.ReportMetric(float64(others)/float64(mine), unit)
	} else {
		b.ReportMetric(float64(mine)/float64(others), unit)
	}
}

// BenchmarkPseudonymise has the key's function alone beside it: what the pseudonym costs above it is encoding and checks.
func BenchmarkPseudonymise(b *testing.B) {
	p := pseudonyms(b, "2026-03/heating-study", firstKey, "client")
	input := []byte(strings.Repeat("x", 32+21+6+6+4*8))
	values := make([]string, 256)
	for i := range values {
		values[i] = fmt.Sprintf("c-%04d", i)
	}
	beside(b, "x-prf", false,
		func(i int) { _, _ = p.Pseudonymise(values[i]) },
		func(int) { _, _ = firstKey.ComputePRF(input, 16) })
}

// BenchmarkEmailMask has beside it the regular expression that is usually written for it.
func BenchmarkEmailMask(b *testing.B) {
	address := regexp.MustCompile(`^([\pL\pN])[\pL\pN.!#$%&'*+/=?^_{|}~-]{2,63}@([\pL\pN])[\pL\pN.-]{2,250}(\.[\pL-]{2,63})$`)
	beside(b, "x-regexp", true,
		func(int) { redact.EmailMask{}.Generalise("julie.gagnon@exemple.qc.ca") },
		func(int) { address.ReplaceAllString("julie.gagnon@exemple.qc.ca", "$1***@$2***$3") })
}

// BenchmarkPhoneMask has beside it a regular expression for numbers of North America only.
func BenchmarkPhoneMask(b *testing.B) {
	number := regexp.MustCompile(`^(?:\+?1[ .-]?)?\(?[2-9][0-8]\d\)?[ .-]?[2-9]\d\d[ .-]?\d\d(\d\d)(?:,? *(?:ext\.?|poste|x) *\d{1,8})?$`)
	beside(b, "x-regexp", true,
		func(int) { redact.PhoneMask{}.Generalise("514 555-0143, poste 12") },
		func(int) { number.ReplaceAllString("514 555-0143, poste 12", "***$1") })
}

// BenchmarkShapes has one call of the key's function beside it, which is what a value of up to a dozen characters takes.
func BenchmarkShapes(b *testing.B) {
	s := shapes(b, "2026-03/heating-study", firstKey, "phone")
	input := []byte(strings.Repeat("x", 28+21+5+12+8+5*8))
	beside(b, "x-prf", false,
		func(int) { _, _ = s.Pseudonymise("514 555-0143") },
		func(int) { _, _ = firstKey.ComputePRF(input, 16) })
}

// BenchmarkRestore has the cipher alone beside it.
func BenchmarkRestore(b *testing.B) {
	key := siv(b, counting(64))
	r := reversible(b, "2026-03/heating-study", "client", key)
	pseudonym, err := r.Pseudonymise("c-1001")
	must(err)
	bound := []byte(strings.Repeat("x", 33+21+6+3*8))
	ciphertext, err := key.EncryptDeterministically(make([]byte, 32), bound)
	must(err)
	beside(b, "x-cipher", false,
		func(int) { _, _ = r.Restore(pseudonym) },
		func(int) { _, _ = key.DecryptDeterministically(ciphertext, bound) })
}
