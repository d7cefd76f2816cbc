package model

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// loadedTiny is a model in a folder, and the vectors of the tiny texts by it.
func loadedTiny(t *testing.T, c Config) *Sentence {
	t.Helper()
	s, err := Load(writeTiny(t, c, tinyTensors(c, 3)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func vectorsOfTiny(t *testing.T, s *Sentence) []float32 {
	t.Helper()
	b := tinyTexts(tinyConfig())
	out := make([]float32, b.Texts()*s.Dimension())
	if err := s.Embed(&Workspace{}, b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSaveInt8(t *testing.T) {
	s, dir := loadedTiny(t, tinyConfig()), t.TempDir()
	if err := s.SaveInt8(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Encoder.Config.Quantization != nil || loaded.Digest == s.Digest || loaded.Digest == "" {
		t.Errorf("quantization %v, digest %q", loaded.Encoder.Config.Quantization, loaded.Digest)
	}
	a, b := vectorsOfTiny(t, s), vectorsOfTiny(t, loaded)
	for i := 0; i < len(a); i += s.Dimension() {
		x, y := a[i:i+s.Dimension()], b[i:i+s.Dimension()]
		if c := kernel.Dot(x, y) * kernel.Dot(x, y) / (kernel.Dot(x, x) * kernel.Dot(y, y)); c < 0.999 {
			t.Errorf("squared cosine %v to the vectors of f32", c)
		}
	}
	// The matrices that int8 multiplies are the same bytes.
	one, two := s.Int8().Encoder.int8, loaded.Int8().Encoder.int8
	row, other := make([]byte, 64), make([]byte, 64)
	for i := range one {
		for j, m := range one[i].matrices() {
			for n := range m.Rows() {
				if m.Bytes(row, n) != two[i].matrices()[j].Bytes(other, n) || !bytes.Equal(row, other) {
					t.Fatalf("row %d of matrix %d of layer %d is another", n, j, i)
				}
			}
		}
	}
	again := t.TempDir()
	if err := loaded.SaveInt8(again); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", safetensors.SingleName} {
		if !bytes.Equal(readAll(t, dir, name), readAll(t, again, name)) {
			t.Errorf("%s is another when the model is saved again", name)
		}
	}
	if err := loaded.Save(again); err != nil {
		t.Fatal(err)
	}
	if wide, err := Load(again); err != nil || !slices.Equal(vectorsOfTiny(t, wide), b) {
		t.Errorf("saved as f32 it is another model (%v)", err)
	}
}

func (l *layerInt8) matrices() []*kernel.PackedInt8 {
	return []*kernel.PackedInt8{l.qkv.Weight, l.attentionOut.Weight, l.intermediate.Weight, l.output.Weight}
}

func readAll(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestSaveInt8OfRoBERTa has positions that begin later, and no Dense is rounded.
func TestSaveInt8OfRoBERTa(t *testing.T) {
	c := tinyConfig()
	c.ModelType, c.PadTokenID, c.MaxPositionEmbeddings = "roberta", 1, c.MaxPositionEmbeddings+2
	s, dir := loadedTiny(t, c), t.TempDir()
	if err := s.SaveInt8(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if dir := t.TempDir(); loaded.SaveInt8(dir) != nil || loaded.Encoder.Embedding.Position.Rows() != s.Encoder.Embedding.Position.Rows() {
		t.Error("it cannot be saved again")
	}
}

// TestDamagedInt8 changes one thing of a folder in bytes at a time.
func TestDamagedInt8(t *testing.T) {
	const matrix = "encoder.layer.0.output.dense.weight"
	for _, damage := range []struct {
		name, want string
		do         func(map[string]safetensors.Tensor)
	}{
		{"no scale", `missing tensor "` + matrix + `_scale"`, func(m map[string]safetensors.Tensor) { delete(m, matrix+"_scale") }},
		{"no scale of words", "word_embeddings.weight_scale", func(m map[string]safetensors.Tensor) { delete(m, "embeddings.word_embeddings.weight_scale") }},
		{"a scale short", "has shape [20 1]", func(m map[string]safetensors.Tensor) {
			m[matrix+"_scale"] = safetensors.Tensor{Shape: []int{20, 1}, Data: func() []float32 { return make([]float32, 20) }}
		}},
		{"a negative scale", "has the scale -1 for row 0", func(m map[string]safetensors.Tensor) {
			m[matrix+"_scale"] = safetensors.Tensor{Shape: []int{21}, Data: func() []float32 { return append([]float32{-1}, make([]float32, 20)...) }}
		}},
		{"a scale of bytes", "is of bytes, want floats", func(m map[string]safetensors.Tensor) {
			m[matrix+"_scale"] = safetensors.Tensor{Shape: []int{21, 1}, Bytes: func() []byte { return make([]byte, 21) }}
		}},
		{"zero points", "zero points", func(m map[string]safetensors.Tensor) {
			m[matrix+"_zero_point"] = safetensors.Tensor{Shape: []int{21, 1}, Bytes: func() []byte { return make([]byte, 21) }}
		}},
		{"a matrix of another shape", "has shape [21 36]", func(m map[string]safetensors.Tensor) {
			m[matrix] = safetensors.Tensor{Shape: []int{21, 36}, Bytes: func() []byte { return make([]byte, 21*36) }}
		}},
		{"a bias of bytes", "only matrices can be", func(m map[string]safetensors.Tensor) {
			m["encoder.layer.0.output.dense.bias"] = safetensors.Tensor{Shape: []int{21}, Bytes: func() []byte { return make([]byte, 21) }}
		}},
		{"a normalisation of bytes", "only matrices can be", func(m map[string]safetensors.Tensor) {
			m["encoder.layer.0.output.LayerNorm.weight"] = safetensors.Tensor{Shape: []int{21}, Bytes: func() []byte { return make([]byte, 21) }}
		}},
	} {
		dir := t.TempDir()
		s := loadedTiny(t, tinyConfig())
		if err := s.SaveInt8(dir); err != nil {
			t.Fatal(err)
		}
		tensors := map[string]safetensors.Tensor{}
		for _, tensor := range s.Encoder.tensors() {
			tensors[tensor.Name] = tensor
			if rounded(tensor) {
				for _, part := range inBytes(tensor) {
					tensors[part.Name] = part
				}
			}
		}
		damage.do(tensors)
		var list []safetensors.Tensor
		for _, name := range slices.Sorted(maps.Keys(tensors)) {
			tensor := tensors[name]
			tensor.Name = name
			list = append(list, tensor)
		}
		if err := writeTensors(dir, list); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), damage.want) {
			t.Errorf("%s: %v, want %q", damage.name, err, damage.want)
		}
	}
}

func TestUnknownQuantization(t *testing.T) {
	for _, change := range [][2]string{
		{`"compressed-tensors"`, `"gptq"`}, {`"int-quantized"`, `"pack-quantized"`}, {`"num_bits": 8`, `"num_bits": 4`},
		{`"symmetric": true`, `"symmetric": false`}, {`"channel"`, `"group"`},
	} {
		c := tinyConfig()
		c.Quantization = newQuantization()
		text, err := json.MarshalIndent(c, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseConfig(text); err != nil {
			t.Error(err)
		}
		changed := strings.Replace(string(text), change[0], change[1], 1)
		if _, err := ParseConfig([]byte(changed)); err == nil || !strings.Contains(err.Error(), "unsupported quantization_config") {
			t.Errorf("%s: %v", change[1], err)
		}
	}
}
