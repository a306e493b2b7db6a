package pii

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// The buffer that a text is framed in goes back to a pool, and only the frame is wiped: the text must not have been
// anywhere else in it.
func TestFramingLeavesNoTextBehind(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 5, 15, 16, 127, 128, 250, 385, 391, 392, 500, 4000} {
		for _, width := range []int{0, 8, 500} {
			buffer := make([]byte, 0, 512)
			associated := append(buffer, make([]byte, 120)...)
			frame := appendContent(associated[len(associated):], strings.Repeat("S", length), width)
			assert.True(t, framed(frame))
			clear(frame)
			assert.Zero(t, bytes.Count(buffer[:cap(buffer)], []byte("S")), "length %d, width %d", length, width)
		}
	}
}

// Plaintext reads memory by the frame's own length, so what framed accepts must lie within the frame.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{1, 'a'})
	f.Add([]byte{0x80, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		if !framed(b) {
			return
		}
		s := Value[Email]{p: unsafe.Pointer(unsafe.SliceData(b))}.Plaintext()
		first, start := uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(unsafe.StringData(s)))
		if len(s) == 0 || start <= first || start+uintptr(len(s)) > first+uintptr(len(b)) {
			t.Fatal("the text lies outside its frame")
		}
	})
}
