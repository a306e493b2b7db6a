package rights_test

import (
	"testing"

	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/pii/rights/rightstest"
)

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	rightstest.TestStore(t, func(testing.TB) rights.Store { return new(rights.Memory) })
}
