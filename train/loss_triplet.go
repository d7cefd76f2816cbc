package train

// defaultMargin is by how much a positive should be nearer than a negative, as
// a cosine.
const defaultMargin = 0.1

// Triplet asks that each positive be nearer to its query than each of its own
// negatives by a margin (Schroff et al., 2015, arXiv:1503.03832, with cosines
// in place of distances):
//
//	loss = mean over negatives of max(0, Margin − q·p + q·n)
type Triplet struct{ Margin float64 }

// Name is "triplet".
func (Triplet) Name() string { return "triplet" }

// Check wants a negative.
func (l Triplet) Check(e Example) error { return needNegatives(l.Name(), e) }

// Loss looks at the examples' own negatives alone.
func (l Triplet) Loss(v *Vectors, grad []float32) float64 {
	total := v.First[v.Count]
	if total == 0 {
		return 0
	}
	weight, sum := 1/float64(total), 0.0
	for i := range v.Count {
		positive := v.similarity(i, i)
		for n := v.First[i]; n < v.First[i+1]; n++ {
			j := v.negative(n)
			excess := l.Margin - positive + v.similarity(i, j)
			if excess <= 0 {
				continue
			}
			sum += weight * excess
			v.push(grad, i, i, -weight)
			v.push(grad, i, j, weight)
		}
	}
	return sum
}
