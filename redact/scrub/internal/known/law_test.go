package known

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"golang.org/x/text/unicode/norm"
)

var people = [][2]string{ // given names, family name
	{"Geneviève", "Dufresne"},
	{"Jean-François", "Bélœil-Thérien"},
	{"Siobhán", "O’Grady"},
	{"Jürgen", "Großmann"},
	{"Åse Marie", "Sørbø"},
	{"Đặng", "Thịnh"},
	{"Łucja", "Żółtowska"},
	{"Ana", "de la Peña"},
	{"Çağla", "Işık"},
	{"Ελένη", "Παπαδάκης"},
	{"Алёна", "Йовкова"},
	{"Zoë-Anaïs", "L’Écuyer"},
}

// TestEveryMixtureIsFound is the law of the package: however the listed changes of a value are mixed, all of it is found.
func TestEveryMixtureIsFound(t *testing.T) {
	t.Parallel()
	p := laws()
	p.Property("names", prop.ForAll(func(person int, seed uint64) bool {
		who := people[person]
		d := disguise{rand.New(rand.NewPCG(seed, 1))}
		return found(Value{Text: who[0] + " " + who[1], Kind: Name}, d.name(who[0], who[1]))
	}, gen.IntRange(0, len(people)-1), gen.UInt64()))
	p.Property("phones", prop.ForAll(func(seed uint64) bool {
		d := disguise{rand.New(rand.NewPCG(seed, 2))}
		number := "418555" + d.digits(4)
		return found(Value{Text: d.phone(number), Kind: Phone}, d.phone(number))
	}, gen.UInt64()))
	p.Property("addresses", prop.ForAll(func(seed uint64) bool {
		d := disguise{rand.New(rand.NewPCG(seed, 3))}
		civic, unit := "1"+d.digits(3), "1"+d.digits(1)
		return found(Value{Text: d.address(civic, unit), Kind: Address}, d.form(d.address(civic, unit)))
	}, gen.UInt64()))
	p.Property("e-mail", prop.ForAll(func(seed uint64) bool {
		d := disguise{rand.New(rand.NewPCG(seed, 4))}
		at, dot := d.one("@", " at ", "(at)", " arobase ", " AT "), d.one(".", " dot ", " point ", "[dot]")
		return found(Value{Text: "zoe.l-ecuyer@poste.exemple.ca", Kind: Email}, d.form("zoe"+dot+"l-ecuyer"+at+"poste"+dot+"exemple"+dot+"ca"))
	}, gen.UInt64()))
	p.TestingRun(t)
}

// TestSpansAreInOrder holds for any text: spans are in order, disjoint, on the borders of runes, and no longer than Longest.
func TestSpansAreInOrder(t *testing.T) {
	t.Parallel()
	m := subject(t)
	pieces := []string{
		"Geneviève", "DUFRESNE", "Roy", "G.", "-", " ", ", ", "\u00a0", "418", "555", "0123", "+1", "(", ")", " poste 4", "45", " boul. ", "bd", "St-Cyrille", "O",
		"app 302", "Québec", "G1R", "2A5", "genevieve", "@", ".", "exemple", "ca", " at ", "DOS", "2024", "0077", "\u0301", "\xff", "œ", "ﬁ", "\n",
	}
	p := laws()
	p.Property("order", prop.ForAll(func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 5))
		var text strings.Builder
		for range r.IntN(40) {
			text.WriteString(pieces[r.IntN(len(pieces))])
		}
		return inOrder(m, text.String())
	}, gen.UInt64()))
	p.TestingRun(t)
}

func laws() *gopter.Properties {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests, parameters.MaxShrinkCount = 300, 0 // a smaller seed is no simpler text
	return gopter.NewProperties(parameters)
}

// found reports whether spans cover all that is between the first and the last letter or digit of the text. Text goes on before and after it.
func found(v Value, text string) bool {
	m, err := New([]Value{v})
	if err != nil {
		return false
	}
	const before = "Voir « "
	edge := func(r rune) bool { return kindOf(r) != wordUnit || ignorable(r) }
	spans := m.Append(nil, []byte(before+text+" » demain"))
	at := len(before) + len(text) - len(strings.TrimLeftFunc(text, edge))
	end := len(before) + len(strings.TrimRightFunc(text, func(r rune) bool { return edge(r) && (ignorable(r) || !unicode.IsMark(r)) }))
	return len(spans) == 1 && spans[0].Start <= at && spans[0].End >= end
}

