package model

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCheckpointNames loads one set of weights under the names that different
// exporters use.
func TestCheckpointNames(t *testing.T) {
	c := tinyConfig()
	plain := tinyTensors(c, 11)
	b := tinyTexts(c)
	want, err := loadTiny(t, c, plain).Forward(&Workspace{}, b)
	if err != nil {
		t.Fatal(err)
	}
	headed, old := map[string]tensor{"cls.bias": {[]int{1}, []float32{1}}}, map[string]tensor{}
	for name, v := range plain {
		headed["bert."+name] = v
		if strings.Contains(name, "LayerNorm") {
			name = strings.ReplaceAll(strings.ReplaceAll(name, ".weight", ".gamma"), ".bias", ".beta")
		}
		if !strings.HasPrefix(name, "pooler") {
			old[name] = v
		}
	}
	for what, tensors := range map[string]map[string]tensor{"with prefix": headed, "with gamma, without pooler": old} {
		got, err := loadTiny(t, c, tensors).Forward(&Workspace{}, b)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: other vectors than under the plain names (%v)", what, err)
		}
	}
}

func TestLoadEncoderRejects(t *testing.T) {
	const bias = "encoder.layer.1.output.dense.bias"
	for _, c := range []struct {
		name   string
		change func(c *Config, tensors map[string]tensor)
		want   []string
	}{
		{"missing tensor", func(_ *Config, w map[string]tensor) { delete(w, bias) }, []string{"missing", bias}},
		{"wrong shape", func(c *Config, _ map[string]tensor) { c.IntermediateSize++ }, []string{"model.safetensors", "intermediate.dense.weight", "[37 21]", "[38 21]"}},
		{"too few layers", func(c *Config, _ map[string]tensor) { c.HiddenLayers++ }, []string{"missing", "encoder.layer.3."}},
		{"other architecture", func(c *Config, _ map[string]tensor) { c.ModelType = "t5" }, []string{"config.json", "t5"}},
		{"relative positions", func(c *Config, _ map[string]tensor) { c.PositionEmbeddingType = "relative_key" }, []string{"relative_key"}},
		{"decoder", func(c *Config, _ map[string]tensor) { c.IsDecoder = true }, []string{"is_decoder"}},
		{"activation", func(c *Config, _ map[string]tensor) { c.HiddenAct = "silu" }, []string{"silu"}},
		{"heads", func(c *Config, _ map[string]tensor) { c.AttentionHeads = 4 }, []string{"num_attention_heads"}},
		{"negative size", func(c *Config, _ map[string]tensor) { c.VocabSize = -1 }, []string{"vocab_size"}},
		{"huge size", func(c *Config, _ map[string]tensor) { c.HiddenLayers = 1 << 40 }, []string{"num_hidden_layers"}},
	} {
		config := tinyConfig()
		tensors := tinyTensors(config, 1)
		c.change(&config, tensors)
		_, err := LoadEncoder(writeTiny(t, config, tensors))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v does not name %q", c.name, err, want)
			}
		}
	}
	if _, err := LoadEncoder(t.TempDir()); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("an empty folder: %v", err)
	}
}

// sentenceFolder writes a Sentence-Transformers folder with every module.
func sentenceFolder(t *testing.T, pooling, dense map[string]any) string {
	t.Helper()
	c := tinyConfig()
	dir := writeTiny(t, c, tinyTensors(c, 2))
	writeFile(t, dir, "modules.json", []module{
		{0, "0", "", "sentence_transformers.models.Transformer"},
		{1, "1", "1_Pooling", "sentence_transformers.sentence_transformer.modules.pooling.Pooling"},
		{2, "2", "2_Dense", "sentence_transformers.base.modules.dense.Dense"},
		{3, "3", "3_Normalize", "sentence_transformers.models.Normalize"},
	})
	writeFile(t, dir, "1_Pooling/config.json", pooling)
	writeFile(t, dir, "2_Dense/config.json", dense)
	random := tinyTensors(Config{HiddenSize: 5, VocabSize: 2 * c.HiddenSize, MaxPositionEmbeddings: 1, TypeVocabSize: 1}, 4)
	d := Dense{Linear: packLinear(t, random["embeddings.word_embeddings.weight"].data, 5, 2*c.HiddenSize)}
	if err := d.save(filepath.Join(dir, "tmp")); err != nil {
		t.Fatal(err)
	}
	moveFile(t, filepath.Join(dir, "tmp", "model.safetensors"), filepath.Join(dir, "2_Dense", "model.safetensors"))
	writeFile(t, dir, "sentence_bert_config.json", map[string]any{"max_seq_length": 9})
	writeFile(t, dir, "config_sentence_transformers.json", map[string]any{
		"prompts": map[string]string{"query": "ask: ", "document": "", "other": "o: "}, "default_prompt_name": "other"})
	return dir
}
