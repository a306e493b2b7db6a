package anonymity

import "math"

// Beta returns the least β for which the table has basic β-likeness: the greatest (q−p)/p, where a value has the share p of the table
// and a greater share q of a class (Cao and Karras, 2012). It is 0 where no class has more of anything than the table.
func (a *Attribute) Beta() float64 {
	return a.worst(func(counts []count, _, people float64) float64 {
		var worst float64
		for _, c := range counts {
			worst = max(worst, a.gain(c, people))
		}
		return worst
	})
}

// EnhancedBeta returns the least β for which the table has enhanced β-likeness, which bounds each value's gain by β and by −ln p besides (Cao and
// Karras, 2012). The second bound does not depend on β: where a value exceeds it no β will do, and the answer is infinite.
func (a *Attribute) EnhancedBeta() float64 {
	return a.worst(func(counts []count, _, people float64) float64 {
		var worst float64
		for _, c := range counts {
			gain := a.gain(c, people)
			if gain > -math.Log(a.frequency(c.value)) {
				return math.Inf(1)
			}
			worst = max(worst, gain)
		}
		return worst
	})
}

// gain returns how much more frequent a value is in a class than in the table, as a share of the latter; 0 if it is not.
func (a *Attribute) gain(c count, people float64) float64 {
	p := a.frequency(c.value)
	return max(0, (float64(c.rows)/people-p)/p)
}

// Delta returns the δ above which the table has δ-disclosure privacy: the greatest distance of ln(q/p) from 0, for each value of the table and each class
// (Brickell and Shmatikov, 2008). By that definition it is infinite if a class lacks a value.
func (a *Attribute) Delta() float64 {
	values := 0
	for _, n := range a.total {
		if n > 0 {
			values++
		}
	}
	return a.worst(func(counts []count, _, people float64) float64 {
		if len(counts) < values {
			return math.Inf(1)
		}
		return a.logRatio(counts, 0, people)
	})
}

// DeltaPresent is Delta over the values that a class has. It does not see what can be ruled out, and is what pyCANON reports.
func (a *Attribute) DeltaPresent() float64 { return a.worst(a.logRatio) }

func (a *Attribute) logRatio(counts []count, _, people float64) float64 {
	var worst float64
	for _, c := range counts {
		worst = max(worst, math.Abs(math.Log(float64(c.rows)/people/a.frequency(c.value))))
	}
	return worst
}
