package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// headGolden is what PyTorch computes of a model in testdata/heads; _gen/heads.py wrote it.
type headGolden struct {
	IDs     [][]int32              `json:"ids"`
	Types   [][]uint8              `json:"types"`
	Outputs map[string][][]float32 `json:"outputs"`
}

func readGolden(t *testing.T, dir string) headGolden {
	t.Helper()
	var g headGolden
	text, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// headOutputs computes all that a model can, under PyTorch's names: values of all texts, one after the other.
func headOutputs(t *testing.T, m *TaskModel, b *Batch) map[string][]float32 {
	t.Helper()
	out := map[string][]float32{}
	must := func(v []float32, err error) []float32 {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	w := &Workspace{}
	rows := make([]int, len(b.IDs))
	for i := range rows {
		rows[i] = i
	}
	switch m.Task {
	case SequenceClassification, NextSentencePrediction:
		out["logits"] = must(m.TextScores(w, b))
	case TokenClassification:
		out["logits"] = must(m.TokenScores(w, b))
	case QuestionAnswering:
		for i, s := range must(m.TokenScores(w, b)) {
			name := []string{"start_logits", "end_logits"}[i%2]
			out[name] = append(out[name], s)
		}
	case MaskedLM:
		out["logits"] = must(m.WordScores(w, b, rows))
	case PreTraining:
		out["prediction_logits"], out["seq_relationship_logits"] = must(m.WordScores(w, b, rows)), must(m.TextScores(w, b))
	}
	return out
}

func TestHeads(t *testing.T) {
	dirs, err := filepath.Glob("testdata/heads/*")
	if err != nil || len(dirs) < 11 {
		t.Fatalf("%d models in testdata/heads (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			g := readGolden(t, dir)
			b := &Batch{}
			for i, ids := range g.IDs {
				types := make([]uint8, len(ids))
				if g.Types != nil {
					types = g.Types[i]
				}
				b.Add(ids, types)
			}
			m, err := LoadTask(dir)
			if err != nil {
				t.Fatal(err)
			}
			compareHead(t, headOutputs(t, m, b), g)
			saved := t.TempDir()
			if err := m.Save(saved); err != nil {
				t.Fatal(err)
			}
			again, err := LoadTask(saved)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(again.Labels, m.Labels) || again.Problem != m.Problem || again.Task != m.Task {
				t.Errorf("saved as %s %v %s, was %s %v %s", again.Task, again.Labels, again.Problem, m.Task, m.Labels, m.Problem)
			}
			compareHead(t, headOutputs(t, again, b), g)
		})
	}
}

func compareHead(t *testing.T, got map[string][]float32, g headGolden) {
	t.Helper()
	for name, want := range g.Outputs {
		all := slices.Concat(want...)
		if len(got[name]) != len(all) {
			t.Fatalf("%s has %d values, want %d", name, len(got[name]), len(all))
		}
		largest := 0.0
		for _, v := range all {
			largest = max(largest, math.Abs(float64(v)))
		}
		for i, v := range all {
			if d := math.Abs(float64(got[name][i] - v)); d > 1e-5*largest {
				t.Fatalf("%s: value %d is %g, want %g", name, i, got[name][i], v)
			}
		}
	}
}

func TestHeadLabels(t *testing.T) {
	m, err := LoadTask("testdata/heads/bert-token")
	if err != nil || !slices.Equal(m.Labels, []string{"O", "B-PER", "I-PER"}) {
		t.Errorf("labels %v (%v)", m, err)
	}
	if m, err := LoadTask("testdata/heads/xlm-sequence"); err != nil || m.Problem != MultiLabel {
		t.Errorf("problem %v (%v)", m, err)
	}
	if m, err := LoadTask("testdata/heads/bert-cross"); err != nil || m.Problem != Regression || len(m.Labels) != 1 {
		t.Errorf("cross-encoder %v (%v)", m, err)
	}
}

func TestProbabilities(t *testing.T) {
	for problem, want := range map[Problem][]float32{
		SingleLabel: {.25, .75}, MultiLabel: {.5, .75}, Regression: {0, float32(math.Log(3))},
	} {
		m := TaskModel{Problem: problem}
		got := []float32{0, float32(math.Log(3))}
		m.Probabilities(got)
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("%s: %v, want %v", problem, got, want)
			}
		}
	}
}

func TestHeadErrors(t *testing.T) {
	m, err := LoadTask("testdata/heads/bert-answer")
	if err != nil {
		t.Fatal(err)
	}
	b := &Batch{}
	b.Add([]int32{1}, []uint8{0})
	if _, err := m.TextScores(&Workspace{}, b); err == nil || !strings.Contains(err.Error(), "QuestionAnswering") {
		t.Errorf("scores of texts from a model for answers: %v", err)
	}
	if _, err := m.WordScores(&Workspace{}, b, []int{0}); err == nil {
		t.Error("scores of words from a model for answers")
	}
	for name, change := range map[string]map[string]any{
		"T5":      {"architectures": []string{"T5ForConditionalGeneration"}},
		"id":      {"id2label": map[string]string{"x": "O"}, "architectures": []string{"BertForTokenClassification"}},
		"labels":  {"id2label": map[string]string{"0": "O"}, "architectures": []string{"BertForTokenClassification"}},
		"problem": {"problem_type": "guess", "architectures": []string{"BertForSequenceClassification"}},
		"missing": {"architectures": []string{"BertForMaskedLM"}},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/heads/bert-token")); err != nil {
			t.Fatal(err)
		}
		var c map[string]any
		text, err := os.ReadFile(filepath.Join(dir, "config.json"))
		if err == nil {
			err = json.Unmarshal(text, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range change {
			c[k] = v
		}
		if err := os.Remove(filepath.Join(dir, "config.json")); err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, "config.json", c)
		if _, err := LoadTask(dir); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: error %v does not name the folder", name, err)
		}
	}
}

func TestNewTask(t *testing.T) {
	c := tinyConfig()
	e := loadTiny(t, c, tinyTensors(c, 3))
	e.Pooler = nil
	for _, task := range []Task{SequenceClassification, TokenClassification, QuestionAnswering, MaskedLM, NextSentencePrediction, PreTraining} {
		m, err := NewTask(e, task, []string{"a", "b", "c"}, 7)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := LoadTask(dir)
		if err != nil {
			t.Fatal(err)
		}
		b := tinyTexts(c)
		want, got := headOutputs(t, m, b), headOutputs(t, again, b)
		for name := range want {
			if !slices.Equal(got[name], want[name]) {
				t.Errorf("%s: other %s after saving and loading", task, name)
			}
		}
	}
	if e.Pooler != nil {
		t.Error("the encoder was changed")
	}
	if _, err := NewTask(e, TokenClassification, nil, 1); err == nil {
		t.Error("no error for a classification without labels")
	}
	if _, err := NewTask(e, "Conversation", nil, 1); err == nil {
		t.Error("no error for an unknown task")
	}
}
