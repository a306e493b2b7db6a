package dossier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	d, rows := measured(t)
	sealed, err := dossier.Seal(d, rows, tableOfRows, day)
	require.NoError(t, err)
	require.False(t, sealed.IsZero())
	for _, at := range []time.Time{d.Record().Declaration.Done, day, declaration.Review.Add(-time.Nanosecond)} {
		got, err := sealed.Open(at)
		require.NoError(t, err)
		require.Equal(t, rows, got)
	}
	for _, at := range []time.Time{{}, declaration.Review, declaration.Review.AddDate(1, 0, 0), declaration.Done.Add(-time.Second)} {
		got, err := sealed.Open(at)
		require.ErrorIs(t, err, dossier.ErrReview)
		require.Nil(t, got)
		_, err = dossier.Seal(d, rows, tableOfRows, at)
		require.ErrorIs(t, err, dossier.ErrReview)
	}
	assert.Equal(t, d.Record(), sealed.Dossier().Record())
}

// Without a dossier there is no way to one, and the zero values give nothing.
func TestNothingWithoutDossier(t *testing.T) {
	t.Parallel()
	_, rows := measured(t)
	for _, d := range []*dossier.Dossier{nil, {}} {
		sealed, err := dossier.Seal(d, rows, tableOfRows, day)
		require.ErrorIs(t, err, dossier.ErrNothing)
		require.True(t, sealed.IsZero())
		require.ErrorIs(t, d.WriteJSON(new(bytes.Buffer)), dossier.ErrNothing)
		require.ErrorIs(t, d.WriteHTML(new(bytes.Buffer), language.English), dossier.ErrNothing)
		require.Empty(t, d.Findings())
		require.Equal(t, dossier.Record{}, d.Record())
	}
	d, _ := measured(t)
	_, err := dossier.Seal(d, rows, nil, day)
	require.ErrorIs(t, err, dossier.ErrNothing)

	var zero dossier.Anonymised[[][]string]
	got, err := zero.Open(day)
	require.ErrorIs(t, err, dossier.ErrNothing)
	require.Nil(t, got)
	require.True(t, zero.IsZero())
	require.Equal(t, dossier.Record{}, zero.Dossier().Record())
	assert.Equal(t, "[withheld]", fmt.Sprintf("%v", zero))
}

// What is sealed shows nothing but by Open.
func TestShowsNothing(t *testing.T) {
	t.Parallel()
	d, rows := measured(t)
	sealed, err := dossier.Seal(d, rows, tableOfRows, day)
	require.NoError(t, err)
	type holder struct {
		inner dossier.Anonymised[[][]string]
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "y", sealed, "z", holder{sealed})
	text, err := json.Marshal(map[string]any{"a": sealed, "b": holder{sealed}})
	require.NoError(t, err)
	for _, shown := range []string{
		fmt.Sprintf("%v %+v %#v %s %q %x %d", sealed, sealed, sealed, sealed, sealed, sealed, sealed),
		fmt.Sprintf("%v %+v %#v", holder{sealed}, holder{sealed}, &holder{sealed}), log.String(), string(text), sealed.GoString(),
	} {
		assert.NotContains(t, shown, "leak")
		assert.NotContains(t, shown, "H*")
		assert.NotContains(t, shown, "token")
	}
	assert.Contains(t, log.String(), "[anonymised]")
	_, err = sealed.MarshalBinary()
	require.ErrorIs(t, err, dossier.ErrNothing)
	_, err = sealed.Value()
	require.ErrorIs(t, err, dossier.ErrNothing)
}

