package main

import (
	"context"
	"fmt"
	"time"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact"
)

// statistics counts clients by age. Its purpose opens nothing in clear: only what a generaliser makes of a value leaves.
type statistics struct{ study *pii.Accessor }

// tooFew is the size below which a count is not told, so that nobody is alone in it.
const tooFew = 5

// Ages counts people by decade of age.
func (s statistics) Ages(ctx context.Context, analyst purpose.Actor, people []personRow, today time.Time) (map[string]int, error) {
	birthDates := make(map[string]pii.Sealed[pii.BirthDate], len(people))
	for i := range people {
		birthDates[string(people[i].ID)] = people[i].BirthDate
	}
	counts := make(map[string]int)
	decade := redact.AgeBand{Years: 10, At: today}
	for use, err := range s.study.Each(ctx, analyst, subjects(people)) {
		if err != nil {
			return nil, fmt.Errorf("statistics: %w", err)
		}
		age, err := pii.Derive(use, birthDates[string(use.Subject())], decade)
		if err != nil {
			return nil, fmt.Errorf("statistics: %w", err)
		}
		counts[age.Reveal()]++
	}
	return counts, nil
}

// Born tries to open a birth date as it is.
func (s statistics) Born(ctx context.Context, analyst purpose.Actor, p *personRow) error {
	return s.study.Do(ctx, analyst, p.ID, func(use *pii.Use) error {
		_, err := p.BirthDate.Reveal(use)
		return err
	})
}
