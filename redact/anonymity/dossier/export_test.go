package dossier

import (
	"context"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// Protect is what is shown of counts.
var Protect = protect

// LeastIn is how many people there are at least in classes of each size.
var LeastIn = leastIn

// Usual reports whether a released value stands for an original one without a reading of its column.
var Usual = usual

// Digest is the digest of a release.
var Digest = digestOf

// Page is the source of the page.
var Page = pageText

// Sizes are the sizes from which on classes are counted together.
func Sizes() []int { return slices.Clone(sizes) }

// Encode writes a record that nobody has checked.
func Encode(r Record) ([]byte, error) { return r.encode() }

// Among joins a table to another whose values are read with the original's, and returns among how many the person of each row stands.
func Among(from, to, original *anonymity.Table, whole bool) ([]int, error) {
	fine, err := sideOf(original, true)
	if err != nil {
		return nil, err
	}
	sides := [2]*side{fine, fine}
	for i, t := range []*anonymity.Table{from, to} {
		if t == original {
			continue
		}
		if sides[i], err = sideOf(t, false); err != nil {
			return nil, err
		}
	}
	return attack{w: newWorld(nil, fine)}.among(context.Background(), sides[0], sides[1], whole)
}

// AtRisk returns for each size from 1 up how many people are in classes of that size or smaller, and whether that is known.
var AtRisk = atRisk
