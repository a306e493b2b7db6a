package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// bar tells how far a job is: drawn over and over on one line of a terminal, else as a line for each quarter.
type bar struct {
	out         io.Writer
	drawn       bool
	total, done int
}

// newBar returns a bar for so many steps. It draws only if out is a terminal.
func newBar(out io.Writer, total int) *bar {
	b := &bar{out: out, total: max(total, 1)}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.drawn = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// step says that one more is done. There may be more of them than was thought.
func (b *bar) step() {
	const width = 30
	b.done++
	b.total = max(b.total, b.done)
	full := b.done * width / b.total
	switch {
	case b.drawn:
		fmt.Fprintf(b.out, "\r  sweep [%s%s] %d of %d", strings.Repeat("#", full), strings.Repeat(".", width-full), b.done, b.total)
	case b.total >= 4 && b.done*4/b.total != (b.done-1)*4/b.total:
		fmt.Fprintf(b.out, "  sweep: %d of %d\n", b.done, b.total)
	}
}

// end takes the bar away.
func (b *bar) end() {
	if b.drawn {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
