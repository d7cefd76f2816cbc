package hnsw

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// plan is how a search goes about it.
type plan struct {
	walk    bool // through the graph, or else over all that match
	ef      int
	matches int // an upper bound
	budget  int // rows compared after which a walk gives way to a scan
}

// exactMatches is the number of matches up to which a filtered search is
// exact whatever it costs.
const exactMatches = 1000

// plan chooses between a walk and a scan by what they have cost so far. A walk
// through a graph of which a share s matches the filter compares about 1/s
// times as many rows as one without a filter, as only matches count towards ef.
func (x *Index) plan(ef, live int, filter *roaring.Bitmap) plan {
	p := plan{ef: x.widened(ef, live), matches: live, budget: math.MaxInt}
	walk, ratio := x.effort.estimate(p.ef), x.cost.ratio()
	if filter != nil {
		p.matches = int(min(filter.GetCardinality(), uint64(live)))
		if p.matches <= exactMatches {
			return p
		}
		walk = int(float64(walk) * float64(live) / float64(p.matches))
		p.budget = int(ratio * float64(p.matches))
	}
	p.walk = float64(walk) < ratio*float64(p.matches)
	return p
}

// widened is ef with room for the dead rows that a walk keeps among the rest.
func (x *Index) widened(ef, live int) int {
	return ef + ef*x.set.Dead()/max(1, live)
}
