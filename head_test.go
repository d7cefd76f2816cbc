package bertsearch

import (
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// openHead opens a tiny random model with a head.
func openHead(t *testing.T, name string) *task.Model {
	t.Helper()
	m, err := model.LoadTask("model/testdata/heads/" + name)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.NewWordPiece(strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] a ##b ann ##a smith went to paris . , the"), tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	out, err := task.New(m, tok)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHeadsOfModels(t *testing.T) {
	db := openTest(t, nil)
	texts := []string{"Ann Smith went to Paris.", "Größe: the, ann", "", "to to to"}
	for _, text := range texts {
		mustPut(t, db, Document{ID: "d" + text, Title: "T", Text: text})
	}
	for name, folder := range map[string]string{"topic": "bert-sequence", "tags": "xlm-sequence", "grade": "bert-cross", "entities": "bert-token"} {
		head, err := NewHead(openHead(t, folder))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Enrich(t.Context(), name, head, nil); err != nil {
			t.Fatal(err)
		}
		if n := countWhere(t, db, "exists "+name); name != "tags" && name != "entities" && n != len(texts) {
			t.Errorf("%d documents have %s, want %d", n, name, len(texts))
		}
	}
	for d, err := range db.Documents(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := d.Fields["topic.probability"].(float64); p < 1./3 || p > 1 {
			t.Errorf("the most probable of three topics has %v", d.Fields["topic.probability"])
		}
		for _, s := range d.Fields["entities.spans"].([]any) {
			span := s.(map[string]any)
			if got := d.Text[span["start"].(int64):span["end"].(int64)]; got != span["text"] {
				t.Errorf("bytes %v to %v are %q, want %q", span["start"], span["end"], got, span["text"])
			}
		}
	}
	if _, err := NewHead(openHead(t, "bert-answer")); err == nil {
		t.Error("a model for answers became a head of documents")
	}
}
