package anonymity_test

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

var tenMillion = flag.Bool("rows-10m", false, "BenchmarkMeasure has ten million rows, not one million")

// BenchmarkMeasure takes all measures of a table of six quasi-identifiers. Beside it, in turns, sort and uniq -c count the classes of a file that has the
// same rows: x-sort is the time of the measures over theirs. They read their file, and the table was read before; x-sort-read is the time of reading the
// table from CSV and measuring it over theirs, and ns/op that of both. MiB is the most memory that the process had meanwhile, where the system
// tells, else what it has from the system.
func BenchmarkMeasure(b *testing.B) {
	b.Run("rows_10m", func(b *testing.B) {
		rows := 1_000_000
		if *tenMillion {
			rows = 10_000_000
		}
		if _, err := exec.LookPath("sort"); err != nil {
			b.Skip("no sort to compare with")
		}
		file, body := population(b, rows)
		counted := filepath.Join(b.TempDir(), "counted")
		debug.FreeOSMemory()
		reset := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil
		var read, measured, sorted time.Duration
		var report anonymity.Report
		runs := 0
		b.ReportAllocs()
		for b.Loop() {
			start := time.Now()
			table := load(b, file)
			middle := time.Now()
			var err error
			report, err = table.Measure()
			require.NoError(b, err)
			end := time.Now()
			read += middle.Sub(start)
			measured += end.Sub(middle)
			count(b, body, counted)
			sorted += time.Since(end)
			runs++
		}
		peak := memory(reset)
		require.Equal(b, lines(b, counted), report.Classes)
		b.ReportMetric(float64((read+measured).Nanoseconds())/float64(runs), "ns/op")
		b.ReportMetric(float64(rows), "rows")
		b.ReportMetric(float64(report.Classes), "classes")
		b.ReportMetric(float64(peak), "MiB")
		b.ReportMetric(float64(read+measured)/float64(sorted), "x-sort-read")
		b.ReportMetric(float64(measured)/float64(sorted), "x-sort")
	})
}

var demographic = []string{"birth", "sex", "area", "language", "education", "dwelling"}

func load(b *testing.B, path string) *anonymity.Table {
	b.Helper()
	f, err := os.Open(path)
	require.NoError(b, err)
	defer f.Close()
	var columns []anonymity.Column
	for _, name := range demographic {
		columns = append(columns, anonymity.Column{Name: name, Role: anonymity.QuasiIdentifier})
	}
	table, err := anonymity.CSV{}.Read(bufio.NewReaderSize(f, 1<<20), columns...)
	require.NoError(b, err)
	return table
}

// population writes a table of people, with header and without. Areas and years are unevenly populated, as they are.
func population(b *testing.B, rows int) (file, body string) {
	b.Helper()
	folder := b.TempDir()
	file, body = filepath.Join(folder, "people.csv"), filepath.Join(folder, "rows.csv")
	whole, err := os.Create(file)
	require.NoError(b, err)
	defer whole.Close()
	bare, err := os.Create(body)
	require.NoError(b, err)
	defer bare.Close()
	w, v := bufio.NewWriterSize(whole, 1<<20), bufio.NewWriterSize(bare, 1<<20)
	fmt.Fprintln(w, strings.Join(demographic, ","))
	random := rand.New(rand.NewPCG(1, 2))
	var line []byte
	for range rows {
		line = append(line[:0], "19"...)
		line = strconv.AppendInt(line, 10+int64(random.IntN(45)+random.IntN(45)), 10)
		line = append(line, ',', "FM"[random.IntN(2)], ',')
		area := int(float64(1600) * random.Float64() * random.Float64())
		line = append(line, "GHJ"[area%3], byte('0'+area/3%10), byte('A'+area/30%20), byte('0'+area/600), ',')
		line = append(line, []string{"français", "English", "other"}[random.IntN(10)/4]...)
		line = append(line, ",level "...)
		line = strconv.AppendInt(line, int64(random.IntN(16)), 10)
		line = append(line, ",type "...)
		line = strconv.AppendInt(line, int64(random.IntN(5)), 10)
		line = append(line, '\n')
		w.Write(line)
		v.Write(line)
	}
	require.NoError(b, w.Flush())
	require.NoError(b, v.Flush())
	return file, body
}

// count writes how often each line of a file is there.
func count(b *testing.B, path, to string) {
	b.Helper()
	file, err := os.Create(to)
	require.NoError(b, err)
	defer file.Close()
	sort, uniq := exec.Command("sort", path), exec.Command("uniq", "-c")
	sort.Env, uniq.Env = append(os.Environ(), "LC_ALL=C"), append(os.Environ(), "LC_ALL=C")
	uniq.Stdout = file
	uniq.Stdin, err = sort.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, sort.Start())
	require.NoError(b, uniq.Run())
	require.NoError(b, sort.Wait())
}

// lines returns how many lines a file has.
func lines(b *testing.B, path string) (n int) {
	b.Helper()
	file, err := os.Open(path)
	require.NoError(b, err)
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		n++
	}
	require.NoError(b, scanner.Err())
	return n
}

// memory returns MiB: the peak of the process since it was reset, else what the runtime has from the system.
func memory(reset bool) int {
	if status, err := os.ReadFile("/proc/self/status"); err == nil && reset {
		for line := range strings.Lines(string(status)) {
			if size, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				var kib int
				if _, err := fmt.Sscan(size, &kib); err == nil {
					return kib >> 10
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.Sys >> 20)
}
