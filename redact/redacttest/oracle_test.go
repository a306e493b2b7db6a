package redacttest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// form is a way to write a value, and what a leak in it is called. An empty name stands for a form that may come to the
// same text as a plainer one.
type form struct {
	title string
	name  string
	write func(string) string
}

var forms = []form{
	{"raw", "raw", func(s string) string { return s }},
	{"upper case", "", strings.ToUpper},
	{"lower case", "", strings.ToLower},
	{"swapped case", "", swapCase},
	{"without accents", "", stripAccents},
	{"without accents, upper case", "", func(s string) string { return strings.ToUpper(stripAccents(s)) }},
	{"NFD", "", norm.NFD.String},
	{"full width", "", fullWidth},
	{"without separators", "", alphanumeric},
	{"other separators", "separator-stripped", func(s string) string { return strings.Join(strings.Split(alphanumeric(s), ""), "·") }},
	{"reversed", "reversed", reverse},
	{"%q", "", strconv.Quote},
	{"%+q", "", strconv.QuoteToASCII},
	{"%x", "hex", func(s string) string { return fmt.Sprintf("%x", s) }},
	{"%X", "hex", func(s string) string { return fmt.Sprintf("%X", s) }},
	{"% x", "hex", func(s string) string { return fmt.Sprintf("% x", s) }},
	{"%# x", "hex", func(s string) string { return fmt.Sprintf("%# x", s) }},
	{"hex after a hex digit", "hex", func(s string) string { return "a" + hex.EncodeToString([]byte(s)) }},
	{"Go syntax of bytes", "hex", func(s string) string { return fmt.Sprintf("%#v", []byte(s)) }},
	{"hex dump", "", func(s string) string { return hex.Dump([]byte(s)) }},
	{"bytes as numbers", "a list of bytes", func(s string) string { return fmt.Sprint([]byte(s)) }},
	{"bytes as JSON numbers", "a list of bytes", func(s string) string {
		return strings.ReplaceAll(fmt.Sprint([]byte(s)), " ", ",")
	}},
	{"URL, every byte", "URL-escaped", percentAll},
	{"URL query", "", url.QueryEscape},
	{"URL path", "", url.PathEscape},
	{"JSON", "", jsonText},
	{"JSON, every character", "JSON-escaped", jsonAll},
	{"HTML", "", html.EscapeString},
	{"HTML, every character", "HTML-escaped", htmlAll},
	{"HTML, hexadecimal", "HTML-escaped", htmlHex},
	{"octal", "JSON-escaped", octal},
	{"UTF-16 LE", "UTF-16", func(s string) string { return wide(s, binary.LittleEndian) }},
	{"UTF-16 BE", "UTF-16", func(s string) string { return wide(s, binary.BigEndian) }},
	{"base64 of UTF-16", "base64 of UTF-16", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(wide(s, binary.LittleEndian)))
	}},
	{"base64 of JSON, every character", "base64 of JSON-escaped", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(jsonAll(s)))
	}},
	{"base64 of base64", "base64 of base64", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	}},
	{"URL of URL", "URL-escaped of URL-escaped", func(s string) string { return percentAll(percentAll(s)) }},
	{"JSON in JSON", "JSON-escaped of JSON-escaped", func(s string) string { return jsonText(jsonAll(s)) }},
	{"URL of base64 of gzip", "URL-escaped of base64 of gzip", func(s string) string {
		return percentAll(base64.StdEncoding.EncodeToString([]byte(zipped(s))))
	}},
	{"base64 after one of its letters", "base64", func(s string) string { return "a" + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 after two", "base64", func(s string) string { return "/a" + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 after three", "base64", func(s string) string { return "id/" + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 in lines", "base64", func(s string) string { return wrap(base64.StdEncoding.EncodeToString([]byte(s)), 7, "\r\n") }},
	{"hex in lines", "hex", func(s string) string { return wrap(hex.EncodeToString([]byte(s)), 10, "\n") }},
	{"quoted-printable", "", printable},
	{"gzip", "gzip", zipped},
	{"SHA-256", "hex of a digest", func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }},
	{"SHA-256 of lower case, base64, cut", "base64 of a digest", func(s string) string {
		sum := sha256.Sum256([]byte(strings.ToLower(s)))
		return base64.StdEncoding.EncodeToString(sum[:12])
	}},
}

// TestFormsTimesKinds writes every kind of canary in every form, alone and within text, in every alignment.
func TestFormsTimesKinds(t *testing.T) {
	t.Parallel()
	all := slices.Clone(forms)
	for align := range 3 {
		for name, e := range map[string]*base64.Encoding{"std": base64.StdEncoding, "raw std": base64.RawStdEncoding, "url": base64.URLEncoding, "raw url": base64.RawURLEncoding} {
			all = append(all,
				form{fmt.Sprint("base64 ", name, " ", align), "base64", func(s string) string { return e.EncodeToString([]byte("!!!"[:align] + s)) }},
				form{fmt.Sprint("base64 ", name, " in text ", align), "base64", func(s string) string { return e.EncodeToString([]byte("<>;"[:align] + s + "; more of it")) }},
			)
		}
	}
	p := redacttest.NewPerson(t.Name())
	for _, c := range append(p.Canaries(), redacttest.NewCanary("own name", "Ольга Нестерова"), redacttest.NewCanary("own name, one word", "Βασιλειάδου")) {
		t.Run(c.Kind(), func(t *testing.T) {
			t.Parallel()
			find := redacttest.Finder(c)
			for _, f := range all {
				written := f.write(c.String())
				for _, around := range [][2]string{{"", ""}, {"before ", " after"}, {`{"a":"`, `","b":5145550100}`}, {"\x00\xff", "\xfe\n"}} {
					leaks := find([]byte(around[0] + written + around[1]))
					if !assert.Len(t, leaks, 1, "written as %s: %q", f.title, c) {
						continue
					}
					// What is before UTF-16 may make a letter with its first byte, which only short values mind.
					if f.name != "" && !(len(c.String()) < 12 && strings.Contains(f.name, "UTF-16")) {
						assert.Equal(t, f.name, leaks[0].Form, "written as %s: %q", f.title, c)
					}
				}
			}
		})
	}
}

// TestParts says what of a value identifies without the rest of it.
func TestParts(t *testing.T) {
	t.Parallel()
	p := redacttest.NewPerson("the parts")
	given, family, _ := strings.Cut(p.Name.String(), " ")
	local, _, _ := strings.Cut(p.Email.String(), "@")
	own := redacttest.NewCanary("phone", "(438) 286-1934")
	short := redacttest.NewCanary("postal code", "J5Z 8Q8")
	for _, c := range []struct {
		canary redacttest.Canary
		text   string
		form   string // "" if it is no leak
	}{
		{p.Name, "dear " + given + "!", "a part"},
		{p.Name, "the " + family + " file", "a part"},
		{p.Email, "user=" + local, "a part"},
		{p.Email, local + "@example.net", "a part"},
		{p.Email, "someone@example.com", ""},
		{p.Phone, alphanumeric(p.Phone.String())[1:], "a part"},
		{own, "438286", "a run of digits"},
		{own, "…(438) 286-****", "a run of digits"},
		{own, "438-286", "a run of digits"},
		{own, "xx8286193x", "a run of digits"},
		{own, "***-286193*", "a run of digits"},
		{own, "286-1934", "a run of digits"},
		{own, "\"438286\"", "a run of digits"},
		{own, "14382861934", "separator-stripped"},
		{own, "9943828619340", "separator-stripped"},
		{own, "438 286 1934", "separator-stripped"},
		{own, "43828", ""},
		{own, "438-286-1799", ""},   // another number, of the same exchange
		{own, "514-286-1934", ""},   // another number that ends alike
		{own, "(438) 286-1999", ""}, //
		{own, "4382867", ""},        //
		{own, "74382867", ""},       //
		{own, "deadbeef438286", ""}, // of an identifier
		{own, "4 38 28 6", ""},      // of other numbers
		{own, "4, 38, 2, 8, 6", ""}, //
		{short, "at J5Z 8Q8.", "raw"},
		{short, "at j5z8q8", "separator-stripped"},
		{short, "xxj5z8q8xx", ""},
		{short, "aj5z8q8", ""},
	} {
		leaks := redacttest.Find([]byte(c.text), c.canary)
		if c.form == "" {
			assert.Empty(t, leaks, "%s in %q", c.canary.Kind(), c.text)
			continue
		}
		if assert.Len(t, leaks, 1, "%s in %q", c.canary.Kind(), c.text) {
			assert.Equal(t, c.form, leaks[0].Form, "%s in %q", c.canary.Kind(), c.text)
		}
	}
}

// TestEveryRunOfSixDigits cuts every number of a person short in every way.
func TestEveryRunOfSixDigits(t *testing.T) {
	t.Parallel()
	p := redacttest.NewPerson(t.Name())
	for _, c := range []redacttest.Canary{p.Phone, p.SIN, p.Card} {
		digits, find := alphanumeric(c.String()), redacttest.Finder(c)
		for from := range digits {
			for to := from + 6; to <= len(digits); to++ {
				assert.NotEmpty(t, find([]byte("n="+digits[from:to]+";")), "%s, digits %d to %d", c.Kind(), from, to)
			}
		}
	}
}

// TestNoLeakByChance looks for the canaries of eight people in what has none. Nothing in it runs at the same time as another thing, so under the race detector, where
// it takes ten times as long, it looks through an eighth of the text.
func TestNoLeakByChance(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	size := 1 << 16
	if raceDetector {
		size /= 8
		t.Log("under the race detector: an eighth of the text")
	}
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	var numbers, log, ids strings.Builder
	for range size / 32 {
		fmt.Fprintf(&numbers, "%d ", r.Uint64()>>r.IntN(60))
		fmt.Fprintf(&log, `{"time":"2026-%02d-%02dT%02d:%02d:%02d.%09dZ","level":"INFO","msg":"done","took_ns":%d,"phone":"+1-%03d-555-01%02d"}`+"\n",
			1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e9), r.IntN(1e8), 200+r.IntN(800), r.IntN(100))
		fmt.Fprintf(&ids, "%08x-%04x-%04x-%04x-%012x\n", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Uint64()>>16)
	}
	texts := map[string]string{
		"bytes": string(bytes), "base64": base64.StdEncoding.EncodeToString(bytes), "hex": hex.EncodeToString(bytes),
		"numbers": numbers.String(), "identifiers": ids.String(), "log": log.String(),
	}
	for name, text := range texts {
		var all []redacttest.Canary
		for i := range 8 {
			p := redacttest.NewPerson(fmt.Sprint(name, i))
			for _, c := range p.Canaries() {
				if name != "log" || c.Kind() != "phone" { // there are only a hundred lines of each area
					all = append(all, c)
				}
			}
		}
		for _, l := range redacttest.Find([]byte(text), all...) {
			t.Errorf("in random %s: %s %q", name, l, l.Canary)
		}
	}
}

