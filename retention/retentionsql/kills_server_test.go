//go:build linux

package retentionsql_test

import (
	"testing"
	"time"

	"github.com/purposebound/purposebound/internal/postgrestest"
)

// TestKillServer kills the database's server, with all its processes at one moment, while sweepers go on, and checks what TestKillSweepers checks.
func TestKillServer(t *testing.T) {
	t.Parallel()
	kills, calm := 2, time.Second
	if *long {
		kills, calm = 25, 2*time.Second
	}
	server := postgrestest.Open(t)
	c := newCampaign(t, "pgx", server.Schema())
	c.hurries = true
	c.during(func() {
		for range kills {
			time.Sleep(span(c.rng, calm))
			server.Kill()
			time.Sleep(span(c.rng, 200*time.Millisecond))
			server.Start()
			time.Sleep(300 * time.Millisecond) // the workers find it
		}
	})
	t.Logf("%d kills of the server", kills)
	c.report(0)
	c.check()
}
