package heads

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// NewWriter puts a decoder behind an encoder: layers of the encoder's own, 0
// for two; see [model.NewDecoder]. The tokenizer's [CLS] begins what it writes,
// [SEP] ends it.
func NewWriter(e *model.Encoder, tokens *tokenizer.Tokenizer, layers int, seed uint64) (*model.Seq2Seq, error) {
	if e.Config.ModelType != "bert" {
		return nil, fmt.Errorf("heads: a decoder is made of a BERT, not of %q", e.Config.ModelType)
	}
	if layers == 0 {
		layers = min(2, e.Config.HiddenLayers)
	}
	body, err := e.Spread(layers)
	if err != nil {
		return nil, fmt.Errorf("heads: a decoder: %w", err)
	}
	roles := tokens.Config().Roles
	m := &model.Seq2Seq{Encoder: e, Decoder: model.NewDecoder(body, e.Config.HiddenSize, seed)}
	var begins, ends bool
	m.Start, begins = tokens.ID(roles.CLS)
	m.End, ends = tokens.ID(roles.SEP)
	if !begins || !ends {
		return nil, errors.New("heads: the tokenizer has no tokens to begin and to end a text with")
	}
	return m, nil
}

// writing learns to write texts: the example's Pair of its Text, or as the recipe
// says, sentences of the Text; see [writing.pick].
type writing struct {
	*model.TrainableSeq2Seq
	model  *model.Seq2Seq
	tokens *tokenizer.Tokenizer
	recipe Recipe
	list   []written
}

// written is an example in tokens.
type written struct {
	read  []int32
	types []uint8
	write []int32 // without the first and the last token

	sentences []string // that the others are drawn of, each time anew
}

func newWriting(j Job, recipe Recipe, o *model.TrainableOptions, examples []dataset.Example) (*writing, error) {
	w := &writing{model: j.Writer, tokens: j.Tokens, recipe: recipe}
	var err error
	if w.list, err = w.encode(examples); err != nil {
		return nil, err
	}
	if w.TrainableSeq2Seq, err = j.Writer.Trainable(o); err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	return w, nil
}

// encode makes tokens of examples. Both texts are cut where they are too long.
func (w *writing) encode(examples []dataset.Example) ([]written, error) {
	var e tokenizer.Encoding
	var list []written
	for i := range examples {
		x := &examples[i]
		switch {
		case w.recipe.Pick:
			list = append(list, written{sentences: sentencesOf(x.Text)})
		case x.Pair == "":
			return nil, lineError(x, "there is no text to write: want a source and a target")
		default:
			list = append(list, w.one(&e, x.Text, x.Pair))
		}
	}
	return list, nil
}

// one makes tokens of a text to read and one to write.
func (w *writing) one(e *tokenizer.Encoding, read, write string) written {
	w.tokens.Encode(e, read, w.recipe.Length)
	x := written{read: slices.Clone(e.IDs), types: slices.Clone(e.Types)}
	w.tokens.Encode(e, write, min(w.recipe.Written, w.model.Decoder.Body.Config.Positions()))
	x.write = slices.Clone(e.IDs[1 : len(e.IDs)-1])
	return x
}

// pack puts examples one after the other: classes are the tokens to follow
// those of write.
func (w *writing) pack(list []written) (read, write *model.Batch, classes []int) {
	read, write = &model.Batch{}, &model.Batch{}
	for _, x := range list {
		read.Add(x.read, x.types)
		write.Add(append([]int32{w.model.Start}, x.write...), make([]uint8, len(x.write)+1))
		for _, id := range x.write {
			classes = append(classes, int(id))
		}
		classes = append(classes, int(w.model.End))
	}
	return read, write, classes
}

func (w *writing) samples() int { return len(w.list) }

func (w *writing) learn(team *nn.Team, samples []int, o model.ForwardOptions) (loss float64, tokens int, err error) {
	var list []written
	for _, i := range samples {
		list = append(list, w.list[i])
	}
	read, write, classes := w.pack(w.pick(list, o.Seed))
	scores, tape, err := w.Forward(team, read, write, o)
	if err != nil {
		return 0, 0, err
	}
	loss = smoothedEntropy(scores, len(scores)/len(classes), classes, w.recipe.Smoothing)
	w.Backward(team, tape, scores)
	return loss, len(read.IDs) + len(write.IDs), nil
}

// judge measures how probable the texts of examples are, token by token, each
// after the right ones. The main figure is the mean of log probabilities.
func (w *writing) judge(ctx context.Context, team *nn.Team, examples []dataset.Example) (Figures, error) {
	list, err := w.encode(examples)
	if err != nil {
		return Figures{}, err
	}
	list = w.pick(list, w.recipe.Seed)
	var g guesses
	for at := 0; at < len(list); at += w.recipe.Batch {
		if err := ctx.Err(); err != nil {
			return Figures{}, err
		}
		read, write, classes := w.pack(list[at:min(at+w.recipe.Batch, len(list))])
		scores, _, err := w.Forward(team, read, write, model.ForwardOptions{})
		if err != nil {
			return Figures{}, err
		}
		n := len(scores) / len(classes)
		for i := range write.Texts() {
			from, to := write.Starts[i], write.Starts[i+1]
			g.add(scores[from*n:to*n], classes[from:to])
		}
	}
	return g.figures(), nil
}

func (w *writing) result(r *Result) (err error) {
	r.Writer, err = w.Seq2Seq()
	return err
}
