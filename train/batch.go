package train

import (
	"math/rand/v2"
	"slices"
)

// order returns the batches of one epoch, as places in examples: each example
// once, shuffled, and never two in a batch that share a query or the document
// of the positive, for each would be taken for a wrong answer of the other. A
// last batch of one example is left out unless it is the only one.
func order(examples []Example, size int, seed uint64, epoch int) [][]int {
	shuffled := rand.New(rand.NewPCG(seed, uint64(epoch))).Perm(len(examples))
	var batches [][]int
	for len(shuffled) > 0 {
		var batch, later []int
		queries, documents := map[string]bool{}, map[string]bool{}
		for at, i := range shuffled {
			if len(batch) == size {
				later = append(later, shuffled[at:]...)
				break
			}
			e := &examples[i]
			if queries[e.Query] || e.Document != "" && documents[e.Document] {
				later = append(later, i)
				continue
			}
			queries[e.Query], documents[e.Document] = true, true
			batch = append(batch, i)
		}
		batches, shuffled = append(batches, batch), later
	}
	if last := len(batches) - 1; last > 0 && len(batches[last]) < 2 {
		batches = batches[:last]
	}
	return batches
}

// answers knows which documents answer a query, over all examples.
type answers struct {
	documents map[string][]string // query → documents
	texts     map[string][]string // query → positives
}

func newAnswers(examples []Example) answers {
	a := answers{map[string][]string{}, map[string][]string{}}
	for _, e := range examples {
		a.texts[e.Query] = append(a.texts[e.Query], e.Positive)
		if e.Document != "" {
			a.documents[e.Query] = append(a.documents[e.Query], e.Document)
		}
	}
	return a
}

// has reports that a passage answers a query.
func (a answers) has(query string, p passage) bool {
	return p.document != "" && slices.Contains(a.documents[query], p.document) || slices.Contains(a.texts[query], p.text)
}

// passage is a text of a batch that is found, and the document it is of.
type passage struct{ text, document string }

// texts lists what a batch embeds, in the order of [Vectors]: its queries, its
// positives and negatives, and where the negatives of each example begin.
func texts(examples []Example, batch []int) (queries []string, passages []passage, first []int) {
	first = []int{0}
	for _, i := range batch {
		e := &examples[i]
		queries = append(queries, e.Query)
		passages = append(passages, passage{e.Positive, e.Document})
	}
	for _, i := range batch {
		e := &examples[i]
		for k, text := range e.Negatives {
			passages = append(passages, passage{text, e.negativeDocument(k)})
		}
		first = append(first, len(passages)-len(batch))
	}
	return queries, passages, first
}
