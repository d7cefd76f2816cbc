package bertsearch

import (
	"cmp"
	"context"
	"iter"
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

const (
	// sourceWritten is that of a tuning by questions that a writer has made.
	sourceWritten = "written"
	// mostWritten bounds the documents that a tuning has questions written of: two
	// minutes of one core with a small writer and three questions each.
	mostWritten = 1000
	// writtenAtOnce is how many documents a writer is given at a time.
	writtenAtOnce = 64
)

// Questions yields what w writes of each document, in their order: pairs of a
// question and the document that it was made of, at most n of each. An error is
// yielded last.
func (db *DB) Questions(ctx context.Context, w train.Writer, n int, o model.GenerateOptions) iter.Seq2[train.Pair, error] {
	return questionsOf(ctx, db.Documents(ctx), w, n, o)
}

// questionsOf is Questions of some documents.
func questionsOf(ctx context.Context, documents iter.Seq2[Document, error], w train.Writer, n int, o model.GenerateOptions) iter.Seq2[train.Pair, error] {
	n = max(n, 1)
	o.Beams = max(o.Beams, n)
	return func(yield func(train.Pair, error) bool) {
		var texts, ids []string
		write := func() bool {
			written, err := w.WriteTexts(ctx, texts, o)
			if err != nil {
				yield(train.Pair{}, err)
				return false
			}
			for i, questions := range written {
				for _, q := range questions[:min(n, len(questions))] {
					if p := (train.Pair{Query: q, PositiveID: ids[i]}); p.Validate() == nil && !yield(p, nil) { // else nothing was written
						return false
					}
				}
			}
			texts, ids = texts[:0], ids[:0]
			return true
		}
		for d, err := range documents {
			if err != nil {
				yield(train.Pair{}, err)
				return
			}
			texts, ids = append(texts, embed.PassageText(d.Title, d.Text)), append(ids, d.ID)
			if len(texts) == writtenAtOnce && !write() {
				return
			}
		}
		write()
	}
}

// writtenPairs are questions that a writer has of documents drawn at random,
// those by which search finds the document. A question that was written of two
// documents asks for neither.
func (db *DB) writtenPairs(ctx context.Context, o train.Options) ([]train.Pair, error) {
	documents, err := db.drawDocuments(ctx, mostWritten, o.Recipe.Seed)
	if err != nil {
		return nil, err
	}
	given := func(yield func(Document, error) bool) {
		for i, d := range documents {
			if o.Written != nil && i%writtenAtOnce == 0 {
				o.Written(i, len(documents))
			}
			if !yield(d, nil) {
				return
			}
		}
	}
	var made []madePair
	of := map[string]string{} // the document of each question, "" for several
	for p, err := range questionsOf(ctx, given, o.Writer, wanted(o), db.asking(o)) {
		if err != nil {
			return nil, err
		}
		made = append(made, madePair{p, p.PositiveID})
		if id, known := of[p.Query]; known && id != p.PositiveID {
			of[p.Query] = ""
		} else {
			of[p.Query] = p.PositiveID
		}
	}
	if o.Written != nil {
		o.Written(len(documents), len(documents))
	}
	var clear []madePair
	for _, m := range made {
		if of[m.pair.Query] != "" {
			clear = append(clear, m)
		}
	}
	return db.found(ctx, clear)
}

// asking is how a tuning has questions written: the most probable one, or
// several that are drawn, for the next most probable ones say the same again.
func (db *DB) asking(o train.Options) model.GenerateOptions {
	w := model.GenerateOptions{Length: 48, Beams: 4, Yield: db.queries.Yield}
	if n := wanted(o); n > 1 {
		w.Beams, w.Sample, w.Seed = n, 0.95, o.Recipe.Seed
	}
	return w
}

// wanted is how many questions a tuning has written of a document.
func wanted(o train.Options) int { return cmp.Or(max(o.Questions, 0), 3) }

// drawDocuments returns most documents that have a text, or all where there are
// fewer, a fair sample of all.
func (db *DB) drawDocuments(ctx context.Context, most int, seed uint64) ([]Document, error) {
	var drawn []Document
	random := rand.New(rand.NewPCG(seed, 0xd0c5))
	seen := 0
	for d, err := range db.Documents(ctx) {
		if err != nil {
			return nil, err
		}
		if d.Text == "" {
			continue
		}
		seen++
		if len(drawn) < most {
			drawn = append(drawn, d)
		} else if i := random.IntN(seen); i < most {
			drawn[i] = d
		}
	}
	return drawn, nil
}
