package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/textio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/redact/anonymity"
)

func TestMain(m *testing.M) {
	flag.Parse()
	registerAll()
	beam.Init()
	os.Exit(m.Run())
}

// What the pipeline wrote is measured by package anonymity, which had no part in making it. On Prism, in this process.
func TestRelease(t *testing.T) {
	t.Parallel()
	ctx, dir, today := t.Context(), t.TempDir(), time.Now()
	const people = 400
	d, clients, err := makeDemo(ctx, dir, people, today)
	require.NoError(t, err)
	gone := 7
	for i := range gone {
		require.NoError(t, withdraw(ctx, d, &clients[i]))
	}
	p, s := beam.NewPipelineWithRoot()
	output := filepath.Join(dir, "release.csv")
	textio.Write(s, output, release(s, textio.Read(s, d.input), valuesFn{Driver: "sqlite", DSN: d.dsn, KEK: d.kek, At: today}, Levels{Age: 2, Area: 1}, 5, 2))
	result, err := prism.Execute(context.Background(), p)
	require.NoError(t, err)

	counts := map[string]int64{}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		counts[c.Key.Name] = c.Committed
	}
	assert.EqualValues(t, gone, counts["denied"])
	assert.EqualValues(t, people, counts["denied"]+counts["withheld"]+counts["released"])
	assert.NotZero(t, counts["withheld"])

	text, err := os.ReadFile(output)
	require.NoError(t, err)
	for i := range clients {
		assert.NotContains(t, string(text), string(clients[i].ID))
	}
	table, err := anonymity.CSV{}.Read(strings.NewReader("age,area,work\n"+string(text)), study.Columns...)
	require.NoError(t, err)
	report, err := table.Measure()
	require.NoError(t, err)
	assert.EqualValues(t, counts["released"], report.Rows)
	assert.GreaterOrEqual(t, report.K, 5)
	classes, err := table.Classes()
	require.NoError(t, err)
	work, err := classes.Attribute("work")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, work.Distinct(), 2)

	assert.Equal(t, expected(t, ctx, d, clients[gone:], today), sorted(string(text)), "one machine makes another table of the same values")
}

// expected makes the same data set without Beam.
func expected(t *testing.T, ctx context.Context, d demo, clients []study.Client, today time.Time) []string {
	t.Helper()
	f := valuesFn{Driver: "sqlite", DSN: d.dsn, KEK: d.kek, At: today}
	require.NoError(t, f.Setup(ctx))
	defer func() { require.NoError(t, f.Teardown()) }()
	coarse := coarseFn{Levels: Levels{Age: 2, Area: 1}}
	require.NoError(t, coarse.Setup())
	classes := map[string][]string{}
	for i := range clients {
		text, err := line(&clients[i])
		require.NoError(t, err)
		require.NoError(t, f.ProcessElement(ctx, text, func(r study.Row) {
			class, work, err := coarse.ProcessElement(r)
			require.NoError(t, err)
			classes[class] = append(classes[class], work)
		}))
	}
	var lines []string
	for class, works := range classes {
		different := slices.Compact(slices.Sorted(slices.Values(works)))
		if len(works) < 5 || len(different) < 2 {
			continue
		}
		age, area, _ := strings.Cut(class, "\x00")
		for _, work := range works {
			text, err := cells(age, area, work)
			require.NoError(t, err)
			lines = append(lines, text)
		}
	}
	slices.Sort(lines)
	return lines
}

func sorted(text string) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return lines
}

// A class leaves whole or not at all, in whatever order its values come.
func TestClass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []string
		out    int
	}{
		{"none", nil, 0},
		{"too few", []string{"a", "b", "a", "b"}, 0},
		{"one value", slices.Repeat([]string{"a"}, 50), 0},
		{"as few as can be", []string{"a", "a", "a", "a", "b"}, 5},
		{"the second value last of all", append(slices.Repeat([]string{"a"}, 50), "b"), 51},
		{"many values", []string{"a", "b", "c", "d", "e", "f", "g"}, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := classFn{K: 5, L: 2}
			f.Setup()
			left := c.values
			var got []string
			err := f.ProcessElement(t.Context(), "[20,30)\x00H2*", func(s *string) bool {
				if len(left) == 0 {
					return false
				}
				*s, left = left[0], left[1:]
				return true
			}, func(text string) { got = append(got, strings.TrimPrefix(text, `"[20,30)",H2*,`)) })
			require.NoError(t, err)
			require.Len(t, got, c.out)
			if c.out > 0 {
				assert.ElementsMatch(t, c.values, got)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "a,b,c", "a,b,c,d,e", "id,,,", "id,not sealed,not sealed,not sealed", "\"", "a,\"b"} {
		_, err := parse(text)
		assert.ErrorIs(t, err, errLine, text)
	}
}

// A pipeline with bounds that protect nobody does not start.
func TestBounds(t *testing.T) {
	t.Parallel()
	for _, o := range []options{{k: 1, l: 2}, {k: 5, l: 1}, {}, {k: -1, l: 2}} {
		assert.Error(t, run(t.Context(), o))
	}
}
