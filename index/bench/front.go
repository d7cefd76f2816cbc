package bench

import (
	"cmp"
	"slices"
)

// Front returns the rows that no other row beats in both recall and speed of
// one thread, by rising recall: the Pareto front.
func Front(rows []Row) []Row {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Recall10, a.Recall10), cmp.Compare(b.QPS1T, a.QPS1T))
	})
	var front []Row
	fastest := 0.0
	for _, r := range sorted {
		if r.QPS1T > fastest {
			fastest = r.QPS1T
			front = append(front, r)
		}
	}
	slices.Reverse(front)
	return front
}
