package bench

// mostHeldBack is the number of queries that HoldBack takes at most: enough to
// tell recalls apart that differ by .002.
const mostHeldBack = 1000

// HoldBack splits vectors into those to index and those to search for: every
// tenth, or fewer so that at most 1,000 are searched for, spread evenly.
func HoldBack(vectors [][]float32) (base, queries [][]float32) {
	step := max(10, (len(vectors)+mostHeldBack-1)/mostHeldBack)
	for i, v := range vectors {
		if i%step == step-1 {
			queries = append(queries, v)
		} else {
			base = append(base, v)
		}
	}
	return base, queries
}
