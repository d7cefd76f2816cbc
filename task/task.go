// Package task runs models with heads on text: which labels it has, which names are in it, where the answer to a
// question stands, and how well a passage answers a query. Offsets are bytes of the text as it was given.
package task

import (
	"fmt"
	"sync"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// Model is a model with a head and its tokenizer. It is safe for concurrent use; a call runs on one core.
type Model struct {
	model  *model.TaskModel // that computes
	exact  *model.TaskModel // the same in f32
	tokens *tokenizer.Tokenizer
	length int       // most tokens of a text or a pair
	spaces sync.Pool // of *space
}

// space is the memory of one call.
type space struct {
	work     model.Workspace
	encoding tokenizer.Encoding
	batch    model.Batch
}

// Load reads the model and the tokenizer of a Hugging Face folder.
func Load(dir string) (*Model, error) {
	m, err := model.LoadTask(dir)
	if err != nil {
		return nil, fmt.Errorf("task: %w", err)
	}
	t, err := tokenizer.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("task: %w", err)
	}
	return New(m, t)
}

// New joins a model and its tokenizer.
func New(m *model.TaskModel, t *tokenizer.Tokenizer) (*Model, error) {
	c := m.Encoder.Config
	if t.Size() > c.VocabSize {
		return nil, fmt.Errorf("task: the tokenizer has %d tokens and the model %d: they do not belong together", t.Size(), c.VocabSize)
	}
	n := c.Positions()
	if most := t.MaxLength(); most > 0 {
		n = min(n, most)
	}
	var e tokenizer.Encoding
	if t.EncodePair(&e, "", "", 0); e.Len() >= n {
		return nil, fmt.Errorf("task: a length of %d tokens has no room for text beside %d special ones", n, e.Len())
	}
	return &Model{model: m, exact: m, tokens: t, length: n, spaces: sync.Pool{New: newSpace}}, nil
}

func newSpace() any { return &space{} }

// Task is what the model was trained for.
func (m *Model) Task() model.Task { return m.model.Task }

// Labels are the names of a classification's labels.
func (m *Model) Labels() []string { return m.model.Labels }

// Problem says what the probabilities of a model that classifies texts mean.
func (m *Model) Problem() model.Problem { return m.model.Problem }

// Fingerprint identifies all that results depend on.
func (m *Model) Fingerprint() string { return m.fingerprint(m.model != m.exact) }

func (m *Model) fingerprint(rounded bool) string {
	if rounded {
		return m.exact.Digest + m.tokens.Fingerprint() + "-int8"
	}
	return m.exact.Digest + m.tokens.Fingerprint()
}

// require reports a model of another task than a method needs.
func (m *Model) require(t model.Task) error {
	if m.model.Task != t {
		return fmt.Errorf("task: the model is for %s, want one for %s", m.model.Task, t)
	}
	return nil
}
