package train

import "github.com/bertsearch/bertsearch/internal/kernel"

// Vectors are the embeddings of one batch, n examples of Dim values a text:
// the n queries, then the n positives, then the negatives of each query in
// turn. Similarity is the dot product, for vectors have length 1.
type Vectors struct {
	Dim int
	// Count is n.
	Count int
	// First has n+1 elements: the negatives of query i are those from First[i]
	// to First[i+1], of all of the batch's.
	First []int
	// Values is (2n + First[n]) × Dim.
	Values []float32
	// Targets[i] is what a teacher or a judge said of example i; which losses
	// read it, and how, stands with them.
	Targets [][]float64
	// Ignore reports that a passage must not count as a negative of a query,
	// because it answers it or may do so; nil means that all may count.
	Ignore func(query, passage int) bool
}

// passages is the number of positives and negatives.
func (v *Vectors) passages() int { return v.Count + v.First[v.Count] }

// row is the vector of text i in the order of Values, or its gradient.
func (v *Vectors) row(values []float32, i int) []float32 { return values[i*v.Dim : (i+1)*v.Dim] }

// query is the vector of query i.
func (v *Vectors) query(i int) []float32 { return v.row(v.Values, i) }

// passage is the vector of passage j: the positives come first.
func (v *Vectors) passage(j int) []float32 { return v.row(v.Values, v.Count+j) }

// negative is the place among the passages of negative l of all.
func (v *Vectors) negative(l int) int { return v.Count + l }

// similarity is the dot product of query i and passage j.
func (v *Vectors) similarity(i, j int) float64 {
	return float64(kernel.Dot(v.query(i), v.passage(j)))
}

// push adds the gradient of a loss that changes by slope with the similarity
// of query i and passage j: slope·passage to the query's, slope·query to the
// passage's.
func (v *Vectors) push(grad []float32, i, j int, slope float64) {
	if slope == 0 {
		return
	}
	kernel.Axpy(v.row(grad, i), float32(slope), v.passage(j))
	kernel.Axpy(v.row(grad, v.Count+j), float32(slope), v.query(i))
}
