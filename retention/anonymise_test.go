package retention_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// What all its rules anonymise may leave anonymised information, and its keys go all the same; what one rule destroys is destroyed, and so is what the person wants erased.
func TestAnonymiser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		anonymise []int // purposes of the policy, by number
		nothing   bool  // no anonymiser
		asked     bool  // the person asks for erasure
		want      string
	}{
		"all rules anonymise":   {anonymise: []int{0, 3}, want: "anonymised"},
		"one rule destroys":     {anonymise: []int{0}, want: "erased"},
		"no rule anonymises":    {want: "erased"},
		"there is no function":  {anonymise: []int{0, 3}, nothing: true, want: "erased"},
		"the person asks first": {anonymise: []int{0, 3}, asked: true, want: "erased"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := shop()
			for _, n := range c.anonymise {
				document.Purposes[n].Retention.Then = purpose.Anonymise
			}
			r := newRigUnder(t, document)
			r.v.Grant(marie, newsletter)
			r.until(2020, time.March, 1)
			have := r.add(marie, "", "identity.email", newsletter, dispute)
			var called []string
			calls := func(what string) retention.Eraser {
				return retention.EraserFunc(func(_ context.Context, i retention.Item) error {
					assert.Equal(t, marie, i.Subject)
					called = append(called, what)
					return nil
				})
			}
			config := r.config()
			for i := range config.Tables {
				config.Tables[i].Eraser = calls("erased")
				if !c.nothing {
					config.Tables[i].Anonymiser = calls("anonymised")
				}
			}
			w, err := retention.NewSweeper(config)
			require.NoError(t, err)
			if c.asked {
				_, err := w.Erase(t.Context(), marie)
				require.NoError(t, err)
			} else {
				r.until(2021, time.March, 2)
				for s, err := range w.Sweep(t.Context()) {
					require.NoError(t, err)
					assert.Equal(t, retention.Ended, s.Action)
				}
			}
			assert.Equal(t, []string{c.want}, called)
			assert.False(t, r.opens(have), "the keys go whatever the row becomes")
		})
	}
}
