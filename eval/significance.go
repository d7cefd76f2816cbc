package eval

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Comparison says whether two systems differ on the same queries.
type Comparison struct {
	// Queries is the number of queries compared.
	Queries int
	// Difference is the mean of the second system less that of the first.
	Difference float64
	// TTest is the two-sided p-value of Student's paired t-test.
	TTest float64
	// Randomisation is the two-sided p-value of Fisher's paired randomisation
	// test, which assumes nothing about how the values are distributed. Smucker,
	// Allan and Carterette (2007) recommend it for retrieval.
	Randomisation float64
}

const (
	// exactQueries is the largest number of queries for which every assignment
	// of signs is tried: 2^16 of them.
	exactQueries = 16
	// randomAssignments is how many are drawn above that. A p-value of 0.05 is
	// then within 0.0014 of its true value 95 times in 100.
	randomAssignments = 100_000
)

// Compare compares the values of one metric for two systems, such as those of
// Result.Values; first[i] and second[i] belong to the same query. The same
// values always give the same answer.
func Compare(first, second []float64) (Comparison, error) {
	if len(first) != len(second) {
		return Comparison{}, fmt.Errorf("eval: compare: %d values with %d: they must be of the same queries", len(first), len(second))
	}
	if len(first) < 2 {
		return Comparison{}, errors.New("eval: compare: needs at least 2 queries")
	}
	differences := make([]float64, len(first))
	for i := range first {
		differences[i] = second[i] - first[i]
		if math.IsNaN(differences[i]) || math.IsInf(differences[i], 0) {
			return Comparison{}, fmt.Errorf("eval: compare: value %d: %w", i, errNotFinite)
		}
	}
	return Comparison{
		Queries:       len(differences),
		Difference:    stat.Mean(differences, nil),
		TTest:         pairedT(differences),
		Randomisation: randomisation(differences),
	}, nil
}

// pairedT returns P(|T| ≥ |t|) for t = mean/(s/√n) with n-1 degrees of freedom.
func pairedT(differences []float64) float64 {
	mean, deviation := stat.MeanStdDev(differences, nil)
	if mean == 0 {
		return 1
	}
	if deviation == 0 {
		return 0 // every query differs by the same amount
	}
	n := float64(len(differences))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	return 2 * t.Survival(math.Abs(mean)/(deviation/math.Sqrt(n)))
}

// randomisation returns the share of assignments of signs to the differences
// whose sum is at least as far from zero as the one observed. Were the systems
// the same, each sign would be as likely as the other.
func randomisation(differences []float64) float64 {
	observed, scale := 0.0, 0.0
	for _, d := range differences {
		observed += d
		scale += math.Abs(d)
	}
	// Sums that are equal on paper differ by rounding; they count as equal.
	threshold := math.Abs(observed) - 1e-12*scale
	if len(differences) <= exactQueries {
		return exactRandomisation(differences, threshold)
	}
	random := rand.New(rand.NewPCG(1, 2)) // fixed: a test must not depend on the time of day
	extreme := 1                          // the observed assignment is one of them
	for range randomAssignments {
		if math.Abs(randomSum(differences, random)) >= threshold {
			extreme++
		}
	}
	return float64(extreme) / (randomAssignments + 1)
}

// exactRandomisation tries every assignment of signs.
func exactRandomisation(differences []float64, threshold float64) float64 {
	extreme, all := 0, 1<<len(differences)
	for signs := range all {
		sum := 0.0
		for i, d := range differences {
			if signs>>i&1 == 0 {
				sum += d
			} else {
				sum -= d
			}
		}
		if math.Abs(sum) >= threshold {
			extreme++
		}
	}
	return float64(extreme) / float64(all)
}

// randomSum adds the differences with a random sign each.
func randomSum(differences []float64, random *rand.Rand) float64 {
	sum, bits := 0.0, uint64(0)
	for i, d := range differences {
		if i%64 == 0 {
			bits = random.Uint64()
		}
		sum += math.Float64frombits(math.Float64bits(d) ^ bits<<63)
		bits >>= 1
	}
	return sum
}
