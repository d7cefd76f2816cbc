package model

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// module is one entry of modules.json. Type is a Python class, whose last part
// is what matters: the packages before it have moved between versions.
type module struct {
	Index int    `json:"idx"`
	Name  string `json:"name"`
	Path  string `json:"path"`
	Type  string `json:"type"`
}

func (m module) class() string { return m.Type[strings.LastIndexByte(m.Type, '.')+1:] }

// The files of a Sentence-Transformers folder.
const (
	modulesName          = "modules.json"
	sentenceSettingsName = "sentence_bert_config.json" // of the Transformer module
)

// Load reads a Sentence-Transformers folder. A plain Hugging Face folder, one
// without modules.json, gets what Sentence-Transformers gives it: mean pooling.
func Load(dir string) (*Sentence, error) {
	a := &assembly{dir: dir}
	if full, err := filepath.Abs(dir); err == nil {
		a.s.Name = filepath.Base(full)
	}
	var modules []module
	found, err := readJSON(filepath.Join(dir, modulesName), &modules)
	if err == nil {
		a.s.Prompts, err = loadPrompts(dir, a.s.Name)
	}
	if err == nil && !found {
		a.s.Pooling.Modes = []PoolingMode{Mean}
		err = a.loadTransformer(dir)
	}
	for i := 0; i < len(modules) && err == nil; i++ {
		err = a.add(i, modules[i])
	}
	if err != nil {
		return nil, err
	}
	if a.s.Encoder == nil || len(a.s.Pooling.Modes) == 0 {
		return nil, fmt.Errorf("model: %s: a Transformer and a Pooling module are needed", filepath.Join(dir, modulesName))
	}
	a.s.Digest, err = digest(a.files)
	return &a.s, err
}

// assembly is a model while its modules are read.
type assembly struct {
	dir   string
	s     Sentence
	files []string // of weights, in the order of the modules
}

// add reads module i and puts it after those already there.
func (a *assembly) add(i int, m module) error {
	path := filepath.Join(a.dir, modulesName)
	if m.Path != "" && !filepath.IsLocal(filepath.FromSlash(m.Path)) {
		return fmt.Errorf("model: %s: module %d has path %q, which leaves the folder", path, i, m.Path)
	}
	sub := filepath.Join(a.dir, filepath.FromSlash(m.Path))
	pooled := len(a.s.Pooling.Modes) > 0
	switch class := m.class(); {
	case class == "Transformer" && a.s.Encoder == nil:
		return a.loadTransformer(sub)
	case class == "Pooling" && a.s.Encoder != nil && !pooled:
		return a.loadPooling(sub)
	case class == "Dense" && pooled && !a.s.Normalize && a.s.Adapter == nil:
		return a.loadDense(sub)
	case class == "Router" && pooled && !a.s.Normalize && a.s.Adapter == nil:
		return a.loadAdapter(sub)
	case class == "Normalize" && pooled:
		a.s.Normalize = true
		return nil
	}
	return fmt.Errorf("model: %s: unsupported module %d %q here: want a Transformer, a Pooling, any Dense, a Router and a Normalize, in this order",
		path, i, m.Type)
}

// loadTransformer reads the encoder in dir and its length.
func (a *assembly) loadTransformer(dir string) error {
	var settings struct {
		MaxLength *int `json:"max_seq_length"`
	}
	path := filepath.Join(dir, sentenceSettingsName)
	if _, err := readJSON(path, &settings); err != nil {
		return err
	}
	e, files, err := loadEncoder(dir)
	if err != nil {
		return err
	}
	a.s.Encoder, a.files = e, append(a.files, files...)
	if settings.MaxLength == nil {
		return nil
	}
	if *settings.MaxLength < 1 {
		return fmt.Errorf("model: %s: max_seq_length is %d", path, *settings.MaxLength)
	}
	a.s.MaxLength = min(*settings.MaxLength, e.Config.Positions())
	return nil
}

func (a *assembly) loadPooling(dir string) error {
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if a.s.Pooling, err = parsePooling(text, a.s.Encoder.Config.HiddenSize); err != nil {
		return fmt.Errorf("model: %s: %w", path, err)
	}
	return nil
}

func (a *assembly) loadDense(dir string) error {
	d, files, err := loadDense(dir, a.s.Dimension())
	a.s.Dense, a.files = append(a.s.Dense, d), append(a.files, files...)
	return err
}

// loadAdapter reads the Router module in dir; the settings of the folder say
// whether hybrid search goes by it.
func (a *assembly) loadAdapter(dir string) (err error) {
	if a.s.Adapter, err = loadAdapter(dir, a.s.Dimension()); err != nil {
		return err
	}
	var c sentenceConfig
	_, err = readJSON(filepath.Join(a.dir, sentenceConfigName), &c)
	a.s.Adapter.Words = c.HybridRoute == documentRoute
	return err
}
