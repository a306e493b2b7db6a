//go:build !race

package scrub_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const raceEnabled = false

// TestLongLogsOfCleanTextCostNoAllocation counts allocations, which the race detector makes of its own. Its name has it run where the long suites do, without that.
func TestLongLogsOfCleanTextCostNoAllocation(t *testing.T) { // not parallel: it counts those of the process
	s := newScrubber(t)
	line := []byte("The pump was checked at the outdoor unit: 2 filters, 3.5 bar, no leak. La pression reste stable.\n")
	text, dst := string(line), make([]byte, 0, 1024)
	require.Equal(t, text, s.Scrub(text))
	assert.Zero(t, testing.AllocsPerRun(100, func() { dst = s.Append(dst[:0], line) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = s.Scrub(text) }))
}
