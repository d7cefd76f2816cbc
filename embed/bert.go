package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// BERT embeds with a Sentence-Transformers model in this process.
//
// Memory beside the weights is about 30 bytes × hidden size × the tokens of a
// batch for each core, and 1 KB for each text of a window of [windowTexts].
type BERT struct {
	sentence    *model.Sentence        // as it was given
	computed    func() *model.Sentence // the same in the precision of the options, made for the first text
	tokens      *tokenizer.Tokenizer
	options     Options
	auto        bool      // the precision was left open,
	tested      bool      // and the one in the options is known to be right
	length      int       // most tokens of a text, special ones included
	special     int       // tokens that the template adds to a text
	prompts     [3]prompt // by Kind
	fingerprint string

	workers sync.Pool // of *worker, for bulk work
	solo    *worker   // for single texts, on all cores
	soloUse sync.Mutex
}

// prompt is what goes before the texts of a kind.
type prompt struct {
	text string
	skip int // tokens that pooling leaves out: those of the prompt, [CLS] included
}

var _ Embedder = (*BERT)(nil)

// Load reads the model and the tokenizer in dir, a Sentence-Transformers or
// plain Hugging Face folder; the latter is pooled by the mean.
func Load(dir string, o *Options) (*BERT, error) {
	s, err := model.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	t, err := tokenizer.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return New(s, t, o)
}

// New embeds with s and its tokenizer t. Neither may change afterwards.
func New(s *model.Sentence, t *tokenizer.Tokenizer, o *Options) (*BERT, error) {
	return newBERT(s, t, o, F32)
}

// newBERT is New with the precision to use where o leaves it open.
func newBERT(s *model.Sentence, t *tokenizer.Tokenizer, o *Options, auto Precision) (*BERT, error) {
	if size := s.Encoder.Config.VocabSize; t.Size() > size {
		return nil, fmt.Errorf("embed: the tokenizer has %d tokens and the model %d: they do not belong together", t.Size(), size)
	}
	if s.Digest == "" {
		return nil, errors.New("embed: the model has no digest of its weights: save and load it first")
	}
	b := &BERT{sentence: s, tokens: t, length: s.MaxLength, auto: o.auto()}
	if b.length == 0 {
		b.length = t.MaxLength()
	}
	if most := s.Encoder.Config.Positions(); b.length <= 0 || b.length > most {
		b.length = most
	}
	var err error
	if b.options, err = o.settled(b.length, auto); err != nil {
		return nil, err
	}
	b.computed = func() *model.Sentence { return s }
	if b.options.Precision == Int8 {
		b.computed = sync.OnceValue(s.Int8)
	}
	var e tokenizer.Encoding
	t.Encode(&e, "", 0)
	if b.special = e.Len(); b.special >= b.length {
		return nil, fmt.Errorf("embed: a length of %d tokens has no room for text beside %d special ones", b.length, b.special)
	}
	b.prompts[Passage] = b.newPrompt(s.Prompts.Passage())
	b.prompts[Query] = b.newPrompt(s.Prompts.Query())
	b.prompts[HybridQuery] = b.prompts[Query]
	b.fingerprint = b.identity(b.options.Precision)
	b.workers.New = func() any { return &worker{space: &model.Workspace{}} }
	b.solo = &worker{space: model.NewWorkspace(b.options.Workers)}
	runtime.AddCleanup(b, (*model.Workspace).Close, b.solo.space)
	return b, nil
}

// newPrompt counts the tokens of a prompt as Sentence-Transformers does: those
// of the prompt alone without the last special token.
func (b *BERT) newPrompt(text string) prompt {
	p := prompt{text: text}
	if text != "" && b.sentence.Pooling.ExcludePrompt {
		var e tokenizer.Encoding
		b.tokens.Encode(&e, text, b.length)
		p.skip = e.Len() - 1
	}
	return p
}

