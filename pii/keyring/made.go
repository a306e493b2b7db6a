package keyring

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxMade bounds the keys a ring remembers to have made; each takes about 2 KB.
const maxMade = 1024

// made remembers, by check, the keys this process made and may be unable to unwrap, so that a collector seals on under
// them until they expire. Only what a verified row still lists is ever asked of it.
type made struct {
	mu   sync.Mutex
	keys map[[16]byte]*dataKey
}

// get returns a key that is live and has not expired.
func (m *made) get(check [16]byte, now time.Time) *dataKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.keys[check]; k != nil && k.Live() && now.Before(k.expires) {
		return k
	}
	return nil
}

// put remembers a key. If there is no room it forgets what ended, or else some key: its collector makes another.
func (m *made) put(k *dataKey, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = make(map[[16]byte]*dataKey)
	}
	if len(m.keys) >= maxMade {
		for check, old := range m.keys {
			if !old.Live() || !now.Before(old.expires) {
				delete(m.keys, check)
			}
		}
		for check := range m.keys {
			if len(m.keys) < maxMade {
				break
			}
			delete(m.keys, check)
		}
	}
	m.keys[k.check] = k
}

// forget drops the keys of an epoch counter, so that a destroyed key does not wait in memory for its expiry.
func (m *made) forget(epoch *atomic.Uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for check, k := range m.keys {
		if k.epoch == epoch {
			delete(m.keys, check)
		}
	}
}
