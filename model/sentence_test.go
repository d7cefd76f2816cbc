package model

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

func packLinear(t *testing.T, weight []float32, n, k int) nn.Linear {
	t.Helper()
	return nn.Linear{Weight: kernel.PackF32(weight, n, k)}
}

func moveFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

var (
	twoModes = map[string]any{"word_embedding_dimension": 21, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true, "include_prompt": false}
	noBias   = map[string]any{"in_features": 42, "out_features": 5, "bias": false, "activation_function": "torch.nn.modules.activation.Tanh"}
)

func TestLoadSentence(t *testing.T) {
	dir := sentenceFolder(t, twoModes, noBias)
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Dimension() != 5 || !s.Normalize || s.MaxLength != 9 || !s.Pooling.ExcludePrompt || s.Name != filepath.Base(dir) {
		t.Errorf("loaded dimension %d, normalize %v, length %d, %+v, name %q", s.Dimension(), s.Normalize, s.MaxLength, s.Pooling, s.Name)
	}
	if q, p := s.Prompts.Query(), s.Prompts.Passage(); q != "ask: " || p != "" {
		t.Errorf("prompts %q and %q", q, p)
	}
	b := tinyTexts(s.Encoder.Config)
	b.Prompt = 2
	got := make([]float32, b.Texts()*s.Dimension())
	if err := s.Embed(&Workspace{}, b, got); err != nil {
		t.Fatal(err)
	}
	checkEmbedding(t, s, b, got)
	saved := filepath.Join(t.TempDir(), "saved")
	if err := s.Save(saved); err != nil {
		t.Fatal(err)
	}
	again, err := Load(saved)
	if err != nil {
		t.Fatal(err)
	}
	vectors := make([]float32, len(got))
	if err := again.Embed(&Workspace{}, b, vectors); err != nil || !slices.Equal(got, vectors) {
		t.Errorf("a saved model gives other vectors (%v)", err)
	}
	if again.MaxLength != 9 || again.Prompts.Query() != "ask: " || again.Prompts.Default != "other" {
		t.Errorf("a saved model has length %d and prompts %+v", again.MaxLength, again.Prompts)
	}
}

// checkEmbedding computes the modules after the encoder by hand for text 3.
func checkEmbedding(t *testing.T, s *Sentence, b *Batch, got []float32) {
	t.Helper()
	hidden, err := s.Encoder.Forward(&Workspace{}, b)
	if err != nil {
		t.Fatal(err)
	}
	const text = 3
	h := s.Encoder.Config.HiddenSize
	x := hidden[(b.Starts[text]+b.Prompt)*h : b.Starts[text+1]*h]
	pooled := make([]float64, 2*h)
	for i := range h {
		pooled[i] = float64(x[i])
		for at := i; at < len(x); at += h {
			pooled[h+i] += float64(x[at]) / float64(len(x)/h)
		}
	}
	out := make([]float64, 5)
	norm := 0.0
	row := make([]float32, 2*h)
	for n := range out {
		s.Dense[0].Linear.Weight.Row(row, n)
		for k, v := range row {
			out[n] += pooled[k] * float64(v)
		}
		out[n] = math.Tanh(out[n])
		norm += out[n] * out[n]
	}
	for n := range out {
		out[n] /= math.Sqrt(norm)
	}
	compare(t, "sentence", got[text*5:], out)
}

func TestLoadPlainFolder(t *testing.T) {
	c := tinyConfig()
	s, err := Load(writeTiny(t, c, tinyTensors(c, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Pooling.Modes, []PoolingMode{Mean}) || s.MaxLength != 0 || len(s.Digest) != 64 {
		t.Errorf("a folder without modules.json: pooling %v, length %d, digest %q", s.Pooling.Modes, s.MaxLength, s.Digest)
	}
}

func TestPoolingConfigurations(t *testing.T) {
	for text, want := range map[string][]PoolingMode{
		`{}`: {Mean},
		`{"embedding_dimension":21,"pooling_mode":"lasttoken"}`:                    {LastToken},
		`{"pooling_mode":["max","cls"]}`:                                           {Max, CLS},
		`{"pooling_mode_max_tokens":true,"pooling_mode_weightedmean_tokens":true}`: {Max, WeightedMean},
		`{"pooling_mode_mean_sqrt_len_tokens":true}`:                               {MeanSqrtLen},
	} {
		p, err := parsePooling([]byte(text), 21)
		if err != nil || !slices.Equal(p.Modes, want) {
			t.Errorf("%s: %v, %v, want %v", text, p.Modes, err, want)
		}
	}
	for _, text := range []string{`[`, `{"pooling_mode":"median"}`, `{"pooling_mode":[]}`, `{"pooling_mode":3}`,
		`{"word_embedding_dimension":22}`, `{"pooling_mode_cls_token":"yes"}`} {
		if _, err := parsePooling([]byte(text), 21); err == nil {
			t.Errorf("no error for %s", text)
		}
	}
}

func TestLoadRejects(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string
	}{
		{"unknown module", func(t *testing.T, dir string) {
			writeFile(t, dir, "modules.json", []module{{0, "0", "", "a.Transformer"}, {1, "1", "1_Pooling", "a.LSTM"}})
		}, "LSTM"},
		{"path out of the folder", func(t *testing.T, dir string) {
			writeFile(t, dir, "modules.json", []module{{0, "0", "../x", "a.Transformer"}})
		}, "../x"},
		{"no pooling", func(t *testing.T, dir string) {
			writeFile(t, dir, "modules.json", []module{{0, "0", "", "a.Transformer"}})
		}, "Pooling"},
		{"dense activation", func(t *testing.T, dir string) {
			writeFile(t, dir, "2_Dense/config.json", map[string]any{"in_features": 42, "out_features": 5, "activation_function": "os.system"})
		}, "os.system"},
		{"dense size", func(t *testing.T, dir string) {
			writeFile(t, dir, "2_Dense/config.json", map[string]any{"in_features": 41, "out_features": 5})
		}, "41"},
		{"dense bias missing", func(t *testing.T, dir string) {
			writeFile(t, dir, "2_Dense/config.json", map[string]any{"in_features": 42, "out_features": 5})
		}, "linear.bias"},
		{"length", func(t *testing.T, dir string) {
			writeFile(t, dir, "sentence_bert_config.json", map[string]any{"max_seq_length": 0})
		}, "max_seq_length"},
		{"default prompt", func(t *testing.T, dir string) {
			writeFile(t, dir, "config_sentence_transformers.json", map[string]any{"default_prompt_name": "nix"})
		}, "nix"},
	} {
		dir := sentenceFolder(t, twoModes, noBias)
		c.change(t, dir)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v does not name %q", c.name, err, c.want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"model_type":"bert","hidden_size":21,"num_attention_heads":3}`))
	f.Add([]byte(`{"model_type":"roberta"}`))
	f.Add([]byte(`{"model_type":"bert","vocab_size":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseConfig(text)
		if err == nil && (c.HiddenSize < 1 || c.HiddenSize%c.AttentionHeads != 0) {
			t.Errorf("accepted %+v", c)
		}
	})
}
