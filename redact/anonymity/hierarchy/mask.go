package hierarchy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// longest is how many characters a mask may cover; each is a level.
const longest = 64

// MaskRight returns a hierarchy of texts of up to so many characters, of which each level hides one more by "*", the last ones first: "4711", "471*", "47**",
// "4***", [Top]. Texts that are shorter count as if stars followed them, so that their length does not tell them apart. Longer ones, and
// bytes that are not UTF-8, are an [ErrValue]. A length that is not between 1 and 64 is an [ErrWidth].
func MaskRight(length int) (*Hierarchy, error) { return mask(length, false) }

// MaskLeft is [MaskRight] with the first characters hidden first: "4711", "*711", "**11". Shorter texts count as if stars stood before them.
func MaskLeft(length int) (*Hierarchy, error) { return mask(length, true) }

func mask(length int, left bool) (*Hierarchy, error) {
	if length < 1 || length > longest {
		return nil, fmt.Errorf("%w: length", ErrWidth)
	}
	climb := func(path []string, value string) ([]string, bool) {
		text := []rune(value)
		if !utf8.ValidString(value) || len(text) > length {
			return nil, false
		}
		for level := 1; level < length; level++ {
			shown := min(len(text), length-level)
			stars := strings.Repeat("*", length-shown)
			if left {
				path = append(path, stars+string(text[len(text)-shown:]))
			} else {
				path = append(path, string(text[:shown])+stars)
			}
		}
		return path, true
	}
	return &Hierarchy{height: length, climb: climb}, nil
}
