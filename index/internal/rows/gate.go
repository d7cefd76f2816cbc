package rows

import "sync/atomic"

// gate tells writers which searches have ended, without making anyone wait:
// epoch-based reclamation (Fraser, "Practical lock-freedom", 2004). A search
// counts itself in under the epoch it began in; the epoch moves on once no
// search of the one before is left.
type gate struct {
	epoch  atomic.Uint64
	inside [2]atomic.Int64 // searches begun in even and odd epochs
}

// Ticket is the epoch that a search counts under.
type Ticket uint64

func (g *gate) enter() Ticket {
	for {
		epoch := g.epoch.Load()
		g.inside[epoch&1].Add(1)
		if g.epoch.Load() == epoch {
			return Ticket(epoch)
		}
		g.inside[epoch&1].Add(-1)
	}
}

func (g *gate) leave(t Ticket) { g.inside[t&1].Add(-1) }

// now is the epoch that a search beginning now may count under.
func (g *gate) now() uint64 { return g.epoch.Load() }

// advance moves on if it can and returns the first epoch that a running
// search may have begun in. One writer calls it at a time.
func (g *gate) advance() uint64 {
	epoch := g.epoch.Load()
	if epoch > 0 && g.inside[(epoch-1)&1].Load() != 0 {
		return epoch - 1
	}
	g.epoch.Store(epoch + 1)
	return epoch
}
