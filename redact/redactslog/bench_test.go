package redactslog_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/purposebound/purposebound/redact/redactslog"
)

// order is what a program logs all day: six fields, nothing to withhold.
type order struct {
	ID      int64     `json:"id"`
	Status  string    `json:"status"`
	Region  string    `json:"region"`
	Total   float64   `json:"total"`
	Paid    bool      `json:"paid"`
	Created time.Time `json:"created"`
}

// BenchmarkHandler compares with the bare JSON handler, in alternation. x-bare is how many times as long it takes.
//
// clean logs one order with six fields as attributes and as one value; fresh does the same with texts that the handler has never seen, so that
// it has to search them; dirty has a telephone number and an address in it.
func BenchmarkHandler(b *testing.B) {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	o := order{8172, "accepted", "north", 129.5, true, now}
	dirty := struct {
		order
		Note string
	}{o, "call 514-555-0137 or write to zelda@example.org"}
	n := 0
	fresh := func() order {
		n++
		return order{8172, "state " + strconv.Itoa(n%1e6), "zone " + strconv.Itoa(n%1e6), 129.5, true, now}
	}
	for _, c := range []struct {
		name string
		log  func(*slog.Logger)
	}{
		{"clean", func(l *slog.Logger) {
			l.LogAttrs(context.Background(), slog.LevelInfo, "order taken", slog.Any("order", o))
		}},
		{"clean_pointer", func(l *slog.Logger) {
			l.LogAttrs(context.Background(), slog.LevelInfo, "order taken", slog.Any("order", &o))
		}},
		{"clean_attrs", func(l *slog.Logger) {
			l.LogAttrs(context.Background(), slog.LevelInfo, "order taken", slog.Int64("id", o.ID), slog.String("status", o.Status), slog.String("region", o.Region),
				slog.Float64("total", o.Total), slog.Bool("paid", o.Paid), slog.Time("created", o.Created))
		}},
		{"fresh", func(l *slog.Logger) {
			l.LogAttrs(context.Background(), slog.LevelInfo, "order taken", slog.Any("order", fresh()))
		}},
		{"dirty", func(l *slog.Logger) {
			l.LogAttrs(context.Background(), slog.LevelInfo, "order taken", slog.Any("order", dirty))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			inner := slog.NewJSONHandler(io.Discard, nil)
			bare, ours := slog.New(inner), slog.New(redactslog.New(inner))
			const round = 32
			loggers := []*slog.Logger{bare, ours}
			var spent [2][]float64 // nanoseconds a record, for each round
			c.log(ours)
			b.ReportAllocs()
			for b.Loop() {
				for i, l := range loggers {
					start := time.Now()
					for range round {
						c.log(l)
					}
					spent[i] = append(spent[i], float64(time.Since(start).Nanoseconds())/round)
				}
			}
			// The median, since a round in which something else ran says nothing of either.
			slices.Sort(spent[0])
			slices.Sort(spent[1])
			middle := len(spent[0]) / 2
			b.ReportMetric(spent[1][middle]/spent[0][middle], "x-bare")
			b.ReportMetric(spent[1][middle], "ns/record")
			b.ReportMetric(testing.AllocsPerRun(100, func() { c.log(ours) })-testing.AllocsPerRun(100, func() { c.log(bare) }), "more-allocs/record")
		})
	}
}
