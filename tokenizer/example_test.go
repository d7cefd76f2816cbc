package tokenizer_test

import (
	"fmt"

	"github.com/bertsearch/bertsearch/tokenizer"
)

func ExampleTokenizer_Encode() {
	vocab := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##do", "##able", "cafe", "!"}
	tok, err := tokenizer.NewWordPiece(vocab, tokenizer.Uncased())
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "Undoable café!"
	var e tokenizer.Encoding
	tok.Encode(&e, text, 0)
	for i, id := range e.IDs {
		fmt.Printf("%d %s %q\n", id, tok.Token(id), text[e.Offsets[i].Start:e.Offsets[i].End])
	}
	// Output:
	// 2 [CLS] ""
	// 4 un "Un"
	// 5 ##do "do"
	// 6 ##able "able"
	// 7 cafe "café"
	// 8 ! "!"
	// 3 [SEP] ""
}
