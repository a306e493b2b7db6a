package redact_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

// Two releases that are joined on a pseudonym have none in common, whether they differ in key, in id, or in both.
func TestPseudonymsJoinInsideOnly(t *testing.T) {
	t.Parallel()
	people := []string{"c-1", "c-2", "c-3", "c-10"}
	column := func(p redact.Pseudonyms) map[string]bool {
		set := map[string]bool{}
		for _, person := range people {
			pseudonym, err := p.Pseudonymise(person)
			require.NoError(t, err)
			set[pseudonym] = true
		}
		require.Len(t, set, len(people))
		return set
	}
	march := column(pseudonyms(t, "2026-03", firstKey, "client"))
	assert.Equal(t, march, column(pseudonyms(t, "2026-03", firstKey, "client")), "made again")
	for name, other := range map[string]redact.Pseudonyms{
		"another id":          pseudonyms(t, "2026-04", firstKey, "client"),
		"another key":         pseudonyms(t, "2026-03", secondKey, "client"),
		"another id and key":  pseudonyms(t, "2026-04", secondKey, "client"),
		"another domain":      pseudonyms(t, "2026-03", firstKey, "invoice"),
		"a border that moved": pseudonyms(t, "2026-0", firstKey, "3client"),
	} {
		for pseudonym := range column(other) {
			assert.NotContains(t, march, pseudonym, name)
		}
	}
}

func TestPseudonymsRefuse(t *testing.T) {
	t.Parallel()
	p := pseudonyms(t, "2026-03", firstKey, "client")
	for _, value := range []string{"", "Zo\xe9", "\xff"} {
		got, err := p.Pseudonymise(value)
		assert.Empty(t, got)
		assert.ErrorIs(t, err, redact.ErrValue, "%q", value)
	}
	var zero redact.Pseudonyms
	_, err := zero.Pseudonymise("c-1")
	assert.ErrorIs(t, err, redact.ErrIncomplete)
	_, ok := zero.Generalise("c-1")
	assert.False(t, ok)
}

var isPseudonym = regexp.MustCompile(`^[a-z2-7]{26}$`)

func TestPseudonymForm(t *testing.T) {
	t.Parallel()
	p := pseudonyms(t, "2026-03", firstKey, "client")
	for _, value := range []string{"a", "0", "Zoé", " ", "julie.gagnon@exemple.ca", string(make([]byte, 1<<16))} {
		got, err := p.Pseudonymise(value)
		require.NoError(t, err)
		assert.Regexp(t, isPseudonym, got)
	}
}

func ExampleRelease_Pseudonyms() {
	release, err := redact.NewRelease("2026-03/heating-study", firstKey)
	must(err)
	clients, err := release.Pseudonyms("client")
	must(err)
	for _, id := range []string{"c-1001", "c-1002", "c-1001"} {
		pseudonym, err := clients.Pseudonymise(id)
		must(err)
		fmt.Println(pseudonym)
	}
	// Output:
	// wectqeftommk64eb3ee4hv4vne
	// a4aj22ki6yhbbimmscipjx5tv4
	// wectqeftommk64eb3ee4hv4vne
}

// must stands for the error handling of a program.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
