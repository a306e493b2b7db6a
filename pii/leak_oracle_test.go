package pii_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leakWindow is how many characters of a secret in a row are a leak. Fewer would be found by chance in ciphertext.
const leakWindow = 8

// leakOracle finds a secret in an output, however it was written there.
type leakOracle struct {
	folded leakIndex // looked for in lower case and without anything but ASCII letters and digits
	raw    leakIndex // looked for in the bytes as they are
}

type leakNeedle struct{ how, text string } // how names the writing; failures print it instead of the secret

// leakIndex holds needles of at least leakWindow bytes by their first ones, so that one pass over an output finds any of many.
type leakIndex struct {
	maybe  [1 << 16]bool // by a hash of the first bytes
	needle map[uint64][]leakNeedle
}

func leakHash(first uint64) uint64 { return first * 0x9E3779B97F4A7C15 >> 48 }

func (x *leakIndex) add(how, text string) {
	first := binary.BigEndian.Uint64([]byte(text))
	if x.needle == nil {
		x.needle = map[uint64][]leakNeedle{}
	}
	x.maybe[leakHash(first)] = true
	x.needle[first] = append(x.needle[first], leakNeedle{how, text})
}

func (x *leakIndex) find(text []byte) string {
	var first uint64
	for i, c := range text {
		if first = first<<8 | uint64(c); i < leakWindow-1 || !x.maybe[leakHash(first)] {
			continue
		}
		for _, n := range x.needle[first] {
			if bytes.HasPrefix(text[i-leakWindow+1:], []byte(n.text)) {
				return n.how
			}
		}
	}
	return ""
}

// newLeakOracle returns an oracle for a text.
func newLeakOracle(secret string) *leakOracle {
	o := &leakOracle{}
	folded := leakFold(nil, []byte(secret))
	if len(folded) < leakWindow {
		panic("a canary needs more letters and digits")
	}
	// Windows, since quoting, escaping and line breaks cut a text in pieces.
	for i := range len(folded) - leakWindow + 1 {
		o.fold("plain", string(folded[i:i+leakWindow]))
	}
	slices.Reverse(folded)
	o.fold("reversed", string(folded))
	o.numbers([]byte(secret), 1)
	o.base64([]byte(secret))
	units := utf16.Encode([]rune(secret))[:leakWindow]
	little, big := make([]byte, 0, 2*leakWindow), make([]byte, 0, 2*leakWindow)
	for _, u := range units {
		little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
	}
	o.fold("hex of UTF-16", hex.EncodeToString(little))
	o.fold("hex of UTF-16", hex.EncodeToString(big))
	return o
}

// newLeakKeyOracle returns an oracle for the bytes of a key, also as the machine words of a key schedule.
func newLeakKeyOracle(key []byte) *leakOracle {
	o := &leakOracle{}
	for i := 0; i+leakWindow <= len(key); i += leakWindow {
		o.raw.add("raw", string(key[i:i+leakWindow]))
	}
	quoted := strconv.Quote(string(key))
	o.raw.add("quoted", quoted[1:len(quoted)-1])
	o.numbers(key, 4)
	o.base64(key)
	for i := 0; i+4 <= len(key); i += 4 {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			if word := fmt.Sprint(order.Uint32(key[i:])); len(word) >= 9 {
				o.raw.add("decimal word", word)
			}
		}
	}
	return o
}

func (o *leakOracle) fold(how, text string) { o.folded.add(how, string(leakFold(nil, []byte(text)))) }

// merge adds what another oracle looks for, under a name.
func (o *leakOracle) merge(name string, other *leakOracle) {
	for _, of := range []struct{ into, from *leakIndex }{{&o.folded, &other.folded}, {&o.raw, &other.raw}} {
		for _, needles := range of.from.needle {
			for _, n := range needles {
				of.into.add(name+" as "+n.how, n.text)
			}
		}
	}
}

// numbers adds the bytes written one by one as numbers, and hexadecimal in pieces, one every step bytes, since dumps break lines.
func (o *leakOracle) numbers(secret []byte, step int) {
	for i := 0; i+leakWindow <= len(secret); i += step {
		o.fold("hex", hex.EncodeToString(secret[i:i+leakWindow]))
	}
	for _, verb := range []string{"%d", "%b", "%o", "%#o", "%#x", "%U", "%c"} {
		var b strings.Builder
		for _, c := range secret[:leakWindow] {
			fmt.Fprintf(&b, verb, c)
		}
		if verb != "%c" {
			o.fold("list of bytes "+verb, b.String())
		}
	}
}

// base64 adds what every base64 text of something that holds the secret has in it: it may begin at any of three places
// of a group of three bytes.
func (o *leakOracle) base64(secret []byte) {
	for align := range 3 {
		padded := append(make([]byte, align), secret...)
		from, to := (align*8+5)/6, len(padded)*8/6
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			o.raw.add("base64", e.EncodeToString(padded)[from:to])
		}
	}
}

