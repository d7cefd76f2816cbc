package train

// MarginMSE asks that the positive lead each negative by as much as a teacher
// says (Hofstätter et al., 2020, arXiv:2010.02666):
//
//	loss = mean over negatives of ((q·p − q·n) − (t_p − t_n))²
//
// An example's targets are the teacher's scores of the positive and of each
// negative, on the scale of a cosine.
type MarginMSE struct{}

// Name is "margin-mse".
func (MarginMSE) Name() string { return "margin-mse" }

// Check wants negatives and a score for each passage.
func (l MarginMSE) Check(e Example) error {
	if err := needNegatives(l.Name(), e); err != nil {
		return err
	}
	return needTargets(l.Name(), e, 1+len(e.Negatives))
}

// Loss looks at the examples' own negatives alone.
func (MarginMSE) Loss(v *Vectors, grad []float32) float64 {
	total := v.First[v.Count]
	if total == 0 {
		return 0
	}
	weight, sum := 1/float64(total), 0.0
	for i := range v.Count {
		positive, targets := v.similarity(i, i), v.Targets[i]
		for n := v.First[i]; n < v.First[i+1]; n++ {
			j := v.negative(n)
			miss := positive - v.similarity(i, j) - (targets[0] - targets[1+n-v.First[i]])
			sum += weight * miss * miss
			v.push(grad, i, i, 2*weight*miss)
			v.push(grad, i, j, -2*weight*miss)
		}
	}
	return sum
}
