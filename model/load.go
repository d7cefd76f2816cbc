package model

import (
	"fmt"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// LoadEncoder reads the BERT encoder of a Hugging Face folder: config.json and
// model.safetensors, or its shards. Errors name the file and the tensor.
func LoadEncoder(dir string) (*Encoder, error) {
	e, _, err := loadEncoder(dir)
	return e, err
}

// loadEncoder is LoadEncoder and lists the files of the weights.
func loadEncoder(dir string) (*Encoder, []string, error) {
	c, err := LoadConfig(dir)
	if err != nil {
		return nil, nil, err
	}
	weights, err := safetensors.OpenFolder(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("model: %w", err)
	}
	defer func() { _ = weights.Close() }() // only read
	l := &loader{weights: weights, dir: dir}
	e := l.encoder(c)
	if l.err != nil {
		return nil, nil, l.err
	}
	return e, weights.Paths(), nil
}

// loader reads tensors until the first error, which it keeps.
type loader struct {
	weights *safetensors.Folder
	dir     string
	prefix  string
	err     error
}

// encoder reads the whole encoder. Models with a head keep it under a prefix.
func (l *loader) encoder(c Config) *Encoder {
	const word = "embeddings.word_embeddings.weight"
	if _, _, ok := l.weights.Lookup(word); !ok {
		f, _ := c.family()
		if _, _, ok := l.weights.Lookup(f.prefix + word); ok {
			l.prefix = f.prefix
		}
	}
	h := c.HiddenSize
	c.Quantization = nil
	e := &Encoder{Config: c}
	e.Embedding.Word = l.table(word, c.VocabSize, h, 0)
	e.Embedding.Position = l.table("embeddings.position_embeddings.weight", c.MaxPositionEmbeddings, h, c.firstPosition())
	e.Embedding.Type = l.table("embeddings.token_type_embeddings.weight", c.TypeVocabSize, h, 0)
	e.Embedding.Norm = l.norm("embeddings.LayerNorm", c)
	for i := 0; i < c.HiddenLayers && l.err == nil; i++ {
		e.Layers = append(e.Layers, l.layer(fmt.Sprintf("encoder.layer.%d.", i), c))
	}
	if l.has("pooler.dense.weight") {
		pooler := l.linear("pooler.dense", h, h)
		e.Pooler = &pooler
	}
	return e
}

func (l *loader) layer(name string, c Config) Layer {
	h, i := c.HiddenSize, c.IntermediateSize
	return Layer{
		QKV:           l.fused(name+"attention.self.", h),
		AttentionOut:  l.linear(name+"attention.output.dense", h, h),
		AttentionNorm: l.norm(name+"attention.output.LayerNorm", c),
		Intermediate:  l.linear(name+"intermediate.dense", i, h),
		Output:        l.linear(name+"output.dense", h, i),
		OutputNorm:    l.norm(name+"output.LayerNorm", c),
	}
}

// fused reads the query, key and value projections, h×h each, as one of 3h×h.
func (l *loader) fused(name string, h int) nn.Linear {
	var weight, bias []float32
	for _, part := range []string{"query", "key", "value"} {
		weight = append(weight, l.floats(name+part+".weight", h, h)...)
		bias = append(bias, l.floats(name+part+".bias", h)...)
	}
	if l.err != nil {
		return nn.Linear{}
	}
	return nn.Linear{Weight: kernel.PackF32(weight, 3*h, h), Bias: bias}
}

// linear reads a projection from in to out features.
func (l *loader) linear(name string, out, in int) nn.Linear {
	weight, bias := l.floats(name+".weight", out, in), l.floats(name+".bias", out)
	if l.err != nil {
		return nn.Linear{}
	}
	return nn.Linear{Weight: kernel.PackF32(weight, out, in), Bias: bias}
}

// norm reads a layer normalisation. Checkpoints converted from TensorFlow call
// its weight gamma and its bias beta.
func (l *loader) norm(name string, c Config) nn.LayerNorm {
	gamma, beta := name+".weight", name+".bias"
	if !l.has(gamma) && l.has(name+".gamma") {
		gamma, beta = name+".gamma", name+".beta"
	}
	return nn.LayerNorm{
		Gamma: l.floats(gamma, c.HiddenSize),
		Beta:  l.floats(beta, c.HiddenSize),
		Eps:   float32(c.LayerNormEps),
	}
}

// table reads an embedding matrix, rows×dim, without its first rows. One of
// binary16 or bytes stays so: a multilingual vocabulary is the greater part of a
// model.
func (l *loader) table(name string, rows, dim, first int) (t nn.Table) {
	info, _, ok := l.weights.Lookup(l.prefix + name)
	if ok && l.err == nil && fmt.Sprint(info.Shape) == fmt.Sprint([]int{rows, dim}) {
		switch info.DType {
		case safetensors.F16:
			if data, err := l.weights.Raw(l.prefix + name); err != nil {
				l.err = fmt.Errorf("model: %w", err)
			} else {
				t, l.err = nn.NewTableF16(data[2*first*dim:], rows-first, dim)
			}
			return t
		case safetensors.I8:
			if data, scale, err := readBytes(l.weights, l.dir, l.prefix+name, rows); err != nil {
				l.err = err
			} else {
				t, l.err = nn.NewTableInt8(data[first*dim:], scale[first:], rows-first, dim)
			}
			return t
		}
	}
	data := l.floats(name, rows, dim)
	if l.err != nil {
		return nn.Table{}
	}
	t, l.err = nn.NewTable(data[first*dim:], rows-first, dim)
	return t
}

func (l *loader) has(name string) bool {
	_, _, ok := l.weights.Lookup(l.prefix + name)
	return ok
}

// floats reads a tensor that must have the given shape.
func (l *loader) floats(name string, shape ...int) []float32 {
	if l.err != nil {
		return nil
	}
	v, err := readTensor(l.weights, l.dir, l.prefix+name, shape)
	l.err = err
	return v
}

// readTensor reads tensor name of the folder dir, which must have this shape. One
// of bytes is multiplied by its scales.
func readTensor(weights *safetensors.Folder, dir, name string, shape []int) ([]float32, error) {
	info, file, ok := weights.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("model: %s: missing tensor %q: not the weights of the BERT that config.json describes", dir, name)
	}
	if fmt.Sprint(info.Shape) != fmt.Sprint(shape) {
		return nil, fmt.Errorf("model: %s: tensor %q has shape %v, config.json wants %v", file, name, info.Shape, shape)
	}
	if info.DType == safetensors.I8 {
		return widened(weights, dir, name, shape)
	}
	v, err := weights.Floats(name)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return v, nil
}
