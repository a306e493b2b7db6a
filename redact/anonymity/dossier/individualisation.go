package dossier

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// standingOf measures a table.
func standingOf(t *anonymity.Table, report anonymity.Report, smallCell int) (Standing, error) {
	classes, err := t.Classes()
	if errors.Is(err, anonymity.ErrColumn) {
		return Standing{}, fmt.Errorf("%w: no column is a quasi-identifier", ErrIndividualisation)
	}
	if err != nil {
		return Standing{}, err
	}
	counted, people, suppressed := report.Rows-report.Suppressed, 0, report.Suppressed
	if persons := t.Persons(); persons != nil {
		people = int(slices.Max(persons)) + 1
		counted, suppressed = report.Persons, people-report.Persons
	}
	below := func(size int) int { // people in classes of fewer
		return int(math.Round(classes.Prosecutor(1/float64(size)).Above * float64(counted)))
	}
	counts := []int{suppressed}
	for i, from := range sizes[1:] {
		upTo := counted
		if i+2 < len(sizes) {
			upTo = below(sizes[i+2])
		}
		start := 0
		if from > 1 {
			start = below(from)
		}
		counts = append(counts, upTo-start)
	}
	shown := protect(counts, leastIn(report.K, 0 < people && people < report.Rows), smallCell)
	return Standing{report.Rows, people, report.K, shown, unlessWithheld(shown, report.Prosecutor.Average)}, nil
}

// leastIn returns how many people there are at least in classes of each size, if there are any, where the smallest class is of k. Where some have
// several rows there may be one, because the others of a class may be in smaller ones as well, where they are counted; but nobody in the smallest is.
func leastIn(k int, several bool) []int {
	least := slices.Clone(sizes)
	if several {
		least = slices.Repeat([]int{1}, len(sizes))
	}
	least[0] = 1 // suppressed
	at := len(sizes) - 1
	for sizes[at] > k {
		at--
	}
	least[at] = max(least[at], k)
	return least
}

// unlessWithheld returns an average over counts that are all shown.
func unlessWithheld(counts []Count, average float64) *float64 {
	if hides(counts) || math.IsNaN(average) {
		return nil
	}
	average = round(average)
	return &average
}

// keys returns the keys of a map in order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
