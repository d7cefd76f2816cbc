package hnsw

// chooser picks the neighbours of a node among candidates.
type chooser struct {
	query   query
	buffer  []candidate // of rest
	rest    []candidate // not covered by a neighbour chosen so far
	ids     []uint32
	scores  []int32
	chosen  []uint32
	covered []candidate
}

// choose returns up to most of the candidates, which are sorted best first: a
// candidate is chosen unless it is nearer to one chosen before than to the
// node (Malkov and Yashunin, algorithm 4), and room that is left goes to the
// best of those passed over (keepPrunedConnections).
//
// It compares each neighbour it chooses with the rest at once, so that the
// work is one long batch for each neighbour.
func (w *walker) choose(candidates []candidate, most int) []uint32 {
	c := &w.choice
	c.chosen, c.covered = c.chosen[:0], c.covered[:0]
	c.buffer = append(c.buffer[:0], candidates...)
	c.rest = c.buffer
	for len(c.rest) > 0 && len(c.chosen) < most {
		id := c.rest[0].id()
		c.chosen = append(c.chosen, id)
		c.rest = c.rest[1:]
		if len(c.chosen) < most {
			w.cover(id)
		}
	}
	for _, candidate := range c.covered {
		if len(c.chosen) == most {
			break
		}
		c.chosen = append(c.chosen, candidate.id())
	}
	return c.chosen
}

// cover moves those of the rest that are nearer to row id than to the node to
// the covered ones.
func (w *walker) cover(id uint32) {
	c := &w.choice
	c.query.fromRow(w.x.layout.code(w.view, id))
	c.ids = c.ids[:0]
	for _, r := range c.rest {
		c.ids = append(c.ids, r.id())
	}
	c.scores = w.dots(&c.query, c.ids, c.scores)
	kept := c.rest[:0]
	for i, r := range c.rest {
		if c.scores[i] >= r.score() {
			c.covered = append(c.covered, r)
		} else {
			kept = append(kept, r)
		}
	}
	c.rest = kept
}
