package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// Seq2Seq makes a text of a text: an encoder reads, a decoder writes.
type Seq2Seq struct {
	Encoder    *Encoder
	Decoder    *Decoder
	Start, End int32  // the tokens before and after what is written
	Digest     string // identifies the weights
}

// seq2seqFile is the config.json of transformers' EncoderDecoderModel.
type seq2seqFile struct {
	Architectures []string        `json:"architectures"`
	ModelType     string          `json:"model_type"`
	Encoder       json.RawMessage `json:"encoder"`
	Decoder       json.RawMessage `json:"decoder"`
	Start         *int32          `json:"decoder_start_token_id"`
	End           *int32          `json:"eos_token_id"`
	Pad           *int32          `json:"pad_token_id"`
}

// LoadSeq2Seq reads the Hugging Face folder of an EncoderDecoderModel whose two
// halves are BERT's.
func LoadSeq2Seq(dir string) (*Seq2Seq, error) {
	path := filepath.Join(dir, "config.json")
	var f seq2seqFile
	if found, err := readJSON(path, &f); err != nil || !found {
		return nil, errors.Join(err, fmt.Errorf("model: %s: no configuration of a model is there", path))
	}
	if f.ModelType != "encoder-decoder" || f.Start == nil || f.End == nil {
		return nil, fmt.Errorf("model: %s: model_type is %q, want encoder-decoder with decoder_start_token_id and eos_token_id", path, f.ModelType)
	}
	reads, err := ParseConfig(f.Encoder)
	if err != nil {
		return nil, fmt.Errorf("model: %s: encoder: %w", path, err)
	}
	writes, err := decoderConfig(f.Decoder)
	if err != nil {
		return nil, fmt.Errorf("model: %s: decoder: %w", path, err)
	}
	m := &Seq2Seq{Start: *f.Start, End: *f.End}
	return m, m.read(dir, reads, writes)
}

// decoderConfig reads the configuration of the half that writes, without what
// says that it does.
func decoderConfig(text []byte) (Config, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return Config{}, err
	}
	if string(keys["is_decoder"]) != "true" || string(keys["add_cross_attention"]) != "true" {
		return Config{}, errors.New("is_decoder and add_cross_attention must be true")
	}
	delete(keys, "is_decoder")
	text, err := json.Marshal(keys)
	if err != nil {
		return Config{}, err
	}
	c, err := ParseConfig(text)
	if err == nil && c.ModelType != "bert" {
		err = fmt.Errorf("model_type is %q, want bert", c.ModelType)
	}
	return c, err
}

// read reads the tensors.
func (m *Seq2Seq) read(dir string, reads, writes Config) error {
	weights, err := safetensors.OpenFolder(dir)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	defer func() { _ = weights.Close() }() // only read
	l := &loader{weights: weights, dir: dir, prefix: "encoder."}
	m.Encoder = l.encoder(reads)
	l.prefix = "decoder.bert."
	m.Decoder = &Decoder{Body: l.encoder(writes)}
	for i := range writes.HiddenLayers {
		m.Decoder.Cross = append(m.Decoder.Cross, l.cross(crossName(i), writes.HiddenSize, reads.HiddenSize, writes))
	}
	l.prefix = "decoder."
	const head = "cls.predictions."
	h := writes.HiddenSize
	m.Decoder.Words = WordHead{
		Transform: l.linear(head+"transform.dense", h, h), Norm: l.norm(head+"transform.LayerNorm", writes), Bias: l.floats(head+"bias", writes.VocabSize),
	}
	if l.err != nil {
		return l.err
	}
	m.Digest, err = digest(weights.Paths())
	return err
}

func crossName(i int) string { return fmt.Sprintf("encoder.layer.%d.crossattention.", i) }

// cross reads a layer's cross-attention to an encoder of size seen.
func (l *loader) cross(name string, h, seen int, c Config) CrossAttention {
	a := CrossAttention{Query: l.linear(name+"self.query", h, h), Out: l.linear(name+"output.dense", h, h), Norm: l.norm(name+"output.LayerNorm", c)}
	var weight, bias []float32
	for _, part := range []string{"key", "value"} {
		weight = append(weight, l.floats(name+"self."+part+".weight", h, seen)...)
		bias = append(bias, l.floats(name+"self."+part+".bias", h)...)
	}
	if l.err == nil {
		a.KeyValue = nn.Linear{Weight: kernel.PackF32(weight, 2*h, seen), Bias: bias}
	}
	return a
}

// Save writes the model to the folder dir, which is made if need be, as
// transformers loads it.
func (m *Seq2Seq) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	reads, err := json.Marshal(m.Encoder.Config)
	if err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	writes, err := json.Marshal(struct {
		Config
		IsDecoder bool `json:"is_decoder"`
		Cross     bool `json:"add_cross_attention"`
	}{m.Decoder.Body.Config, true, true})
	if err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	pad := int32(m.Decoder.Body.Config.PadTokenID)
	config := seq2seqFile{[]string{"EncoderDecoderModel"}, "encoder-decoder", reads, writes, &m.Start, &m.End, &pad}
	return errors.Join(writeJSON(filepath.Join(dir, "config.json"), config), writeTensors(dir, m.tensors()))
}

// tensors lists the weights. The decoder of words is the table of words.
func (m *Seq2Seq) tensors() []safetensors.Tensor {
	var list []safetensors.Tensor
	add := func(prefix string, tensors []safetensors.Tensor) {
		for _, t := range tensors {
			t.Name = prefix + t.Name
			list = append(list, t)
		}
	}
	add("encoder.", m.Encoder.tensors())
	body := *m.Decoder.Body
	body.Pooler = nil
	add("decoder.bert.", body.tensors())
	for i, c := range m.Decoder.Cross {
		h := c.Query.In()
		add("decoder.bert."+crossName(i), []safetensors.Tensor{
			matrixTensor("self.key.weight", c.KeyValue.Weight, 0, h), vectorTensor("self.key.bias", c.KeyValue.Bias[:h]),
			matrixTensor("self.value.weight", c.KeyValue.Weight, h, h), vectorTensor("self.value.bias", c.KeyValue.Bias[h:]),
		})
		add("decoder.bert."+crossName(i), linearTensors("self.query", c.Query))
		add("decoder.bert."+crossName(i), linearTensors("output.dense", c.Out))
		add("decoder.bert."+crossName(i), normTensors("output.LayerNorm", c.Norm))
	}
	w := m.Decoder.Words
	add("decoder.cls.predictions.transform.", linearTensors("dense", w.Transform))
	add("decoder.cls.predictions.transform.", normTensors("LayerNorm", w.Norm))
	add("decoder.cls.predictions.", []safetensors.Tensor{vectorTensor("bias", w.Bias)})
	return list
}