func TestPeopleDoNotResemble(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 200 {
		for _, c := range redacttest.NewPerson(fmt.Sprint("other ", i)).Canaries() {
			if c.Kind() != "phone" { // of a range of 100 for each of 36 areas
				fmt.Fprintln(&text, c)
			}
		}
	}
	assert.Empty(t, redacttest.Find([]byte(text.String()), redacttest.NewPerson("one").Canaries()...))
}

func TestKindsOfOnePersonAreTold(t *testing.T) {
	t.Parallel()
	p := redacttest.NewPerson(t.Name())
	for _, c := range p.Canaries() {
		for _, l := range redacttest.Find([]byte(c.String()), p.Canaries()...) {
			if l.Canary.Kind() == c.Kind() {
				assert.Equal(t, "raw", l.Form, "%s", c.Kind())
			} else {
				assert.Equal(t, "name found in email", l.Canary.Kind()+" found in "+c.Kind())
			}
		}
	}
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "redacttest: Find: no canary to look for", func() { redacttest.Find(nil) })
	for _, text := range []string{"", "12345", "a-b-c-d-e", "  \n"} {
		assert.Panics(t, func() { redacttest.Find(nil, redacttest.NewCanary("note", text)) }, "%q", text)
	}
	assert.Panics(t, func() { redacttest.Find(nil, redacttest.Canary{}) })
}

