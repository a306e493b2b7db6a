package anonymity

import (
	"maps"
	"slices"
)

// place puts the rows with absent cells into the classes that they agree with, and makes classes of those that agree with none. It returns the rows of
// each of the loose and the class they are in, noClass if they are in several, if people are counted, of whom those inside the classes are not counted there again.
func (c *Classes) place(inside *crowd) (loosely [][]int32, only []int32) {
	var alone [][]int32
	c.eachPartial(func(rows, classes []int32) {
		if len(classes) == 0 {
			alone = append(alone, rows)
		}
		for _, class := range classes {
			c.sizes[class] += inside.entering(class, rows)
		}
	})
	counted := inside != nil
	for _, rows := range alone {
		class := int32(len(c.sizes))
		for _, row := range rows {
			c.of[row] = class
		}
		people := inside.entering(class, rows)
		c.first = append(c.first, rows[0])
		c.members = append(c.members, len(rows))
		c.sizes = append(c.sizes, people)
		if counted {
			c.own = append(c.own, people)
		}
	}
	if !counted {
		c.own, c.held = c.members, c.members
	}
	c.eachPartial(func(rows, classes []int32) {
		smallest := c.sizes[classes[0]]
		for _, class := range classes {
			smallest = min(smallest, c.sizes[class])
		}
		c.loose = append(c.loose, loose{len(rows), len(rows), smallest})
		if counted {
			loosely = append(loosely, rows)
			if len(classes) > 1 {
				classes = []int32{noClass}
			}
			only = append(only, classes[0])
		}
	})
	return loosely, only
}

// eachPartial calls f with the rows that lack some cells and are in no class by themselves, those together that show and lack the same, and
// with the classes of complete rows that show the same where they show anything. It takes time in proportion to the classes for each set of columns that
// rows lack together.
func (c *Classes) eachPartial(f func(rows, classes []int32)) {
	if !c.gaps {
		return
	}
	lacking := c.lacking(func(row int) bool { return c.of[row] == noClass })
	for _, lack := range slices.Sorted(maps.Keys(lacking)) {
		rows := lacking[lack]
		var shown []*column
		for i, q := range c.quasi {
			if lack[i] == 's' {
				shown = append(shown, q)
			}
		}
		if len(shown) == 0 {
			continue // suppressed: in no class
		}
		// The rows come first, so that what they show has the first numbers.
		ids, _ := number(shown, slices.Concat(rows, c.first[:c.complete]), 0)
		count := int(slices.Max(ids[:len(rows)])) + 1
		of := byNumber(rows, ids[:len(rows)], count)
		classes := make([]int32, c.complete)
		for class := range classes {
			classes[class] = int32(class)
		}
		agreeing := byNumber(classes, ids[len(rows):], count)
		for i := range count {
			f(of[i], agreeing[i])
		}
	}
}

// lacking returns the rows that are asked for, by which cells they lack: for each column an s if it shows a value and a dash if not.
func (c *Classes) lacking(asked func(row int) bool) map[string][]int32 {
	lacking := map[string][]int32{}
	key := make([]byte, len(c.quasi))
	for row := range c.of {
		if !asked(row) {
			continue
		}
		for i, q := range c.quasi {
			key[i] = 's'
			if q.codes[row] < valueCode {
				key[i] = '-'
			}
		}
		lacking[string(key)] = append(lacking[string(key)], int32(row))
	}
	return lacking
}

// byNumber returns the items with each number below count.
func byNumber(items, numbers []int32, count int) [][]int32 {
	lists := make([][]int32, count)
	for i, number := range numbers {
		if int(number) < count {
			lists[number] = append(lists[number], items[i])
		}
	}
	return lists
}
