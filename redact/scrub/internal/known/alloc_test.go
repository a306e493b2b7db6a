//go:build !race

package known

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The race detector makes pools forget, so this is not for it.
func TestCleanTextAllocatesNothing(t *testing.T) {
	m, text := subject(t), []byte(strings.Repeat("Le dossier a été transmis à l’équipe, merci beaucoup. ", 20))
	require.Empty(t, m.Append(nil, text))
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.Append(nil, text) }))
}
