package redacttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// UpdateEnv names the environment variable that makes [Golden] and [GoldenRule] write what they would compare. It is no flag, since a
// test package may have one of any name:
//
//	REDACTTEST_UPDATE=1 go test ./...
const UpdateEnv = "REDACTTEST_UPDATE"

// Golden compares got with the file testdata/name.golden, byte for byte, and fails the test where they first differ. A file that is not there fails the test.
// The name may have slashes. Golden files belong to the source: they hold no data of a person.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	compareGolden(t, filepath.Join("testdata", filepath.FromSlash(name)+".golden"), got)
}

// GoldenRule tries a rule of redaction on every testdata/dir/name.in, each in a subtest of that name, and compares what it returns with
// name.golden beside it. No such file fails the test. Files are read as they are: the last line's break goes through the rule too.
func GoldenRule(t *testing.T, dir string, rule func(string) string) {
	t.Helper()
	inputs, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(dir), "*.in"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("redacttest: no input *.in in testdata/%s", dir)
	}
	for _, input := range inputs {
		base := strings.TrimSuffix(input, ".in")
		t.Run(filepath.Base(base), func(t *testing.T) {
			t.Helper()
			in, err := os.ReadFile(input)
			if err != nil {
				t.Fatalf("redacttest: %v", err)
			}
			compareGolden(t, base+".golden", rule(string(in)))
		})
	}
}

func compareGolden(t testing.TB, path, got string) {
	t.Helper()
	if os.Getenv(UpdateEnv) != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatalf("redacttest: %v", err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatalf("redacttest: %v", err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("redacttest: %v; to write it set %s=1", err, UpdateEnv)
	}
	if got == string(want) {
		return
	}
	w, g := strings.SplitAfter(string(want), "\n"), strings.SplitAfter(got, "\n")
	for i := range max(len(w), len(g)) {
		wl, gl := line(w, i), line(g, i)
		if wl != gl {
			t.Errorf("redacttest: %s:%d\nwant %q\n got %q", filepath.ToSlash(path), i+1, wl, gl)
			return
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
