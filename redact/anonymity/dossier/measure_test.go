package dossier_test

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// Whatever is missing or does not fit is refused by name.
func TestMeasureRefuses(t *testing.T) {
	t.Parallel()
	rows := people(60, 3)
	released := generalised(rows)
	with := func(rows [][]string, change func(columns []anonymity.Column) []anonymity.Column) *anonymity.Table {
		table, err := anonymity.FromRows(slices.Values(rows), change(slices.Clone(columns))...)
		require.NoError(t, err)
		return table
	}
	role := func(i int, role anonymity.Role) func([]anonymity.Column) []anonymity.Column {
		return func(c []anonymity.Column) []anonymity.Column {
			c[i].Role = role
			c[i].Distance = anonymity.Distance{}
			return c
		}
	}
	cell := func(i int, text string) [][]string {
		changed := generalised(rows)
		for _, row := range changed {
			row[i] = text
		}
		return changed
	}
	for name, c := range map[string]struct {
		change func(*dossier.Declaration, *dossier.Config)
		err    error
	}{
		"purpose":              {func(d *dossier.Declaration, _ *dossier.Config) { d.Purpose = "" }, dossier.ErrDeclaration},
		"purpose not UTF-8":    {func(d *dossier.Declaration, _ *dossier.Config) { d.Purpose = "\xff" }, dossier.ErrDeclaration},
		"supervisor":           {func(d *dossier.Declaration, _ *dossier.Config) { d.Supervisor = "" }, dossier.ErrDeclaration},
		"qualification":        {func(d *dossier.Declaration, _ *dossier.Config) { d.Qualification = "" }, dossier.ErrDeclaration},
		"information":          {func(d *dossier.Declaration, _ *dossier.Config) { d.Information = "" }, dossier.ErrDeclaration},
		"removed":              {func(d *dossier.Declaration, _ *dossier.Config) { d.Removed = nil }, dossier.ErrDeclaration},
		"removed another":      {func(d *dossier.Declaration, _ *dossier.Config) { d.Removed = []string{"telephone"} }, dossier.ErrDeclaration},
		"techniques":           {func(d *dossier.Declaration, _ *dossier.Config) { d.Techniques = []string{} }, dossier.ErrDeclaration},
		"an empty technique":   {func(d *dossier.Declaration, _ *dossier.Config) { d.Techniques = []string{""} }, dossier.ErrDeclaration},
		"measures":             {func(d *dossier.Declaration, _ *dossier.Config) { d.Measures = nil }, dossier.ErrDeclaration},
		"residual":             {func(d *dossier.Declaration, _ *dossier.Config) { d.Residual = "" }, dossier.ErrDeclaration},
		"done":                 {func(d *dossier.Declaration, _ *dossier.Config) { d.Done = time.Time{} }, dossier.ErrDeclaration},
		"review":               {func(d *dossier.Declaration, _ *dossier.Config) { d.Review = time.Time{} }, dossier.ErrDeclaration},
		"review not later":     {func(d *dossier.Declaration, _ *dossier.Config) { d.Review = d.Done }, dossier.ErrDeclaration},
		"review within second": {func(d *dossier.Declaration, _ *dossier.Config) { d.Review = d.Done.Add(time.Millisecond) }, dossier.ErrDeclaration},
		"review in year 10000": {func(d *dossier.Declaration, _ *dossier.Config) { d.Review = d.Done.AddDate(9000, 0, 0) }, dossier.ErrDeclaration},

		"no original":       {func(_ *dossier.Declaration, c *dossier.Config) { c.Original = nil }, dossier.ErrConfig},
		"no release":        {func(_ *dossier.Declaration, c *dossier.Config) { c.Release = nil }, dossier.ErrConfig},
		"small cell":        {func(_ *dossier.Declaration, c *dossier.Config) { c.SmallCell = 2 }, dossier.ErrConfig},
		"few rows":          {func(_ *dossier.Declaration, c *dossier.Config) { c.Release = table(t, released[:10]) }, dossier.ErrConfig},
		"empty":             {func(_ *dossier.Declaration, c *dossier.Config) { c.Original = table(t, nil) }, dossier.ErrConfig},
		"earlier unsaid":    {func(_ *dossier.Declaration, c *dossier.Config) { c.Earlier = nil }, dossier.ErrCorrelation},
		"earlier and first": {func(_ *dossier.Declaration, c *dossier.Config) { c.First = true }, dossier.ErrConfig},
		"earlier nil": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Earlier = map[string]*anonymity.Table{"one": nil}
		}, dossier.ErrConfig},
		"earlier unnamed": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Earlier = map[string]*anonymity.Table{"": c.Release}
		}, dossier.ErrConfig},
		"earlier is original": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Earlier = map[string]*anonymity.Table{"original": c.Release}
		}, dossier.ErrConfig},
		"reading of nothing": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Readings = map[string]func(released, original string) bool{"nothing": strings.Contains}
		}, dossier.ErrConfig},
		"nil reading": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Readings = map[string]func(released, original string) bool{"born": nil}
		}, dossier.ErrConfig},
		"class 1":         {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Class = 1 }, dossier.ErrConfig},
		"class below":     {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Class = -3 }, dossier.ErrConfig},
		"match 1":         {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Match = 1 }, dossier.ErrConfig},
		"distinct 1":      {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Distinct = 1 }, dossier.ErrConfig},
		"closeness 1":     {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Closeness = 1 }, dossier.ErrConfig},
		"closeness below": {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Closeness = -0.1 }, dossier.ErrConfig},
		"closeness NaN":   {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Closeness = math.NaN() }, dossier.ErrConfig},
		"gain infinite":   {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Gain = math.Inf(1) }, dossier.ErrConfig},
		"gain NaN":        {func(_ *dossier.Declaration, c *dossier.Config) { c.Limits.Gain = math.NaN() }, dossier.ErrConfig},

		"names": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Release = table(t, cell(0, "Somebody"))
		}, dossier.ErrColumns},
		"a quasi-identifier called other": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Release = with(released, role(1, anonymity.Other))
		}, dossier.ErrColumns},
		"a name called other": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Release = with(released, role(0, anonymity.Other))
		}, dossier.ErrColumns},
		"an other column that nobody measured": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Release = with(released, func(c []anonymity.Column) []anonymity.Column { c[6].Name = "label"; return c })
		}, dossier.ErrColumns},
		"an other column with names in it":  {func(_ *dossier.Declaration, c *dossier.Config) { c.Tokens = nil }, dossier.ErrReading},
		"tokens that are not there":         {func(_ *dossier.Declaration, c *dossier.Config) { c.Tokens = []string{"token", "label"} }, dossier.ErrConfig},
		"tokens that are quasi-identifiers": {func(_ *dossier.Declaration, c *dossier.Config) { c.Tokens = []string{"token", "area"} }, dossier.ErrConfig},
		"a column renamed": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Release = with(released, func(c []anonymity.Column) []anonymity.Column { c[1].Name = "decade"; return c })
		}, dossier.ErrColumns},
		"no quasi-identifier": {func(_ *dossier.Declaration, c *dossier.Config) {
			all := func(c []anonymity.Column) []anonymity.Column {
				for i := range c[1:4] {
					c[i+1].Role = anonymity.Other
				}
				return c
			}
			c.Release, c.Original = with(released, all), with(rows, all)
		}, dossier.ErrIndividualisation},
		"no sensitive column": {func(_ *dossier.Declaration, c *dossier.Config) {
			both := func(c []anonymity.Column) []anonymity.Column {
				return role(5, anonymity.Other)(role(4, anonymity.Other)(c))
			}
			c.Release, c.Original = with(released, both), with(rows, both)
		}, dossier.ErrInference},
		"no sensitive value":  {func(_ *dossier.Declaration, c *dossier.Config) { c.Release = table(t, cell(4, "*")) }, dossier.ErrInference},
		"suppressed entirely": {func(_ *dossier.Declaration, c *dossier.Config) { c.Release = suppressed(t, released) }, anonymity.ErrSuppressed},
		"few sensitive values": {func(_ *dossier.Declaration, c *dossier.Config) {
			few := people(60, 3)
			for _, row := range few[8:] {
				row[4] = ""
			}
			c.Original = table(t, few)
		}, dossier.ErrInference},
		"not read":       {func(_ *dossier.Declaration, c *dossier.Config) { c.Release = table(t, cell(1, "cohort A")) }, dossier.ErrReading},
		"read otherwise": {func(_ *dossier.Declaration, c *dossier.Config) { c.Release = table(t, cell(1, "1700–1799")) }, dossier.ErrReading},
		"nobody at all": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Readings = map[string]func(released, original string) bool{"born": func(_, _ string) bool { return false }}
		}, dossier.ErrReading},
		"control of another kind": {func(_ *dossier.Declaration, c *dossier.Config) {
			c.Control = with(rows, role(1, anonymity.Sensitive))
		}, dossier.ErrColumns},
		"control without a column": {func(_ *dossier.Declaration, c *dossier.Config) {
			var short [][]string
			for _, row := range rows {
				short = append(short, row[:5])
			}
			c.Control = with(short, func(c []anonymity.Column) []anonymity.Column { return c[:5] })
		}, dossier.ErrColumns},
		"small control": {func(_ *dossier.Declaration, c *dossier.Config) { c.Control = table(t, rows[:10]) }, dossier.ErrInference},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			declaration, config := declared(), config(t, rows, released)
			c.change(&declaration, &config)
			d, err := dossier.Measure(context.Background(), declaration, config)
			require.ErrorIs(t, err, c.err)
			require.Nil(t, d)
			assert.NotContains(t, err.Error(), "Somebody")
			assert.NotContains(t, err.Error(), "1700")
			assert.NotContains(t, err.Error(), "cohort")
		})
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := dossier.Measure(cancelled, declared(), config(t, rows, released))
	require.ErrorIs(t, err, context.Canceled)
}

