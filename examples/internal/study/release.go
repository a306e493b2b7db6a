package study

import "github.com/purposebound/purposebound/redact/anonymity/hierarchy"

// Hierarchies returns how the quasi-identifiers of a [Row] are made coarser. The very young and the very old have no interval of their own.
func Hierarchies() (map[string]*hierarchy.Hierarchy, error) {
	ages, err := hierarchy.Bounded(20, 80, 5, 10, 20)
	if err != nil {
		return nil, err
	}
	areas, err := hierarchy.MaskRight(len("H2X"))
	if err != nil {
		return nil, err
	}
	return map[string]*hierarchy.Hierarchy{"age": ages, "area": areas}, nil
}