func inOrder(m *Matcher, text string) bool {
	at := 0
	for _, s := range m.Append(nil, []byte(text)) {
		if s.Start < at || s.End <= s.Start || s.End > len(text) || s.End-s.Start > m.Longest() || s.Reason == "" ||
			!border(text, s.Start) || !border(text, s.End) {
			return false
		}
		at = s.End
	}
	return true
}

// border reports whether no rune of text goes over i.
func border(text string, i int) bool {
	for at := 0; at < i; {
		_, size := utf8.DecodeRuneInString(text[at:])
		if at += size; at > i {
			return false
		}
	}
	return true
}

// A disguise changes how text is written.
type disguise struct{ *rand.Rand }

func (d disguise) one(of ...string) string { return of[d.IntN(len(of))] }

func (d disguise) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte('0' + byte(d.IntN(10)))
	}
	return b.String()
}

// name puts the name in an order, with or without initials, and changes letters, accents, forms, separators, and strews characters that show nothing.
func (d disguise) name(given, family string) string {
	var initials strings.Builder
	for _, part := range strings.FieldsFunc(given, func(r rune) bool { return r == ' ' || r == '-' }) {
		r, _ := utf8.DecodeRuneInString(part)
		initials.WriteString(string(unicode.ToUpper(r)) + d.one(".", ". ", "", ".-", " "))
	}
	short := strings.TrimRight(initials.String(), " -") + " "
	name := given + " " + family
	switch d.IntN(6) {
	case 0:
		name = family + d.one(" ", ", ", "\n") + given
	case 1:
		name = short + family
	case 2:
		name = family + d.one(", ", " ") + short
	case 3:
		name = strings.ToLower(name) // initials alone stay capitals
	}
	if d.IntN(3) == 0 {
		name = strings.ToUpper(name)
	}
	return d.form(d.separators(d.ligatures(name)))
}

func (d disguise) ligatures(s string) string {
	if d.IntN(2) == 0 {
		return s
	}
	return strings.NewReplacer("œ", "oe", "Œ", "OE", "ß", "ss", "ø", "o", "Ø", "O", "đ", "d", "Đ", "D", "fi", "ﬁ", "ł", "l", "Ł", "L", "ı", "i").Replace(s)
}

func (d disguise) separators(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case ' ':
			b.WriteString(d.one(" ", " ", "\u00a0", "\u202f", "  ", "\n", "\r\n\t", "_", "\u2003"))
		case '-':
			b.WriteString(d.one("-", "‑", "–", " ", "", " - "))
		case '\'', '’':
			b.WriteString(d.one("'", "’", "ʼ", "`", "´", "", "‘", "＇"))
		default:
			b.WriteRune(r)
			if d.IntN(12) == 0 {
				b.WriteString(d.one("\u00ad", "\u200b", "\u2060", "\ufe0f"))
			}
		}
	}
	return b.String()
}

// form takes accents off, or puts the text into a normal form, or into full-width letters.
func (d disguise) form(s string) string {
	switch d.IntN(6) {
	case 0:
		return norm.NFD.String(s)
	case 1:
		return norm.NFKC.String(s)
	case 2:
		return norm.NFKD.String(s)
	case 3:
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Inherited, r) && unicode.IsMark(r) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	case 4:
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xfee0
			}
			return r
		}, s)
	}
	return s
}

func (d disguise) phone(n string) string {
	s := d.one("", "", "+1", "1 ", "+1-", "+1\u00a0", "001 ") + d.one("(", "") + n[:3] + d.one(") ", "-", " ", ".", "\u00a0", "\u2011") +
		n[3:6] + d.one("-", " ", ".", "", "\u202f") + n[6:8] + d.one("", " ") + n[8:]
	return s + d.one("", "", " poste 12", " ext. 9", ", ext 777", "x4", " #31")
}

func (d disguise) address(civic, unit string) string {
	street := civic + d.one(" ", ", ") + d.one("boulevard ", "boul. ", "Bd ", "blvd ", "BOUL ") + d.one("Saint-", "St-", "saint ", "SAINT ") +
		"Cyrille" + d.one(" Ouest", " O.", " ouest", " O")
	street += d.one(", app. ", ", apt ", " appartement ", " bureau ", ", suite ") + unit
	return street + d.one(", ", "\n") + d.one("Québec", "QUÉBEC") + d.one(" (Québec) ", " QC ", ", Qc, ") + d.one("G1R 2A5", "G1R2A5", "g1r 2a5")
}
