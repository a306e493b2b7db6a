package consent

import (
	"math"
	"sync/atomic"
	"time"
)

// clock counts nanoseconds since the registry was opened. The real one is monotonic, so a stepped wall clock moves no
// decision; an injected one may step, and its high-water mark keeps what has expired expired.
type clock struct {
	start time.Time        // wall time of zero, with its monotonic reading
	wall  time.Time        // the same without it
	sec   int64            // Unix seconds of wall
	nsec  int64            // and nanoseconds beyond
	now   func() time.Time // injected; nil: the machine's
	high  atomic.Int64     // highest reading of an injected clock
	floor atomic.Int64     // the ledger is known to reach at least here
	lease atomic.Int64     // reading from which nothing opens until a renewal of the lease moves it
}

// unbounded is the lease of a registry that holds its ledger alone.
const unbounded = math.MaxInt64

func (c *clock) init(now func() time.Time) {
	c.now, c.start = now, time.Now()
	if now != nil {
		c.start = now()
	}
	c.lease.Store(unbounded)
	c.set(c.start.Round(0).UTC())
}

// set makes wall the time of reading zero. Nobody reads the clock yet.
func (c *clock) set(wall time.Time) {
	c.wall = wall
	c.sec, c.nsec = c.wall.Unix(), int64(c.wall.Nanosecond())
}

// elapsed reads the clock. It never goes back.
func (c *clock) elapsed() int64 {
	if c.now == nil {
		// The floor is zero unless the machine's wall clock was behind the ledger when the registry was opened.
		return int64(time.Since(c.start)) + c.floor.Load()
	}
	n := int64(c.now().Round(0).Sub(c.wall))
	for {
		high := c.high.Load()
		if n <= high {
			return high
		}
		if c.high.CompareAndSwap(high, n) {
			return n
		}
	}
}

// mono reads the machine's monotonic clock alone: for how long others have been silent, which no database's time may shorten.
func (c *clock) mono() int64 { return int64(time.Since(c.start)) }

// at returns the wall time of a reading.
func (c *clock) at(elapsed int64) time.Time { return c.wall.Add(time.Duration(elapsed)) }

// unix returns the Unix seconds of a reading.
func (c *clock) unix(elapsed int64) int64 { return c.sec + (elapsed+c.nsec)/int64(time.Second) }

// since returns the reading at which wall time t is reached.
func (c *clock) since(t time.Time) int64 { return int64(t.Sub(c.wall)) }

// latest is the highest reading a ledger can raise the clock to, some 280 years ahead: what is later must not overflow.
const latest = math.MaxInt64 - 10*365*24*int64(time.Hour)

// raise makes sure that the clock reads no earlier than t, the time of an event that is in the ledger.
func (c *clock) raise(t time.Time) {
	n := min(c.since(t), latest)
	if n <= 0 { // as it always does
		return
	}
	if c.now != nil {
		for high := c.high.Load(); n > high && !c.high.CompareAndSwap(high, n); high = c.high.Load() {
		}
		return
	}
	for {
		floor := c.floor.Load()
		behind := n - int64(time.Since(c.start))
		if behind <= floor || c.floor.CompareAndSwap(floor, behind) {
			return
		}
	}
}