// identity is the hash of all that a vector depends on, in precision p.
func (b *BERT) identity(p Precision) string {
	s := b.sentence
	text, err := json.Marshal(struct {
		Format               int
		Weights, Tokenizer   string
		Config               model.Config
		Pooling              model.Pooling
		Dense                int
		QueryText, StoreText string
		Length               int
		Precision            Precision
	}{1, s.Digest, b.tokens.Fingerprint(), s.Encoder.Config, s.Pooling, len(s.Dense),
		s.Prompts.Query(), s.Prompts.Passage(), b.length, p})
	if err != nil {
		panic(err) // numbers and strings only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Dimension is the number of values in a vector.
func (b *BERT) Dimension() int { return b.sentence.Dimension() }

// Fingerprint identifies all that a passage's vector depends on.
func (b *BERT) Fingerprint() string { return b.fingerprint }

// Name is the model's name.
func (b *BERT) Name() string { return b.sentence.Name }

// Precision is the arithmetic in use, never Auto.
func (b *BERT) Precision() Precision { return b.options.Precision }

// MaxTokens is the length at which a text is truncated, special tokens
// included.
func (b *BERT) MaxTokens() int { return b.length }

// Model is the model that b embeds with; it must not be changed.
func (b *BERT) Model() *model.Sentence { return b.sentence }

// Tokenizer is the tokenizer that b embeds with.
func (b *BERT) Tokenizer() *tokenizer.Tokenizer { return b.tokens }

// Save writes the model and its tokenizer to the folder dir, which
// Sentence-Transformers and [Load] read.
func (b *BERT) Save(dir string) error { return b.save(dir, b.sentence.Save) }

// SaveInt8 is Save with weights in bytes, a quarter of the size; see
// [model.Sentence.SaveInt8].
func (b *BERT) SaveInt8(dir string) error { return b.save(dir, b.sentence.SaveInt8) }

func (b *BERT) save(dir string, weights func(dir string) error) error {
	if err := weights(dir); err != nil {
		return fmt.Errorf("embed: %w", err)
	}
	if err := b.tokens.Save(dir); err != nil {
		return fmt.Errorf("embed: %w", err)
	}
	return nil
}

// Embed returns a vector for each text; see [Embedder]. Texts longer than
// MaxTokens are truncated.
func (b *BERT) Embed(ctx context.Context, kind Kind, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if kind < Passage || kind > HybridQuery {
		return nil, fmt.Errorf("embed: unknown kind %d", kind)
	}
	dim := b.Dimension()
	flat := make([]float32, len(texts)*dim)
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = flat[i*dim : (i+1)*dim : (i+1)*dim]
	}
	if err := b.embedAll(ctx, kind, texts, vectors); err != nil {
		return nil, err
	}
	if a := b.sentence.Adapter; a != nil && (kind == Query || kind == HybridQuery && !a.Words) {
		for _, v := range vectors {
			a.Apply(v)
		}
	}
	return vectors, nil
}

// embedAll is Embed without an adapter.
func (b *BERT) embedAll(ctx context.Context, kind Kind, texts []string, vectors [][]float32) error {
	if len(texts) == 1 && b.soloUse.TryLock() {
		defer b.soloUse.Unlock()
		return b.embedOne(ctx, kind, texts[0], vectors[0])
	}
	for at := 0; at < len(texts); at += windowTexts {
		end := min(at+windowTexts, len(texts))
		if err := b.embedWindow(ctx, kind, texts[at:end], vectors[at:end]); err != nil {
			return err
		}
	}
	return nil
}

// embedOne embeds a single text with all cores working on it.
func (b *BERT) embedOne(ctx context.Context, kind Kind, text string, vector []float32) error {
	w := b.solo
	w.encode(b, kind, text)
	w.batch.Reset()
	w.batch.Prompt = b.prompts[kind].skip
	w.batch.Add(w.encoding.IDs, w.encoding.Types)
	if err := w.embed(b, [][]float32{vector}); err != nil {
		return err
	}
	progress(ctx, 1, len(w.batch.IDs))
	return nil
}

// exactTokens is how many tokens a text must have more than to be computed in
// another precision than f32. Rounding errors average out over tokens: with the
// two special ones alone the cosine to f32 is 0.989, with five of all 0.998; and a
// text so short takes no time.
const exactTokens = 4

// tooShort says whether a text of n tokens is computed in f32 in any precision.
func tooShort(n int) bool { return n <= exactTokens }

// worker is the memory of one goroutine that embeds.
type worker struct {
	space    *model.Workspace
	encoding tokenizer.Encoding
	batch    model.Batch
	vectors  []float32
	out      [][]float32 // where the vectors of a batch go
}

// encode tokenises text with the prompt of its kind into w.encoding.
func (w *worker) encode(b *BERT, kind Kind, text string) {
	if p := b.prompts[kind].text; p != "" {
		text = p + text
	}
	b.tokens.Encode(&w.encoding, text, b.length)
}

// embed computes w.batch and writes each text's vector, scaled to length 1
// whether or not the model's last module does so.
func (w *worker) embed(b *BERT, vectors [][]float32) error {
	dim := b.Dimension()
	if n := len(vectors) * dim; cap(w.vectors) < n {
		w.vectors = make([]float32, n)
	}
	flat := w.vectors[:len(vectors)*dim]
	computed := b.sentence
	if first := w.batch.Starts[1]; !tooShort(first) { // a batch is of one sort
		computed = b.computed()
	}
	if err := computed.Embed(w.space, &w.batch, flat); err != nil {
		return fmt.Errorf("embed: %w", err)
	}
	for i, v := range vectors {
		copy(v, flat[i*dim:(i+1)*dim])
		if !b.sentence.Normalize {
			nn.Normalize(v)
		}
	}
	return nil
}
