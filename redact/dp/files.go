package dp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/purposebound/purposebound/redact"
)

// Files is a [Ledger] in a folder of a local disk, a file for each account; format.md beside this package describes them. Goroutines and processes
// of one machine may share the folder. An account is written beside the old one, flushed to the disk and renamed over it under a lock of the
// operating system, which ends with the process that held it. It works on Linux, macOS and the BSDs; elsewhere every call fails. Several machines share
// a ledger in a database: package dpsql.
//
// Whoever can write to the folder can refill a budget, by deleting a file or by putting back an old one. Keep it from those who ask the questions,
// and leave it out of what a restored backup brings back.
type Files struct {
	folder string
	step   func(string) // called by tests between the steps of a replacement
}

var _ Ledger = (*Files)(nil)

// NewFiles returns the ledger of a folder, which must exist. The error is [ErrLedger].
func NewFiles(folder string) (*Files, error) {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%w: no folder", ErrLedger)
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	return &Files{folder: folder, step: func(string) {}}, nil
}

// Account implements [Ledger].
func (f *Files) Account(ctx context.Context, purpose string, release redact.ReleaseID) (Account, error) {
	if err := ctx.Err(); err != nil {
		return Account{}, err
	}
	if f == nil || f.folder == "" {
		return Account{}, fmt.Errorf("%w: no folder", ErrLedger)
	}
	// Renaming is atomic, so a reader needs no lock.
	return f.read(f.path(purpose, release), purpose, release)
}

// largestFile is more bytes than an account can have, with purpose and release of the greatest length and thousands of different costs.
const largestFile = 1 << 20

func (f *Files) read(path, purpose string, release redact.ReleaseID) (Account, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Account{}, nil
	}
	if err != nil {
		return Account{}, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return Account{}, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if len(text) > largestFile {
		return Account{}, fmt.Errorf("%w: what is stored is malformed", ErrLedger)
	}
	a, err := decode(text)
	if err != nil {
		return Account{}, err
	}
	if a.Limit.Purpose != purpose || a.Limit.Release != release {
		return Account{}, fmt.Errorf("%w: it is of another budget", ErrLedger)
	}
	return a, nil
}

// path returns the file of an account: named by a hash, because a purpose or a release may be any text.
func (f *Files) path(purpose string, release redact.ReleaseID) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s%d:%s", len(purpose), purpose, len(release), release)
	return filepath.Join(f.folder, hex.EncodeToString(h.Sum(nil))+".budget")
}

// Replace implements [Ledger].
func (f *Files) Replace(ctx context.Context, next Account) (err error) {
	if f == nil || f.folder == "" {
		return fmt.Errorf("%w: no folder", ErrLedger)
	}
	text, err := next.MarshalText()
	if err != nil {
		return err
	}
	if len(text) > largestFile {
		return fmt.Errorf("%w: too many different costs", ErrLedger)
	}
	path := f.path(next.Limit.Purpose, next.Limit.Release)
	unlock, err := lock(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	stored, err := f.read(path, next.Limit.Purpose, next.Limit.Release)
	if err != nil {
		return err
	}
	if stored.Sequence != next.Sequence-1 {
		return ErrConflict
	}
	if err := f.write(path, text); err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	return nil
}

// write replaces a file by text. The lock must be held: what another process left half written is overwritten.
func (f *Files) write(path string, text []byte) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	f.step("created")
	_, err = io.Copy(file, bytes.NewReader(text))
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	f.step("written")
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	f.step("renamed")
	folder, err := os.Open(f.folder)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// lockPause is how long to wait for a lock before trying again.
const lockPause = 2 * time.Millisecond

// lock takes the lock of a file, when nobody else has it, and returns how to give it back.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	for {
		if err = ctx.Err(); err != nil {
			break
		}
		var taken bool
		if taken, err = tryLock(file); err != nil {
			err = fmt.Errorf("%w: %w", ErrLedger, err)
			break
		}
		if taken {
			return func() { file.Close() }, nil
		}
		timer := time.NewTimer(lockPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	file.Close()
	return nil, err
}
