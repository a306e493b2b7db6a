package redact_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

// TestVectors holds what format.md says to values that a program in another language computed from it.
func TestVectors(t *testing.T) {
	t.Parallel()
	var vectors struct {
		Pseudonyms []struct {
			Release                  redact.ReleaseID
			Domain, Value, Pseudonym string
		}
		Shapes []struct {
			Release              redact.ReleaseID
			Domain, Value, Shape string
		}
		Shifts []struct {
			Release     redact.ReleaseID
			Subject     string
			Bound, Days int
		}
		Reversible []struct {
			Release                  redact.ReleaseID
			Domain, Value, Pseudonym string
		}
	}
	file, err := os.ReadFile("testdata/pseudonyms_v1.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &vectors))
	for name, n := range map[string]int{
		"pseudonyms": len(vectors.Pseudonyms), "shapes": len(vectors.Shapes), "shifts": len(vectors.Shifts), "reversible": len(vectors.Reversible),
	} {
		require.GreaterOrEqual(t, n, 4, name)
	}
	for _, v := range vectors.Pseudonyms {
		got, err := pseudonyms(t, v.Release, firstKey, v.Domain).Pseudonymise(v.Value)
		require.NoError(t, err)
		assert.Equal(t, v.Pseudonym, got)
	}
	for _, v := range vectors.Shapes {
		got, err := shapes(t, v.Release, firstKey, v.Domain).Pseudonymise(v.Value)
		require.NoError(t, err)
		assert.Equal(t, v.Shape, got)
	}
	for _, v := range vectors.Shifts {
		assert.Equal(t, v.Days, daysOf(t, shift(t, v.Release, firstKey, v.Subject, v.Bound)))
	}
	for _, v := range vectors.Reversible {
		r := reversible(t, v.Release, v.Domain, siv(t, counting(64)))
		got, err := r.Pseudonymise(v.Value)
		require.NoError(t, err)
		assert.Equal(t, v.Pseudonym, got)
		restored, err := r.Restore(v.Pseudonym)
		require.NoError(t, err)
		assert.Equal(t, v.Value, restored)
	}
}
