package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/purposebound/purposebound/consent"
)

// counts is how much there is.
type counts struct{ people, jobs, messages, calls, values, events int }

func (o *office) counts(ctx context.Context) (counts, error) {
	var c counts
	// count(x) counts the rows where x is not NULL: the fields that are not absent.
	const query = `SELECT
		(SELECT count(*) FROM people), (SELECT count(*) FROM jobs), (SELECT count(*) FROM messages), (SELECT count(*) FROM calls),
		(SELECT count(name) + count(email) + count(phone) + count(address) + count(birth_date) + count(gender)
			+ count(language) + count(location) + count(payment) FROM people)
		+ (SELECT count(work_order) + count(amount) FROM jobs)
		+ (SELECT count(text) FROM messages)
		+ (SELECT count(log) + count(recording) + count(transcript) FROM calls)`
	err := o.db.QueryRowContext(ctx, query).Scan(&c.people, &c.jobs, &c.messages, &c.calls, &c.values)
	if err != nil {
		return c, err
	}
	ids, err := o.ids(ctx, "people")
	if err != nil {
		return c, err
	}
	for id := range ids {
		facts, err := o.registry.Facts(ctx, consent.Subject(id))
		if err != nil {
			return c, err
		}
		c.events += int(facts.Ledger) // the version of a person's ledger is the number of its events
	}
	return c, nil
}

// summarise prints the last table. What was opened and refused is not counted by the program: it is read from the audit.
func summarise(ctx context.Context, p *page, o *office, before counts, began time.Time) error {
	if err := o.vault.Flush(ctx); err != nil { // refusals are written on a lane of their own
		return err
	}
	now, err := o.counts(ctx)
	if err != nil {
		return err
	}
	run, err := o.audit.tally(o.audit.start)
	if err != nil {
		return err
	}
	all, err := o.audit.tally(0)
	if err != nil {
		return err
	}
	const first, other = 34, 12
	line := func(label, run, all string) {
		p.print("   " + pad(label, first) + right(run, other) + right(all, other))
	}
	number := func(label string, run, all int) { line(label, strconv.Itoa(run), strconv.Itoa(all)) }
	p.print("")
	line("Summary", "this run", "in all")
	number("people", now.people-before.people, now.people)
	number("jobs, messages and calls",
		now.jobs+now.messages+now.calls-before.jobs-before.messages-before.calls, now.jobs+now.messages+now.calls)
	number("values sealed", now.values-before.values, now.values)
	number("events in the ledger", now.events-before.events, now.events)
	number("values opened", run.opened, all.opened)
	for _, reason := range slices.Sorted(maps.Keys(all.denied)) {
		number("refused: "+reason, run.denied[reason], all.denied[reason])
	}
	number("entries in the audit", run.entries, all.entries)
	line("time taken", time.Since(began).Round(10*time.Millisecond).String(), "")
	return nil
}
