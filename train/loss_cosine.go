package train

// Cosine asks that a pair's cosine be its grade (Reimers and Gurevych, 2019,
// arXiv:1908.10084): the mean of (q·p − grade)². An example's one target is the
// grade, between −1 and 1.
type Cosine struct{}

// Name is "cosine".
func (Cosine) Name() string { return "cosine" }

// Check wants a grade.
func (l Cosine) Check(e Example) error { return needTargets(l.Name(), e, 1) }

// Loss looks at queries and positives alone.
func (Cosine) Loss(v *Vectors, grad []float32) float64 {
	weight, sum := 1/float64(v.Count), 0.0
	for i := range v.Count {
		miss := v.similarity(i, i) - v.Targets[i][0]
		sum += weight * miss * miss
		v.push(grad, i, i, 2*weight*miss)
	}
	return sum
}
