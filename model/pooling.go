package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// PoolingMode is one way to make one vector of a text's token vectors, under
// the name that Sentence-Transformers gives it.
type PoolingMode string

// The pooling modes.
const (
	CLS          PoolingMode = "cls"
	Max          PoolingMode = "max"
	Mean         PoolingMode = "mean"
	MeanSqrtLen  PoolingMode = "mean_sqrt_len_tokens"
	WeightedMean PoolingMode = "weightedmean"
	LastToken    PoolingMode = "lasttoken"
)

// poolings holds the computation of each mode.
var poolings = map[PoolingMode]func(dst, x []float32, skip int){
	CLS: nn.FirstPool, Max: nn.MaxPool, Mean: nn.MeanPool, MeanSqrtLen: nn.MeanSqrtPool,
	WeightedMean: nn.WeightedMeanPool, LastToken: nn.LastPool,
}

// legacyModes lists the switches of pooling configurations before version 5.7
// of Sentence-Transformers, in the order in which their vectors are joined.
var legacyModes = []struct {
	key  string
	mode PoolingMode
}{
	{"pooling_mode_cls_token", CLS},
	{"pooling_mode_max_tokens", Max},
	{"pooling_mode_mean_tokens", Mean},
	{"pooling_mode_mean_sqrt_len_tokens", MeanSqrtLen},
	{"pooling_mode_weightedmean_tokens", WeightedMean},
	{"pooling_mode_lasttoken", LastToken},
}

// Pooling makes one vector of a text's token vectors: that of each mode, one
// after the other.
type Pooling struct {
	Modes         []PoolingMode `json:"modes"`
	ExcludePrompt bool          `json:"exclude_prompt"` // leave the tokens of the prompt out
}

// Validate reports a mode that does not exist, or that there is none.
func (p Pooling) Validate() error {
	if len(p.Modes) == 0 {
		return errors.New("no pooling mode")
	}
	for _, m := range p.Modes {
		if poolings[m] == nil {
			return fmt.Errorf("unknown pooling_mode %q", m)
		}
	}
	return nil
}

// Dimension is the length of the pooled vector of tokens of hidden values.
func (p Pooling) Dimension(hidden int) int { return len(p.Modes) * hidden }

// apply pools x, n×hidden, into dst, leaving out the first skip tokens.
func (p Pooling) apply(dst, x []float32, hidden, skip int) {
	if !p.ExcludePrompt {
		skip = 0
	}
	for i, mode := range p.Modes {
		poolings[mode](dst[i*hidden:(i+1)*hidden], x, skip)
	}
}

// parsePooling reads the config.json of a Pooling module, old or new, whose
// token vectors must have hidden values.
func parsePooling(text []byte, hidden int) (Pooling, error) {
	var file struct {
		Dimension    int             `json:"embedding_dimension"`
		OldDimension int             `json:"word_embedding_dimension"`
		Mode         json.RawMessage `json:"pooling_mode"`
		Include      *bool           `json:"include_prompt"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return Pooling{}, err
	}
	if dim := max(file.Dimension, file.OldDimension); dim != 0 && dim != hidden {
		return Pooling{}, fmt.Errorf("pools vectors of %d values, the encoder's have %d", dim, hidden)
	}
	p := Pooling{ExcludePrompt: file.Include != nil && !*file.Include}
	var err error
	if len(file.Mode) > 0 {
		p.Modes, err = parseModes(file.Mode)
	} else {
		p.Modes, err = parseLegacyModes(text)
	}
	return p, err
}

// parseModes reads one name or a list of names.
func parseModes(text json.RawMessage) ([]PoolingMode, error) {
	var modes []PoolingMode
	var one PoolingMode
	if err := json.Unmarshal(text, &one); err == nil {
		modes = []PoolingMode{one}
	} else if err := json.Unmarshal(text, &modes); err != nil {
		return nil, fmt.Errorf("pooling_mode: %w", err)
	}
	return modes, Pooling{Modes: modes}.Validate()
}

// parseLegacyModes reads a switch a mode; mean is the default.
func parseLegacyModes(text []byte) ([]PoolingMode, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	var modes []PoolingMode
	for _, legacy := range legacyModes {
		var on bool
		if raw, ok := members[legacy.key]; ok {
			if err := json.Unmarshal(raw, &on); err != nil {
				return nil, fmt.Errorf("%s: %w", legacy.key, err)
			}
		}
		if on {
			modes = append(modes, legacy.mode)
		}
	}
	if len(modes) == 0 {
		modes = []PoolingMode{Mean}
	}
	return modes, nil
}

// config is the module's config.json, with the old switches where they can say
// it, so that old and new readers agree.
func (p Pooling) config(hidden int) map[string]any {
	c := map[string]any{"word_embedding_dimension": hidden, "include_prompt": !p.ExcludePrompt}
	ordered := make([]PoolingMode, 0, len(p.Modes))
	for _, legacy := range legacyModes {
		on := slices.Contains(p.Modes, legacy.mode)
		c[legacy.key] = on
		if on {
			ordered = append(ordered, legacy.mode)
		}
	}
	if slices.Equal(ordered, p.Modes) {
		return c
	}
	return map[string]any{"embedding_dimension": hidden, "include_prompt": !p.ExcludePrompt, "pooling_mode": p.Modes}
}
