package keyring_test

import (
	"testing"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/internal/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(testing.TB) storetest.Store { return &keyring.Memory{} })
}
