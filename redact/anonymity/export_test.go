package anonymity

import (
	"math"
	"strings"
)

// Limit lets a table have no more rows than n.
func (t *Table) Limit(n int) { t.most = n }

// LogProduct is the sum of ln(a+i·step) for i from 1 to n.
var LogProduct = logProduct

// Likelihood is the probability by Pitman's formula of one way to divide rows into classes of these sizes.
func Likelihood(sizes []int, alpha, theta float64) float64 {
	return math.Exp(sizesOf(sizes).likelihood(alpha, theta))
}

// ReadInto reads CSV into a table.
func ReadInto(t *Table, text string) error {
	return newFile(strings.NewReader(text), ',', t).read()
}
