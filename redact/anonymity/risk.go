package anonymity

// DefaultThreshold is the risk that Health Canada and the European Medicines Agency accept for clinical reports that they publish: a class of 11.
const DefaultThreshold = 1.0 / 11

// A Risk is the probability, from 0 to 1, that a row is rightly given the name of its person. Where a table counts people, it is over people, each with the
// risk of the row of theirs that is most at risk.
type Risk struct {
	Highest float64 // of the row that is most at risk
	Average float64 // over the rows that are in classes
	Above   float64 // share of these rows whose risk is above the threshold
}

// tally adds up the risks of rows.
type tally struct {
	threshold    float64
	highest, sum float64
	rows, above  int
}

// add counts rows who each stand among so many.
func (t *tally) add(rows, among int) {
	if rows == 0 {
		return
	}
	risk := 1 / float64(among)
	t.rows += rows
	t.sum += float64(rows) * risk
	t.highest = max(t.highest, risk)
	if !(risk <= t.threshold) { // a threshold that is no number accepts nothing
		t.above += rows
	}
}

func (t *tally) risk() Risk {
	return Risk{t.highest, t.sum / float64(t.rows), float64(t.above) / float64(t.rows)}
}

// Prosecutor returns the risk from somebody who looks for a person and knows that the person is in the table: 1 over the size of the class (El Emam and
// Dankar, 2008). A row in several classes has the risk of the smallest. Above counts risks greater than the threshold; see [DefaultThreshold].
// For the risk from somebody who does not know who is in the table, see [Compare].
func (c *Classes) Prosecutor(threshold float64) Risk {
	t := tally{threshold: threshold}
	for class, n := range c.held {
		t.add(n, c.sizes[class])
	}
	for _, l := range c.loose {
		t.add(l.people, l.smallest)
	}
	return t.risk()
}
