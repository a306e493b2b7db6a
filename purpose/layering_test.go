package purpose_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/purposebound/purposebound"

// The modules of others, by the name the table uses.
var modules = map[string]string{
	"x/text":       "golang.org/x/text",
	"tink-go":      "github.com/tink-crypto/tink-go/v2",
	"otter":        "github.com/maypok86/otter/v2",
	"porcupine":    "github.com/anishathalye/porcupine",
	"testify":      "github.com/stretchr/testify",
	"phonenumbers": "github.com/nyaruka/phonenumbers",
	"dp-library":   "github.com/google/differential-privacy/go/v3",
}

// layers says what each package may import besides the standard library. A new package needs a row:
// write it on purpose. The rows never grow to silence a failure.
var layers = map[string]string{
	"purpose":                         "x/text",
	"consent":                         "purpose x/text otter",
	"consent/consentsql":              "consent purpose internal/sqlkit",
	"consent/consenttest":             "consent purpose porcupine testify x/text internal/suitetest",
	"consent/consenttest/model":       "",
	"pii":                             "purpose consent tink-go x/text",
	"pii/phone":                       "pii purpose phonenumbers",
	"pii/keyring":                     "purpose consent tink-go otter",
	"pii/keyring/internal/storetest":  "pii/keyring purpose consent tink-go testify",
	"pii/keyring/keyringsql":          "pii/keyring purpose consent internal/sqlkit",
	"pii/piitest":                     "pii pii/keyring purpose consent consent/consenttest tink-go x/text",
	"pii/rights":                      "purpose consent pii x/text",
	"pii/rights/rightstest":           "pii/rights pii purpose consent testify x/text internal/suitetest",
	"retention":                       "purpose consent x/text",
	"retention/certificate":           "retention purpose tink-go",
	"retention/retentionsql":          "retention purpose consent internal/sqlkit",
	"retention/retentiontest":         "retention consent purpose testify internal/suitetest",
	"redact":                          "x/text",
	"redact/anonymity":                "",
	"redact/dp":                       "redact dp-library",
	"redact/dp/dpsql":                 "redact redact/dp internal/sqlkit",
	"redact/dp/dptest":                "redact redact/dp testify internal/suitetest",
	"redact/anonymity/dossier":        "redact/anonymity x/text",
	"redact/anonymity/hierarchy":      "redact",
	"redact/anonymity/lattice":        "redact/anonymity redact/anonymity/hierarchy",
	"redact/anonymity/mondrian":       "redact/anonymity",
	"redact/anonymity/microaggregate": "redact/anonymity",
	"redact/internal/samplestest":     "",
	"redact/redactslog":               "redact redact/scrub",
	"redact/redacttest":               "redact x/text",
	"redact/scrub":                    "redact redact/scrub/internal/known redact/scrub/internal/names x/text",
	"redact/scrub/internal/known":     "x/text",
	"redact/scrub/internal/names":     "x/text",
	"internal/sqlkit":                 "",
	"internal/suitetest":              "",
	"internal/postgrestest":           "testify",
	"internal/databasetest":           "testify",
}

// entries is what the top of the repository holds besides hidden entries.
var entries = strings.Fields("consent pii purpose retention redact examples internal go.mod go.sum README.md LICENSE")

// misplaced returns the imports that break the layering, as "package -> import".
func misplaced(imports map[string][]string) []string {
	var bad []string
	for pkg, paths := range imports {
		if pkg == "examples" || strings.HasPrefix(pkg, "examples/") {
			continue
		}
		row, ok := layers[pkg]
		if !ok {
			bad = append(bad, pkg+" is in no row of the table")
			continue
		}
		for _, p := range paths {
			if !allowed(strings.Fields(row), p) || forTests(p) && !forTests(pkg) {
				bad = append(bad, pkg+" -> "+p)
			}
		}
	}
	slices.Sort(bad)
	return bad
}

func allowed(row []string, p string) bool {
	if first, _, _ := strings.Cut(p, "/"); !strings.Contains(first, ".") {
		return p != "C" // the standard library
	}
	return slices.ContainsFunc(row, func(name string) bool {
		if m, ok := modules[name]; ok {
			return p == m || strings.HasPrefix(p, m+"/")
		}
		return p == module+"/"+name
	})
}

// forTests reports whether a package exists for tests: ours and the standard library's end in "test".
func forTests(p string) bool {
	return strings.HasSuffix(path.Base(p), "test") || p == "testing" || strings.HasPrefix(p, "testing/")
}

// imported reads what the files of each package import, tests left out. All build tags count.
func imported(root string) (map[string][]string, error) {
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); file != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg = filepath.ToSlash(pkg)
		for _, spec := range parsed.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[pkg] = append(imports[pkg], p)
		}
		if imports[pkg] == nil {
			imports[pkg] = []string{}
		}
		return nil
	})
	return imports, err
}

func TestLayering(t *testing.T) {
	t.Parallel()
	imports, err := imported("..")
	require.NoError(t, err)
	require.Contains(t, imports, "purpose")
	require.Contains(t, imports["purpose"], "golang.org/x/text/language")
	assert.Empty(t, misplaced(imports))
}

// The check itself sees each kind of bad edge.
func TestLayeringCatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imports string
		good         bool
	}{
		{"purpose", "strings", true},
		{"purpose", "golang.org/x/text/language", true},
		{"purpose", "golang.org/x/textual", false},
		{"purpose", module + "/consent", false},
		{"purpose", "testing", false},
		{"purpose", "C", false},
		{"consent", module + "/purpose", true},
		{"consent", module + "/purpose/other", false},
		{"consent", module + "/consent/consenttest", false},
		{"consent", "net/http/httptest", false},
		{"consent", "github.com/stretchr/testify/require", false},
		{"consent/consenttest", "github.com/stretchr/testify/require", true},
		{"consent/consenttest", "testing", true},
		{"consent/consenttest", "testing/synctest", true},
		{"pii", module + "/pii/keyring", false},
		{"pii/piitest", module + "/consent/consenttest", true},
		{"internal/sqlkit", module + "/purpose", false},
		{"examples/shop", module + "/pii/piitest", true},
		{"newcomer", "strings", false},
		{".", "strings", false},
	} {
		bad := misplaced(map[string][]string{c.pkg: {c.imports}})
		assert.Equal(t, c.good, len(bad) == 0, "%s -> %s: %v", c.pkg, c.imports, bad)
	}

	root := t.TempDir()
	write := func(file, text string) {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, file), []byte(text), 0o600))
	}
	write("purpose/a.go", fmt.Sprintf("package purpose\nimport _ %q\n", module+"/pii"))
	write("purpose/a_test.go", fmt.Sprintf("package purpose\nimport _ %q\n", module+"/consent"))
	write("pii/tagged.go", "//go:build plan9\n\npackage pii\nimport _ \"github.com/lib/pq\"\n")
	write("consent/testdata/a.go", "package x\nimport _ \"github.com/lib/pq\"\n")
	write("stray/a.go", "package stray\n")
	imports, err := imported(root)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"pii -> github.com/lib/pq",
		"purpose -> " + module + "/pii",
		"stray is in no row of the table",
	}, misplaced(imports))
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	found, err := os.ReadDir("..")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, e := range found {
		assert.True(t, strings.HasPrefix(e.Name(), ".") || slices.Contains(entries, e.Name()),
			"%s does not belong at the top of the repository", e.Name())
	}
}
