package dp_test

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/purposebound/purposebound/redact/dp"
)

// A utility wants to know how its customers heat, and has said so to them. What it publishes must not depend on any one of them.
func Example() {
	ctx := context.Background()
	budget, err := dp.NewBudget(ctx, new(dp.Memory), dp.Limit{
		Purpose: "planning.heating", Release: "2026-03/heating-study",
		Epsilon: 1, Delta: 1e-6,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// Whose meter it is, and what it read. A customer with five meters counts as three of them at most, each between 0 and 10,000 kWh.
	readings := func(yield func(string, float64) bool) {
		for i := range 20_000 {
			if !yield(fmt.Sprintf("customer-%d", i), 4000+float64(i%2000)) {
				return
			}
		}
	}
	mean, err := dp.Mean(ctx, budget, dp.Query{
		Cost:   dp.Cost{Epsilon: 0.5},
		Bounds: dp.Bounds{Partitions: 1, Contributions: 3, Lower: 0, Upper: 10_000},
	}, readings)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a meter reads about %.0f kWh\n", math.Round(mean.Value/100)*100)
	fmt.Println("the interval is narrow:", mean.High-mean.Low < 200)

	// Half of the budget is left, which does not pay for this.
	_, err = dp.Sum(ctx, budget, dp.Query{
		Cost:   dp.Cost{Epsilon: 0.7},
		Bounds: dp.Bounds{Partitions: 1, Contributions: 3, Lower: 0, Upper: 10_000},
	}, readings)
	fmt.Println(errors.Is(err, dp.ErrSpent), err)

	// Output:
	// a meter reads about 5000 kWh
	// the interval is narrow: true
	// true dp: budget is spent
}

// A histogram shows the regions that have many people in them. That somebody lives in the one where nobody else does stays unsaid.
func ExampleHistogram() {
	ctx := context.Background()
	budget, err := dp.NewBudget(ctx, new(dp.Memory), dp.Limit{
		Purpose: "planning.heating", Release: "2026-03/regions",
		Epsilon: 1, Delta: 1e-9,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	homes := func(yield func(string, string) bool) {
		for i := range 3000 {
			if !yield(fmt.Sprintf("customer-%d", i), []string{"Estrie", "Laval", "Laval"}[i%3]) {
				return
			}
		}
		yield("customer-3000", "Île-aux-Grues")
	}
	bins, err := dp.Histogram(ctx, budget, dp.Query{
		Cost:   dp.Cost{Epsilon: 1, Delta: 1e-9},
		Bounds: dp.Bounds{Partitions: 1, Contributions: 1},
	}, homes)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, bin := range bins {
		fmt.Printf("%s: about %.0f\n", bin.Partition, math.Round(bin.Value/500)*500)
	}
	// Output:
	// Estrie: about 1000
	// Laval: about 2000
}
