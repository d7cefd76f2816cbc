package task

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// Writer makes a text of a text, such as a summary, a translation or a question, with an encoder and a decoder. It is
// safe for concurrent use; a call runs on one core unless it says otherwise.
type Writer struct {
	model  *model.Seq2Seq
	tokens *tokenizer.Tokenizer
	length int
	spaces sync.Pool // of *space
}

// LoadWriter reads the folder of a transformers' EncoderDecoderModel with the tokenizer of both halves.
func LoadWriter(dir string) (*Writer, error) {
	m, err := model.LoadSeq2Seq(dir)
	if err != nil {
		return nil, fmt.Errorf("task: %w", err)
	}
	t, err := tokenizer.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("task: %w", err)
	}
	return NewWriter(m, t)
}

// NewWriter joins a model and its tokenizer.
func NewWriter(m *model.Seq2Seq, t *tokenizer.Tokenizer) (*Writer, error) {
	reads, writes := m.Encoder.Config, m.Decoder.Body.Config
	if t.Size() > reads.VocabSize || t.Size() > writes.VocabSize {
		return nil, fmt.Errorf("task: the tokenizer has %d tokens, the encoder %d and the decoder %d: they do not belong together",
			t.Size(), reads.VocabSize, writes.VocabSize)
	}
	length := reads.Positions()
	if most := t.MaxLength(); most > 0 {
		length = min(length, most)
	}
	return &Writer{model: m, tokens: t, length: length, spaces: sync.Pool{New: func() any { return &space{} }}}, nil
}

// Write returns the text that the model makes of text. A text that is too long is cut.
func (w *Writer) Write(ctx context.Context, text string, o model.GenerateOptions) (string, error) {
	texts, err := w.WriteTexts(ctx, []string{text}, o)
	if err != nil || len(texts[0]) == 0 {
		return "", err
	}
	return texts[0][0], nil
}

// writtenTogether is how many texts are read to be written of at a time: enough
// that the weights are seldom read.
const writtenTogether = 8

// WriteTexts is Write of each of texts, in their order, and of as many texts as there are beams, the most probable
// first, no two of which are equal; on all cores.
func (w *Writer) WriteTexts(ctx context.Context, texts []string, o model.GenerateOptions) ([][]string, error) {
	written := make([][]string, len(texts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(texts); from += writtenTogether {
		to := min(from+writtenTogether, len(texts))
		group.Go(func() error { return w.write(ctx, written[from:to], texts[from:to], o) })
	}
	return written, group.Wait()
}

// write is WriteTexts of a few texts, on one core.
func (w *Writer) write(ctx context.Context, written [][]string, texts []string, o model.GenerateOptions) error {
	s := w.spaces.Get().(*space)
	defer w.spaces.Put(s)
	s.batch.Reset()
	for _, text := range texts {
		w.tokens.Encode(&s.encoding, text, w.length)
		s.batch.Add(s.encoding.IDs, s.encoding.Types)
	}
	all, err := w.model.GenerateAll(ctx, &s.work, &s.batch, o)
	if err != nil {
		return err
	}
	for i, some := range all {
		for _, ids := range some {
			if t := w.text(ids); !slices.Contains(written[i], t) {
				written[i] = append(written[i], t)
			}
		}
	}
	return nil
}

// text joins the tokens of WordPiece: "##" goes on with a word. Special ones are left out.
func (w *Writer) text(ids []int32) string {
	special := w.tokens.Config().Roles
	var b strings.Builder
	for _, id := range ids {
		token := w.tokens.Token(id)
		if token == "" || token == special.CLS || token == special.SEP || token == special.PAD || token == special.MASK {
			continue
		}
		rest, goesOn := strings.CutPrefix(token, "##")
		if !goesOn && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(rest)
	}
	return b.String()
}
