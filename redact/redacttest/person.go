package redacttest

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Person is an invented person, each field a canary. The values are valid in form, so that validators accept them and
// detectors find them, and made to be recognised as fiction where a range is set aside for that: domains of RFC 2606, telephone
// numbers 555-0100 to 555-0199, addresses of RFC 3849. No range is set aside for the other numbers; theirs are drawn at random.
type Person struct {
	Name     Canary // given and family name, one accent: "Zévalo Quixaruda"
	Email    Canary // "zevalo.quixaruda.8302@example.com"
	Phone    Canary // "+1-514-555-0137"
	Address  Canary // "4127, rue Vexilona, app. 83"
	Postal   Canary // postal code of Canada, "K0Q 7X3"
	Born     Canary // "1911-02-23"; day and month are also found in the other order
	SIN      Canary // social insurance number, valid check digit, "912 345 678"
	Health   Canary // health insurance number of Québec, from name and birth date, "QUIZ 1102 2317"
	Card     Canary // payment card, valid check digit, "4000 1234 5678 9010"
	IBAN     Canary // valid check digits, bank code ZZZZ, "GB12 ZZZZ 1234 5612 3456 78"
	IP       Canary // IPv6 of the documentation prefix, "2001:db8:..."
	Username Canary // "zevaloqx83025"
}

// NewPerson returns the person of a seed: always the same one, and another for another seed. The name of the test makes a good seed;
// a second person takes t.Name() + "/2".
func NewPerson(seed string) Person {
	r := rand.New(rand.NewChaCha8(sha256.Sum256([]byte("redacttest person 1\n" + seed))))
	canary := func(kind, text string, parts ...string) Canary { return newCanary(kind, seed, text, parts...) }

	given, family, street := word(r, "ZVXKJ", 3), word(r, "QXZWV", 4), word(r, "VXKZQ", 4)
	accented := strings.Replace(given, string(given[1]), accents[given[1]], 1)
	ascii := strings.ToLower(given) + "." + strings.ToLower(family)
	local := ascii + "." + digits(r, 4)
	username := strings.ToLower(given) + strings.ToLower(family[:2]) + digits(r, 5)

	area := areaCodes[r.IntN(len(areaCodes))]
	line := "01" + digits(r, 2)
	// Nobody born in these years is alive, and few programs hold them.
	born := time.Date(1890+r.IntN(20), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
	sin := luhn("9" + digits(r, 7))
	card := luhn("4000" + digits(r, 11))
	account := digits(r, 14)

	ip := "2001:db8"
	for range 6 {
		ip += ":" + strconv.FormatInt(0x1000+r.Int64N(0xefff), 16)
	}
	return Person{
		Name:     canary("name", accented+" "+family, given, family),
		Email:    canary("email", local+"@example.com", local),
		Phone:    canary("phone", "+1-"+area+"-555-"+line, area+"555"+line),
		Address:  canary("address", strconv.Itoa(1000+r.IntN(9000))+", rue "+street+", app. "+strconv.Itoa(10+r.IntN(90)), street),
		Postal:   canary("postal code", postal(r)),
		Born:     canary("birth date", born.Format(time.DateOnly), born.Format("02012006"), born.Format("01022006")),
		SIN:      canary("SIN", group(sin, 3, 3, 3)),
		Health:   canary("health insurance number", health(r, family, given, born)),
		Card:     canary("card", group(card, 4, 4, 4, 4)),
		IBAN:     canary("IBAN", group(iban("GB", "ZZZZ"+account), 4, 4, 4, 4, 4, 2), account),
		IP:       canary("IP address", ip, ip[len("2001:db8:"):]),
		Username: canary("username", username),
	}
}

// Canaries returns all fields.
func (p Person) Canaries() []Canary {
	return []Canary{p.Name, p.Email, p.Phone, p.Address, p.Postal, p.Born, p.SIN, p.Health, p.Card, p.IBAN, p.IP, p.Username}
}

// Assigned area codes of Canada.
var areaCodes = strings.Fields("204 226 236 249 250 289 306 343 365 403 416 418 431 437 438 450 506 514 519 579 581 587 604 613 639 647 705 709 778 780 807 819 867 873 902 905")

var accents = map[byte]string{'a': "à", 'e': "é", 'i': "ï", 'o': "ô", 'u': "ù"}

// word invents a word of syllables. The first letter is of initials; letters are ones that few words have.
func word(r *rand.Rand, initials string, syllables int) string {
	const consonants, vowels = "bdfgjklmnprtvxz", "aeiou"
	var b strings.Builder
	for i := range syllables {
		c := consonants[r.IntN(len(consonants))]
		if i == 0 {
			c = initials[r.IntN(len(initials))]
		}
		b.WriteByte(c)
		b.WriteByte(vowels[r.IntN(len(vowels))])
	}
	if b.Len() < 8 {
		b.WriteByte("xzvk"[r.IntN(4)])
	}
	return b.String()
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.IntN(10))
	}
	return string(b)
}

// postal returns a postal code of a rural delivery area (second character 0) with the letters Canada Post uses.
func postal(r *rand.Rand) string {
	const first, other = "ABCEGHJKLMNPRSTVXY", "ABCEGHJKLMNPRSTVWXYZ"
	pick := func(of string) string { return string(of[r.IntN(len(of))]) }
	return pick(first) + "0" + pick(other) + " " + strconv.Itoa(1+r.IntN(9)) + pick(other) + strconv.Itoa(1+r.IntN(9))
}

// health returns a health insurance number of Québec: three letters of the family name, one of the given name, year, month (plus 50 for
// women) and day of birth, and two digits, here drawn at random.
func health(r *rand.Rand, family, given string, born time.Time) string {
	letters := strings.ToUpper(family[:3] + given[:1])
	month := int(born.Month()) + 50*r.IntN(2)
	return fmt.Sprintf("%s %02d%02d %02d%s", letters, born.Year()%100, month, born.Day(), digits(r, 2))
}

// luhn appends the check digit of ISO/IEC 7812-1.
func luhn(payload string) string {
	sum := 0
	for i := range len(payload) {
		d := int(payload[len(payload)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return payload + strconv.Itoa((10-sum%10)%10)
}

// iban puts country and check digits of ISO 13616 before an account.
func iban(country, account string) string {
	rest := 0
	for _, c := range account + country + "00" {
		if unicode.IsDigit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return fmt.Sprintf("%s%02d%s", country, 98-rest, account)
}

func group(text string, sizes ...int) string {
	groups := make([]string, len(sizes))
	for i, n := range sizes {
		groups[i], text = text[:n], text[n:]
	}
	return strings.Join(groups, " ")
}
