package dossier

import (
	"fmt"
	"strings"
)

// chart is a drawing of bars or lines. Places are in units of the drawing, from the left and from above.
type chart struct {
	ID, Title, Desc string
	Width, Height   int
	Ticks           []tick
	Bars            []bar
	Marks           []mark
	Lines           []line
	Labels          []label
	Limits          []segment
	Series          []series
}

type (
	tick struct {
		Y, TextY, Left, Right int
		Text                  string
	}
	bar struct {
		X, Y, Width, Height int
		Class, Title        string
	}
	mark struct {
		X, Y        int
		Text, Class string
	}
	line  struct{ Points, Class string }
	label struct {
		X, Y int
		Text string
	}
	segment struct{ X1, Y1, X2, Y2 int }
	series  struct {
		X, TextX    int
		Class, Text string
	}
)

// The frame of every chart.
const (
	chartWidth  = 640
	chartHeight = 300
	frameLeft   = 56
	frameRight  = 16
	frameTop    = 44
	frameBottom = 48
)

func newChart(id, title, desc string, percent func(float64) string, legend ...series) *chart {
	c := &chart{ID: id, Title: title, Desc: desc, Width: chartWidth, Height: chartHeight}
	for i := range 5 {
		y := place(float64(i) / 4)
		c.Ticks = append(c.Ticks, tick{y, y + 4, frameLeft, chartWidth - frameRight, percent(float64(i) / 4)})
	}
	x := frameLeft
	for _, s := range legend {
		s.X, s.TextX = x, x+18
		c.Series = append(c.Series, s)
		x += 34 + 8*len([]rune(s.Text))
	}
	return c
}

// place returns how far down a share from 0 to 1 is.
func place(share float64) int {
	height := chartHeight - frameTop - frameBottom
	return frameTop + height - int(share*float64(height)+0.5)
}

// value is what a bar shows: a share, or that it is withheld.
type value struct {
	share    float64
	withheld bool
	class    string
	title    string
}

// group draws bars beside each other in the i-th of n groups, with a label below. At is where the dashed line of the group is, if above 0.
func (c *chart) group(i, n int, text string, at float64, withheldText string, values ...value) {
	room := (chartWidth - frameLeft - frameRight) / n
	left := frameLeft + i*room
	width := min(44, (room-12)/len(values))
	start := left + (room-width*len(values))/2
	for j, v := range values {
		x := start + j*width
		if v.withheld {
			c.hide(x+width/2, v.class, withheldText)
			c.Bars = append(c.Bars, bar{x + 1, place(0) - 2, width - 2, 2, v.class, v.title + ": " + withheldText})
			continue
		}
		y := place(v.share)
		c.Bars = append(c.Bars, bar{x + 1, y, width - 2, max(place(0)-y, 0), v.class, v.title})
	}
	c.Labels = append(c.Labels, label{left + room/2, place(0) + 18, shorten(text, room/7)})
	if at > 0 {
		y := place(min(at, 1))
		c.Limits = append(c.Limits, segment{left + 4, y, left + room - 4, y})
	}
}

// hide draws a question mark where something is withheld, and says so in the description.
func (c *chart) hide(x int, class, withheldText string) {
	note := " ? = " + withheldText + "."
	if !strings.HasSuffix(c.Desc, note) {
		c.Desc += note
	}
	c.Marks = append(c.Marks, mark{x, place(0) - 4, "?", class})
}

// shorten cuts a text that has no room below its bars.
func shorten(text string, most int) string {
	if runes := []rune(text); len(runes) > max(most, 3) {
		return string(runes[:max(most, 3)-1]) + "…"
	}
	return text
}

// steps draws a line through shares, with a question mark where one is not known.
func (c *chart) steps(class, withheldText string, shares []float64, known []bool) {
	room := (chartWidth - frameLeft - frameRight) / len(shares)
	var points []string
	flush := func() {
		if len(points) > 1 {
			c.Lines = append(c.Lines, line{strings.Join(points, " "), class})
		}
		points = nil
	}
	for i, share := range shares {
		x, y := frameLeft+i*room+room/2, place(share)
		if !known[i] {
			flush()
			c.hide(x, class, withheldText)
			continue
		}
		points = append(points, fmt.Sprintf("%d,%d", x, y))
		c.Marks = append(c.Marks, mark{x, y, "", class})
	}
	flush()
}
