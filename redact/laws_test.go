package redact_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/purposebound/purposebound/redact"
)

// wellFormed is what holds for every generaliser and every text.
func wellFormed(t *testing.T, text, got string, ok bool) {
	t.Helper()
	if ok == (got == "") {
		t.Errorf("%q gave %q, %v", text, got, ok)
	}
	if !utf8.ValidString(got) {
		t.Errorf("%q gave what is not UTF-8: %q", text, got)
	}
}

// anyText is text of any kind, with runes that are hard to handle more often than chance would have them.
func anyText() gopter.Gen {
	return gen.OneGenOf(
		gen.AnyString(),
		gen.AlphaString(),
		gen.SliceOf(gen.OneConstOf("0", "9", " ", "-", "@", ".", "(", "+", "é", "e\u0301", "李", "\u200b", "\xff", "T", "Z", ":", ",", "canada", "H7N 1B2", "2026", "qc")).
			Map(func(parts []string) string { return strings.Join(parts, "") }),
	)
}

func TestGeneralisersAreWellFormed(t *testing.T) {
	t.Parallel()
	all := map[string]generaliser{
		"AgeBand":    redact.AgeBand{Years: 10, At: day("2026-06-15")},
		"EmailMask":  redact.EmailMask{},
		"PhoneMask":  redact.PhoneMask{},
		"CardMask":   redact.CardMask{},
		"Initials":   redact.Initials{},
		"FSA":        redact.AddressPart{Keep: redact.FSA},
		"City":       redact.AddressPart{Keep: redact.City},
		"PostalArea": redact.PostalArea{Country: "CA"},
		"DatePart":   redact.DatePart{Keep: redact.Quarter},
		"IPPrefix":   redact.IPPrefix{V4: 24, V6: 48},
		"Pseudonyms": pseudonyms(t, "2026-03", firstKey, "any"),
		"Shapes":     shapes(t, "2026-03", firstKey, "any"),
		"Shift":      shift(t, "2026-03", firstKey, "c-1", 30),
		"Reversible": reversible(t, "2026-03", "any", siv(t, counting(64))),
	}
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	for name, g := range all {
		properties.Property(name+": output or refusal, in UTF-8, the same each time", prop.ForAll(func(text string) bool {
			got, ok := g.Generalise(text)
			again, okAgain := g.Generalise(text)
			return ok == (got != "") && utf8.ValidString(got) && got == again && ok == okAgain
		}, anyText()))
	}
	properties.TestingRun(t)
}

// What a mask shows depends on nothing but what its documentation says it keeps.
func TestMasksKeepNoMoreThanTheySay(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	word := gen.RegexMatch("[a-z]{2,20}")
	properties.Property("e-mail", prop.ForAll(func(local, otherLocal, domain, otherDomain string) bool {
		one, ok := redact.EmailMask{}.Generalise("j" + local + "@e" + domain + ".ca")
		two, okTwo := redact.EmailMask{}.Generalise("j" + otherLocal + "@e" + otherDomain + "." + domain + ".ca")
		return ok && okTwo && one == two && one == "j***@e***.ca"
	}, word, word, word, word))
	properties.Property("phone", prop.ForAll(func(line, extension string, area int) bool {
		got, ok := redact.PhoneMask{}.Generalise(fmt.Sprintf("(2%02d) 555-%s ext. %s", area, line, extension))
		return ok && got == "***"+line[2:]
	}, gen.RegexMatch("[0-9]{4}"), gen.RegexMatch("[0-9]{1,8}"), gen.IntRange(0, 89)))
	properties.Property("card", prop.ForAll(func(body string) bool {
		number := "4" + body
		check := byte('0')
		for ; !luhn(number + string(check)); check++ {
		}
		number += string(check)
		got, ok := redact.CardMask{}.Generalise(number)
		return ok && got == "**** "+number[len(number)-4:]
	}, gen.RegexMatch("[0-9]{10,17}")))
	properties.Property("initials", prop.ForAll(func(first, middle, last string) bool {
		got, ok := redact.Initials{}.Generalise("j" + first + " " + middle + " g" + last)
		inverted, okInverted := redact.Initials{}.Generalise("G" + last + ", J" + first + "-" + middle)
		return ok && okInverted && got == "J. G." && inverted == got
	}, word, word, word))
	properties.Property("address", prop.ForAll(func(street, name string, civic int) bool {
		text := fmt.Sprintf("%s, %d rue %s, Laval (Québec) H7N 1B2", name, civic, street)
		fsa, _ := redact.AddressPart{Keep: redact.FSA}.Generalise(text)
		city, _ := redact.AddressPart{Keep: redact.City}.Generalise(text)
		province, _ := redact.AddressPart{Keep: redact.Province}.Generalise(text)
		return fsa == "H7N" && city == "Laval, QC" && province == "QC"
	}, word, word, gen.IntRange(1, 9999)))
	properties.TestingRun(t)
}

