package scrub_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/scrub"
)

func Example() {
	s, err := scrub.New()
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("Client joint au 514-555-0123 (poste 12), courriel a.roy@example.com; rappeler au 514 555-0123 avant le 3 mai 2026."))
	// Output:
	// Client joint au [PHONE_1], courriel [EMAIL_1]; rappeler au [PHONE_2] avant le [DATE_1].
}

func ExampleScrubber_Find() {
	s, err := scrub.New()
	if err != nil {
		panic(err)
	}
	text := "Réglé par carte 4111 1111 1111 1111, tél. 418 555-0199."
	for _, f := range s.Find(text) {
		fmt.Printf("%s at bytes %d to %d, code points %d to %d: %s\n", f.Type, f.Start, f.End, f.RuneStart, f.RuneEnd, f.Reason)
	}
	// Output:
	// CARD at bytes 18 to 37, code points 16 to 35: Luhn, IIN of Visa
	// PHONE at bytes 45 to 57, code points 42 to 54: North American number
}

func ExampleOnly() {
	s, err := scrub.New(scrub.Only(scrub.Email, scrub.Card))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("a.roy@example.com paid on 2026-03-04 with 4111 1111 1111 1111"))
	// Output:
	// [EMAIL_1] paid on 2026-03-04 with [CARD_1]
}

func ExampleApply() {
	s, err := scrub.New(
		scrub.Apply(scrub.Mask()),              // everything,
		scrub.Apply(scrub.Tag(), scrub.Phone),  // except these two
		scrub.Apply(scrub.Remove(), scrub.Age), //
	)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("A 62-year-old called from 514-555-0123 and left a.roy@example.com"))
	// Output:
	// A -year-old called from [PHONE_1] and left *****
}

func ExampleKnown() {
	s, err := scrub.New(scrub.Known(
		scrub.Value{Type: scrub.Person, Text: "Marie-Ève Tremblay"},
		scrub.Value{Type: scrub.Phone, Text: "514 555-0123"},
	))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("TREMBLAY, M.-E. rappelle du (514) 555.0123; tremblay demande une copie."))
	// Output:
	// [PERSON_1] rappelle du [PHONE_1]; [PERSON_1] demande une copie.
}

func ExampleContext() {
	s, err := scrub.New(
		scrub.Context(scrub.SSN, 0.5, "contractor"), // nine digits are weak evidence; beside this word they are enough
		scrub.Context(scrub.Phone, -0.8, "invoice"), // what looks like a number of ours is that of an invoice
	)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("contractor 219098765, invoice 514-555-0123"))
	// Output:
	// contractor [SSN_1], invoice 514-555-0123
}

// workOrders recognises numbers such as WO-4711.
type workOrders struct{}

func (workOrders) Recognize(text []byte, report func(scrub.Finding)) {
	for at := 0; ; {
		next := strings.Index(string(text[at:]), "WO-")
		if next < 0 {
			return
		}
		start := at + next
		end := start + len("WO-")
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		if end > start+len("WO-") {
			report(scrub.Finding{Start: start, End: end, Score: 0.9, Reason: "work order number"})
		}
		at = end
	}
}

func ExampleWith() {
	s, err := scrub.New(scrub.With("WORK_ORDER", workOrders{}))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("WO-4711 follows WO-4690; see WO-4711"))
	// Output:
	// [WORK_ORDER_1] follows [WORK_ORDER_2]; see [WORK_ORDER_1]
}

func ExampleNewWriter() {
	s, err := scrub.New()
	if err != nil {
		panic(err)
	}
	w := scrub.NewWriter(os.Stdout, s)
	fmt.Fprint(w, "write to a.roy@exa") // a value may come in two writes
	fmt.Fprint(w, "mple.com\n")
	if err := w.Close(); err != nil {
		panic(err)
	}
	// Output:
	// write to [EMAIL_1]
}

func ExampleEach() {
	s, err := scrub.New(
		scrub.Apply(scrub.Each(redact.EmailMask{}), scrub.Email),
		scrub.Apply(scrub.Each(redact.PhoneMask{}), scrub.Phone),
		scrub.Apply(scrub.Each(redact.CardMask{}), scrub.Card),
	)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("a.roy@example.com paid with 4111 1111 1111 1111, cvv 123, and calls from 514-555-0123"))
	// Output:
	// a***@e***.com paid with **** 1111, cvv [CARD_0], and calls from ***23
}

func ExamplePseudonym() {
	// hmacKey stands for a key that a key management system holds; Tink's PRFs fit.
	march, err := redact.NewRelease("2026-03/heating-study", hmacKey("thirty-two bytes of a secret key"))
	if err != nil {
		panic(err)
	}
	s, err := scrub.New(scrub.Apply(scrub.Pseudonym(march)))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Scrub("514-555-0123") == s.Scrub("(514) 555 0123"))
	fmt.Println(len(s.Scrub("514-555-0123")))
	// Output:
	// true
	// 34
}

func ExampleNewJSONWriter() {
	s, err := scrub.New()
	if err != nil {
		panic(err)
	}
	w := scrub.NewJSONWriter(os.Stdout, s)
	fmt.Fprintln(w, `{"id": 7, "homePhone": 5145550123, "note": "write to a.roy\u0040example.com"}`)
	if err := w.Close(); err != nil {
		panic(err)
	}
	// Output:
	// {"id": 7, "homePhone": "[PHONE_1]", "note": "write to [EMAIL_1]"}
}

func ExampleNewHTMLWriter() {
	s, err := scrub.New()
	if err != nil {
		panic(err)
	}
	w := scrub.NewHTMLWriter(os.Stdout, s)
	fmt.Fprintln(w, `<p title="514-555-0123">Write to <b>a.roy&#64;example.com</b> &amp; wait</p>`)
	if err := w.Close(); err != nil {
		panic(err)
	}
	// Output:
	// <p title="[PHONE_1]">Write to <b>[EMAIL_1]</b> &amp; wait</p>
}

func ExampleNewCSVWriter() {
	s, err := scrub.New()
	if err != nil {
		panic(err)
	}
	w := scrub.NewCSVWriter(os.Stdout, s, ';')
	fmt.Fprint(w, "ticket;phone;note\n4711;5145550123;\"pump; \"\"loud\"\", a.roy@example.com\"\n")
	if err := w.Close(); err != nil {
		panic(err)
	}
	// Output:
	// ticket;phone;note
	// 4711;[PHONE_1];"pump; ""loud"", [EMAIL_1]"
}
