package train

import "math"

// KL asks that a query's passages share its attention as a teacher shares it,
// the Kullback-Leibler divergence of the two softmaxes over the positive and
// the query's own negatives (Hinton et al., 2015, arXiv:1503.02531):
//
//	loss = mean over queries of Σⱼ tⱼ·(log tⱼ − log sⱼ)
//	t = softmax(targets), s = softmax(Scale·cosines)
//
// An example's targets are the teacher's scores of the positive and of each
// negative, as logits.
type KL struct{ Scale float64 }

// Name is "kl".
func (KL) Name() string { return "kl" }

// Check wants negatives and a score for each passage.
func (l KL) Check(e Example) error {
	if err := needNegatives(l.Name(), e); err != nil {
		return err
	}
	return needTargets(l.Name(), e, 1+len(e.Negatives))
}

// Loss looks at the examples' own negatives alone.
func (l KL) Loss(v *Vectors, grad []float32) float64 {
	weight, sum := 1/float64(v.Count), 0.0
	for i := range v.Count {
		places := []int{i}
		for n := v.First[i]; n < v.First[i+1]; n++ {
			places = append(places, v.negative(n))
		}
		logits := make([]float64, len(places))
		for k, j := range places {
			logits[k] = l.Scale * v.similarity(i, j)
		}
		teacher := append([]float64{}, v.Targets[i]...)
		student := append([]float64{}, logits...)
		teacherLog, studentLog := softmax(teacher), softmax(student)
		for k, j := range places {
			if teacher[k] > 0 {
				sum += weight * teacher[k] * (v.Targets[i][k] - teacherLog - (logits[k] - studentLog))
			}
			v.push(grad, i, j, weight*l.Scale*(student[k]-teacher[k]))
		}
	}
	return math.Max(sum, 0) // rounding may leave it just below
}
