package train

// CoSENT puts pairs in the order of their grades (Su, 2022,
// https://kexue.fm/archives/8847). Over all two pairs a, b of the batch where a
// has the higher grade:
//
//	loss = log(1 + Σ exp(Scale·(cos_b − cos_a)))
//
// An example's one target is the grade of its query and positive, on any scale.
type CoSENT struct{ Scale float64 }

// Name is "cosent".
func (CoSENT) Name() string { return "cosent" }

// Check wants a grade.
func (l CoSENT) Check(e Example) error { return needTargets(l.Name(), e, 1) }

// Loss compares each two pairs of the batch.
func (l CoSENT) Loss(v *Vectors, grad []float32) float64 {
	cosines := make([]float64, v.Count)
	for i := range cosines {
		cosines[i] = v.similarity(i, i)
	}
	logits, pairs := []float64{0}, [][2]int{{}} // the first stands for the 1
	for a := range v.Count {
		for b := range v.Count {
			if v.Targets[a][0] > v.Targets[b][0] {
				logits = append(logits, l.Scale*(cosines[b]-cosines[a]))
				pairs = append(pairs, [2]int{a, b})
			}
		}
	}
	loss := softmax(logits)
	slopes := make([]float64, v.Count)
	for i, p := range logits[1:] {
		slopes[pairs[i+1][0]] -= l.Scale * p
		slopes[pairs[i+1][1]] += l.Scale * p
	}
	for i, slope := range slopes {
		v.push(grad, i, i, slope)
	}
	return loss
}