// leakFold appends the ASCII letters and digits of text to b, in lower case.
func leakFold(b, text []byte) []byte {
	for _, c := range text {
		switch {
		case 'A' <= c && c <= 'Z':
			b = append(b, c|0x20)
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			b = append(b, c)
		}
	}
	return b
}

// find returns how the secret is written in out, "" if it is not. scratch is a buffer it may use.
func (o *leakOracle) find(out string, scratch *[]byte) string {
	text := []byte(out)
	*scratch = leakFold((*scratch)[:0], text)
	if how := o.folded.find(*scratch); how != "" {
		return how
	}
	return o.raw.find(text)
}

// TestLeakOracle shows the oracle every writing it must know, so that a blind one does not pass for a clean library.
func TestLeakOracle(t *testing.T) {
	t.Parallel()
	var scratch []byte
	for _, c := range leakCanaries {
		o := newLeakOracle(c.text)
		b := []byte(c.text)
		inJSON, err := json.Marshal(c.text)
		require.NoError(t, err)
		reversed := []rune(c.text)
		slices.Reverse(reversed)
		var le []byte
		for _, u := range utf16.Encode([]rune(c.text)) {
			le = binary.LittleEndian.AppendUint16(le, u)
		}
		shown := map[string]string{
			"raw": c.text, "upper": strings.ToUpper(c.text), "lower": strings.ToLower(c.text),
			"spaced": strings.Join(strings.Split(c.text, ""), " "), "dashed": strings.Join(strings.Split(c.text, ""), "-"),
			"unseparated": strings.NewReplacer(" ", "", "-", "", ".", "", "@", "", "+", "").Replace(c.text),
			"%q":          fmt.Sprintf("%q", c.text), "%+q": fmt.Sprintf("%+q", c.text), "%x": fmt.Sprintf("%x", c.text), "%X": fmt.Sprintf("%X", c.text),
			"% x": fmt.Sprintf("% x", c.text), "%# x": fmt.Sprintf("%# x", c.text), "%d bytes": fmt.Sprintf("%d", b), "%#v bytes": fmt.Sprintf("%#v", b),
			"%o bytes": fmt.Sprintf("%o", b), "%b bytes": fmt.Sprintf("%b", b), "%U bytes": fmt.Sprintf("%U", b), "%c bytes": fmt.Sprintf("%c", b),
			"hex dump": hex.Dump(append([]byte("12345"), b...)), "json": string(inJSON), "html": html.EscapeString(c.text),
			"url": url.QueryEscape(c.text), "reversed": string(reversed), "utf-16": string(le), "hex utf-16": hex.EncodeToString(le),
			"quoted": strconv.Quote(c.text), "ascii json": strconv.QuoteToASCII(c.text),
		}
		for align := range 3 {
			inside := append(make([]byte, align), b...)
			inside = append(inside, "and more"...)
			shown[fmt.Sprint("base64 std ", align)] = base64.StdEncoding.EncodeToString(inside)
			shown[fmt.Sprint("base64 url ", align)] = base64.RawURLEncoding.EncodeToString(inside)
		}
		for how, out := range shown {
			assert.NotEmpty(t, o.find("before "+out+" after", &scratch), "%s as %s is not seen", c.kind, how)
		}
		for _, clean := range []string{"", "[revealed " + c.kind + "]", "0xc000123450", "pii: not a valid value of its kind"} {
			assert.Empty(t, o.find(clean, &scratch), "%s is seen where it is not", c.kind)
		}
		for _, other := range leakCanaries {
			if other != c {
				assert.Empty(t, o.find(other.text, &scratch), "%s is taken for %s", other.kind, c.kind)
			}
		}
	}

	key := []byte("\x00\x91\xf2k3\xe4\x05\xa6\x17\xb8\x29\xca\x3b\xdc\x4d\xee\x5f\xf0\x61\x02\x73\x14\x85\x26\x97\x38\xa9\x4a\xbb\x5c\xcd\x6e")
	o := newLeakKeyOracle(key)
	var words []uint32
	for i := 0; i < len(key); i += 4 {
		words = append(words, binary.BigEndian.Uint32(key[i:]))
	}
	for how, out := range map[string]string{
		"raw": string(key), "%x": fmt.Sprintf("%x", key), "%v": fmt.Sprint(key), "%#v": fmt.Sprintf("%#v", key), "%q": fmt.Sprintf("%q", key),
		"words": fmt.Sprint(words), "hex words": fmt.Sprintf("%08x", words), "base64": base64.StdEncoding.EncodeToString(key), "dump": hex.Dump(key),
	} {
		assert.NotEmpty(t, o.find(out, &scratch), "a key as %s is not seen", how)
	}
}
