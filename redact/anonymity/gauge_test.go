package anonymity_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// TestGauge: the greatest of what the gauge says of the classes is the closeness of the attribute.
func TestGauge(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]anonymity.Distance{
		"equal": {}, "numeric": anonymity.Numeric(), "ordered": anonymity.Ordered("5", "4", "3", "2", "1"), "hierarchy": anonymity.Hierarchy(tree),
	} {
		law(t, name, func(seed uint64, gaps int) bool {
			rows := generated(seed, 0)
			for i, row := range rows { // gaps in the sensitive column alone
				if gaps > 0 && i%gaps == 1 {
					row[quasi] = ""
				}
			}
			table, err := anonymity.FromRows(slices.Values(rows), columns(quasi, d)...)
			if err != nil {
				return false
			}
			report, err := table.Measure()
			if err != nil {
				return false
			}
			numbers, texts, err := table.Coded(table.Columns()[quasi].Name)
			if err != nil {
				return false
			}
			gauge, err := table.Gauge(table.Columns()[quasi].Name)
			if err != nil {
				return false
			}
			classes := map[string][]int{}
			for i, row := range rows {
				key := row[0] + row[1] + row[2]
				if classes[key] == nil {
					classes[key] = make([]int, len(texts))
				}
				classes[key][numbers[i]]++
			}
			all := make([]uint32, len(texts))
			for i := range all {
				all[i] = uint32(i)
			}
			worst := 0.0
			for _, counts := range classes {
				worst = max(worst, gauge.Closeness(all, counts))
			}
			return len(report.Sensitive) == 1 && worst-report.Sensitive[0].Closeness < 1e-12 && report.Sensitive[0].Closeness-worst < 1e-12
		})
	}
}

func TestGaugeRefuses(t *testing.T) {
	t.Parallel()
	table, err := anonymity.FromRows(slices.Values([][]string{{"a", "", "one"}}),
		anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "empty", Role: anonymity.Sensitive},
		anonymity.Column{Name: "worded", Role: anonymity.Sensitive, Distance: anonymity.Numeric()})
	require.NoError(t, err)
	for name, want := range map[string]error{
		"area": anonymity.ErrColumn, "nothing": anonymity.ErrColumn, "empty": anonymity.ErrEmpty, "worded": anonymity.ErrDistance,
	} {
		_, err := table.Gauge(name)
		assert.ErrorIs(t, err, want, name)
	}
}
