package redact_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func TestIPPrefix(t *testing.T) {
	t.Parallel()
	check(t, redact.IPPrefix{V4: 24, V6: 40}, []row{
		{"IPv4", "192.0.2.77", "192.0.2.0/24"},
		{"IPv6", "2001:db8:1234:5678::1", "2001:db8:1200::/40"},
		{"IPv6, long", "2001:0DB8:1234:5678:0000:0000:0000:0001", "2001:db8:1200::/40"},
		{"IPv4 as IPv6", "::ffff:192.0.2.77", "192.0.2.0/24"},
		{"IPv4 as IPv6, in hexadecimal", "::ffff:c000:24d", "192.0.2.0/24"},
		{"6to4 carries an IPv4 address", "2002:c000:24d::1", "2002:c000:200::/40"},
		{"zone", "fe80::1%eth0", ""},
		{"prefix already", "192.0.2.0/24", ""},
		{"port", "192.0.2.77:80", ""},
		{"brackets", "[2001:db8::1]", ""},
		{"leading zero", "192.0.02.77", ""},
		{"three numbers", "192.0.2", ""},
		{"a number", "3221225985", ""},
		{"empty", "", ""},
		{"space", " 192.0.2.77", ""},
	})
	for _, test := range []struct {
		prefix     redact.IPPrefix
		text, want string
	}{
		{redact.IPPrefix{}, "192.0.2.77", ""},
		{redact.IPPrefix{}, "2001:db8::1", ""},
		{redact.IPPrefix{V4: 24}, "2001:db8::1", ""},
		{redact.IPPrefix{V6: 48}, "192.0.2.77", ""},
		{redact.IPPrefix{V6: 48}, "::ffff:192.0.2.77", ""},
		{redact.IPPrefix{V6: 48}, "2002:c000:24d::1", ""},
		{redact.IPPrefix{V4: 25, V6: 49}, "192.0.2.77", ""},
		{redact.IPPrefix{V4: 25, V6: 49}, "2001:db8::1", ""},
		{redact.IPPrefix{V4: -1, V6: -1}, "192.0.2.77", ""},
		{redact.IPPrefix{V4: 16, V6: 48}, "2002:c000:24d::1", "2002:c000::/32"},
		{redact.IPPrefix{V4: 1, V6: 1}, "192.0.2.77", "128.0.0.0/1"},
		{redact.IPPrefix{V4: 12, V6: 48}, "192.31.2.77", "192.16.0.0/12"},
	} {
		got, ok := test.prefix.Generalise(test.text)
		assert.Equal(t, test.want, got, "%v of %s", test.prefix, test.text)
		assert.Equal(t, test.want != "", ok)
	}
}

func FuzzIPPrefix(f *testing.F) {
	for _, text := range []string{"192.0.2.77", "2001:db8::1", "::ffff:192.0.2.77", "2002:c000:24d::1", "fe80::1%a", "::"} {
		f.Add(text, 24, 48)
	}
	f.Fuzz(func(t *testing.T, text string, v4, v6 int) {
		got, ok := redact.IPPrefix{V4: v4, V6: v6}.Generalise(text)
		wellFormed(t, text, got, ok)
		if !ok {
			return
		}
		network, err := netip.ParsePrefix(got)
		if err != nil || network != network.Masked() || !network.Contains(netip.MustParseAddr(text).Unmap()) {
			t.Fatalf("%q became %q", text, got)
		}
		if network.Bits() > map[bool]int{true: v4, false: v6}[network.Addr().Is4()] {
			t.Errorf("%q became %q, which is too narrow", text, got)
		}
	})
}

func ExampleIPPrefix() {
	network := redact.IPPrefix{V4: 24, V6: 40}
	fmt.Println(network.Generalise("192.0.2.77"))
	fmt.Println(network.Generalise("2001:db8:1234:5678::1"))
	// Output:
	// 192.0.2.0/24 true
	// 2001:db8:1200::/40 true
}
