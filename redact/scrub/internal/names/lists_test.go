package names

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestListsAreSortedAndSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	lists := map[string]string{
		"given": givenNames, "family": familyNames, "cities": cities, "countries": countries, "nationalities": nationalities,
		"professions": professions, "words": ordinaryWords,
	}
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comment, body, ok := strings.Cut(list, "\n")
			require.True(t, ok)
			assert.Contains(t, comment, "# ")
			assert.Contains(t, comment, "ompiled by hand")
			var keys []string
			for entry := range strings.Lines(body) {
				entry = strings.TrimSuffix(entry, "\n")
				assert.Equal(t, strings.TrimSpace(entry), entry)
				assert.True(t, norm.NFC.IsNormalString(entry), entry)
				key := string(appendKey(nil, []byte(entry)))
				assert.NotEmpty(t, key)
				assert.LessOrEqual(t, len(key), maxWord, entry)
				keys = append(keys, strings.ReplaceAll(key, " ", "-"))
			}
			assert.Greater(t, len(keys), 200)
			assert.Len(t, slices.Compact(slices.Sorted(slices.Values(keys))), len(keys), "entries are there twice")
		})
	}
}

func TestCuesAreRead(t *testing.T) {
	t.Parallel()
	x := standard()
	var phrases int
	for line := range strings.Lines(cues) {
		if line[0] == '#' {
			continue
		}
		rule, list, ok := strings.Cut(strings.TrimSpace(line), ": ")
		require.True(t, ok, line)
		fields := strings.Fields(rule)
		require.Len(t, fields, 3, line)
		table := x.before
		if fields[0] == "after" {
			table = x.after
		} else {
			require.Equal(t, "before", fields[0])
		}
		for phrase := range strings.SplitSeq(list, "; ") {
			phrases++
			key := string(appendKey(nil, []byte(phrase)))
			assert.LessOrEqual(t, len(strings.Fields(key)), 3, phrase)
			w := table[key]
			switch fields[1] {
			case "person":
				assert.NotZero(t, w.person, phrase)
			case "place":
				assert.NotZero(t, w.place, phrase)
			case "organisation":
				assert.NotZero(t, w.organisation, phrase)
			default:
				t.Error("no such class: ", line)
			}
		}
	}
	assert.Greater(t, phrases, 300)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Éloïse": "eloise", "E\u0301loi\u0308se": "eloise", "Großmann": "grossmann", "ŒUVRE": "oeuvre", "Sørbø": "sorbo", "Łódź": "lodz", "Þórður": "thordur",
		"O’Brien": "o'brien", "Saint-Jean": "saint jean", "Saint‑Jean": "saint jean", "Nguyễn": "nguyen", "Ωμέγα": "ωμεγα", "Jiří": "jiri", "Işık": "isik", "İzmir": "izmir",
	} {
		assert.Equal(t, want, string(appendKey(nil, []byte(text))), text)
	}
}

// TestLatinBase compares the table with the decompositions of Unicode.
func TestLatinBase(t *testing.T) {
	t.Parallel()
	require.Len(t, latinBase, 0x180-0xc0)
	for r := rune(0xc0); r < 0x180; r++ {
		base := latinBase[r-0xc0]
		first, _ := utf8.DecodeRuneInString(norm.NFD.String(strings.ToLower(string(r))))
		if base != ' ' && first < utf8.RuneSelf {
			assert.Equal(t, string(first), string(base), string(r))
		}
		if base == ' ' && r != 'İ' { // its small letter is i alone
			assert.GreaterOrEqual(t, first, rune(utf8.RuneSelf), string(r))
		}
	}
}

func TestLexiconHasWhatTheListsHave(t *testing.T) {
	t.Parallel()
	x := standard()
	cases := map[string]kind{
		"marie": given, "tremblay": family, "trois rivieres": city, "new zealand": country, "norwegian": nationality, "bus driver": profession, "please": ordinary, "mme": title,
		"inc": suffix, "technologies": trade, "van": particle, "chu": head, "rue": street, "trois": longer, "centre": heading, "bus": career,
	}
	for key, want := range cases {
		assert.Equal(t, want, x.kindOf([]byte(key))&want, key)
	}
	assert.Zero(t, x.kindOf([]byte("zorgblimp")))
	assert.Zero(t, x.kindOf(nil))
}