// TestAnyTextIsFound is the law of the table above for canaries of any script and length.
func TestAnyTextIsFound(t *testing.T) {
	t.Parallel()
	letters := func(s string) int {
		n := 0
		for _, r := range norm.NFKD.String(s) {
			if unicode.IsLetter(r) || unicode.IsNumber(r) {
				n++
			}
		}
		return n
	}
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 400
	properties := gopter.NewProperties(parameters)
	properties.Property("what is written in two layers is found", prop.ForAll(func(text string, first, second int) bool {
		if letters(text) < 12 {
			return true
		}
		inner, outer := forms[first%len(forms)], forms[second%len(forms)]
		if skipLayer(inner.title) || skipLayer(outer.title) {
			return true
		}
		once := inner.write(text)
		if !utf8.ValidString(once) && (strings.Contains(outer.title, "JSON") || strings.Contains(outer.title, "HTML") || strings.Contains(outer.title, "UTF-16")) {
			return true // they lose bytes that are no text
		}
		return len(redacttest.Find([]byte("a: "+outer.write(once)+"."), redacttest.NewCanary("note", text))) == 1
	}, gen.RegexMatch(`[a-zA-Z0-9éèüçñøßœ@. -]{12,40}`), gen.IntRange(0, 1000), gen.IntRange(0, 1000)))
	properties.TestingRun(t)
}

// skipLayer reports whether a form is no layer that others go through, or a double one.
func skipLayer(title string) bool {
	for _, s := range []string{" of ", " in ", "after", "SHA", "case", "reversed", "separators", "dump", "width", "accents", "NFD"} {
		if strings.Contains(title, s) {
			return true
		}
	}
	return false
}

func FuzzFind(f *testing.F) {
	for _, s := range forms {
		f.Add([]byte(s.write("Zoé Quaxley, 438-286-1934")))
	}
	f.Add([]byte("\\u\\ud8\\x&#;%=0x,\x1f\x8b\x08"))
	c := redacttest.NewCanary("note", "Zoé Quaxley, 438-286-1934")
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		redacttest.Find(text, c)
		require.Equal(t, before, text)
		require.NotEmpty(t, redacttest.Find(append(text, " Zoé Quaxley, 438-286-1934"...), c))
	})
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

func stripAccents(s string) string {
	out, _, _ := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), s)
	return out
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if '!' <= r && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, s)
}

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func percentAll(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func octal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\%03o`, s[i])
	}
	return b.String()
}

func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func jsonAll(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, `\u%04x`, u)
	}
	return b.String()
}

func htmlAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

func htmlHex(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, "&#x%X;", r)
	}
	return b.String()
}

func wide(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func printable(s string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func wrap(s string, width int, end string) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + end)
		s = s[width:]
	}
	return b.String() + s
}
