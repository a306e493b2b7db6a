package scrub_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact/scrub"
)

// whole reports whether s finds the whole of text as one finding.
func whole(s *scrub.Scrubber, text string) bool {
	found := s.Find(text)
	return len(found) == 1 && found[0].Start == 0 && found[0].End == len(text)
}

func TestScoreEmailSyntax(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Only(scrub.Email))
	right, all := 0, 0
	for _, row := range rows[struct{ Address, Bucket string }](t, "fields/email.jsonl") {
		want := strings.HasPrefix(row.Bucket, "valid")
		if !want && row.Bucket != "invalid" && row.Bucket != "rfc5322_only" {
			continue
		}
		all++
		if whole(s, row.Address) == want {
			right++
		} else {
			t.Logf("%q is %s", row.Address, row.Bucket)
		}
	}
	t.Logf("e-mail syntax: %d of %d, %.1f %%", right, all, 100*ratio(right, all))
	assert.GreaterOrEqual(t, ratio(right, all), 0.98)
}

func TestScoreUnicodeEquivalents(t *testing.T) {
	t.Parallel()
	type tally struct{ right, all int }
	var canonical, compatibility tally
	for _, row := range rows[struct {
		NFC, NFD, NFKC, NFKD string
		Source               string `json:"source_form"`
		Canonical            bool   `json:"canonical_only"`
	}](t, "scrub/unicode_equivalents.jsonl") {
		forms := []string{row.Source, row.NFC, row.NFD}
		count := &canonical
		if !row.Canonical {
			forms, count = append(forms, row.NFKC, row.NFKD), &compatibility
		}
		for _, value := range forms {
			s, err := scrub.New(scrub.Known(scrub.Value{Text: value}))
			if err != nil {
				t.Logf("%q: %v", value, err)
			}
			for _, text := range forms {
				count.all++
				if err == nil && !whole(s, text) {
					t.Logf("%q in %q: %v", value, text, s.Find(text))
				}
				if err == nil && whole(s, text) {
					count.right++
				}
			}
		}
	}
	t.Logf("known value in another form: canonical %d of %d, compatibility %d of %d", canonical.right, canonical.all, compatibility.right, compatibility.all)
	assert.Equal(t, canonical.all, canonical.right)
	assert.GreaterOrEqual(t, ratio(compatibility.right, compatibility.all), 0.99)
}

func TestScoreValidators(t *testing.T) {
	t.Parallel()
	types := map[string][]scrub.Type{
		"isEmail": {scrub.Email}, "isURL": {scrub.URL}, "isMACAddress": {scrub.MAC}, "isIP": {scrub.IP}, "isIPRange": {scrub.IP}, "isIBAN": {scrub.IBAN},
		"isCreditCard": {scrub.Card}, "isBtcAddress": {scrub.Crypto}, "isISO8601": {scrub.Date}, "isDate": {scrub.Date}, "isPostalCode": {scrub.PostalCode},
		"isTaxID": {scrub.SIN},
	}
	right, all := map[string]int{}, map[string]int{}
	for _, row := range rows[struct {
		Validator, Value string
		Args             []json.RawMessage
		DefaultArgs      bool `json:"default_args"`
		Valid            bool
	}](t, "fields/validators.jsonl") {
		canada := len(row.Args) == 1 && (string(row.Args[0]) == `"CA"` || string(row.Args[0]) == `"en-CA"`)
		if types[row.Validator] == nil || !row.DefaultArgs && !canada || !utf8.ValidString(row.Value) {
			continue
		}
		all[row.Validator]++
		if whole(newScrubber(t, scrub.Only(types[row.Validator]...)), row.Value) == row.Valid {
			right[row.Validator]++
		} else {
			t.Logf("%s %q is valid: %v", row.Validator, row.Value, row.Valid)
		}
	}
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Logf("%-14s %3d of %3d", name, right[name], all[name])
	}
	for _, name := range []string{"isEmail", "isIP", "isIPRange", "isIBAN", "isCreditCard"} {
		assert.Equal(t, all[name], right[name], name)
	}
}

func TestScorePhonesInText(t *testing.T) {
	t.Parallel()
	s := newScrubber(t, scrub.Only(scrub.Phone))
	right, all := 0, 0
	for _, row := range rows[struct {
		Text     string
		Valid    *bool `json:"expect_match_default_VALID"`
		Possible *bool `json:"expect_match_POSSIBLE"`
		Whole    bool  `json:"whole_text_is_the_match"`
	}](t, "fields/phone_in_text.jsonl") {
		want := row.Valid != nil && *row.Valid || row.Possible != nil && *row.Possible
		all++
		if got := len(s.Find(row.Text)) > 0; got == want && (!want || !row.Whole || whole(s, row.Text)) {
			right++
		} else {
			t.Logf("%q is a number: %v, found %v", row.Text, want, s.Find(row.Text))
		}
	}
	t.Logf("telephone numbers in text: %d of %d", right, all)
	assert.GreaterOrEqual(t, ratio(right, all), 0.6, "several rows need the numbering plan of another region")
}
