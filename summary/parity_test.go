package summary_test

import (
	"cmp"
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/summary"
)

// sentences is the length of the summaries that are compared.
const sentences = 3

// paper is a Python enhancement proposal with an Abstract section, and the sentences of the rest.
type paper struct {
	abstract string
	body     []string
}

var heading = regexp.MustCompile(`(?m)^(\S.*)\n(=+|-+|~+)\n`)

// papers reads the proposals that have an abstract, of 3 words or more, and 10 sentences or more beside it.
func papers(t *testing.T) []paper {
	shared := os.Getenv("BERTSEARCH_SHARED")
	if shared == "" {
		t.Skip("parity: BERTSEARCH_SHARED not set")
	}
	files, err := filepath.Glob(filepath.Join(shared, "data/python-peps/*.rst"))
	if err != nil {
		t.Fatal(err)
	}
	var out []paper
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var p paper
		sections := heading.FindAllStringSubmatchIndex(string(data), -1)
		for i, s := range sections {
			end := len(data)
			if i+1 < len(sections) {
				end = sections[i+1][0]
			}
			text := string(data[s[1]:end])
			switch title := strings.ToLower(string(data[s[2]:s[3]])); {
			case title == "abstract":
				p.abstract = text
			case !strings.HasPrefix(title, "copyright") && !strings.HasPrefix(title, "reference") && !strings.HasPrefix(title, "footnote"):
				p.body = append(p.body, prose(text)...)
			}
		}
		if len(strings.Fields(p.abstract)) > 2 && len(p.body) >= 10 {
			out = append(out, p)
		}
	}
	return out
}

// prose is the sentences of a section that are written in words: 5 or more, most of their characters letters, with a
// mark at the end.
func prose(section string) []string {
	var out []string
	for _, s := range embed.Sentences(section) {
		text := section[s.Start:s.End]
		letters := 0
		for _, r := range text {
			if unicode.IsLetter(r) {
				letters++
			}
		}
		if len(strings.Fields(text)) >= 5 && letters*10 >= len(text)*7 && strings.ContainsAny(text[len(text)-1:], ".!?") {
			out = append(out, text)
		}
	}
	return out
}

// TestParitySummaries compares summaries of the proposals without their abstracts with those abstracts.
func TestParitySummaries(t *testing.T) {
	all := papers(t)
	model, err := embed.Default(nil)
	if err != nil {
		t.Fatal(err)
	}
	weights := newCentroid(all)
	sums := map[string][3]float64{}
	for _, p := range all {
		vectors, err := model.Embed(context.Background(), embed.Passage, p.body)
		if err != nil {
			t.Fatal(err)
		}
		for name, chosen := range map[string][]int{
			"lead":     {0, 1, 2},
			"centroid": weights.choose(p.body),
			"summary":  summary.Choose(vectors, sentences, nil),
		} {
			var parts []string
			for _, i := range chosen {
				parts = append(parts, p.body[i])
			}
			text := strings.Join(parts, " ")
			s := sums[name]
			for i, r := range []eval.Rouge{eval.RougeN(1, text, p.abstract), eval.RougeN(2, text, p.abstract), eval.RougeL(text, p.abstract)} {
				s[i] += r.F1 / float64(len(all))
			}
			sums[name] = s
		}
	}
	for name, s := range sums {
		t.Logf("%-8s ROUGE-1 %.4f, ROUGE-2 %.4f, ROUGE-L %.4f over %d papers", name, s[0], s[1], s[2], len(all))
	}
	for i, kind := range []string{"1", "2", "L"} {
		for _, other := range []string{"lead", "centroid"} {
			if sums["summary"][i] <= sums[other][i] {
				t.Errorf("ROUGE-%s: %.4f, not above %s's %.4f", kind, sums["summary"][i], other, sums[other][i])
			}
		}
	}
}

// centroid is the baseline of Radev et al. 2004: the sentences nearest to the mean of all, words weighted by tf·idf.
type centroid struct{ idf map[string]float64 }

func newCentroid(all []paper) centroid {
	c := centroid{map[string]float64{}}
	for _, p := range all {
		for w := range counts(strings.Join(p.body, " ")) {
			c.idf[w]++
		}
	}
	for w, n := range c.idf {
		c.idf[w] = math.Log(float64(len(all)) / n)
	}
	return c
}

func counts(text string) map[string]float64 {
	out := map[string]float64{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out[w]++
	}
	return out
}

func (c centroid) choose(body []string) []int {
	mean := counts(strings.Join(body, " "))
	order, scores := make([]int, len(body)), make([]float64, len(body))
	for i, text := range body {
		order[i] = i
		product, square := 0.0, 0.0
		for w, n := range counts(text) {
			product += n * c.idf[w] * mean[w] * c.idf[w]
			square += n * c.idf[w] * n * c.idf[w]
		}
		scores[i] = product / math.Sqrt(square+1e-9)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	chosen := order[:sentences]
	slices.Sort(chosen)
	return chosen
}
