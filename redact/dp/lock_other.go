//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package dp

import (
	"errors"
	"os"
)

// tryLock fails: without a lock two processes could spend the same budget.
func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
