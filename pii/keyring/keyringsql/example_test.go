package keyringsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

// Keys in an SQLite file, with the driver of one's choice.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "keys.db")+"?_pragma=journal_mode(wal)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	store, err := keyringsql.Open(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate()) // in production, from a key service
	if err != nil {
		fmt.Println(err)
		return
	}
	kek, err := aead.New(handle)
	if err != nil {
		fmt.Println(err)
		return
	}
	ring, err := keyring.New(keyring.Config{Store: store, KEK: kek})
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := ring.MakeKey(ctx, "s-4f1c", "service/service")
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := ring.Shred(ctx, "s-4f1c", nil)
	fmt.Println(n, err, key.Live())
	_, err = ring.Key(ctx, "s-4f1c", "service/service", key.Check())
	fmt.Println(err)
	// Output:
	// 1 <nil> false
	// keyring: the key was destroyed
}
