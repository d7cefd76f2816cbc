package task

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// vocabulary is that of the tiny models in model/testdata/heads, which have 31 tokens.
var vocabulary = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "ann", "##a", "smith", "went", "to", "paris", ".", ",", "the"}

func open(t *testing.T, name string) *Model {
	t.Helper()
	m, err := model.LoadTask("../model/testdata/heads/" + name)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	out, err := New(m, tok)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWords(t *testing.T) {
	tok, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	const text = "Anna  Smith, went to Paris. Ab"
	var e tokenizer.Encoding
	tok.Encode(&e, text, 0)
	var got []string
	for _, w := range Words(text, &e) {
		got = append(got, text[w.Start:w.End])
	}
	if want := []string{"Anna", "Smith", ",", "went", "to", "Paris", ".", "Ab"}; !slices.Equal(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
}

func TestWordsThatAreGiven(t *testing.T) {
	tok, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	const text = "Anna. \u200d Ab"
	var e tokenizer.Encoding
	tok.Encode(&e, text, 0)
	got := inWords(&e, []tokenizer.Span{{Start: 0, End: 5}, {Start: 6, End: 9}, {Start: 10, End: 12}})
	if want := []Word{{1, 4, 0, 5}, {4, 6, 10, 12}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestWordsWithBlanksInTokens(t *testing.T) {
	// SentencePiece counts the blank before a word to its first token.
	text := "Ann went"
	e := tokenizer.Encoding{IDs: []int32{1, 2, 3}, Offsets: []tokenizer.Span{{Start: 0, End: 3}, {Start: 3, End: 6}, {Start: 6, End: 8}}, Sequence: []int8{0, 0, 0}}
	words := Words(text, &e)
	if len(words) != 2 || text[words[1].Start:words[1].End] != "went" || words[1].Last != 3 {
		t.Errorf("%+v", words)
	}
}

func TestJoin(t *testing.T) {
	for labels, want := range map[string]string{
		"B-PER I-PER O B-LOC": "PER 0-3 LOC 6-7",
		"B-PER B-PER":         "PER 0-1 PER 2-3",
		"I-PER I-LOC I-LOC":   "PER 0-1 LOC 2-5",
		"B-PER O I-PER":       "PER 0-1 PER 4-5",
		"B-PER I-LOC":         "PER 0-1 LOC 2-3",
		"KEY KEY O KEY":       "KEY 0-3 KEY 6-7",
		"O O":                 "",
	} {
		var words []word
		for i, l := range strings.Fields(labels) {
			words = append(words, word{Word{Start: 2 * i, End: 2*i + 1}, l, 1 / float32(i+1)})
		}
		var got []string
		for _, e := range join(words) {
			got = append(got, e.Label, strings.Trim(strings.Join([]string{string(rune('0' + e.Start)), string(rune('0' + e.End))}, "-"), " "))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", labels, got, want)
		}
	}
	if e := join([]word{{Word{End: 1}, "B-X", .5}, {Word{Start: 1, End: 2}, "I-X", 1}}); math.Abs(float64(e[0].Score)-.75) > 1e-6 {
		t.Errorf("mean of .5 and 1: %v", e)
	}
}

func TestBestSpan(t *testing.T) {
	const passage = "to Paris went"
	e := &tokenizer.Encoding{
		Sequence: []int8{-1, 0, -1, 1, 1, 1, -1},
		Offsets:  []tokenizer.Span{{}, {Start: 0, End: 3}, {}, {Start: 0, End: 2}, {Start: 2, End: 8}, {Start: 9, End: 13}, {}},
	}
	//                 [CLS]  who   [SEP]  to    ▁Paris went  [SEP]
	scores := []float32{1, 1, 9, 9, 9, 9, 0, 5, 3, 4, 2, 3, 9, 9}
	got := bestSpan(scores, e, passage)
	if got != (Answer{3, 8, 5}) || !got.Found() {
		t.Errorf("%+v", got)
	}
	e.Offsets[4].Start, e.Offsets[3].End = 1, 1 // "t" and "o Paris" are one word now
	if got = bestSpan(scores, e, passage); got.Start != 0 {
		t.Errorf("%+v begins within a word", got)
	}
	e.Offsets[4].Start, e.Offsets[3].End = 2, 2
	scores[0], scores[1] = 9, 9
	if got = bestSpan(scores, e, passage); got.Found() || got.Score != -11 {
		t.Errorf("no answer scores more: %+v", got)
	}
	if got = bestSpan(scores[:6], &tokenizer.Encoding{Sequence: []int8{-1, 0, -1}}, ""); got != (Answer{}) {
		t.Errorf("no passage: %+v", got)
	}
}

func TestEntitiesInWindows(t *testing.T) {
	m := open(t, "bert-token")
	text := strings.Repeat("Anna Smith went to Paris. ", 20)
	found, err := m.Entities(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, e := range found {
		if e.Start < last || e.End <= e.Start || e.End > len(text) || strings.TrimSpace(text[e.Start:e.End]) != text[e.Start:e.End] {
			t.Fatalf("%+v in %q", e, text)
		}
		last = e.End
	}
	if _, err := m.Entities(context.Background(), ""); err != nil {
		t.Error(err)
	}
	if _, err := m.Classify(context.Background(), "x"); err == nil {
		t.Error("a tagger classified a text")
	}
}

func TestClassify(t *testing.T) {
	m := open(t, "bert-sequence")
	labels, err := m.Classify(context.Background(), "Anna went to Paris", strings.Repeat("the ", 99))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range labels {
		sum := float32(0)
		for i, l := range list {
			if sum += l.Probability; i > 0 && l.Probability > list[i-1].Probability {
				t.Errorf("%v are not in order", list)
			}
		}
		if math.Abs(float64(sum)-1) > 1e-5 || len(list) != 3 {
			t.Errorf("%v sum to %g", list, sum)
		}
	}
}

func TestRelevanceStops(t *testing.T) {
	m := open(t, "bert-cross")
	ctx, stop := context.WithCancel(context.Background())
	scores, err := m.Relevance(ctx, "who", "Anna", "Paris")
	if err != nil || len(scores) != 2 || scores[0] <= 0 || scores[0] >= 1 {
		t.Errorf("%v, %v", scores, err)
	}
	stop()
	if scores, err := m.Relevance(ctx, "who", "Anna"); !errors.Is(err, context.Canceled) || len(scores) != 0 {
		t.Errorf("after the end: %v, %v", scores, err)
	}
}

func TestAnswerWithinPassage(t *testing.T) {
	m := open(t, "bert-answer")
	const passage = "Anna Smith went to Paris."
	a, err := m.Answer(context.Background(), "who went", passage)
	if err != nil || a.Start < 0 || a.End > len(passage) || a.Start > a.End {
		t.Errorf("%+v, %v", a, err)
	}
}
