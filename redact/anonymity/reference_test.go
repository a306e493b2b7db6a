package anonymity_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/internal/samplestest"
)

// TestReferenceMeasures compares the measures with those of pyCANON and of a recomputation by the definitions, where these differ with the latter.
func TestReferenceMeasures(t *testing.T) {
	t.Parallel()
	folder := shared(t)
	text, err := os.ReadFile(filepath.Join(folder, "anonymity", "kanonymity_expected.json"))
	require.NoError(t, err)
	var cases []struct {
		File     string
		Rows     int
		QI       []string
		SA       string
		Treated  string `json:"sa_treated_as"`
		Textbook struct {
			K, Classes  int
			Alpha       float64  `json:"min_alpha"`
			Distinct    int      `json:"distinct_l"`
			Entropy     float64  `json:"entropy_l_float"`
			Recursive   *float64 `json:"recursive_c_infimum_at_distinct_l"`
			Beta        float64  `json:"basic_beta"`
			Delta       float64  `json:"delta_ignoring_absent_values"`
			DeltaAbsent bool     `json:"delta_infinite_because_value_absent"`
			Equal       float64  `json:"t_equal_distance"`
			Ordered     *float64 `json:"t_ordered_distance"`
		} `json:"textbook_recomputed"`
		PyCANON struct {
			K, L, Classes int
			AlphaK        []float64 `json:"alpha_k"`
			Entropy       int       `json:"entropy_l"`
			Beta          float64   `json:"basic_beta"`
			Enhanced      float64   `json:"enhanced_beta"`
			Delta         float64   `json:"delta_disclosure"`
			T             float64
		} `json:"pycanon_1_3_5"`
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	require.NotEmpty(t, cases)
	var table strings.Builder
	fmt.Fprintf(&table, "%-42s %-22s %22s %22s\n", "file", "measure", "expected", "got")
	for _, c := range cases {
		row := func(measure string, expected, got float64) {
			mark := ""
			if math.Abs(expected-got) > 1e-9 || math.IsInf(expected, 0) != math.IsInf(got, 0) {
				mark = "  differs"
				t.Errorf("%s, %s: expected %v, got %v", c.File, measure, expected, got)
			}
			fmt.Fprintf(&table, "%-42s %-22s %22.16g %22.16g%s\n", c.File, measure, expected, got, mark)
		}
		columns := []anonymity.Column{{Name: c.SA, Role: anonymity.Sensitive}}
		if strings.HasPrefix(c.Treated, "numeric") {
			columns[0].Distance = anonymity.Numeric()
		}
		for _, name := range c.QI {
			columns = append(columns, anonymity.Column{Name: name, Role: anonymity.QuasiIdentifier})
		}
		file, err := os.Open(filepath.Join(folder, c.File))
		require.NoError(t, err)
		read, err := anonymity.CSV{}.Read(file, columns...)
		require.NoError(t, file.Close())
		require.NoError(t, err)
		report, err := read.Measure()
		require.NoError(t, err)
		classes, err := read.Classes()
		require.NoError(t, err)
		attribute, err := classes.Attribute(c.SA)
		require.NoError(t, err)
		equal, err := attribute.Closeness(anonymity.Distance{})
		require.NoError(t, err)
		s := report.Sensitive[0]

		row("rows", float64(c.Rows), float64(report.Rows))
		row("k", float64(c.Textbook.K), float64(report.K))
		row("classes", float64(c.Textbook.Classes), float64(report.Classes))
		row("α", c.Textbook.Alpha, s.Alpha)
		row("distinct ℓ", float64(c.Textbook.Distinct), float64(s.Distinct))
		row("entropy ℓ", c.Textbook.Entropy, s.Entropy)
		if c.Textbook.Recursive != nil {
			row("recursive c", *c.Textbook.Recursive, s.Recursive)
		}
		row("basic β", c.Textbook.Beta, s.Beta)
		row("δ, values present", c.Textbook.Delta, s.DeltaPresent)
		if c.Textbook.DeltaAbsent {
			row("δ", math.Inf(1), s.Delta)
		}
		row("t, equal", c.Textbook.Equal, equal)
		if c.Textbook.Ordered != nil {
			row("t, ordered", *c.Textbook.Ordered, s.Closeness)
		}
		row("pyCANON k", float64(c.PyCANON.K), float64(report.K))
		row("pyCANON α", c.PyCANON.AlphaK[0], s.Alpha)
		row("pyCANON ℓ", float64(c.PyCANON.L), float64(s.Distinct))
		row("pyCANON entropy ℓ", float64(c.PyCANON.Entropy), math.Floor(s.Entropy))
		row("pyCANON β", c.PyCANON.Beta, s.Beta)
		row("pyCANON δ", c.PyCANON.Delta, s.DeltaPresent)
		row("pyCANON t", c.PyCANON.T, s.Closeness)
		// Its enhanced β bounds the greatest gain by the greatest −ln p, not each by its own. It is shown beside the one by the definition.
		fmt.Fprintf(&table, "%-42s %-22s %22.16g %22.16g  another definition\n", c.File, "pyCANON enhanced β", c.PyCANON.Enhanced, s.EnhancedBeta)
	}
	t.Log("\n" + table.String())
}

// shared returns the folder of the reference data, and skips the test if there is none.
func shared(t *testing.T) string {
	t.Helper()
	return filepath.Dir(samplestest.Folder(t, "anonymity"))
}
