package main

import (
	"bytes"
	"slices"
)

// start is how many bytes of a text are enough to look closer.
const start = 5

// found returns which of the texts, each of at least five bytes, occur in content, sorted. It reads the content once,
// however many texts there are.
func found(content []byte, texts []string) []string {
	starts := make(map[[start]byte][]string, len(texts))
	for _, text := range texts {
		key := [start]byte([]byte(text))
		starts[key] = append(starts[key], text)
	}
	var hits []string
	for i := 0; i+start <= len(content); i++ {
		for _, text := range starts[[start]byte(content[i:])] {
			if bytes.HasPrefix(content[i:], []byte(text)) {
				hits = append(hits, text)
			}
		}
	}
	slices.Sort(hits)
	return slices.Compact(hits)
}
