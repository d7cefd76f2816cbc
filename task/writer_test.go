package task

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// openWriter opens the tiny random model in model/testdata/seq2seq, which has 23 tokens.
func openWriter(t *testing.T) *Writer {
	t.Helper()
	m, err := model.LoadSeq2Seq("../model/testdata/seq2seq")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.NewWordPiece(append(vocabulary, "x", "y", "z", "##x", "##y", "##z", "w"), tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(m, tok)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWrite(t *testing.T) {
	w := openWriter(t)
	for _, text := range []string{"Anna went to Paris.", "", strings.Repeat("the ", 50)} {
		got, err := w.Write(context.Background(), text, model.GenerateOptions{Length: 6, Beams: 2})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got, "[CLS]") || strings.Contains(got, "[SEP]") || strings.Contains(got, "##") || strings.TrimSpace(got) != got {
			t.Errorf("%q became %q", text, got)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := w.Write(ctx, "a", model.GenerateOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestTextOfTokens(t *testing.T) {
	w := openWriter(t)
	//                    [CLS] ann ##a smith a ##b [SEP]
	if got := w.text([]int32{2, 7, 8, 9, 5, 6, 3}); got != "anna smith ab" {
		t.Errorf("%q", got)
	}
}
