package anonymity_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/mondrian"
)

// BenchmarkMondrian cuts a million rows of six quasi-identifiers, and beside it ten times a hundred thousand of the same distribution: x-100k is
// the time for the many over a tenth of the time for the ten, and ns/op that for the many. Both are about as long, so that other work of the
// machine delays them alike. B/row is what was allocated for each row of the many, the table that comes out included.
func BenchmarkMondrian(b *testing.B) {
	b.Run("rows_1m", func(b *testing.B) {
		many, few := inhabitants(b, 1_000_000), inhabitants(b, 100_000)
		config := mondrian.Config{
			Models: []mondrian.Model{mondrian.K(10)},
			Scales: map[string]mondrian.Scale{"area": mondrian.Lexical()},
		}
		cut := func(table *anonymity.Table) (time.Duration, uint64, *mondrian.Result) {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			result, err := mondrian.Partition(context.Background(), table, config)
			took := time.Since(start)
			require.NoError(b, err)
			runtime.ReadMemStats(&after)
			return took, after.TotalAlloc - before.TotalAlloc, result
		}
		var long, short time.Duration
		var bytes uint64
		runs := 0
		var result *mondrian.Result
		for b.Loop() {
			for range 10 {
				took, _, _ := cut(few)
				short += took
			}
			var took time.Duration
			took, bytes, result = cut(many)
			long += took
			runs++
		}
		classes, err := result.Table.Classes()
		require.NoError(b, err)
		require.GreaterOrEqual(b, classes.K(), 10)
		b.ReportMetric(float64(long.Nanoseconds())/float64(runs), "ns/op")
		b.ReportMetric(10*float64(long)/float64(short), "x-100k")
		b.ReportMetric(float64(bytes)/1_000_000, "B/row")
		b.ReportMetric(float64(classes.Count()), "classes")
		b.ReportMetric(result.Penalty, "penalty")
	})
}

// inhabitants makes a table of people in memory. Ages, areas and incomes are unevenly spread.
func inhabitants(b *testing.B, rows int) *anonymity.Table {
	b.Helper()
	names := []string{"age", "sex", "area", "language", "income", "household"}
	var columns []anonymity.Column
	for _, name := range names {
		columns = append(columns, anonymity.Column{Name: name, Role: anonymity.QuasiIdentifier})
	}
	columns = append(columns, anonymity.Column{Name: "reason", Role: anonymity.Sensitive})
	table, err := anonymity.New(columns...)
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(3, 4))
	for range rows {
		area := int(float64(1600) * random.Float64() * random.Float64())
		require.NoError(b, table.Append(
			strconv.Itoa(random.IntN(50)+random.IntN(50)),
			string("FM"[random.IntN(2)]),
			string([]byte{"GHJ"[area%3], byte('0' + area/3%10), byte('A' + area/30%20), byte('0' + area/600)}),
			[]string{"français", "English", "other"}[random.IntN(10)/4],
			strconv.Itoa(int(300*random.ExpFloat64())*100),
			strconv.Itoa(1+min(random.IntN(6), random.IntN(6))),
			strconv.Itoa(random.IntN(20)),
		))
	}
	return table
}
