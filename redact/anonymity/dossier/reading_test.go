package dossier_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

func TestUsualReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		released string
		stands   []string
		not      []string
	}{
		{"30-39", []string{"30", "34.5", "39"}, []string{"29", "40", "39.5", "x", ""}},
		{"30–39", []string{"30", "39"}, []string{"29", "40"}},
		{"[30–39]", []string{"30", "39"}, []string{"29.9", "39.1"}},
		{"[30, 40[", []string{"30", "39.9"}, []string{"40", "29"}},
		{"[30, 40)", []string{"30", "39.9"}, []string{"40"}},
		{"]30, 40]", []string{"30.1", "40"}, []string{"30", "41"}},
		{"(30;40]", []string{"31", "40"}, []string{"30"}},
		{"-20--11", []string{"-20", "-11"}, []string{"-10", "-21", "15"}},
		{"80+", []string{"80", "101"}, []string{"79"}},
		{"≥80", []string{"80", "101"}, []string{"79"}},
		{">80", []string{"81"}, []string{"80"}},
		{"<20", []string{"19", "-3"}, []string{"20"}},
		{"<=20", []string{"20"}, []string{"21"}},
		{"{a, b}", []string{"a", "b"}, []string{"c", "a, b", ""}},
		{"H2X*", []string{"H2X 1Y4", "H2X"}, []string{"H2W 1Y4"}},
		{"H2X ***", []string{"H2X 1Y4"}, []string{"H2W 1Y4"}},
		{"****", []string{"anything"}, nil},
		{"H2X", []string{"H2X 1Y4", "H2X-1"}, []string{"H2X1Y4", "H2"}},
		{"1985-03", []string{"1985-03-12"}, []string{"1985-04-12", "1985-031"}},
		{"Québec", nil, []string{"QC", "Québ", "1"}},
		{"[]", nil, []string{"1", ""}},
		{"(", nil, []string{"1"}},
		{"-", nil, []string{"1", "-"}},
		{"", nil, []string{"1"}},
		{"{", nil, []string{"1"}},
		{"NaN-NaN", nil, []string{"1", "NaN"}},
		{"30-x", nil, []string{"30", "31"}},
	} {
		for _, original := range c.stands {
			assert.True(t, dossier.Usual(c.released, original), "%q stands for %q", c.released, original)
		}
		for _, original := range c.not {
			assert.False(t, dossier.Usual(c.released, original), "%q stands for %q", c.released, original)
		}
	}
}
