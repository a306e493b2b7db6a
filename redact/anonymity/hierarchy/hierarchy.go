package hierarchy

import (
	"fmt"
	"slices"
)

// Top is the text of the highest level of every hierarchy that is computed. In a table it is a suppressed cell.
const Top = "*"

// A Hierarchy says what each value is at each level. Make one with a function of this package; the zero Hierarchy and nil have no values and the
// height 0.
type Hierarchy struct {
	height int
	// Either what is listed, with the values in their order,
	listed map[string][]string
	values []string
	// or what appends to a path, which begins with the value, the texts of the levels 1 to height-1. Each of them is a function of the one before it.
	climb func(path []string, value string) ([]string, bool)
}

// Height returns the greatest level.
func (h *Hierarchy) Height() int {
	if h == nil {
		return 0
	}
	return h.height
}

// Values returns the values that are listed, in their order, and nil for a hierarchy that is computed and so has no list. The caller may change them.
func (h *Hierarchy) Values() []string {
	if h == nil {
		return nil
	}
	return slices.Clone(h.values)
}

// Path returns what a value is at each level, from 0 to the height: one text more than the height. A value that is not in the hierarchy is
// an [ErrValue].
func (h *Hierarchy) Path(value string) ([]string, error) {
	switch {
	case h == nil:
		return nil, ErrValue
	case h.climb == nil:
		path, ok := h.listed[value]
		if !ok {
			return nil, ErrValue
		}
		return slices.Clone(path), nil
	}
	path, ok := h.climb(append(make([]string, 0, h.height+1), value), value)
	if !ok {
		return nil, ErrValue
	}
	return append(path, Top), nil
}

// At returns what a value is at a level. One that is not in the hierarchy is an [ErrValue], a level that is not an [ErrLevel].
func (h *Hierarchy) At(value string, level int) (string, error) {
	if level < 0 || level > h.Height() {
		return "", ErrLevel
	}
	path, err := h.Path(value)
	if err != nil {
		return "", err
	}
	return path[level], nil
}

// Paths returns the hierarchy of the given values: each path is a value and its text at the levels from 1, and all are equally long. Values may not be
// there twice with different paths, and levels must nest: the errors are [ErrEmpty], [ErrRagged], [ErrTwice] and [ErrNested].
func Paths(paths [][]string) (*Hierarchy, error) {
	if len(paths) == 0 || len(paths[0]) == 0 {
		return nil, ErrEmpty
	}
	h := &Hierarchy{height: len(paths[0]) - 1, listed: make(map[string][]string, len(paths))}
	above := make([]map[string]string, h.height) // of each level but the highest, the text of the next
	for level := range above {
		above[level] = map[string]string{}
	}
	for i, path := range paths {
		if len(path) != h.height+1 {
			return nil, fmt.Errorf("%w: path %d", ErrRagged, i+1)
		}
		if known, twice := h.listed[path[0]]; twice {
			if !slices.Equal(known, path) {
				return nil, fmt.Errorf("%w: path %d", ErrTwice, i+1)
			}
			continue
		}
		for level, next := range above {
			known, there := next[path[level]]
			if there && known != path[level+1] {
				return nil, fmt.Errorf("%w: path %d, level %d", ErrNested, i+1, level+1)
			}
			next[path[level]] = path[level+1]
		}
		path = slices.Clone(path)
		h.listed[path[0]] = path
		h.values = append(h.values, path[0])
	}
	return h, nil
}
