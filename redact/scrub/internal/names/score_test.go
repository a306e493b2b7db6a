package names

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/purposebound/purposebound/redact/internal/samplestest"
)

// A labelled text of the samples; spans are in bytes.
type labelled struct {
	Text  string `json:"text"`
	Spans []struct {
		Start int    `json:"byte_start"`
		End   int    `json:"byte_end"`
		Type  string `json:"type"`
	} `json:"spans"`
}

// classes are the labels of the samples. A given and a family name side by side are one person here.
var classes = map[string]Class{
	"PERSON": Person, "NOM": Person, "PRENOM": Person, "FIRST_NAME": Person, "LAST_NAME": Person,
	"GPE": Place, "VILLE": Place, "CITY": Place, "ORGANIZATION": Organisation, "HOPITAL": Hospital, "HOSPITAL": Hospital,
	"TITLE": Title, "NRP": Nationality,
}

// TestScoreNames prints how much is found of what the samples label: a finding is right if it has the class of a label and nine tenths of
// their union in common with it. It does so three times: with the lists as they are, with half of the names that stand in the samples taken out of
// them, and with all of them out, because the lists were made by people who had seen the samples, and texts to come have other names.
func TestScoreNames(t *testing.T) {
	files := []string{"sentences_en.jsonl", "notes_fr.jsonl", "sentences_canada.jsonl"}
	seen := map[string]bool{}
	for _, file := range files {
		for _, row := range sample(t, file) {
			for _, s := range row.Spans {
				if _, ok := classes[s.Type]; !ok {
					continue
				}
				phrase := string(appendKey(nil, []byte(row.Text[s.Start:s.End])))
				seen[phrase] = true
				for word := range strings.FieldsSeq(phrase) {
					seen[word] = true
				}
			}
		}
	}
	half := newLexicon(func(key string) bool { return !seen[key] || hash([]byte(key))&1 == 0 })
	none := newLexicon(func(key string) bool { return !seen[key] })
	for _, file := range files {
		rows := sample(t, file)
		score(t, file, rows, standard())
		score(t, file+", half of the names on no list", rows, half)
		score(t, file+", no name on a list", rows, none)
	}
}

func score(t *testing.T, title string, rows []labelled, x *lexicon) {
	t.Helper()
	var right, found, wanted, covered [Nationality + 1]int
	for _, row := range rows {
		want := merged(row)
		got := appendSpans(nil, []byte(row.Text), Any, x)
		for _, g := range got {
			found[g.Class]++
			if slices.ContainsFunc(want, func(w Span) bool { return w.Class == g.Class && alike(w, g) }) {
				right[g.Class]++
			} else if os.Getenv("NAMES_WRONG") != "" {
				t.Logf("wrong %v %.2f %q (%s) in %.90q", g.Class, g.Score, row.Text[g.Start:g.End], g.Reason, row.Text[max(0, g.Start-30):])
			}
		}
		for _, w := range want {
			wanted[w.Class]++
			inside := slices.ContainsFunc(got, func(g Span) bool { return g.Start <= w.Start && g.End >= w.End })
			if inside {
				covered[w.Class]++
			}
			if !slices.ContainsFunc(got, func(g Span) bool { return w.Class == g.Class && alike(w, g) }) && os.Getenv("NAMES_WRONG") != "" {
				t.Logf("missed %v %q (covered %v) in %.90q", w.Class, row.Text[w.Start:w.End], inside, row.Text[max(0, w.Start-30):])
			}
		}
	}
	t.Logf("%s", title)
	t.Logf("  %-13s %5s %5s %5s   %5s %5s %5s   %s", "class", "right", "wrong", "miss", "P", "R", "F2", "R of covered")
	for c := Person; c <= Nationality; c++ {
		if wanted[c]+found[c] == 0 {
			continue
		}
		p, r := ratio(right[c], found[c]), ratio(right[c], wanted[c])
		f2 := 0.0
		if p+r > 0 {
			f2 = 5 * p * r / (4*p + r)
		}
		t.Logf("  %-13s %5d %5d %5d   %5.3f %5.3f %5.3f   %.3f", c, right[c], found[c]-right[c], wanted[c]-right[c], p, r, f2, ratio(covered[c], wanted[c]))
	}
}

func ratio(a, b int) float64 { return float64(a) / float64(max(1, b)) }

// alike reports whether the spans share nine tenths of their union.
func alike(a, b Span) bool {
	common := min(a.End, b.End) - max(a.Start, b.Start)
	return common > 0 && 10*common >= 9*(max(a.End, b.End)-min(a.Start, b.Start))
}

// merged returns the labels of the classes, with the parts of a person's name that stand side by side as one.
func merged(row labelled) []Span {
	var out []Span
	for _, s := range row.Spans {
		class, ok := classes[s.Type]
		if !ok {
			continue
		}
		if n := len(out); n > 0 && class == Person && out[n-1].Class == Person && s.Type != "PERSON" && s.Start-out[n-1].End <= 1 && s.Start >= out[n-1].End {
			out[n-1].End = s.End
			continue
		}
		out = append(out, Span{Start: s.Start, End: s.End, Class: class})
	}
	return out
}

func sample(t *testing.T, name string) []labelled {
	t.Helper()
	rows := samplestest.Rows[labelled](t, "scrub", name)
	for _, r := range rows {
		slices.SortFunc(r.Spans, func(a, b struct {
			Start int    `json:"byte_start"`
			End   int    `json:"byte_end"`
			Type  string `json:"type"`
		},
		) int {
			return a.Start - b.Start
		})
	}
	return rows
}
