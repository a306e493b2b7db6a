package redact_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

// The numbers are those that payment providers publish for tests.
func TestCardMask(t *testing.T) {
	t.Parallel()
	check(t, redact.CardMask{}, []row{
		{"one run", "4242424242424242", "**** 4242"},
		{"grouped", "5555 5555 5555 4444", "**** 4444"},
		{"hyphens", "5555-5555-5555-4444", "**** 4444"},
		{"fifteen digits", "3782 822463 10005", "**** 0005"},
		{"fourteen digits", "30569309025904", "**** 5904"},
		{"nineteen digits", "6205500000000000004", "**** 0004"},
		{"full width", "４２４２４２４２４２４２４２４２", "**** 4242"},
		{"no-break spaces", "5555\u00a05555\u00a05555\u00a04444", "**** 4444"},
		{"wrong check digit", "4242424242424241", ""},
		{"all zeros", "0000000000000000", ""},
		{"eleven digits", "42424242426", ""},
		{"twenty digits", "42424242424242424242", ""},
		{"empty", "", ""},
		{"two spaces", "4242  424242424242", ""},
		{"space first", " 4242424242424242", ""},
		{"space last", "4242424242424242 ", ""},
		{"letters after", "4242424242424242x", ""},
		{"full stops", "4242.4242.4242.4242", ""},
		{"not UTF-8", "4242424242424242\xff", ""},
		{"its own output", "**** 4242", ""},
	})
}

// Luhn finds every wrong digit, and nearly every pair that changed places.
func TestCardMaskChecksTheDigit(t *testing.T) {
	t.Parallel()
	const number = "5555341244441115"
	_, ok := redact.CardMask{}.Generalise(number)
	assert.True(t, ok)
	for i := range len(number) {
		for d := byte('0'); d <= '9'; d++ {
			if d == number[i] {
				continue
			}
			_, ok := redact.CardMask{}.Generalise(number[:i] + string(d) + number[i+1:])
			assert.False(t, ok, "digit %d as %c", i, d)
		}
	}
}

var cardMasked = regexp.MustCompile(`^\*{4} [0-9]{4}$`)

func FuzzCardMask(f *testing.F) {
	for _, text := range []string{"4242424242424242", "5555-5555-5555-4444", strings.Repeat("0", 16), "４２４２４２４２４２４２４２４２", "- -"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := redact.CardMask{}.Generalise(text)
		wellFormed(t, text, got, ok)
		if ok && !cardMasked.MatchString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func ExampleCardMask() {
	fmt.Println(redact.CardMask{}.Generalise("4242 4242 4242 4242"))
	// Output: **** 4242 true
}
