package model

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// tinyConfig is a BERT with odd sizes, so that no dimension happens to fit a
// vector register or equals another.
func tinyConfig() Config {
	c := defaultConfig()
	c.VocabSize, c.HiddenSize, c.HiddenLayers, c.AttentionHeads = 53, 21, 3, 3
	c.IntermediateSize, c.MaxPositionEmbeddings, c.TypeVocabSize = 37, 19, 3
	c.LayerNormEps = 1e-5
	return c
}

// tinyTensors makes random weights for c, named as in a checkpoint.
func tinyTensors(c Config, seed uint64) map[string]tensor {
	random := rand.New(rand.NewPCG(seed, 1))
	tensors := map[string]tensor{}
	add := func(name string, center float32, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := make([]float32, n)
		for i := range data {
			data[i] = center + float32(random.NormFloat64())*0.3
		}
		tensors[name] = tensor{shape, data}
	}
	h, inner := c.HiddenSize, c.IntermediateSize
	linear := func(name string, out, in int) {
		add(name+".weight", 0, out, in)
		add(name+".bias", 0, out)
	}
	norm := func(name string) {
		add(name+".weight", 1, h)
		add(name+".bias", 0, h)
	}
	add("embeddings.word_embeddings.weight", 0, c.VocabSize, h)
	add("embeddings.position_embeddings.weight", 0, c.MaxPositionEmbeddings, h)
	add("embeddings.token_type_embeddings.weight", 0, c.TypeVocabSize, h)
	norm("embeddings.LayerNorm")
	for i := range c.HiddenLayers {
		p := fmt.Sprintf("encoder.layer.%d.", i)
		for _, part := range []string{"query", "key", "value"} {
			linear(p+"attention.self."+part, h, h)
		}
		linear(p+"attention.output.dense", h, h)
		norm(p + "attention.output.LayerNorm")
		linear(p+"intermediate.dense", inner, h)
		linear(p+"output.dense", h, inner)
		norm(p + "output.LayerNorm")
	}
	linear("pooler.dense", h, h)
	return tensors
}

type tensor struct {
	shape []int
	data  []float32
}

// writeTiny writes a Hugging Face folder.
func writeTiny(t *testing.T, c Config, tensors map[string]tensor) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "config.json", c)
	var list []safetensors.Tensor
	for name, v := range tensors {
		list = append(list, safetensors.Tensor{Name: name, Shape: v.shape, Data: func() []float32 { return v.data }})
	}
	if err := writeTensors(dir, list); err != nil {
		t.Fatal(err)
	}
	return dir
}

// writeFile writes v as JSON to dir/name, making the folder.
func writeFile(t *testing.T, dir, name string, v any) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	text, err := json.Marshal(v)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tinyTexts is a batch of texts with lengths from 1 to the longest possible.
func tinyTexts(c Config) *Batch {
	random := rand.New(rand.NewPCG(5, 5))
	b := &Batch{}
	b.Reset()
	for _, n := range []int{3, 1, c.MaxPositionEmbeddings, 7} {
		ids, types := make([]int32, n), make([]uint8, n)
		for i := range ids {
			ids[i] = int32(random.IntN(c.VocabSize))
			types[i] = uint8(random.IntN(c.TypeVocabSize))
		}
		b.Add(ids, types)
	}
	return b
}
