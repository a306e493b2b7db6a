package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestREADME holds the README's code to this program's: what a newcomer copies compiles and runs.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)

	_, story, found := strings.Cut(string(source), "// README: begin\n")
	require.True(t, found)
	story, _, found = strings.Cut(story, "// README: end\n")
	require.True(t, found)

	_, shown, found := strings.Cut(string(readme), "```go\n")
	require.True(t, found, "the README shows no code")
	shown, _, found = strings.Cut(shown, "```\n")
	require.True(t, found)
	require.Equal(t, strings.TrimSpace(story), strings.TrimSpace(shown))
}

func Example() {
	main()
	// Output:
	// stored: [sealed identity.email]
	// sent to: marie@example.com
	// refused: purpose: newsletter: ConsentWithdrawn
}
