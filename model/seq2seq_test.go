package model

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seq2seqGolden is what PyTorch makes of a text; _gen/seq2seq.py wrote it.
type seq2seqGolden struct {
	IDs     []int32   `json:"ids"`
	Written []int32   `json:"written"`
	Scores  []float32 `json:"scores"` // after each written token, of all words
	Greedy  []int32   `json:"greedy"`
	Beams   []int32   `json:"beams"`
}

func readSeq2SeqGolden(t *testing.T) (golden []seq2seqGolden) {
	t.Helper()
	text, err := os.ReadFile("testdata/seq2seq/golden.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	return golden
}

// TestSeq2Seq compares scores and texts with PyTorch's, before and after saving.
func TestSeq2Seq(t *testing.T) {
	m, err := LoadSeq2Seq("testdata/seq2seq")
	if err != nil {
		t.Fatal(err)
	}
	saved := t.TempDir()
	if err := m.Save(saved); err != nil {
		t.Fatal(err)
	}
	again, err := LoadSeq2Seq(saved)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range readSeq2SeqGolden(t) {
		for _, m := range []*Seq2Seq{m, again} {
			compareSeq2Seq(t, m, g)
		}
	}
}

func compareSeq2Seq(t *testing.T, m *Seq2Seq, g seq2seqGolden) {
	t.Helper()
	b := &Batch{}
	b.Add(g.IDs, make([]uint8, len(g.IDs)))
	hidden, err := m.Encoder.Forward(&Workspace{}, b)
	if err != nil {
		t.Fatal(err)
	}
	decoding := m.Decoder.Begin(hidden)
	var scores []float32
	for _, id := range g.Written {
		fork := decoding.Fork() // must leave the original as it is
		if _, err := fork.Next(2); err != nil {
			t.Fatal(err)
		}
		next, err := decoding.Next(id)
		if err != nil {
			t.Fatal(err)
		}
		scores = append(scores, next...)
	}
	if e := distance(scores, g.Scores) / length(g.Scores); e > 1e-5 {
		t.Errorf("scores are off by %.2g", e)
	}
	for beams, want := range map[int][]int32{1: g.Greedy, 3: g.Beams} {
		got, err := m.Generate(context.Background(), &Workspace{}, b, GenerateOptions{Length: 12, Beams: beams})
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.Index(want, m.End); i >= 0 {
			want = want[:i]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d beams: %v, PyTorch writes %v", beams, got, want)
		}
	}
}

func TestGenerateStops(t *testing.T) {
	m, err := LoadSeq2Seq("testdata/seq2seq")
	if err != nil {
		t.Fatal(err)
	}
	b := &Batch{}
	b.Add([]int32{3}, []uint8{0})
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := m.Generate(ctx, &Workspace{}, b, GenerateOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	got, err := m.Generate(context.Background(), &Workspace{}, b, GenerateOptions{Length: 1000, Beams: 2})
	if err != nil || len(got) >= m.Decoder.Body.Config.Positions() {
		t.Errorf("%d tokens, %v", len(got), err)
	}
	hidden := make([]float32, 8)
	if _, err := m.Decoder.Begin(hidden).Next(99); err == nil {
		t.Error("a token that is none was taken")
	}
	if x := logSum([]float32{1000, 1000}); math.Abs(x-1000-math.Ln2) > 1e-9 {
		t.Errorf("log of a sum is %v", x)
	}
}

// TestDecoderNext: texts that are written together get the same scores, to the
// bit, as each alone, whatever their lengths and what they are about.
func TestDecoderNext(t *testing.T) {
	m, err := LoadSeq2Seq("testdata/seq2seq")
	if err != nil {
		t.Fatal(err)
	}
	var alone, together []*Decoding
	for _, ids := range [][]int32{{3, 5}, {5, 9, 2, 7}, {4}} {
		b := &Batch{}
		b.Add(ids, make([]uint8, len(ids)))
		hidden, err := m.Encoder.Forward(&Workspace{}, b)
		if err != nil {
			t.Fatal(err)
		}
		g := m.Decoder.Begin(hidden)
		for _, id := range ids[:len(ids)/2] {
			if _, err := g.Next(id); err != nil {
				t.Fatal(err)
			}
		}
		alone, together = append(alone, g), append(together, g.Fork())
	}
	for _, ids := range [][]int32{{2, 3, 4}, {9, 9, 1}, {1, 7, 6}} {
		all, err := m.Decoder.Next(together, ids)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range alone {
			one, err := g.Next(ids[i])
			if err != nil || !slices.Equal(one, all[i*len(one):(i+1)*len(one)]) {
				t.Fatalf("text %d after token %d: %v", i, ids[i], err)
			}
		}
	}
	if _, err := m.Decoder.Next(together, []int32{1, 2, 99}); err == nil || together[0].tokens != alone[0].tokens {
		t.Errorf("a token that is none: %v, and the first text has %d tokens, %d before", err, together[0].tokens, alone[0].tokens)
	}
}

// TestNewDecoder writes with an untrained decoder.
func TestNewDecoder(t *testing.T) {
	m, err := LoadSeq2Seq("testdata/seq2seq")
	if err != nil {
		t.Fatal(err)
	}
	h := m.Encoder.Config.HiddenSize
	fresh := &Seq2Seq{Encoder: m.Encoder, Decoder: NewDecoder(m.Encoder, h, 1), Start: 1, End: 4}
	own, cross := make([]float32, h), make([]float32, h)
	for i, c := range fresh.Decoder.Cross {
		qkv := m.Encoder.Layers[i].QKV
		for row := range 3 * h {
			qkv.Weight.Row(own, row)
			if row < h {
				c.Query.Weight.Row(cross, row)
			} else {
				c.KeyValue.Weight.Row(cross, row-h)
			}
			if !slices.Equal(own, cross) {
				t.Fatalf("row %d of layer %d does not begin as the layer's self-attention", row, i)
			}
		}
	}
	b := &Batch{}
	b.Add([]int32{3, 5}, []uint8{0, 0})
	if _, err := fresh.Generate(context.Background(), &Workspace{}, b, GenerateOptions{Length: 3, Beams: 2}); err != nil {
		t.Error(err)
	}
	if err := fresh.Save(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestLoadSeq2SeqRefuses(t *testing.T) {
	config, err := os.ReadFile("testdata/seq2seq/config.json")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile("testdata/seq2seq/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for change, want := range map[[2]string]string{
		{`"encoder-decoder"`, `"bert"`}:                                 "want encoder-decoder",
		{`"add_cross_attention": true`, `"add_cross_attention": false`}: "must be true",
		{`"decoder_start_token_id": 1`, `"decoder_start_token_ix": 1`}:  "want encoder-decoder with",
		{`"num_hidden_layers": 2`, `"num_hidden_layers": 3`}:            "missing tensor",
		{`"intermediate_size": 12`, `"intermediate_size": 13`}:          "has shape",
	} {
		dir := t.TempDir()
		text := strings.ReplaceAll(string(config), change[0], change[1])
		if text == string(config) {
			t.Fatalf("config.json has no %s", change[0])
		}
		for name, content := range map[string][]byte{"config.json": []byte(text), "model.safetensors": weights} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := LoadSeq2Seq(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change[1], err, want)
		}
	}
}
