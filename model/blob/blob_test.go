package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// tiny is a model of odd sizes with random weights.
func tiny(t testing.TB) *model.Sentence {
	t.Helper()
	c, err := model.ParseConfig([]byte(`{"model_type":"bert","vocab_size":31,"hidden_size":21,"num_hidden_layers":2,
		"num_attention_heads":3,"intermediate_size":35,"max_position_embeddings":11,"type_vocab_size":2}`))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	floats := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(random.NormFloat64()) * 0.2
		}
		return v
	}
	h, inner := c.HiddenSize, c.IntermediateSize
	table := func(rows int) nn.Table {
		v, err := nn.NewTable(floats(rows*h), rows, h)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	linear := func(n, k int) nn.Linear {
		return nn.Linear{Weight: kernel.PackF32(floats(n*k), n, k), Bias: floats(n)}
	}
	norm := func() nn.LayerNorm {
		return nn.LayerNorm{Gamma: floats(h), Beta: floats(h), Eps: float32(c.LayerNormEps)}
	}
	e := &model.Encoder{Config: c, Embedding: nn.Embedding{Word: table(31), Position: table(11), Type: table(2), Norm: norm()}}
	for range c.HiddenLayers {
		e.Layers = append(e.Layers, model.Layer{QKV: linear(3*h, h), AttentionOut: linear(h, h), AttentionNorm: norm(),
			Intermediate: linear(inner, h), Output: linear(h, inner), OutputNorm: norm()})
	}
	pooler := linear(h, h)
	e.Pooler = &pooler
	return &model.Sentence{Name: "tiny", Encoder: e, Pooling: model.Pooling{Modes: []model.PoolingMode{model.Mean, model.CLS}},
		Normalize: true, MaxLength: 10, Prompts: model.Prompts{Named: map[string]string{"query": "q: "}}}
}

func encode(t testing.TB, s *model.Sentence) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func vectors(t testing.TB, s *model.Sentence) []float32 {
	t.Helper()
	var b model.Batch
	b.Add([]int32{1, 30, 7}, []uint8{0, 1, 1})
	b.Add([]int32{2}, []uint8{0})
	out := make([]float32, 2*s.Dimension())
	if err := s.Embed(&model.Workspace{}, &b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWriteThenOpen opens a blob at several alignments.
func TestWriteThenOpen(t *testing.T) {
	s := tiny(t)
	data := encode(t, s)
	want := vectors(t, s)
	for shift := range 5 {
		moved := append(make([]byte, shift), data...)[shift:]
		got, err := Open(moved)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != "tiny" || got.MaxLength != 10 || got.Prompts.Query() != "q: " || len(got.Digest) != 64 || got.Encoder.Pooler == nil {
			t.Errorf("opened %+v", got)
		}
		for i, v := range vectors(t, got) {
			if math.Abs(float64(v-want[i])) > 2e-3 {
				t.Fatalf("value %d is %g, in float32 it was %g", i, v, want[i])
			}
		}
	}
	if err := Verify(data); err != nil {
		t.Error(err)
	}
}

func TestDamage(t *testing.T) {
	data := encode(t, tiny(t))
	for _, at := range []int{0, 9, 13, 17, preamble + 5, len(data) / 2} {
		bad := bytes.Clone(data)
		bad[at] ^= 1
		if Verify(bad) == nil {
			t.Errorf("Verify does not see a flipped bit at %d of %d", at, len(data))
		}
	}
	for n := 0; n < len(data)-alignment; n += 97 {
		if _, err := Open(data[:n]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	newer := bytes.Clone(data)
	newer[len(magic)] = version + 1
	if _, err := Open(newer); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a newer blob: %v", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	s := tiny(t)
	s.Encoder.Layers[0].Output.Weight = kernel.PackF32(slices.Repeat([]float32{1e6}, 21*35), 21, 35)
	if err := Write(&bytes.Buffer{}, s); err == nil {
		t.Error("no error for a weight beyond binary16")
	}
	s = tiny(t)
	s.Dense = []*model.Dense{{}}
	if err := Write(&bytes.Buffer{}, s); err == nil {
		t.Error("no error for a model with a Dense module")
	}
}

// FuzzOpen changes the header and repairs its checksum, so that the checks
// behind it are reached.
func FuzzOpen(f *testing.F) {
	data := encode(f, tiny(f))
	length := int(binary.LittleEndian.Uint32(data[len(magic)+4:]))
	f.Add(data[preamble : preamble+length])
	f.Add([]byte(`{"config":{"model_type":"bert"},"sections":[{"name":"word","kind":"f16","offset":-1,"length":5}]}`))
	f.Fuzz(func(t *testing.T, head []byte) {
		changed := bytes.Clone(data[:preamble])
		binary.LittleEndian.PutUint32(changed[len(magic)+4:], uint32(len(head)))
		binary.LittleEndian.PutUint32(changed[len(magic)+8:], crc32.Checksum(head, castagnoli))
		changed = append(append(changed, head...), data[min(len(data), preamble+len(head)):]...)
		if s, err := Open(changed); err == nil && s.Dimension() < 1 {
			t.Errorf("opened a model of dimension %d", s.Dimension())
		}
		_ = Verify(changed)
	})
}
