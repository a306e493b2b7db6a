package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// anonymityScenarios are those about data sets that are measured and let out.
func anonymityScenarios(t *testing.T) {
	t.Run("100_all_of_a_class_have_the_same", func(t *testing.T) {
		t.Parallel()
		// Given a release in which everybody is one of twelve, and all twelve of an area ordered the same; when it is assessed; then the risk of inference is found.
		var rows [][]string
		for i := range 24 {
			rows = append(rows, [][]string{{"40-49", "H2J", "mould"}, {"40-49", "G1R", "roof"}}[i%2])
		}
		table, err := studied(rows)
		require.NoError(t, err)
		report, err := table.Measure()
		require.NoError(t, err)
		require.Equal(t, 12, report.K)
		d := assessed(t, table)
		var criteria []string
		for _, f := range d.Findings() {
			criteria = append(criteria, f.Criterion)
		}
		assert.Contains(t, criteria, "inference")
		assert.NotContains(t, criteria, "individualisation")
		// And the rows cannot be typed as anonymised.
		sealed, err := dossier.Seal(d, rows, studied, assessedOn)
		assert.ErrorIs(t, err, dossier.ErrRisk)
		assert.True(t, sealed.IsZero())
	})

	t.Run("102_anonymised_without_a_dossier", func(t *testing.T) {
		t.Parallel()
		var rows [][]string
		for i := range 240 {
			rows = append(rows, []string{"40-49", []string{"H2J", "G1R"}[i%2], []string{"mould", "roof", "heating"}[i%3]})
		}
		table, err := studied(rows)
		require.NoError(t, err)
		// Given rows that nobody assessed; when they are sealed as anonymised; then that is impossible, by the zero value as by a function.
		_, err = dossier.Seal(new(dossier.Dossier), rows, studied, assessedOn)
		assert.ErrorIs(t, err, dossier.ErrNothing)
		_, err = (dossier.Anonymised[[][]string]{}).Open(assessedOn)
		assert.ErrorIs(t, err, dossier.ErrNothing)
		// And given a dossier with all three criteria; then it opens, until the next review.
		d := assessed(t, table)
		require.Empty(t, d.Findings())
		sealed, err := dossier.Seal(d, rows, studied, assessedOn)
		require.NoError(t, err)
		opened, err := sealed.Open(assessedOn)
		require.NoError(t, err)
		assert.Equal(t, rows, opened)
		_, err = sealed.Open(assessedOn.AddDate(1, 0, 0))
		assert.ErrorIs(t, err, dossier.ErrReview)
		// And if one of the criteria is taken out of it; then it is none.
		var b bytes.Buffer
		require.NoError(t, d.WriteJSON(&b))
		for criterion, want := range map[string]error{
			"individualisation": dossier.ErrIndividualisation, "correlation": dossier.ErrCorrelation, "inference": dossier.ErrInference,
		} {
			var file map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(b.Bytes(), &file))
			require.Contains(t, file, criterion)
			delete(file, criterion)
			cut, err := json.Marshal(file)
			require.NoError(t, err)
			_, err = dossier.Read(bytes.NewReader(cut))
			assert.ErrorIs(t, err, want, criterion)
		}
	})

	t.Run("104_joining_back", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		born := piitest.Seal[pii.BirthDate](v, marie, "1984-03-12", Analytics)
		name := piitest.Seal[pii.Name](v, marie, "Marie Tremblay", Service)
		study := v.MustAccessor(Analytics)
		join := func(f func(use *pii.Use) error) error { return study.Do(context.Background(), analyst, marie, f) }
		// Given a de-identified data set; when who studies it asks for a birth date in clear, or for names to compare its pseudonyms with; then neither opens.
		assert.ErrorIs(t, opens(v, Analytics, analyst, marie, born), purpose.DeidentifiedOnly)
		assert.ErrorIs(t, join(func(use *pii.Use) error {
			_, err := pii.Derive(use, name, redact.Initials{})
			return err
		}), purpose.AttributeNotInPurpose)
		assert.ErrorIs(t, opens(v, ServiceAccount, analyst, marie, name), purpose.ActorNotAuthorized)
		// And all three attempts stand in the audit as what may be an incident, under the name of who made them.
		require.NoError(t, v.Flush(t.Context()))
		var candidates []purpose.Reason
		for _, e := range v.Trail.Entries() {
			if e.Reason.IncidentCandidate() {
				assert.Equal(t, analyst, e.Actor)
				candidates = append(candidates, e.Reason)
			}
		}
		assert.ElementsMatch(t, []purpose.Reason{purpose.DeidentifiedOnly, purpose.AttributeNotInPurpose, purpose.ActorNotAuthorized}, candidates)
	})
}

// assessedOn is the day of the assessments.
var assessedOn = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// studied makes a table of rows of age, area and work.
func studied(rows [][]string) (*anonymity.Table, error) {
	t, err := anonymity.New(
		anonymity.Column{Name: "age", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "work", Role: anonymity.Sensitive},
	)
	for i := 0; i < len(rows) && err == nil; i++ {
		err = t.Append(rows[i]...)
	}
	return t, err
}

// assessed returns the dossier of a table that was released as it is.
func assessed(t *testing.T, table *anonymity.Table) *dossier.Dossier {
	t.Helper()
	d, err := dossier.Measure(context.Background(), dossier.Declaration{
		Purpose: "to see which trades are short of people", Supervisor: "Camille Exemple", Qualification: "statistician",
		Information: "orders of one year", Removed: []string{"client"}, Techniques: []string{"generalisation"}, Measures: []string{"access by role"},
		Residual: "nobody else has such a table", Done: assessedOn, Review: assessedOn.AddDate(1, 0, 0),
	}, dossier.Config{Original: table, Release: table, First: true})
	require.NoError(t, err)
	return d
}