// One cell changed anywhere, a row added, left out or moved, or a column of another name or role, and it is another release.
func TestChangedRelease(t *testing.T) {
	t.Parallel()
	d, rows := measured(t)
	copied := func() [][]string {
		c := slices.Clone(rows)
		for i := range c {
			c[i] = slices.Clone(c[i])
		}
		return c
	}
	for column := 1; column < len(columns); column++ {
		for _, row := range []int{0, 600, len(rows) - 1} {
			changed := copied()
			sealed, err := dossier.Seal(d, changed, tableOfRows, day)
			require.NoError(t, err)
			for _, text := range []string{"*", "", changed[row][column] + " "} {
				changed[row][column] = text
				got, err := sealed.Open(day)
				require.ErrorIs(t, err, dossier.ErrRelease)
				require.Nil(t, got)
				_, err = dossier.Seal(d, changed, tableOfRows, day)
				require.ErrorIs(t, err, dossier.ErrRelease)
			}
		}
	}
	named := copied()
	sealed, err := dossier.Seal(d, named, tableOfRows, day)
	require.NoError(t, err)
	named[3][0] = "Somebody"
	_, err = sealed.Open(day)
	require.ErrorIs(t, err, dossier.ErrRelease, "a name that came back")
	_, err = dossier.Seal(d, named, tableOfRows, day)
	require.ErrorIs(t, err, dossier.ErrRelease, "a name that came back")

	swapped := copied()
	swapped[0], swapped[1] = swapped[1], swapped[0]
	for name, other := range map[string][][]string{"fewer": rows[1:], "more": append(copied(), rows[0]), "moved": swapped, "none": {}} {
		_, err := dossier.Seal(d, other, tableOfRows, day)
		require.ErrorIs(t, err, dossier.ErrRelease, name)
	}
	for i := range columns {
		other := slices.Clone(columns)
		other[i].Name += "2"
		_, err := dossier.Seal(d, rows, func(rows [][]string) (*anonymity.Table, error) {
			return anonymity.FromRows(slices.Values(rows), other...)
		}, day)
		require.ErrorIs(t, err, dossier.ErrRelease)
		other = slices.Clone(columns)
		other[i].Role = anonymity.Other
		_, err = dossier.Seal(d, rows, func(rows [][]string) (*anonymity.Table, error) {
			return anonymity.FromRows(slices.Values(rows), other...)
		}, day)
		if columns[i].Role != anonymity.Other {
			require.ErrorIs(t, err, dossier.ErrRelease)
		}
	}
	failed := errors.New("no table")
	_, err = dossier.Seal(d, rows, func([][]string) (*anonymity.Table, error) { return nil, failed }, day)
	require.ErrorIs(t, err, failed)
	_, err = dossier.Seal(d, rows, func([][]string) (*anonymity.Table, error) { return nil, nil }, day)
	require.ErrorIs(t, err, dossier.ErrRelease)
}

// A dossier of another table does not do, however good it is.
func TestOtherDossier(t *testing.T) {
	t.Parallel()
	rows := people(1200, 2)
	released := generalised(rows)
	d, err := dossier.Measure(context.Background(), declared(), config(t, rows, released))
	require.NoError(t, err)
	require.Empty(t, d.Findings())
	_, other := measured(t)
	_, err = dossier.Seal(d, other, tableOfRows, day)
	require.ErrorIs(t, err, dossier.ErrRelease)
}

// A class in which everybody has the same is a finding, however large it is, and cannot be sealed.
func TestHomogeneous(t *testing.T) {
	t.Parallel()
	rows := people(1200, 1)
	for _, row := range rows {
		row[4] = map[bool]string{true: "leak", false: "noise"}[row[3] == "owner"]
	}
	released := generalised(rows)
	d, err := dossier.Measure(context.Background(), declared(), config(t, rows, released))
	require.NoError(t, err)
	require.GreaterOrEqual(t, d.Record().Individualisation.After.K, 50)
	var measures []string
	for _, f := range d.Findings() {
		assert.Equal(t, "inference", f.Criterion)
		assert.Equal(t, "reason", f.Of)
		assert.True(t, strings.HasPrefix(f.String(), "inference: "+f.Measure))
		measures = append(measures, f.Measure)
	}
	assert.Equal(t, []string{"distinct", "closeness", "gain"}, measures)
	_, err = dossier.Seal(d, released, tableOfRows, day)
	require.ErrorIs(t, err, dossier.ErrRisk)
}
