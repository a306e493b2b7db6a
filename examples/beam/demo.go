package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/examples/internal/study"
)

// demo is a directory with invented clients: a ledger and keys in SQLite, the key that wraps them, and a file of sealed values.
type demo struct{ dsn, kek, input string }

func makeDemo(ctx context.Context, dir string, people int, today time.Time) (d demo, clients []study.Client, err error) {
	d = demo{
		dsn:   "file:" + filepath.Join(dir, "clients.db") + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_txlock=immediate",
		kek:   filepath.Join(dir, "kek.json"),
		input: filepath.Join(dir, "sealed.csv"),
	}
	handle, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate())
	if err != nil {
		return demo{}, nil, err
	}
	file, err := os.OpenFile(d.kek, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return demo{}, nil, err
	}
	defer file.Close()
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(file)); err != nil { // a service has its KMS
		return demo{}, nil, err
	}
	if err := file.Close(); err != nil {
		return demo{}, nil, err
	}
	o, err := openOffice(ctx, "sqlite", d.dsn, d.kek)
	if err != nil {
		return demo{}, nil, err
	}
	defer o.Close()
	if clients, err = study.TakeIn(ctx, o.registry, o.vault, people, 7, today); err != nil {
		return demo{}, nil, err
	}
	var lines strings.Builder
	for i := range clients {
		text, err := line(&clients[i])
		if err != nil {
			return demo{}, nil, err
		}
		lines.WriteString(text + "\n")
	}
	return d, clients, os.WriteFile(d.input, []byte(lines.String()), 0o600)
}

// withdraw takes a client's consent to the study back, as the firm's site would do while the pipeline waits to be run.
func withdraw(ctx context.Context, d demo, c *study.Client) error {
	o, err := openOffice(ctx, "sqlite", d.dsn, d.kek)
	if err != nil {
		return err
	}
	defer o.Close()
	_, err = o.registry.Withdraw(ctx, c.ID, study.Analytics)
	return err
}
