package dossier_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// A call is a row of the original, and of the release.
type call struct {
	Client string `anonymity:"direct"`
	Born   string `anonymity:"quasi"`
	Area   string `anonymity:"quasi"`
	Reason string `anonymity:"sensitive"`
}

func tableOf(calls []call) (*anonymity.Table, error) {
	return anonymity.FromStructs(slices.Values(calls))
}

var declaration = dossier.Declaration{
	Purpose:       "to plan how many heating technicians are needed, and where",
	Supervisor:    "Camille Exemple",
	Qualification: "statistician; ten years of disclosure control",
	Information:   "calls for heating repairs of one winter: decade of birth, area, reason",
	Removed:       []string{"Client"},
	Techniques:    []string{"generalisation: birth year to decade, postal code to its first three characters"},
	Measures:      []string{"kept on a server that only the planning team can reach"},
	Residual:      "the team has no other data about clients, and the areas have some 20,000 inhabitants each",
	Done:          time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	Review:        time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC),
}

// From a table of people to rows that may be used until the next review.
func Example() {
	var before, after []call
	for i := range 240 {
		year, area := 1980+i%20, []string{"H2X", "G1R"}[i/20%2]
		reason := []string{"no heat", "leak", "noise"}[i%20%3]
		before = append(before, call{Client: strconv.Itoa(1000 + i), Born: strconv.Itoa(year), Area: fmt.Sprintf("%s 1Y%d", area, i%9), Reason: reason})
		after = append(after, call{Born: fmt.Sprintf("%d-%d", year/10*10, year/10*10+9), Area: area, Reason: reason})
	}
	original, err := tableOf(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	release, err := tableOf(after)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := dossier.Measure(context.Background(), declaration, dossier.Config{Original: original, Release: release, First: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := d.Record()
	fmt.Println("individualisation: people in the smallest class", r.Individualisation.Before.K, "->", r.Individualisation.After.K)
	fmt.Println("correlation: people that a row could be of", r.Correlation[0].Before.Least, "->", r.Correlation[0].After.Least)
	fmt.Println("inference: right guesses", r.Inference[0].Before.Accuracy, "->", r.Inference[0].After.Accuracy, "without the table", r.Inference[0].After.Baseline)
	fmt.Println("findings:", len(d.Findings()))

	sealed, err := dossier.Seal(d, after, tableOf, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	fmt.Println(sealed, err)
	calls, err := sealed.Open(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(len(calls), err)
	_, err = sealed.Open(declaration.Review)
	fmt.Println(err)
	// Output:
	// individualisation: people in the smallest class 1 -> 60
	// correlation: people that a row could be of 1 -> 60
	// inference: right guesses 0.991667 -> 0.366667 without the table 0.3
	// findings: 0
	// [anonymised] <nil>
	// 240 <nil>
	// dossier: the analysis is due for review
}

// Everybody of an area called for the same reason: whoever knows where somebody lives knows the reason, however many there are. That cannot be
// sealed.
func ExampleDossier_Findings() {
	var calls []call
	for i := range 60 {
		area := i / 30
		calls = append(calls, call{Born: "1980-1989", Area: []string{"H2X", "G1R"}[area], Reason: []string{"no heat", "leak"}[area]})
	}
	table, err := tableOf(calls)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := dossier.Measure(context.Background(), declaration, dossier.Config{Original: table, Release: table, First: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, finding := range d.Findings() {
		fmt.Println(finding)
	}
	_, err = dossier.Seal(d, calls, tableOf, declaration.Done)
	fmt.Println(err)
	// Output:
	// inference: distinct of Reason is 1, the limit is 2
	// inference: gain of Reason is 0.4667, the limit is 0.1
	// dossier: the residual risk is not very low: inference: distinct of Reason is 1, the limit is 2
}

// Clients call more than once. Had each call been taken for a person, the seven calls of the one client who was born in the forties would be a class of seven.
func ExampleConfig_person() {
	var before, after []call
	for i := range 240 {
		year, client := 1980+i%20, 1000+i%120
		if i >= 233 {
			year, client = 1944, 7
		}
		area, reason := []string{"H2X", "G1R"}[i/20%2], []string{"no heat", "leak", "noise"}[i%20%3]
		before = append(before, call{Client: strconv.Itoa(client), Born: strconv.Itoa(year), Area: area, Reason: reason})
		after = append(after, call{Born: fmt.Sprintf("%d-%d", year/10*10, year/10*10+9), Area: area, Reason: reason})
	}
	original, err := tableOf(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	release, err := tableOf(after)
	if err != nil {
		fmt.Println(err)
		return
	}
	config := dossier.Config{Original: original, Release: release, First: true, Limits: dossier.Limits{Class: 5, Match: 5}}
	_, err = dossier.Measure(context.Background(), declaration, config)
	fmt.Println(err)

	config.Person = "Client"
	d, err := dossier.Measure(context.Background(), declaration, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	s := d.Record().Individualisation.After
	fmt.Println(s.People, "people in", s.Rows, "rows, the smallest class", s.K)
	fmt.Println(d.Findings()[0])
	// Output:
	// dossier: nothing can be measured like this: several rows have the same "Client", and nobody said which column tells people apart
	// 121 people in 240 rows, the smallest class 1
	// individualisation: class of class is 1, the limit is 5
}
