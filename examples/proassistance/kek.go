package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// openKEK returns the key that wraps every other key. It is kept in a file beside the database, in clear and readable
// by its owner only. That is for a demonstration: who has both files has everything. A real service leaves the key in a key
// management service and gets a tink.AEAD that calls it; nothing else in this program would change.
//
// If used says that keys were wrapped already, the file must be there: with a new key they would never open again.
func openKEK(path string, used bool) (tink.AEAD, error) {
	handle, err := readKEK(path)
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	case used:
		return nil, fmt.Errorf("the key file %s is gone, and without it nothing that was sealed opens again", path)
	default:
		if handle, err = writeKEK(path); err != nil {
			return nil, fmt.Errorf("the key file %s: %w", path, err)
		}
	}
	return aead.New(handle)
}

func readKEK(path string) (*keyset.Handle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(f))
}

// writeKEK makes the key and puts its file in place whole, or not at all.
func writeKEK(path string) (_ *keyset.Handle, err error) {
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, err
	}
	draft := path + ".new"
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	err = insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(f))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return handle, os.Rename(draft, path)
}
