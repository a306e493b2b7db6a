package redact_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

// verdict is what others say of a text: whether it is of the kind.
type verdict struct {
	text  string
	valid bool
}

// TestScoreFields compares what the masks take for a value of their kind with what validators of others do, on data that stands beside the repository.
func TestScoreFields(t *testing.T) {
	t.Parallel()
	folder := sharedFields(t)
	var table strings.Builder
	for _, kind := range []struct {
		name  string
		g     generaliser
		rows  []verdict
		least float64 // agreement in per cent; a mask does not ask which network issued a card
	}{
		{"postal code CA", redact.PostalArea{Country: "CA"}, postalVerdicts(t, folder, "CA"), 99},
		{"postal code FR", redact.PostalArea{Country: "FR"}, postalVerdicts(t, folder, "FR"), 95},
		{"phone CA US", redact.PhoneMask{}, phoneVerdicts(t, folder), 90},
		{"card", redact.CardMask{}, validatorVerdicts(t, folder, "isCreditCard"), 60},
		{"IP address", redact.IPPrefix{V4: 24, V6: 48}, validatorVerdicts(t, folder, "isIP"), 99},
		{"e-mail, refused", redact.EmailMask{}, emailVerdicts(t, folder), 100},
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

// sharedFields returns the folder of the data, and skips the test if there is none.
func sharedFields(t *testing.T) string {
	t.Helper()
	root, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		require.NotEqual(t, root, parent, "no go.mod above the test")
		root = parent
	}
	folder := filepath.Join(root, "..", "shared", "data", "fields")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no data beside the repository")
	}
	return folder
}

// lines reads a file of JSON lines.
func lines[T any](t *testing.T, path string) (rows []T) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var row T
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &row))
		rows = append(rows, row)
	}
	require.NoError(t, scanner.Err())
	return rows
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
func validatorVerdicts(t *testing.T, folder, validator string, first ...any) (verdicts []verdict) {
	for _, row := range lines[validatorRow](t, filepath.Join(folder, "validators.jsonl")) {
		if row.Validator != validator || !row.DefaultArgs || len(first) > 0 && (len(row.Args) == 0 || !slices.Contains(first, row.Args[0])) {
			continue
		}
		verdicts = append(verdicts, verdict{row.Value, row.Valid})
	}
	return verdicts
}

func canadaVerdicts(t *testing.T, folder, kind string) (verdicts []verdict) {
	for _, row := range lines[canadaRow](t, filepath.Join(folder, "canada_ids.jsonl")) {
		if row.Kind == kind && !row.Conflict {
			verdicts = append(verdicts, verdict{row.Value, row.Valid})
		}
	}
	return verdicts
}

func postalVerdicts(t *testing.T, folder, country string) []verdict {
	verdicts := validatorVerdicts(t, folder, "isPostalCode", country)
	if country == "CA" {
		verdicts = append(verdicts, canadaVerdicts(t, folder, "CA_POSTAL_CODE")...)
	}
	return verdicts
}

func phoneVerdicts(t *testing.T, folder string) []verdict {
	return append(validatorVerdicts(t, folder, "isMobilePhone", "en-CA", "fr-CA"), canadaVerdicts(t, folder, "CA_PHONE")...)
}

// emailVerdicts are those on what is no address.
func emailVerdicts(t *testing.T, folder string) (verdicts []verdict) {
	type emailRow struct{ Address, Bucket string }
	for _, row := range lines[emailRow](t, filepath.Join(folder, "email.jsonl")) {
		if row.Bucket == "invalid" || row.Bucket == "rfc5322_only" {
			verdicts = append(verdicts, verdict{row.Address, false})
		}
	}
	return verdicts
}
