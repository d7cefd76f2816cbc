package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
)

// Prompts are the texts that a model was trained to see before a query or a
// document, from config_sentence_transformers.json.
type Prompts struct {
	Named   map[string]string `json:"named"`   // by task: "query", "document", "passage", …
	Default string            `json:"default"` // name of the prompt used when no task is given; "" is none
}

// Query is what goes before a query.
func (p Prompts) Query() string { return p.first("query", "search_query") }

// Passage is what goes before a stored text.
func (p Prompts) Passage() string { return p.first("document", "passage", "corpus", "search_document") }

// first returns the first of the named prompts that exists, or the default.
func (p Prompts) first(names ...string) string {
	for _, name := range names {
		if text, ok := p.Named[name]; ok {
			return text
		}
	}
	return p.Named[p.Default]
}

const sentenceConfigName = "config_sentence_transformers.json"

// sentenceConfig is the part of config_sentence_transformers.json that changes
// vectors.
type sentenceConfig struct {
	Prompts    map[string]string `json:"prompts"`
	Default    *string           `json:"default_prompt_name"`
	Similarity *string           `json:"similarity_fn_name"`
	Version    map[string]string `json:"__version__,omitempty"`
	// HybridRoute is ours: the Router's route that queries of hybrid search
	// take, "query" if it is not there.
	HybridRoute string `json:"bertsearch_hybrid_route,omitempty"`
}

// e5 are the prompts that E5 models (Wang et al., arXiv:2212.03533 and
// arXiv:2402.05672) were trained with. Their folders come without them, so the
// name of the folder, or the one under which the model was published, tells.
var (
	e5     = map[string]string{"query": "query: ", "passage": "passage: "}
	e5Name = regexp.MustCompile(`(?i)(^|[-_/])e5-(small|base|large)(-v2)?(-unsupervised)?$`)
)

// loadPrompts reads the prompts of the model in dir, called name. A folder that
// states none has none, but for E5 models.
func loadPrompts(dir, name string) (Prompts, error) {
	var c sentenceConfig
	if _, err := readJSON(filepath.Join(dir, sentenceConfigName), &c); err != nil {
		return Prompts{}, err
	}
	p := Prompts{Named: c.Prompts}
	if c.Prompts == nil {
		var published struct {
			Name string `json:"_name_or_path"`
		}
		if _, err := readJSON(filepath.Join(dir, "config.json"), &published); err != nil {
			return Prompts{}, err
		}
		if e5Name.MatchString(name) || e5Name.MatchString(published.Name) {
			p.Named = maps.Clone(e5)
		}
	}
	if c.Default != nil {
		p.Default = *c.Default
		if _, ok := p.Named[p.Default]; !ok {
			return Prompts{}, fmt.Errorf("model: %s: default_prompt_name %q is not among the prompts",
				filepath.Join(dir, sentenceConfigName), p.Default)
		}
	}
	return p, nil
}

// readJSON reads a JSON file that may be absent, and says whether it is there.
func readJSON(path string, into any) (bool, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("model: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return false, fmt.Errorf("model: %s: %w", path, err)
	}
	return true, nil
}
