package model

import (
	"slices"
	"testing"
)

// shifted makes an XLM-RoBERTa checkpoint that computes what the BERT one does: other names, and two rows before the
// first position.
func shifted(c Config, tensors map[string]tensor) (Config, map[string]tensor) {
	out := map[string]tensor{}
	for name, v := range tensors {
		if name == "embeddings.position_embeddings.weight" {
			v = tensor{[]int{v.shape[0] + 2, v.shape[1]}, append(make([]float32, 2*v.shape[1]), v.data...)}
		}
		out["roberta."+name] = v
	}
	c.ModelType, c.PadTokenID = "xlm-roberta", 1
	c.MaxPositionEmbeddings += 2
	return c, out
}

func TestPositionsBeginAfterPadding(t *testing.T) {
	c := tinyConfig()
	tensors := tinyTensors(c, 11)
	b := tinyTexts(c)
	want, err := loadTiny(t, c, tensors).Forward(&Workspace{}, b)
	if err != nil {
		t.Fatal(err)
	}
	e := loadTiny(t, func() Config { s, _ := shifted(c, tensors); return s }(), func() map[string]tensor { _, s := shifted(c, tensors); return s }())
	if e.Config.Positions() != c.MaxPositionEmbeddings {
		t.Errorf("%d positions, want %d", e.Config.Positions(), c.MaxPositionEmbeddings)
	}
	got, err := e.Forward(&Workspace{}, b)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("other vectors than BERT's (%v)", err)
	}
	dir := t.TempDir()
	if err := e.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := LoadEncoder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.Config.Architectures[0] != "XLMRobertaModel" {
		t.Errorf("saved as %v", again.Config.Architectures)
	}
	if got, err = again.Forward(&Workspace{}, b); err != nil || !slices.Equal(got, want) {
		t.Errorf("other vectors after saving and loading (%v)", err)
	}
}

func TestPadTokenDefault(t *testing.T) {
	for text, want := range map[string]int{
		`{"model_type": "bert"}`: 0, `{"model_type": "roberta"}`: 1, `{"model_type": "roberta", "pad_token_id": 4}`: 4,
		`{"model_type": "bert", "pad_token_id": 1}`: 1,
	} {
		c, err := ParseConfig([]byte(text))
		if err != nil || c.PadTokenID != want {
			t.Errorf("%s: pad_token_id %d (%v), want %d", text, c.PadTokenID, err, want)
		}
	}
	if _, err := ParseConfig([]byte(`{"model_type": "roberta", "max_position_embeddings": 2}`)); err == nil {
		t.Error("no error for a model without positions")
	}
}

func TestPromptsOfE5(t *testing.T) {
	for name, want := range map[string]string{
		"multilingual-e5-small": "query: ", "e5-base-v2": "query: ", "E5-large": "query: ", "intfloat/e5-small": "query: ",
		"e5": "", "safe5-small": "", "e5-mistral-7b-instruct": "", "bert-base": "",
	} {
		p, err := loadPrompts(t.TempDir(), name)
		if err != nil || p.Query() != want || (want != "") != (p.Passage() == "passage: ") {
			t.Errorf("%s: prompts %q and %q (%v)", name, p.Query(), p.Passage(), err)
		}
	}
	dir := t.TempDir()
	writeFile(t, dir, "config.json", map[string]any{"_name_or_path": "intfloat/multilingual-e5-base"})
	if p, err := loadPrompts(dir, "mine"); err != nil || p.Query() != "query: " {
		t.Errorf("published as E5: %q (%v)", p.Query(), err)
	}
	writeFile(t, dir, sentenceConfigName, map[string]any{"prompts": map[string]string{}})
	if p, err := loadPrompts(dir, "e5-small"); err != nil || p.Query() != "" {
		t.Errorf("a folder that says there are none: %q (%v)", p.Query(), err)
	}
}
