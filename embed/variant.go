package embed

import "github.com/bertsearch/bertsearch/model"

// With returns an embedder of other weights, with b's tokenizer and options: a
// tuned model in the place of its base. It cuts documents as b does. Its
// precision is b's; where that was left open, [BERT.Settle] tests it anew.
func (b *BERT) With(s *model.Sentence) (*BERT, error) { return b.variant(s, b.options.Precision) }

// variant is b with the weights s in precision p.
func (b *BERT) variant(s *model.Sentence, p Precision) (*BERT, error) {
	o := b.options
	o.Precision = p
	if o.Overlap == 0 {
		o.Overlap = -1 // none, which a zero would not mean
	}
	v, err := New(s, b.tokens, &o)
	if err == nil {
		v.auto = b.auto
	}
	return v, err
}
