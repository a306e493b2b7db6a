package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFound(t *testing.T) {
	t.Parallel()
	texts := []string{"marie@example.com", "marie@example.org", "450-555-0142", "été à Laval", "55555"}
	tests := []struct {
		content string
		want    []string
	}{
		{"", nil},
		{"mari", nil},
		{"marie@example.net", nil},
		{"marie@example.com", []string{"marie@example.com"}},
		{"x\x00marie@example.orgmarie@example.comy", []string{"marie@example.com", "marie@example.org"}},
		{"450-555-450-555-0142", []string{"450-555-0142"}},
		{"un été à Laval", []string{"été à Laval"}},
		{"5555555", []string{"55555"}},
		{"marie@example.co", nil},
	}
	for _, tt := range tests {
		assert.Equalf(t, tt.want, found([]byte(tt.content), texts), "%q", tt.content)
	}
}
