package scrub

import (
	"errors"
	"fmt"
	"slices"
)

// ErrOption is the error of [New] when an option cannot be used; its text says which and why. It never quotes a known value.
var ErrOption = errors.New("scrub: unusable option")

// An Option changes what [New] makes. Of two options on the same thing the later one counts.
type Option interface{ set(*settings) error }

type option func(*settings) error

func (o option) set(s *settings) error { return o(s) }

// settings are collected by options and checked as a whole, so that the order of options does not matter where they differ.
type settings struct {
	only, without []Type
	threshold     float32
	operators     []rule
	recognizers   []custom
	values        []Value
	context       []nearby
}

type rule struct {
	operator Operator
	types    []Type // none: all
}

type custom struct {
	typ        Type
	recognizer Recognizer
	min        float32
}

const (
	defaultThreshold = 0.5
	namedThreshold   = 0.3
)

// Only looks for these types and no other. To name a type says that it occurs, so it needs less evidence: its findings count from a
// score of 0.3, where otherwise they count from 0.5, unless [Threshold] says another. Nine digits alone, for instance, are no SSN unless SSN
// is named.
func Only(types ...Type) Option {
	return option(func(s *settings) error {
		if len(types) == 0 {
			return fmt.Errorf("%w: Only: names no type", ErrOption)
		}
		s.only = append([]Type(nil), types...)
		return nil
	})
}

// Without leaves these types in the text.
func Without(types ...Type) Option {
	return option(func(s *settings) error {
		s.without = append(s.without, types...)
		return nil
	})
}

// Threshold lets findings count from this score, above 0 and at most 1, whatever the type. It takes the place of both scores that count without it: the
// 0.5 of every type and the 0.3 of the types that [Only] names.
func Threshold(score float32) Option {
	return option(func(s *settings) error {
		if !(score > 0 && score <= 1) {
			return fmt.Errorf("%w: Threshold: must be above 0 and at most 1", ErrOption)
		}
		s.threshold = score
		return nil
	})
}

// Apply has the operator replace findings of these types, or of every type if none is given. Without it the operator is [Tag].
func Apply(operator Operator, types ...Type) Option {
	return option(func(s *settings) error {
		if operator == nil {
			return fmt.Errorf("%w: Apply: no operator", ErrOption)
		}
		s.operators = append(s.operators, rule{operator, append([]Type(nil), types...)})
		return nil
	})
}

// With adds a recogniser of the program's own; its findings have the type t, which may be one of the built-in types or a new one.
func With(t Type, recognizer Recognizer) Option {
	return option(func(s *settings) error {
		switch {
		case recognizer == nil:
			return fmt.Errorf("%w: With: no recogniser", ErrOption)
		case !t.wellFormed():
			return fmt.Errorf("%w: With: malformed type %.40q", ErrOption, t)
		}
		s.recognizers = append(s.recognizers, custom{typ: t, recognizer: recognizer})
		return nil
	})
}

// check returns the types that options may name, or the error of one that is unknown.
func (s *settings) check() (map[Type]bool, error) {
	types := map[Type]bool{}
	for _, t := range builtin {
		types[t] = true
	}
	for _, c := range s.recognizers {
		types[c.typ] = true
	}
	named := func(option string, list []Type) error {
		for _, t := range list {
			if !types[t] {
				return fmt.Errorf("%w: %s: unknown type %.40q", ErrOption, option, t)
			}
		}
		return nil
	}
	errs := []error{named("Only", s.only), named("Without", s.without)}
	for _, r := range s.operators {
		errs = append(errs, named("Apply", r.types))
	}
	for _, n := range s.context {
		errs = append(errs, named("Context", []Type{n.typ}))
	}
	for _, v := range s.values {
		if v.Type != "" {
			errs = append(errs, named("Known", []Type{v.Type}))
		}
	}
	return types, errors.Join(errs...)
}

// minimum returns the score from which findings of a type count, above 1 if it is not looked for.
func (s *settings) minimum(t Type) float32 {
	const never = 2
	switch {
	case slices.Contains(s.without, t) || s.only != nil && !slices.Contains(s.only, t):
		return never
	case s.threshold > 0:
		return s.threshold
	case s.only != nil:
		return namedThreshold
	}
	return defaultThreshold
}
