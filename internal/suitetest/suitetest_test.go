package suitetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/suitetest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	ran := make(chan string, 10)
	t.Run("suite", func(t *testing.T) {
		suitetest.Run(t, "numbers", suitetest.Cases[int]{
			{"one", func(_ testing.TB, n int) { ran <- "one"; assert.Equal(t, 7, n) }},
			{"two", func(testing.TB, int) { ran <- "two" }},
		}, func(testing.TB) int { return 7 })
	})
	assert.ElementsMatch(t, []string{"one", "two"}, []string{<-ran, <-ran})
}

func TestFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  func(tb testing.TB, n int)
		want bool
	}{
		"nothing":     {func(testing.TB, int) {}, false},
		"a log":       {func(tb testing.TB, n int) { tb.Log(n) }, false},
		"an assert":   {func(tb testing.TB, n int) { assert.Zero(tb, n) }, true},
		"a require":   {func(tb testing.TB, n int) { require.Zero(tb, n) }, true},
		"Error":       {func(tb testing.TB, _ int) { tb.Error("no") }, true},
		"Errorf":      {func(tb testing.TB, _ int) { tb.Errorf("no") }, true},
		"Fatal":       {func(tb testing.TB, _ int) { tb.Fatal("no") }, true},
		"Fatalf":      {func(tb testing.TB, _ int) { tb.Fatalf("no") }, true},
		"Fail":        {func(tb testing.TB, _ int) { tb.Fail() }, true},
		"FailNow":     {func(tb testing.TB, _ int) { tb.FailNow() }, true},
		"a panic":     {func(testing.TB, int) { panic("no") }, true},
		"what it was": {func(tb testing.TB, n int) { assert.Equal(tb, 7, n); assert.False(tb, tb.Failed()) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, suitetest.Fails(t, c.run, 7))
		})
	}
}
