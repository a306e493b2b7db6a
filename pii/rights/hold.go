package rights

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// hold returns the id of the hold that a request places.
func (r *Request) hold() string {
	if r.round > 0 {
		return "rights-" + r.ID + "-" + strconv.Itoa(r.round)
	}
	return "rights-" + r.ID
}

// clock is who places and releases holds: the desk itself, because of what day it is.
var clock = purpose.Actor{Role: "rights", ID: "desk"}

// wanted reports whether a request must have a hold.
func (d *Desk) wanted(all []*Request, r *Request, now time.Time) bool {
	return r.Kind.keeps() && !r.Exhausted(now) && (!d.config.HoldLate || slices.ContainsFunc(all, func(o *Request) bool { return o.Kind == Deletion && o.settled == 0 }))
}

// tend places the holds of a person's requests that are missing, and releases those that are over. Every step can be done again: a hold is placed before that is
// recorded, so that one is released for every request that could have had it.
func (d *Desk) tend(ctx context.Context, s consent.Subject) error {
	all, err := d.Requests(ctx, s)
	if err != nil {
		return err
	}
	now := d.now()
	for _, r := range all {
		switch {
		case !r.held && d.wanted(all, r, now):
			_, err = d.registry.PlaceHold(ctx, s, purpose.Hold{ID: r.hold(), Purpose: d.config.Purpose}, "")
			if err != nil && !errors.Is(err, consent.ErrStillDraining) { // then it is placed
				return err
			}
			err = d.on(ctx, s, Event{Request: r.ID, Kind: Held, By: clock}, func(now *Request) error { return unless(now.held || now.round != r.round) })
		case r.Kind.keeps() && !r.released && r.Exhausted(now):
			if _, err = d.registry.ReleaseHold(ctx, s, r.hold()); err != nil && !errors.Is(err, consent.ErrNoHold) {
				return err
			}
			err = d.on(ctx, s, Event{Request: r.ID, Kind: Released, By: clock}, func(now *Request) error { return unless(now.released || now.round != r.round) })
		}
		if err != nil && !errors.Is(err, errDone) {
			return err
		}
	}
	return nil
}

// errDone says, within this package, that an event is there already.
var errDone = errors.New("rights: done already")

func unless(done bool) error {
	if done {
		return errDone
	}
	return nil
}
