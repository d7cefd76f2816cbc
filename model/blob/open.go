package blob

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// Open makes a model of data, which is used in place for as long as the model
// lives and must not change.
func Open(data []byte) (*model.Sentence, error) {
	h, err := decodeHeader(data)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if err := h.Config.Validate(); err != nil {
		return nil, fmt.Errorf("blob: %w: %w", ErrCorrupt, err)
	}
	r := &reader{data: data, sections: make(map[string]section, len(h.Sections))}
	for _, s := range h.Sections {
		r.sections[s.Name] = s
	}
	m := &model.Sentence{
		Name: h.Name, Encoder: r.encoder(h.Config), Pooling: h.Pooling, Normalize: h.Normalize,
		Prompts: h.Prompts, MaxLength: h.MaxLength, Digest: h.Digest,
	}
	if err := h.Pooling.Validate(); err != nil {
		r.fail("%w", err)
	}
	if r.err != nil {
		return nil, fmt.Errorf("blob: %w", r.err)
	}
	return m, nil
}

// reader makes parts of a model of sections until the first error.
type reader struct {
	data     []byte
	sections map[string]section
	err      error
}

func (r *reader) encoder(c model.Config) *model.Encoder {
	h := c.HiddenSize
	e := &model.Encoder{Config: c}
	e.Embedding.Word = r.table("word", c.VocabSize, h)
	e.Embedding.Position = r.table("position", c.Positions(), h)
	e.Embedding.Type = r.table("type", c.TypeVocabSize, h)
	e.Embedding.Norm = r.norm("embedding norm", c)
	for i := 0; i < c.HiddenLayers && r.err == nil; i++ {
		name := func(part string) string { return fmt.Sprintf("layer %d %s", i, part) }
		e.Layers = append(e.Layers, model.Layer{
			QKV:           r.linear(name("qkv"), 3*h, h),
			AttentionOut:  r.linear(name("attention out"), h, h),
			AttentionNorm: r.norm(name("attention norm"), c),
			Intermediate:  r.linear(name("intermediate"), c.IntermediateSize, h),
			Output:        r.linear(name("output"), h, c.IntermediateSize),
			OutputNorm:    r.norm(name("output norm"), c),
		})
	}
	if _, ok := r.sections["pooler weight"]; ok {
		pooler := r.linear("pooler", h, h)
		e.Pooler = &pooler
	}
	return e
}

func (r *reader) linear(name string, n, k int) nn.Linear {
	data := r.section(name+" weight", panels, 2*kernel.PackedSize(n, k), n, k)
	bias := r.vector(name+" bias", n)
	if r.err != nil {
		return nn.Linear{}
	}
	w, err := kernel.PackedF16(data, n, k)
	if err != nil {
		r.fail("%q: %w", name, err)
	}
	return nn.Linear{Weight: w, Bias: bias}
}

func (r *reader) norm(name string, c model.Config) nn.LayerNorm {
	return nn.LayerNorm{
		Gamma: r.vector(name+" weight", c.HiddenSize),
		Beta:  r.vector(name+" bias", c.HiddenSize),
		Eps:   float32(c.LayerNormEps),
	}
}

func (r *reader) table(name string, rows, dim int) nn.Table {
	data := r.section(name, table, 2*rows*dim, rows, dim)
	if r.err != nil {
		return nn.Table{}
	}
	t, err := nn.NewTableF16(data, rows, dim)
	if err != nil {
		r.fail("%q: %w", name, err)
	}
	return t
}

// vector copies n float32 values: the data may not be aligned for them.
func (r *reader) vector(name string, n int) []float32 {
	data := r.section(name, vector, 4*n, n)
	if data == nil {
		return nil
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v
}

// section finds the data of a section of this kind, length and shape.
func (r *reader) section(name string, k kind, length int, shape ...int) []byte {
	s, ok := r.sections[name]
	switch {
	case r.err != nil:
		return nil
	case !ok:
		r.fail("section %q is missing", name)
		return nil
	case s.Kind != k || s.Length != length || !slices.Equal(s.Shape, shape):
		r.fail("section %q is %s %v of %d bytes, want %s %v of %d", name, s.Kind, s.Shape, s.Length, k, shape, length)
		return nil
	}
	return r.data[s.Offset : s.Offset+s.Length : s.Offset+s.Length]
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
	}
}
