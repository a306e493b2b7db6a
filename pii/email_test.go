package pii_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
)

func ExampleEmail_Canonical() {
	fmt.Println(pii.Email{}.Canonical(" Marie.Tremblay+liste@Exemple.QC.CA "))
	fmt.Println(pii.Email{}.Canonical("zoé@CAFÉ.québec"))
	fmt.Println(pii.Email{}.Canonical("marie@localhost"))
	// Output:
	// Marie.Tremblay+liste@exemple.qc.ca true
	// zoé@café.québec true
	//  false
}

func TestEmail(t *testing.T) {
	t.Parallel()
	local64, label63 := strings.Repeat("l", 64), strings.Repeat("d", 63)
	// 64 + 1 + 3 × 64 - 3 = 254 bytes.
	longest := local64 + "@" + strings.Join([]string{label63, label63, strings.Repeat("d", 58), "ca"}, ".")
	require.Len(t, longest, 254)
	checkKind(t, pii.Email{}, []kindCase{
		{"plain", "marie@exemple.ca", "marie@exemple.ca"},
		{"shortest", "a@b.c", "a@b.c"},
		{"local keeps its case", "Marie.T@Exemple.CA", "Marie.T@exemple.ca"},
		{"every atext", "!#$%&'*+-/=?^_`{|}~0aZ@exemple.ca", "!#$%&'*+-/=?^_`{|}~0aZ@exemple.ca"},
		{"digits and hyphens in domain", "a@1-2--3.x-y.ca", "a@1-2--3.x-y.ca"},
		{"A-label", "a@XN--CAF-DMA.ca", "a@xn--caf-dma.ca"},
		{"U-label", "a@Café.CA", "a@café.ca"},
		{"U-label decomposed", "a@cafe\u0301.ca", "a@café.ca"},
		{"sharp s is not ss", "a@STRAßE.de", "a@straße.de"},
		{"dotted capital I keeps its dot", "a@İ.example", "a@i\u0307.example"},
		{"capital sigma is not final", "a@ΟΔΟΣ-2.gr", "a@οδοσ-2.gr"},
		{"full width and ideographic full stop", "a@ｅｘ。ｊｐ", "a@ex.jp"},
		{"UTF-8 local part", "zoe\u0301@exemple.ca", "zoé@exemple.ca"},
		{"Han", "用户@例子.广告", "用户@例子.广告"},
		{"space around", " \u00a0marie@exemple.ca ", "marie@exemple.ca"},
		{"longest local part", local64 + "@exemple.ca", local64 + "@exemple.ca"},
		{"longest label", "a@" + label63 + ".ca", "a@" + label63 + ".ca"},
		{"longest", longest, longest},
		{"longest, capital", strings.ToUpper(longest), strings.ToUpper(local64) + longest[64:]},

		{"too long", longest + "x", ""},
		{"too long, capital", longest + "X", ""},
		{"local part too long", local64 + "l@exemple.ca", ""},
		{"local part too long in bytes", strings.Repeat("é", 33) + "@exemple.ca", ""},
		{"label too long", "a@" + label63 + "d.ca", ""},
		{"last label too long", "a@ca." + label63 + "d", ""},
		{"U-label too long in bytes", "a@" + strings.Repeat("é", 32) + ".ca", ""},
		{"no at", "exemple.ca", ""},
		{"two ats", "a@b@exemple.ca", ""},
		{"no local part", "@exemple.ca", ""},
		{"no domain", "marie@", ""},
		{"one label", "user@localhost", ""},
		{"leading dot", ".a@exemple.ca", ""},
		{"trailing dot", "a.@exemple.ca", ""},
		{"double dot", "a..b@exemple.ca", ""},
		{"domain leading dot", "a@.exemple.ca", ""},
		{"domain trailing dot", "a@exemple.ca.", ""},
		{"domain double dot", "a@exemple..ca", ""},
		{"label leading hyphen", "a@-exemple.ca", ""},
		{"label trailing hyphen", "a@exemple-.ca", ""},
		{"last label trailing hyphen", "a@exemple.ca-", ""},
		{"underscore in domain", "a@ex_emple.ca", ""},
		{"quoted string", `"marie tremblay"@exemple.ca`, ""},
		{"comment", "marie(la grande)@exemple.ca", ""},
		{"address literal", "a@[192.0.2.1]", ""},
		{"display name", "Marie <marie@exemple.ca>", ""},
		{"mailto", "mailto:marie@exemple.ca", ""},
		{"inner space", "marie t@exemple.ca", ""},
		{"space before at", "marie @exemple.ca", ""},
		{"line end behind", "marie@exemple.ca\n", ""},
		{"header injection", "marie@exemple.ca\r\nBcc: x@exemple.ca", ""},
		{"NFC makes a semicolon", "a\u037eb@exemple.ca", ""},
		{"full-width at in domain", "a@b＠exemple.ca", ""},
		{"ligature in domain", "a@oﬃce.ca", ""},
		{"emoji in domain", "a@🌼.ca", ""},
		{"mark begins a label", "a@\u0301x.ca", ""},
		{"mark begins an atom", "a.\u0331b@exemple.ca", ""},
		{"hyphens of an A-label in a U-label", "a@xn--é.ca", ""},
	})
}

// The rows are a public collection of addresses with the verdict of a parser of all of RFC 5322. Email takes a subset,
// so the test holds it to two things: nothing invalid is taken, and every valid row inside the subset is.
func TestEmailAgainstCollection(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "shared", "data", "fields", "email.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the collection is not beside the project")
	}
	require.NoError(t, err)
	defer file.Close()
	scored, right := 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct {
			ID              int
			Address, Bucket string
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		_, got := pii.Email{}.Canonical(row.Address)
		valid := strings.HasPrefix(row.Bucket, "valid")
		if !valid && row.Bucket != "invalid" && row.Bucket != "rfc5322_only" {
			continue
		}
		scored++
		if got == valid {
			right++
		}
		_, domain, _ := strings.Cut(row.Address, "@")
		inSubset := strings.Contains(domain, ".") && !strings.ContainsAny(row.Address, "\"()[] \t\r\n")
		assert.Equal(t, valid && inSubset, got, "row %d", row.ID)
	}
	require.Positive(t, scored)
	t.Logf("%d of %d rows as the collection has them", right, scored)
}