// suppressed leaves no quasi-identifier.
func suppressed(tb testing.TB, rows [][]string) *anonymity.Table {
	tb.Helper()
	var out [][]string
	for _, row := range rows {
		out = append(out, []string{"", "*", "*", "*", row[4], row[5], ""})
	}
	return table(tb, out)
}

// The same seed and tables give the same dossier, to the byte; a control and another seed give other people to try.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	one, rows := measured(t)
	two, _ := measured(t)
	assert.Equal(t, one.Record(), two.Record())
	c := config(t, people(1200, 1), rows)
	c.Control = table(t, people(500, 9))
	three, err := dossier.Measure(context.Background(), declared(), c)
	require.NoError(t, err)
	assert.Equal(t, 500, three.Record().Inference[0].Targets)
	assert.Equal(t, 600, one.Record().Inference[0].Targets)
	c.Control, c.Seed = nil, 2
	four, err := dossier.Measure(context.Background(), declared(), c)
	require.NoError(t, err)
	assert.NotEqual(t, one.Record().Inference, four.Record().Inference)
}

// A record that is changed changes no dossier.
func TestRecordIsACopy(t *testing.T) {
	t.Parallel()
	d, _ := measured(t)
	r := d.Record()
	r.Declaration.Removed[0], r.Declaration.Techniques[0], r.Declaration.Measures[0] = "x", "x", "x"
	r.Columns["x"] = "quasi"
	r.Individualisation.After.K = 1
	r.Individualisation.After.Sizes[1] = 700
	*r.Individualisation.After.Average = 7
	r.Correlation[0].With, r.Correlation[0].Shared[0], r.Correlation[0].After.Found[0] = "x", "x", 9
	*r.Correlation[0].After.Average = 7
	r.Inference[0].Column = "x"
	again, _ := measured(t)
	assert.Equal(t, again.Record(), d.Record())
}

