// Analytics makes a data set for a study out of sealed work orders: de-identified value by value under the purpose of studies, generalised until nobody is alone in
// it, measured before and after, with a dossier of the analyses that Québec's anonymisation regulation asks for (A-2.1, r. 0.1).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

func main() {
	dir := flag.String("out", "", "directory to write into; empty: a new one")
	people := flag.Int("people", 3000, "how many clients are invented")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *dir, *people, time.Now()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, dir string, people int, today time.Time) error {
	if people < 1 {
		return errors.New("there are no people to study")
	}
	registry, vault, err := open()
	if err != nil {
		return err
	}
	defer registry.Close()
	clients, err := study.TakeIn(ctx, registry, vault, people, 7, today)
	if err != nil {
		return err
	}
	for i := range min(3, len(clients)) { // they have changed their minds since
		if _, err := registry.Withdraw(ctx, clients[i].ID, study.Analytics); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d clients, everything about them sealed: %v, %v\n", len(clients), clients[0].Name, clients[0].Order)

	analytics, err := vault.Accessor(study.Analytics)
	if err != nil {
		return err
	}
	before, denied, err := derive(ctx, analytics, clients, today)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nWhat is left of them for the study; %d may not be studied:\n", denied)
	if err := show(out, before); err != nil {
		return err
	}

	result, err := generalise(ctx, before)
	if err != nil {
		return err
	}
	after, err := result.Table()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nGeneralised to levels %v of %v, the best of %d ways, of which %d were looked at; %d rows suppressed:\n",
		result.Levels, result.Columns, result.Nodes, result.Checked, result.Suppressed)
	if err := show(out, after); err != nil {
		return err
	}

	sealed, d, err := seal(ctx, before, after, today)
	if err != nil {
		return err
	}
	r := d.Record()
	fmt.Fprintf(out, "\nThe dossier:\n")
	fmt.Fprintf(out, "  individualisation: one of %d before, one of %d after\n", r.Individualisation.Before.K, r.Individualisation.After.K)
	fmt.Fprintf(out, "  correlation: joined to the original, a row could be of %d people before, %d after\n", r.Correlation[0].Before.Least, r.Correlation[0].After.Least)
	fmt.Fprintf(out, "  inference: the kind of work is guessed %.1f %% of the time before, %.1f %% after, %.1f %% without the table\n",
		100*r.Inference[0].Before.Accuracy, 100*r.Inference[0].After.Accuracy, 100*r.Inference[0].After.Baseline)
	if dir == "" {
		if dir, err = os.MkdirTemp("", "study"); err != nil {
			return err
		}
	}
	if err := write(dir, sealed, today); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nWritten: %s, and the dossier beside it\n", filepath.Join(dir, "release.csv"))
	return nil
}

// open makes a registry and a vault in memory. A service keeps its ledger and keys in a database.
func open() (*consent.Registry, *pii.Vault, error) {
	policy, err := purpose.NewPolicy(study.Policy())
	if err != nil {
		return nil, nil, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate()) // a service keeps this key in its KMS
	if err != nil {
		return nil, nil, err
	}
	kek, err := aead.New(handle)
	if err != nil {
		return nil, nil, err
	}
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: kek})
	if err != nil {
		return nil, nil, err
	}
	registry, err := consent.NewRegistry(policy, new(consent.Memory))
	if err != nil {
		return nil, nil, err
	}
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: pii.NoAudit{}})
	if err != nil {
		_ = registry.Close()
		return nil, nil, err
	}
	return registry, vault, nil
}
