package consentsql

// The packed forms of the feed and of a node's draining list, for their vectors.
var (
	PackChanges    = packChanges
	UnpackChanges  = unpackChanges
	PackDraining   = packDraining
	UnpackDraining = unpackDraining
)