// luhn is another way of checking a card number than the one under test.
func luhn(number string) bool {
	doubled := [10]int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			digit = doubled[digit]
		}
		sum += digit
	}
	return sum%10 == 0
}

func TestPseudonymLaws(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	id := gen.RegexMatch("[a-c/]{1,4}")
	properties.Property("equal only if release, domain and value are", prop.ForAll(func(r1, d1, v1, r2, d2, v2 string) bool {
		one, err1 := pseudonyms(t, redact.ReleaseID(r1), firstKey, d1).Pseudonymise(v1)
		two, err2 := pseudonyms(t, redact.ReleaseID(r2), firstKey, d2).Pseudonymise(v2)
		return err1 == nil && err2 == nil && (one == two) == (r1 == r2 && d1 == d2 && v1 == v2)
	}, id, id, id, id, id, id))
	properties.Property("never equal under another key", prop.ForAll(func(r, d, v string) bool {
		one, err1 := pseudonyms(t, redact.ReleaseID(r), firstKey, d).Pseudonymise(v)
		two, err2 := pseudonyms(t, redact.ReleaseID(r), secondKey, d).Pseudonymise(v)
		return err1 == nil && err2 == nil && one != two
	}, id, id, id))
	properties.Property("a shape keeps the shape and is not the value", prop.ForAll(func(text string) bool {
		s := shapes(t, "2026-03", firstKey, "any")
		got, err := s.Pseudonymise(text)
		if err != nil {
			return got == "" && errors.Is(err, redact.ErrValue)
		}
		return skeleton(got) == skeleton(text) && got != text
	}, anyText()))
	properties.TestingRun(t)
}

// Intervals of one subject are kept exactly, whatever the dates, and the shift is within its bound and never nothing.
func TestShiftLaws(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	moment := gen.Int64Range(day("1900-01-01").Unix(), day("2100-01-01").Unix())
	properties.Property("of times", prop.ForAll(func(a, b int64, offset int, subject string, bound int) bool {
		s := shift(t, "2026-03", firstKey, "c"+subject, bound)
		one := time.Unix(a, 123456789).In(time.FixedZone("", offset*60))
		two := time.Unix(b, 987654321).UTC()
		movedOne, ok1 := s.Time(one)
		movedTwo, ok2 := s.Time(two)
		n := movedOne.Sub(one) / (24 * time.Hour)
		return ok1 && ok2 && movedTwo.Sub(movedOne) == two.Sub(one) && movedOne.Equal(one.Add(n*24*time.Hour)) && n != 0 && max(n, -n) <= time.Duration(bound)
	}, moment, moment, gen.IntRange(-14*60, 14*60), gen.Identifier(), gen.IntRange(1, 3650)))
	properties.Property("of days", prop.ForAll(func(a, b int64) bool {
		s := shift(t, "2026-03", firstKey, "c-1", 365)
		one, two := time.Unix(a, 0).UTC().Format(time.DateOnly), time.Unix(b, 0).UTC().Format(time.DateOnly)
		movedOne, ok1 := s.Generalise(one)
		movedTwo, ok2 := s.Generalise(two)
		return ok1 && ok2 && day(movedTwo).Sub(day(movedOne)) == day(two).Sub(day(one)) && movedOne != one
	}, moment, moment))
	properties.TestingRun(t)
}

func TestReversibleLaws(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	properties.Property("what is restored is what was replaced", prop.ForAll(func(release, domain, value string) bool {
		r := reversible(t, redact.ReleaseID("r"+release), "d"+domain, siv(t, counting(64)))
		pseudonym, err := r.Pseudonymise(value)
		if err != nil {
			return false
		}
		restored, err := r.Restore(pseudonym)
		return err == nil && restored == value
	}, gen.Identifier(), gen.Identifier(), anyText()))
	properties.Property("what was not made here is not restored", prop.ForAll(func(text string) bool {
		r := reversible(t, "2026-03", "client", siv(t, counting(64)))
		value, err := r.Restore(text)
		return value == "" && (errors.Is(err, redact.ErrMalformed) || errors.Is(err, redact.ErrForeign))
	}, gen.OneGenOf(anyText(), gen.RegexMatch("[a-z2-7]{1,200}"))))
	properties.TestingRun(t)
}
