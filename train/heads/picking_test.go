package heads

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// TestPickingLearns teaches a tiny model to write sentences of what it reads: of
// texts that it has not seen it writes a whole sentence that stands there.
func TestPickingLearns(t *testing.T) {
	job := backwards(t)
	job.Train = nil
	job.Recipe.Pick, job.Recipe.Epochs = true, 10
	r := rand.New(rand.NewPCG(9, 9))
	text := func() string {
		var s []string
		for range 2 {
			who, does := []string{"The cat", "A dog", "Ann", "Bob"}[r.IntN(4)], []string{"sat", "ran"}[r.IntN(2)]
			s = append(s, fmt.Sprintf("%s %s in %s.", who, does, []string{"rome", "paris"}[r.IntN(2)]))
		}
		return strings.Join(s, " ")
	}
	for i := range 400 {
		job.Train = append(job.Train, dataset.Example{Text: text(), Line: i + 1})
	}
	result, err := Run(context.Background(), job, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	w, err := task.NewWriter(result.Writer, result.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	const n = 40
	for range n {
		read := text()
		got, err := w.Write(context.Background(), read, model.GenerateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var sentences []string
		for _, s := range sentencesOf(read) {
			sentences = append(sentences, strings.ToLower(strings.TrimSuffix(s, "."))+" .")
		}
		right += count(slices.Contains(sentences, got))
	}
	t.Logf("%d of %d, %v", right, n, result.After.Values)
	if right < n*8/10 {
		t.Errorf("%d of %d texts are a sentence of what was read", right, n)
	}
	job.Recipe.Seed++
	if other, err := Run(context.Background(), job, Control{Workers: 1}); err != nil || slices.Equal(other.Losses, result.Losses) {
		t.Errorf("another seed draws the same sentences (%v)", err)
	}
}
