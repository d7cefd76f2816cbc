package embed

import "github.com/bertsearch/bertsearch/model"

// With returns an embedder of other weights, with b's tokenizer and options: a
// tuned model in the place of its base. It cuts documents as b does.
func (b *BERT) With(s *model.Sentence) (*BERT, error) {
	o := b.options
	if o.Overlap == 0 {
		o.Overlap = -1 // none, which a zero would not mean
	}
	return New(s, b.tokens, &o)
}
