package model

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Config is the config.json of BERT or of a model of its kind: its sizes and the choices that change
// what it computes.
type Config struct {
	ModelType             string   `json:"model_type"`
	Architectures         []string `json:"architectures,omitempty"`
	VocabSize             int      `json:"vocab_size"`
	HiddenSize            int      `json:"hidden_size"`
	HiddenLayers          int      `json:"num_hidden_layers"`
	AttentionHeads        int      `json:"num_attention_heads"`
	IntermediateSize      int      `json:"intermediate_size"`
	MaxPositionEmbeddings int      `json:"max_position_embeddings"`
	TypeVocabSize         int      `json:"type_vocab_size"`
	HiddenAct             string   `json:"hidden_act"`
	LayerNormEps          float64  `json:"layer_norm_eps"`
	PositionEmbeddingType string   `json:"position_embedding_type,omitempty"`
	PadTokenID            int      `json:"pad_token_id"`
	IsDecoder             bool     `json:"is_decoder,omitempty"`

	Quantization *Quantization `json:"quantization_config,omitempty"` // of the files; nil once weights are loaded

	// Used in training only.
	HiddenDropout    float64 `json:"hidden_dropout_prob"`
	AttentionDropout float64 `json:"attention_probs_dropout_prob"`
	InitializerRange float64 `json:"initializer_range"`
}

// defaultConfig holds the values of what a config.json leaves out, those of
// transformers' BertConfig.
func defaultConfig() Config {
	return Config{
		ModelType: "bert", VocabSize: 30522, HiddenSize: 768, HiddenLayers: 12, AttentionHeads: 12,
		IntermediateSize: 3072, MaxPositionEmbeddings: 512, TypeVocabSize: 2, HiddenAct: "gelu",
		LayerNormEps: 1e-12, PositionEmbeddingType: "absolute", HiddenDropout: 0.1, AttentionDropout: 0.1,
		InitializerRange: 0.02,
	}
}

// LoadConfig reads and checks dir/config.json.
func LoadConfig(dir string) (Config, error) {
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("model: %w", err)
	}
	c, err := ParseConfig(text)
	if err != nil {
		return Config{}, fmt.Errorf("model: %s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads and checks the text of a config.json.
func ParseConfig(text []byte) (Config, error) {
	c := defaultConfig()
	c.ModelType, c.PadTokenID = "", -1
	if err := json.Unmarshal(text, &c); err != nil {
		return Config{}, err
	}
	if c.PadTokenID < 0 {
		c.PadTokenID = 0
		if f, _ := c.family(); f.shifted {
			c.PadTokenID = 1
		}
	}
	return c, c.Validate()
}

// maxSize bounds every size of a configuration: far above any BERT, and small
// enough that products of two do not overflow.
const maxSize = 1 << 24

// Validate reports the first thing in c that this package does not compute.
func (c Config) Validate() error {
	_, known := c.family()
	switch {
	case !known:
		return fmt.Errorf("unsupported architecture: model_type is %q, want bert, roberta, xlm-roberta or camembert", c.ModelType)
	case c.PositionEmbeddingType != "absolute" && c.PositionEmbeddingType != "":
		return fmt.Errorf("unsupported position_embedding_type %q, only \"absolute\" can be run", c.PositionEmbeddingType)
	case c.IsDecoder:
		return fmt.Errorf("unsupported architecture: is_decoder is true, only encoders can be run")
	case c.LayerNormEps < 0 || c.LayerNormEps > 1:
		return fmt.Errorf("layer_norm_eps is %g", c.LayerNormEps)
	}
	for _, size := range []struct {
		name       string
		value, min int
	}{
		{"vocab_size", c.VocabSize, 1},
		{"hidden_size", c.HiddenSize, 1},
		{"num_hidden_layers", c.HiddenLayers, 0},
		{"num_attention_heads", c.AttentionHeads, 1},
		{"intermediate_size", c.IntermediateSize, 1},
		{"max_position_embeddings", c.MaxPositionEmbeddings, 1},
		{"type_vocab_size", c.TypeVocabSize, 1},
		{"pad_token_id", c.PadTokenID, 0},
	} {
		if size.value < size.min || size.value > maxSize {
			return fmt.Errorf("%s is %d", size.name, size.value)
		}
	}
	if c.Quantization != nil {
		if err := c.Quantization.validate(); err != nil {
			return err
		}
	}
	if c.Positions() < 1 {
		return fmt.Errorf("max_position_embeddings is %d, and positions begin at %d", c.MaxPositionEmbeddings, c.firstPosition())
	}
	if c.HiddenSize%c.AttentionHeads != 0 {
		return fmt.Errorf("hidden_size %d is not a multiple of num_attention_heads %d", c.HiddenSize, c.AttentionHeads)
	}
	_, err := activation(c.HiddenAct)
	return err
}

// activation finds the function that a config.json calls name.
func activation(name string) (kernel.Activation, error) {
	switch name {
	case "gelu":
		return kernel.GELU, nil
	case "gelu_new", "gelu_pytorch_tanh":
		return kernel.GELUTanh, nil
	case "relu":
		return kernel.ReLU, nil
	}
	return kernel.None, fmt.Errorf("unsupported hidden_act %q, want gelu, gelu_new, gelu_pytorch_tanh or relu", name)
}
