package heads

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// mostRead is how many sentences are read to write one of them.
const mostRead = 3

// pick gives examples that are sentences something to read and to write: up to
// mostRead that follow each other, and one of those. It takes no labels, and what
// a new decoder learns by it is to say what stands in a text rather than what
// often stands in texts, which a few hundred questions do not teach it. (PEGASUS
// takes the sentence out of what is read, which asks for more than a small model
// learns from a small collection: Zhang et al. 2020, arXiv:1912.08777.)
func (w *writing) pick(list []written, seed uint64) []written {
	if !w.recipe.Pick {
		return list
	}
	var e tokenizer.Encoding
	r := rand.New(rand.NewPCG(seed, 0x91c4))
	list = slices.Clone(list)
	for i := range list {
		s := list[i].sentences
		n := min(1+r.IntN(mostRead), len(s))
		from := r.IntN(len(s) - n + 1)
		list[i] = w.one(&e, strings.Join(s[from:from+n], " "), s[from+r.IntN(n)])
	}
	return list
}

// sentencesOf are those of a text, which says something.
func sentencesOf(text string) (list []string) {
	for _, s := range embed.Sentences(text) {
		list = append(list, text[s.Start:s.End])
	}
	return list
}
