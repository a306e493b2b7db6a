package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// Levels says how far up its hierarchy each column goes. Which levels do is found on a sample with package lattice, as the example analytics does; what is still too rare in the
// whole table is left out here.
type Levels struct{ Age, Area int }

// coarseFn makes the quasi-identifiers of a row coarser, and keys the row by them: equal keys are a class.
type coarseFn struct {
	Levels Levels

	ages, areas *hierarchy.Hierarchy
}

// Setup makes the hierarchies, which are not sent to workers.
func (f *coarseFn) Setup() error {
	all, err := study.Hierarchies()
	if err != nil {
		return err
	}
	f.ages, f.areas = all["age"], all["area"]
	return nil
}

// ProcessElement returns the class of a row and what is sensitive of it.
func (f *coarseFn) ProcessElement(r study.Row) (class, work string, err error) {
	age, err := f.ages.At(r.Age, f.Levels.Age)
	if err != nil {
		return "", "", fmt.Errorf("age: %w", err)
	}
	area, err := f.areas.At(r.Area, f.Levels.Area)
	if err != nil {
		return "", "", fmt.Errorf("area: %w", err)
	}
	return age + "\x00" + area, r.Work, nil
}

// classFn lets a class out as lines of CSV if it has at least K rows with L different values, and otherwise counts its rows.
type classFn struct {
	K, L int

	withheld, let beam.Counter
}

// Setup names the counters.
func (f *classFn) Setup() {
	f.let = beam.NewCounter("study", "released")
	f.withheld = beam.NewCounter("study", "withheld")
}

// ProcessElement goes through the class once and holds no more of it than how often each of its first values came, since a class can be larger than memory. A
// class that is large and has fewer than L values is so many counts.
func (f *classFn) ProcessElement(ctx context.Context, class string, next func(*string) bool, emit func(string)) error {
	age, area, _ := strings.Cut(class, "\x00")
	let := func(work string, times int64) error {
		text, err := cells(age, area, work)
		for range times {
			emit(text)
		}
		return err
	}
	held, rows, open := map[string]int64{}, int64(0), false
	var work string
	for next(&work) {
		rows++
		if open {
			if err := let(work, 1); err != nil {
				return err
			}
			continue
		}
		held[work]++
		if open = rows >= int64(f.K) && len(held) >= f.L; !open {
			continue
		}
		for work, times := range held {
			if err := let(work, times); err != nil {
				return err
			}
		}
	}
	if open {
		f.let.Inc(ctx, rows)
	} else {
		f.withheld.Inc(ctx, rows)
	}
	return nil
}

// cells writes a line of CSV, without its end.
func cells(all ...string) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(all); err != nil {
		return "", err
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n"), w.Error()
}

// release is the pipeline from sealed lines to the lines of a data set in which nobody is among fewer than k, nor in a class with fewer than l values.
func release(s beam.Scope, lines beam.PCollection, values valuesFn, levels Levels, k, l int) beam.PCollection {
	rows := beam.ParDo(s.Scope("values"), &values, lines)
	classes := beam.GroupByKey(s, beam.ParDo(s.Scope("coarse"), &coarseFn{Levels: levels}, rows))
	return beam.ParDo(s.Scope("classes"), &classFn{K: k, L: l}, classes)
}
