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

// Save writes the model to the folder dir, which is made if need be, as
// Sentence-Transformers and transformers load it, weights as F32. The tokenizer
// is not the model's: its own Save completes the folder.
func (s *Sentence) Save(dir string) error { return s.save(dir, s.Encoder.Save) }

// save is Save with the encoder written by a function of its own.
func (s *Sentence) save(dir string, encoder func(dir string) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	if err := encoder(dir); err != nil {
		return err
	}
	const classes = "sentence_transformers.models."
	modules := []module{{0, "0", "", classes + "Transformer"}, {1, "1", "1_Pooling", classes + "Pooling"}}
	err := writeModule(filepath.Join(dir, "1_Pooling"), s.Pooling.config(s.Encoder.Config.HiddenSize), nil)
	add := func(class string, save func(dir string) error) {
		n := len(modules)
		m := module{n, fmt.Sprint(n), fmt.Sprintf("%d_%s", n, class), classes + class}
		modules = append(modules, m)
		err = errors.Join(err, save(filepath.Join(dir, m.Path)))
	}
	for _, d := range s.Dense {
		add("Dense", d.save)
	}
	if s.Adapter != nil {
		add("Router", s.Adapter.save)
	}
	if s.Normalize {
		add("Normalize", func(dir string) error { return writeModule(dir, map[string]any{}, nil) })
	}
	return errors.Join(err, s.saveSettings(dir), writeJSON(filepath.Join(dir, "modules.json"), modules))
}

// saveSettings writes the prompts and the length.
func (s *Sentence) saveSettings(dir string) error {
	cosine := "cosine"
	c := sentenceConfig{Prompts: s.Prompts.Named, Similarity: &cosine}
	if c.Prompts == nil {
		c.Prompts = map[string]string{}
	}
	if s.Prompts.Default != "" {
		c.Default = &s.Prompts.Default
	}
	if s.Adapter != nil && s.Adapter.Words {
		c.HybridRoute = documentRoute
	}
	err := writeJSON(filepath.Join(dir, sentenceConfigName), c)
	if s.MaxLength == 0 {
		return err
	}
	settings := map[string]any{"max_seq_length": s.MaxLength, "do_lower_case": false}
	return errors.Join(err, writeJSON(filepath.Join(dir, sentenceSettingsName), settings))
}

// Save writes the encoder to the folder dir, which exists: config.json and
// model.safetensors under the names of transformers' BertModel and its kind.
func (e *Encoder) Save(dir string) error {
	c := e.Config
	f, _ := c.family()
	c.Architectures = []string{f.architecture}
	if err := writeJSON(filepath.Join(dir, "config.json"), c); err != nil {
		return err
	}
	return writeTensors(dir, e.tensors())
}

// tensors lists the encoder's weights.
func (e *Encoder) tensors() []safetensors.Tensor {
	list := []safetensors.Tensor{
		tableTensor("embeddings.word_embeddings.weight", e.Embedding.Word, 0),
		tableTensor("embeddings.position_embeddings.weight", e.Embedding.Position, e.Config.firstPosition()),
		tableTensor("embeddings.token_type_embeddings.weight", e.Embedding.Type, 0),
	}
	list = append(list, normTensors("embeddings.LayerNorm", e.Embedding.Norm)...)
	for i := range e.Layers {
		list = append(list, e.Layers[i].tensors(fmt.Sprintf("encoder.layer.%d.", i))...)
	}
	if e.Pooler != nil {
		list = append(list, linearTensors("pooler.dense", *e.Pooler)...)
	}
	return list
}

func (l *Layer) tensors(name string) []safetensors.Tensor {
	var list []safetensors.Tensor
	h := l.QKV.In()
	for i, part := range []string{"query", "key", "value"} {
		at := name + "attention.self." + part
		list = append(list, matrixTensor(at+".weight", l.QKV.Weight, i*h, h), vectorTensor(at+".bias", l.QKV.Bias[i*h:(i+1)*h]))
	}
	list = append(list, linearTensors(name+"attention.output.dense", l.AttentionOut)...)
	list = append(list, normTensors(name+"attention.output.LayerNorm", l.AttentionNorm)...)
	list = append(list, linearTensors(name+"intermediate.dense", l.Intermediate)...)
	list = append(list, linearTensors(name+"output.dense", l.Output)...)
	return append(list, normTensors(name+"output.LayerNorm", l.OutputNorm)...)
}

func linearTensors(name string, l nn.Linear) []safetensors.Tensor {
	return []safetensors.Tensor{matrixTensor(name+".weight", l.Weight, 0, l.Out()), vectorTensor(name+".bias", l.Bias)}
}

func normTensors(name string, n nn.LayerNorm) []safetensors.Tensor {
	return []safetensors.Tensor{vectorTensor(name+".weight", n.Gamma), vectorTensor(name+".bias", n.Beta)}
}

func vectorTensor(name string, v []float32) safetensors.Tensor {
	return safetensors.Tensor{Name: name, Shape: []int{len(v)}, Data: func() []float32 { return v }}
}

// matrixTensor is the n rows of w from first on, row-major.
func matrixTensor(name string, w *kernel.Packed, first, n int) safetensors.Tensor {
	k := w.Columns()
	return safetensors.Tensor{Name: name, Shape: []int{n, k}, Data: func() []float32 {
		data := make([]float32, n*k)
		for i := range n {
			w.Row(data[i*k:(i+1)*k], first+i)
		}
		return data
	}}
}

// tableTensor is t with first rows of zeros before it.
func tableTensor(name string, t nn.Table, first int) safetensors.Tensor {
	return safetensors.Tensor{Name: name, Shape: []int{first + t.Rows(), t.Dim()}, Data: func() []float32 {
		data := make([]float32, (first+t.Rows())*t.Dim())
		for i := range t.Rows() {
			t.Row(data[(first+i)*t.Dim():(first+i+1)*t.Dim()], i)
		}
		return data
	}}
}

// writeModule writes a module's folder: its config.json, and its weights if it
// has any.
func writeModule(dir string, config any, tensors []safetensors.Tensor) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	err := writeJSON(filepath.Join(dir, "config.json"), config)
	if len(tensors) == 0 {
		return err
	}
	return errors.Join(err, writeTensors(dir, tensors))
}

func writeTensors(dir string, tensors []safetensors.Tensor) error {
	f, err := os.Create(filepath.Join(dir, safetensors.SingleName))
	if err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	err = safetensors.Write(f, tensors, map[string]string{"format": "pt"})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("model: save %s: %w", f.Name(), err)
	}
	return nil
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	return nil
}
