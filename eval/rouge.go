package eval

import (
	"strings"
	"unicode"
)

// Rouge says how much of a reference a text repeats, and how much of the text is in the reference.
type Rouge struct{ Precision, Recall, F1 float64 }

// rouge makes a Rouge of the number of units in common, in the text and in the reference.
func rouge(common, text, reference int) Rouge {
	if common == 0 {
		return Rouge{}
	}
	p, r := float64(common)/float64(text), float64(common)/float64(reference)
	return Rouge{p, r, 2 * p * r / (p + r)}
}

// RougeN compares the n-grams of words of a text and of a reference, each counted as often as both have it (Lin 2004,
// "ROUGE: A Package for Automatic Evaluation of Summaries"). Words are runs of letters and digits in lower case; there
// is no stemming.
func RougeN(n int, text, reference string) Rouge {
	a, b := grams(n, rougeWords(text)), grams(n, rougeWords(reference))
	common, inText, inReference := 0, 0, 0
	for g, count := range a {
		inText += count
		common += min(count, b[g])
	}
	for _, count := range b {
		inReference += count
	}
	return rouge(common, inText, inReference)
}

// RougeL compares by the longest common subsequence of words (Lin 2004).
func RougeL(text, reference string) Rouge {
	a, b := rougeWords(text), rougeWords(reference)
	row := make([]int, len(b)+1) // row[j]: the longest of a[:i] and b[:j]
	for _, w := range a {
		diagonal := 0
		for j, v := range b {
			above := row[j+1]
			if w == v {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return rouge(row[len(b)], len(a), len(b))
}

func rougeWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// grams counts the runs of n words.
func grams(n int, words []string) map[string]int {
	counts := map[string]int{}
	for i := 0; i+n <= len(words); i++ {
		counts[strings.Join(words[i:i+n], " ")]++
	}
	return counts
}
