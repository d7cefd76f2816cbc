package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// taskFile is what config.json says of a head.
type taskFile struct {
	Architectures []string          `json:"architectures"`
	Names         map[string]string `json:"id2label"`
	Count         *int              `json:"num_labels"`
	Problem       Problem           `json:"problem_type"`
}

func loadTaskFile(dir string) (taskFile, error) {
	var f taskFile
	path := filepath.Join(dir, "config.json")
	found, err := readJSON(path, &f)
	if err == nil && !found {
		err = fmt.Errorf("model: %s is missing", path)
	}
	return f, err
}

// task is the task of the class that the file names.
func (f taskFile) task() (Task, error) {
	for _, class := range f.Architectures {
		if t, ok := taskSuffix(class); ok {
			return t, nil
		}
	}
	return "", fmt.Errorf("architectures %q name no class with a head that can be run", f.Architectures)
}

// labels are the names of the classes, which a file may leave out.
func (f taskFile) labels() ([]string, error) {
	n := 2
	if len(f.Names) > 0 {
		n = len(f.Names)
	} else if f.Count != nil {
		n = *f.Count
	}
	if n < 1 || n > maxSize {
		return nil, fmt.Errorf("num_labels is %d", n)
	}
	labels := make([]string, n)
	for i := range labels {
		labels[i] = "LABEL_" + strconv.Itoa(i)
	}
	for key, name := range f.Names {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= n {
			return nil, fmt.Errorf("id2label of %d labels has the id %q", n, key)
		}
		labels[i] = name
	}
	return labels, nil
}

// problem is what the file says, or what transformers makes of its silence.
func (f taskFile) problem(labels int) (Problem, error) {
	switch f.Problem {
	case SingleLabel, MultiLabel, Regression:
		return f.Problem, nil
	case "":
		if labels == 1 {
			return Regression, nil
		}
		return SingleLabel, nil
	}
	return "", fmt.Errorf("problem_type is %q", f.Problem)
}

// Save writes the model to the folder dir, which is made if need be: config.json and model.safetensors as transformers
// loads them. The tokenizer's Save completes the folder.
func (m *TaskModel) Save(dir string) error {
	if err := m.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	config, err := m.config()
	if err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	f, _ := m.Encoder.Config.family()
	var tensors []safetensors.Tensor
	for _, t := range m.Encoder.tensors() {
		if t.Name = f.prefix + t.Name; m.pools() || !strings.Contains(t.Name, "pooler.") {
			tensors = append(tensors, t)
		}
	}
	return errors.Join(writeJSON(filepath.Join(dir, "config.json"), config), writeTensors(dir, append(tensors, m.tensors()...)))
}

// config is config.json: the encoder's with what is the head's.
func (m *TaskModel) config() (map[string]any, error) {
	text, err := json.Marshal(m.Encoder.Config)
	if err != nil {
		return nil, err
	}
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	f, _ := m.Encoder.Config.family()
	c["architectures"] = []string{strings.TrimSuffix(f.architecture, "Model") + "For" + string(m.Task)}
	if len(m.Labels) > 0 {
		names, ids := map[string]string{}, map[string]int{}
		for i, name := range m.Labels {
			names[strconv.Itoa(i)], ids[name] = name, i
		}
		maps.Copy(c, map[string]any{"id2label": names, "label2id": ids})
	}
	if m.Problem != "" {
		c["problem_type"] = m.Problem
	}
	return c, nil
}
