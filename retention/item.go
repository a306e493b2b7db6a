package retention

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Item is what ends together: a person's values in one compartment, of one case or of none, that were collected on one day (UTC). An [Agenda]
// holds it under [Item.Key].
//
// An Item without a Compartment stands for the erasure of the person, which was asked for and is not done.
type Item struct {
	Subject     consent.Subject
	Compartment purpose.Compartment
	Case        string              // the case the values belong to; "" for none
	Collected   time.Time           // the latest collection in it, UTC
	Attributes  []purpose.Attribute // what it has values of; sorted, once each
	Due         time.Time           // when it is to be looked at: no later than it ends. A hint: what ends is decided when it is looked at

	Failures int    // how often ending it has failed since it last succeeded
	Version  uint64 // another after each change of the stored item, and never one again; a [Store] sets it
	Claim    string // names the claim it was taken under, see [Queue]; "" for an item that was not taken
}

// Key identifies an item among a person's: two items of one key are one.
type Key struct {
	Subject     consent.Subject
	Compartment purpose.Compartment
	Case        string
	Day         int64 // of collection, in days since 1970-01-01 (UTC); 0 for an item without a Compartment
}

// Key returns the item's key.
func (i *Item) Key() Key {
	k := Key{Subject: i.Subject, Compartment: i.Compartment, Case: i.Case}
	if i.Compartment != "" {
		k.Day = floorDay(i.Collected)
	}
	return k
}

func floorDay(t time.Time) int64 {
	const day = 24 * 60 * 60
	s := t.Unix()
	if s < 0 {
		s -= day - 1
	}
	return s / day
}

// Merge returns the item as it is stored when other, of the same key, is put: with the attributes of both, the later collection and the
// earlier due date. changed reports whether that differs from i. It is for implementations of [Agenda].
func (i Item) Merge(other Item) (merged Item, changed bool) {
	m := i
	m.Attributes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(i.Attributes, other.Attributes))))
	if other.Collected.After(m.Collected) {
		m.Collected = other.Collected
	}
	if other.Due.Before(m.Due) {
		m.Due = other.Due
	}
	return m, !slices.Equal(m.Attributes, i.Attributes) || !m.Collected.Equal(i.Collected) || !m.Due.Equal(i.Due)
}

// compareItems orders items by due date and then by key.
func compareItems(a, b Item) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Compartment, b.Compartment),
		cmp.Compare(a.Case, b.Case), a.Collected.Compare(b.Collected))
}

// ErrItem reports an item that no agenda can store: without a valid subject or a due date; with a Compartment but without Collected or Attributes; with a case
// of more than 128 bytes; or with a time outside the years 1 to 9999.
var ErrItem = errors.New("retention: the item is not well formed")

// ErrClaim reports a [Claim] without a time, a length or a limit.
var ErrClaim = errors.New("retention: the claim is not well formed")

// Agenda holds what is kept of every person, until it has ended. It is a hint and a list, never the truth: what may end is decided from policy and ledger at the moment
// it ends. Implementations are safe for concurrent use; package retentiontest checks every "must" below. Errors should name no person.
type Agenda interface {
	// Put must store each item that is not there, and must otherwise merge it with what is ([Item.Merge]), so that it survives a crash, all of them or none.
	// Failures, Version and Claim of what is given are not looked at. An item that Put has changed must have another Version than before, and one that
	// it adds another than it ever had, should it have been removed in between. One that is claimed stays claimed. It must return [ErrItem], and change nothing, for an item that is not well formed.
	Put(ctx context.Context, items ...Item) error

	// Of must return every item of the person, in the order of Due and then of the key, as one snapshot; none for a person it has nothing of.
	Of(ctx context.Context, s consent.Subject) ([]Item, error)
}

// Claim says what [Queue.Take] takes.
type Claim struct {
	Now   time.Time     // what is due no later than this
	For   time.Duration // how long they are the taker's; then others may take them. Positive
	Limit int           // at most so many. Positive
}

// Queue gives out what is due, so that any number of workers on any number of machines share it. Implementations are safe for concurrent use.
type Queue interface {
	// Take must claim items whose Due is not after Now and that no other claim holds at Now, those due longest first, at most Limit, and return them with Claim and
	// Version set. Until Now.Add(For) no other Take with an earlier Now may return them, in any process. It must not wait for another
	// Take: what that is about to claim is passed over. Nothing due is no error.
	Take(ctx context.Context, c Claim) ([]Item, error)

	// Settle must remove each item of done, and give back each of again with the Due and the Failures it has there, in one step that survives a crash.
	// It must leave alone an item whose Claim does not hold it any more, and one that is not there. An item without a Claim, as [Agenda.Of] returns it, must be settled
	// whoever has claimed it, but only while it has the Version given. An item that was taken and has another Version than the one given, because Put has
	// changed it since it was taken, must not be removed and keeps its Due: only the claim ends.
	Settle(ctx context.Context, done, again []Item) error
}

// Store is an agenda with its queue. [Memory] is one for tests and demonstrations; package retentionsql has one on a database.
type Store interface {
	Agenda
	Queue
}
