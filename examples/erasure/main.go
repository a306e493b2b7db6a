// Command erasure tells how data ends: Marie asks what a shop has of her, corrects her phone number, and asks for the deletion of everything. What a tax law obliges the shop to keep
// stays, opens for that and for her own request alone, and ends by itself on the day the law lets it go; a copy from a backup does not open.
//
//	go run ./examples/erasure
//
// It needs no service: everything is in one SQLite file in a temporary directory, on a calendar that the story moves. policy.go is the policy, shop.go puts the library's parts together and
// has the program's own tables with their erasers, requests.go keeps what happened to requests, bar.go shows how far a sweep is, and story.go is what happens.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "erasure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "erasure")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := openShop(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.story(ctx, os.Stdout)
}