// pairs makes a table of a quasi-identifier and a sensitive column.
func pairs(tb testing.TB, n int, of func(i int) (quasi, sensitive string)) *anonymity.Table {
	tb.Helper()
	var rows [][]string
	for i := range n {
		q, s := of(i)
		rows = append(rows, []string{q, s})
	}
	table, err := anonymity.FromRows(slices.Values(rows), anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "s", Role: anonymity.Sensitive})
	require.NoError(tb, err)
	return table
}

// What the attackers find is known beforehand where the tables are simple.
func TestAttackers(t *testing.T) {
	t.Parallel()
	number := func(i int) string { return strconv.Itoa(i % 10) }
	half := func(i int) string { return map[bool]string{true: "0-4", false: "5-9"}[i%10 < 5] }
	parity := func(i int) string { return map[bool]string{true: "even", false: "odd"}[i%2 == 0] }
	size := func(i int) string { return map[bool]string{true: "small", false: "great"}[i%10 < 5] }
	amount := func(i int) string { return strconv.Itoa(100*(i%10) + i%37) }
	tenth := func(i int) string { return strconv.Itoa(i % 10) }
	for name, c := range map[string]struct {
		released, sensitive func(i int) string
		before, after, base float64
		slack               float64
	}{
		"told by the number alone":   {half, parity, 1, 0.6, 0.5, 0.05},
		"told by the half":           {half, size, 1, 1, 0.5, 0.05},
		"not generalised":            {number, parity, 1, 1, 0.5, 0.05},
		"everybody the same":         {half, func(int) string { return "yes" }, 1, 1, 1, 0},
		"amounts, by tenths":         {half, amount, 1, 0.2, 0.1, 0.06},
		"one value for each":         {half, tenth, 1, 0.2, 0.1, 0.06},
		"sensitive value suppressed": {half, func(i int) string { return map[bool]string{true: parity(i), false: ""}[i%3 > 0] }, 1, 0.6, 0.5, 0.06},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 2000
			original := pairs(t, n, func(i int) (string, string) { return number(i), c.sensitive(i) })
			release := pairs(t, n, func(i int) (string, string) { return c.released(i), c.sensitive(i) })
			d, err := dossier.Measure(context.Background(), declaration, dossier.Config{Original: original, Release: release, First: true})
			require.NoError(t, err)
			i := d.Record().Inference[0]
			assert.InDelta(t, c.before, i.Before.Accuracy, c.slack, "before")
			assert.InDelta(t, c.after, i.After.Accuracy, c.slack, "after")
			assert.InDelta(t, c.base, i.After.Baseline, c.slack, "baseline")
		})
	}
}

