package pii_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// A use is begun by its accessor and in no other way: a permit of another gate that names the accessor as its owner
// opens nothing, or an accessor for one purpose would be a door to all.
func TestUseIsBegunByItsAccessorOnly(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	accessor := x.accessor(t, Service)
	for name, c := range map[string]struct {
		op  purpose.Operation
		id  purpose.ID
		who purpose.Actor
	}{
		"an operation that asks for no role": {purpose.Collect, Service, purpose.Actor{Role: "whoever", ID: "w-1"}},
		"another operation":                  {purpose.Rights, Desk, agent},
	} {
		gate, err := x.registry.Gate(accessor, c.op, c.id)
		require.NoError(t, err, name)
		permit, err := gate.Begin(context.Background(), c.who, marie)
		require.NoError(t, err, name)
		v, err := sealed.Reveal((*pii.Use)(permit))
		permit.End()
		assert.Empty(t, v.Plaintext(), name)
		assert.ErrorIs(t, err, purpose.ErrDenied, name)
	}
}
