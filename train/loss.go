package train

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Loss says how wrong the vectors of a batch are.
type Loss interface {
	// Name is what the command line calls it.
	Name() string
	// Check reports what an example lacks that the loss needs.
	Check(Example) error
	// Loss returns the mean loss of the batch and adds its gradient with
	// respect to v.Values to grad, which has the same shape.
	Loss(v *Vectors, grad []float32) float64
}

// losses lists one of each loss, with the settings in common use.
func losses() []Loss {
	return []Loss{
		MultipleNegatives{Scale: defaultScale},
		MultipleNegatives{Scale: defaultScale, Symmetric: true},
		Triplet{Margin: defaultMargin},
		CoSENT{Scale: defaultScale},
		Cosine{},
		MarginMSE{},
		KL{Scale: defaultScale},
	}
}

// defaultScale is what similarities are multiplied by where a softmax follows,
// one over the temperature.
const defaultScale = 20

// LossNames lists what [ParseLoss] knows.
func LossNames() []string {
	var names []string
	for _, l := range losses() {
		names = append(names, l.Name())
	}
	return names
}

// ParseLoss returns the loss of a name, with the settings in common use.
func ParseLoss(name string) (Loss, error) {
	list := losses()
	i := slices.IndexFunc(list, func(l Loss) bool { return l.Name() == name })
	if i < 0 {
		return nil, fmt.Errorf("train: there is no loss %q: want one of %s", name, strings.Join(LossNames(), ", "))
	}
	return list[i], nil
}

// softmax replaces x by its softmax and returns the logarithm of the sum of
// exponentials, without overflow.
func softmax(x []float64) float64 {
	high := slices.Max(x)
	sum := 0.0
	for i, value := range x {
		x[i] = math.Exp(value - high)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return high + math.Log(sum)
}

// needNegatives is the Check of losses that compare with negatives.
func needNegatives(name string, e Example) error {
	if len(e.Negatives) == 0 {
		return fmt.Errorf("the loss %s needs a negative for each example", name)
	}
	return nil
}

// needTargets is the Check of losses that read want targets of an example.
func needTargets(name string, e Example, want int) error {
	if len(e.Targets) != want {
		return fmt.Errorf("the loss %s needs %d scores for this example, which has %d", name, want, len(e.Targets))
	}
	for _, t := range e.Targets {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return fmt.Errorf("the loss %s cannot use the score %g", name, t)
		}
	}
	return nil
}