// The classifier finds what two columns tell together where no row agrees, and rows that agree find what columns tell only together.
func TestBothAttackers(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i := range 4000 {
		x, y := i%2, i/2%2
		rows = append(rows, []string{strconv.Itoa(x), strconv.Itoa(y), strconv.Itoa(x ^ y)})
	}
	columns := []anonymity.Column{{Name: "x", Role: anonymity.QuasiIdentifier}, {Name: "y", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	exclusive, err := anonymity.FromRows(slices.Values(rows), columns...)
	require.NoError(t, err)
	d, err := dossier.Measure(context.Background(), declaration, dossier.Config{Original: exclusive, Release: exclusive, First: true})
	require.NoError(t, err)
	assert.InDelta(t, 1, d.Record().Inference[0].After.Accuracy, 0)

	rows = nil
	var control [][]string
	for i := range 900 { // one column tells, the other is different for everybody
		rows = append(rows, []string{strconv.Itoa(i % 3), strconv.Itoa(i), strconv.Itoa(i % 3)})
		control = append(control, []string{strconv.Itoa(i % 3), strconv.Itoa(10_000 + i), strconv.Itoa(i % 3)})
	}
	told, err := anonymity.FromRows(slices.Values(rows), columns...)
	require.NoError(t, err)
	others, err := anonymity.FromRows(slices.Values(control), columns...)
	require.NoError(t, err)
	d, err = dossier.Measure(context.Background(), declaration, dossier.Config{Original: told, Release: told, Control: others, First: true})
	require.NoError(t, err)
	assert.InDelta(t, 1, d.Record().Inference[0].After.Accuracy, 0)
	assert.InDelta(t, 1.0/3, d.Record().Inference[0].After.Baseline, 0.01)
}
