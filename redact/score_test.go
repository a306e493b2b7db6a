package redact_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/internal/samplestest"
)

// verdict is what others say of a text: whether it is of the kind.
type verdict struct {
	text  string
	valid bool
}

// TestScoreFields compares what the masks take for a value of their kind with what validators of others do, on data that stands beside the repository.
func TestScoreFields(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	for _, kind := range []struct {
		name  string
		g     generaliser
		rows  []verdict
		least float64 // agreement in per cent; a mask does not ask which network issued a card
	}{
		{"postal code CA", redact.PostalArea{Country: "CA"}, postalVerdicts(t, "CA"), 99},
		{"postal code FR", redact.PostalArea{Country: "FR"}, postalVerdicts(t, "FR"), 95},
		{"phone CA US", redact.PhoneMask{}, phoneVerdicts(t), 90},
		{"card", redact.CardMask{}, validatorVerdicts(t, "isCreditCard"), 60},
		{"IP address", redact.IPPrefix{V4: 24, V6: 48}, validatorVerdicts(t, "isIP"), 99},
		{"e-mail, refused", redact.EmailMask{}, emailVerdicts(t), 100},
	} {
		require.NotEmpty(t, kind.rows, kind.name)
		agree := 0
		for _, row := range kind.rows {
			if _, ok := kind.g.Generalise(row.text); ok == row.valid {
				agree++
			} else {
				t.Logf("%s: %q, valid elsewhere: %v", kind.name, row.text, row.valid)
			}
		}
		rate := 100 * float64(agree) / float64(len(kind.rows))
		fmt.Fprintf(&table, "%-16s %3d of %3d rows agree, %5.1f %%\n", kind.name, agree, len(kind.rows), rate)
		assert.GreaterOrEqual(t, rate, kind.least, kind.name)
	}
	t.Log("\n" + table.String())
}

type validatorRow struct {
	Validator   string
	Args        []any
	DefaultArgs bool `json:"default_args"`
	Value       string
	Valid       bool
}

type canadaRow struct {
	Kind, Value string
	Valid       bool `json:"source_says_valid"`
	Conflict    bool `json:"sources_conflict"`
}

// validatorVerdicts are those of one validator with its default arguments, the first of which is one of those named.
func validatorVerdicts(t *testing.T, validator string, first ...any) (verdicts []verdict) {
	for _, row := range samplestest.Rows[validatorRow](t, "fields", "validators.jsonl") {
		if row.Validator != validator || !row.DefaultArgs || len(first) > 0 && (len(row.Args) == 0 || !slices.Contains(first, row.Args[0])) {
			continue
		}
		verdicts = append(verdicts, verdict{row.Value, row.Valid})
	}
	return verdicts
}

func canadaVerdicts(t *testing.T, kind string) (verdicts []verdict) {
	for _, row := range samplestest.Rows[canadaRow](t, "fields", "canada_ids.jsonl") {
		if row.Kind == kind && !row.Conflict {
			verdicts = append(verdicts, verdict{row.Value, row.Valid})
		}
	}
	return verdicts
}

func postalVerdicts(t *testing.T, country string) []verdict {
	verdicts := validatorVerdicts(t, "isPostalCode", country)
	if country == "CA" {
		verdicts = append(verdicts, canadaVerdicts(t, "CA_POSTAL_CODE")...)
	}
	return verdicts
}

func phoneVerdicts(t *testing.T) []verdict {
	return append(validatorVerdicts(t, "isMobilePhone", "en-CA", "fr-CA"), canadaVerdicts(t, "CA_PHONE")...)
}

// emailVerdicts are those on what is no address.
func emailVerdicts(t *testing.T) (verdicts []verdict) {
	type emailRow struct{ Address, Bucket string }
	for _, row := range samplestest.Rows[emailRow](t, "fields", "email.jsonl") {
		if row.Bucket == "invalid" || row.Bucket == "rfc5322_only" {
			verdicts = append(verdicts, verdict{row.Address, false})
		}
	}
	return verdicts
}
