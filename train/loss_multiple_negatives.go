package train

import "math"

// MultipleNegatives is the cross entropy of finding each query's own positive
// among all positives and negatives of the batch (Henderson et al., 2017,
// arXiv:1705.00652; InfoNCE, van den Oord et al., 2018):
//
//	loss = −1/n Σᵢ log( exp(s·qᵢ·pᵢ) / Σⱼ exp(s·qᵢ·pⱼ) )
//
// Symmetric adds the other direction, each positive finding its own query
// among those of the batch, and halves the sum.
type MultipleNegatives struct {
	// Scale is s, one over the temperature.
	Scale     float64
	Symmetric bool
}

// Name is "mnr", or "mnr-symmetric".
func (l MultipleNegatives) Name() string {
	if l.Symmetric {
		return "mnr-symmetric"
	}
	return "mnr"
}

// Check accepts every example.
func (MultipleNegatives) Check(Example) error { return nil }

// Loss needs n·m similarities, where m is the number of passages.
func (l MultipleNegatives) Loss(v *Vectors, grad []float32) float64 {
	n, m := v.Count, v.passages()
	logits := make([]float64, n*m)
	for i := range n {
		for j := range m {
			logits[i*m+j] = l.logit(v, i, j)
		}
	}
	weight := 1 / float64(n)
	if l.Symmetric {
		weight /= 2
	}
	sum := 0.0
	row := make([]float64, m)
	for i := range n {
		copy(row, logits[i*m:(i+1)*m])
		sum += weight * l.entropy(row, i, func(j int, slope float64) { v.push(grad, i, j, weight*slope) })
	}
	if !l.Symmetric {
		return sum
	}
	column := make([]float64, n)
	for j := range n {
		for i := range n {
			column[i] = logits[i*m+j]
		}
		sum += weight * l.entropy(column, j, func(i int, slope float64) { v.push(grad, i, j, weight*slope) })
	}
	return sum
}

// logit is the scaled similarity, −∞ where a passage must not count.
func (l MultipleNegatives) logit(v *Vectors, i, j int) float64 {
	if i != j && v.Ignore != nil && v.Ignore(i, j) {
		return math.Inf(-1)
	}
	return l.Scale * v.similarity(i, j)
}

// entropy is the cross entropy of softmax(logits), which it overwrites, with
// the right place. It calls push with the slope in each similarity.
func (l MultipleNegatives) entropy(logits []float64, right int, push func(place int, slope float64)) float64 {
	own := logits[right]
	loss := softmax(logits) - own
	for place, p := range logits {
		if place == right {
			p--
		}
		push(place, l.Scale*p)
	}
	return loss
}
