// Package samplestest reads samples that stand beside the repository, for the tests that score the packages below redact on them.
package samplestest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Folder returns a folder of the samples, and skips the test where there is none.
func Folder(tb testing.TB, name string) string {
	tb.Helper()
	root, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			tb.Fatal("samplestest: no go.mod above the test")
		}
		root = parent
	}
	folder := filepath.Join(root, "..", "shared", "data", name)
	if _, err := os.Stat(folder); err != nil {
		tb.Skip("no samples beside the repository")
	}
	return folder
}

// Rows reads a file of JSON lines. That it is missing from a folder that is there, or empty, fails the test.
func Rows[T any](tb testing.TB, folder, name string) (rows []T) {
	tb.Helper()
	f, err := os.Open(filepath.Join(Folder(tb, folder), name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			tb.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	if len(rows) == 0 {
		tb.Fatalf("samplestest: %s is empty", name)
	}
	return rows
}
