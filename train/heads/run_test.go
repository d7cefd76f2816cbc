package heads

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train"
	"github.com/bertsearch/bertsearch/train/dataset"
)

var vocabulary = strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] the a cat dog sat ran good bad in rome paris ann bob , .")

// tiny is an encoder with random weights and its tokenizer.
func tiny(t *testing.T) (*model.Encoder, *tokenizer.Tokenizer) {
	t.Helper()
	tokens, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewEncoder(model.Config{
		ModelType: "bert", VocabSize: len(vocabulary), HiddenSize: 32, HiddenLayers: 1, AttentionHeads: 2, IntermediateSize: 48,
		MaxPositionEmbeddings: 24, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.1, HiddenDropout: 0.05,
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return e, tokens
}

// toy is a job on a tiny model.
func toy(t *testing.T, k Kind, examples []dataset.Example) Job {
	t.Helper()
	e, tokens := tiny(t)
	m, err := New(k, e, examples, 2)
	if err != nil {
		t.Fatal(err)
	}
	return Job{Kind: k, Model: m, Tokens: tokens, Train: examples, Recipe: Recipe{
		LearningRate: 5e-3, Epochs: 12, Seed: 3, HeldOut: 0.2, Length: 24, Patience: -1,
	}}
}

// examples makes those of a kind that can be learnt from few.
func examples(k Kind) []dataset.Example {
	r := rand.New(rand.NewPCG(4, 4))
	var out []dataset.Example
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for i := range 120 {
		who, mood, place := pick("ann", "bob"), pick("good", "bad"), pick("rome", "paris")
		text := fmt.Sprintf("the %s %s %s in %s", mood, pick("cat", "dog"), pick("sat", "ran"), place)
		e := dataset.Example{Text: text, Line: i + 1}
		switch k {
		case Classify:
			e.Labels = []string{mood}
		case Pair:
			grade := float64(r.IntN(2))
			e.Pair, e.Score = pick("cat", "dog")+" sat", &grade
			if grade == 1 {
				e.Pair = pick("cat", "dog") + " ran"
			}
		case Rerank:
			grade := float64(i % 2)
			e.Text, e.Pair, e.Score = place, "the cat in "+map[bool]string{true: "rome", false: "paris"}[(place == "rome") == (grade == 1)], &grade
		case Entities:
			e.Text = fmt.Sprintf("the %s %s , %s", pick("cat", "dog"), who, place)
			e.Entities = []dataset.Span{{Start: 8, End: 11, Label: "who"}, {Start: 14, End: len(e.Text), Label: "where"}}
		case Answers:
			e.Text, e.Pair = "in", fmt.Sprintf("a %s %s in %s .", pick("cat", "dog"), pick("sat", "ran"), place)
			at := strings.Index(e.Pair, place)
			e.Answers = []dataset.Span{{Start: at, End: at + len(place)}}
		case Next:
			topic := pick("cat", "dog", "rome", "paris") // one strange pair in four is of the same one
			e.Text = fmt.Sprintf("The %s sat. A %s ran.", topic, topic)
		}
		out = append(out, e)
	}
	return out
}

// TestRunLearns trains a tiny model for each kind.
func TestRunLearns(t *testing.T) {
	least := map[Kind]float64{Classify: 0.95, Pair: 0.8, Rerank: 0.95, Entities: 0.95, Answers: 0.9, Words: -1.4, Next: 0.75}
	for _, k := range Kinds() {
		if k == Writing || k == Denoise {
			continue // TestWritingLearns, TestDenoisingLearns
		}
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			j := toy(t, k, examples(k))
			if k == Next {
				j.Recipe.Epochs = 100 // that two texts are of one topic is hard to see for one layer
			}
			r, err := Run(context.Background(), j, Control{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			if r.After.Value() < least[k] || r.After.Value() < r.Before.Value() {
				t.Errorf("%s was %.3f and is %.3f, want %.3f or more", r.After.Main, r.Before.Value(), r.After.Value(), least[k])
			}
			t.Logf("%s was %.3f and is %.3f", r.After.Main, r.Before.Value(), r.After.Value())
			if card := r.Card(k, "tiny", []string{"toy.jsonl"}, time.Unix(0, 0)); !strings.Contains(card, "toy.jsonl") || !strings.Contains(card, r.After.Main) {
				t.Errorf("the card lacks something:\n%s", card)
			}
		})
	}
}

// TestLengthIsTheRecipes: texts are measured, and cut by whoever uses the model,
// at the length of the training, not at the one that the encoder came with.
func TestLengthIsTheRecipes(t *testing.T) {
	list := examples(Answers)
	for i := range list {
		e := &list[i]
		const before = "the cat sat in the dog . "
		e.Pair = before + e.Pair
		e.Answers[0].Start, e.Answers[0].End = e.Answers[0].Start+len(before), e.Answers[0].End+len(before)
	}
	j := toy(t, Answers, list)
	j.Tokens = j.Tokens.WithMaxLength(8) // no answer is within
	r, err := Run(context.Background(), j, Control{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r.After.Value() < 0.9 || r.Tokenizer.MaxLength() != 24 || j.Tokens.MaxLength() != 8 {
		t.Errorf("%s is %.3f, length %d of %d", r.After.Main, r.After.Value(), r.Tokenizer.MaxLength(), j.Tokens.MaxLength())
	}
}

// TestResumeIsTheSameRun interrupts a run after some steps and compares its
// weights with those of a run of more cores that nobody interrupted.
func TestResumeIsTheSameRun(t *testing.T) {
	job := toy(t, Entities, examples(Entities))
	job.Recipe.Epochs = 3
	want, err := Run(context.Background(), job, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	c := Control{Workers: 1, Checkpoint: filepath.Join(t.TempDir(), "c")}
	for stop := 4; ; stop += 5 {
		ctx, cancel := context.WithCancel(context.Background())
		c.Progress = func(p train.Progress) {
			if p.Step == stop {
				cancel()
			}
		}
		got, err := Run(ctx, job, c)
		cancel()
		if errors.Is(err, context.Canceled) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Losses, want.Losses) || !slices.Equal(got.Measured, want.Measured) || stop < 10 {
			t.Errorf("losses %v, want %v", got.Losses, want.Losses)
		}
		break
	}
	job.Recipe.Seed++
	if _, err := Run(context.Background(), job, c); !errors.Is(err, train.ErrCheckpoint) {
		t.Errorf("another run's checkpoint: %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	for what, change := range map[string]func(*Job){
		"line 7: the label \"new\" is none": func(j *Job) { j.HeldOut = []dataset.Example{{Text: "a", Labels: []string{"new"}, Line: 7}} },
		"line 5: classify takes one text":   func(j *Job) { j.Train, j.Recipe.HeldOut = []dataset.Example{{Text: "a", Pair: "b", Line: 5}}, -1 },
		"no examples":                       func(j *Job) { j.Train = nil },
		"learning rate is 2":                func(j *Job) { j.Recipe.LearningRate = 2 },
		"needs one for":                     func(j *Job) { j.Kind = Answers },
	} {
		job := toy(t, Classify, examples(Classify))
		change(&job)
		if _, err := Run(context.Background(), job, Control{}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
}

func TestSplitKeepsGroups(t *testing.T) {
	var all []dataset.Example
	for i := range 100 {
		all = append(all, dataset.Example{Text: "x", Group: fmt.Sprint(i / 5)})
	}
	learn, held := Split(all, 0.25, 1)
	if len(held) != 25 || len(learn) != 75 {
		t.Errorf("%d and %d", len(learn), len(held))
	}
	for _, e := range held {
		if slices.ContainsFunc(learn, func(x dataset.Example) bool { return x.Group == e.Group }) {
			t.Fatalf("group %s is on both sides", e.Group)
		}
	}
}
