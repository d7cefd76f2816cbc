package bertsearch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
	"github.com/bertsearch/bertsearch/train"
)

const (
	planFile = "plan.json"
	// fewest pairs of either kind from which something can be said.
	fewestQueries = 20
	// mostQuestions and mostPool bound the time that a measurement takes.
	mostQuestions = 200
	mostPool      = 600
	poolDepth     = 10 // passages that a question brings into the pool
	// positiveShare: what is nearer to the query than this share of the
	// positive's cosine may well answer it too, and is no negative (Moreira et
	// al., 2024, arXiv:2407.15831).
	positiveShare = 0.95
)

// tunePlan is all that a run depends on, kept so that it can be resumed though
// the documents change meanwhile.
type tunePlan struct {
	Base      string          `json:"base"`   // fingerprint of the model that is trained
	Source    string          `json:"source"` // labels, feedback, written or corpus
	Recipe    train.Recipe    `json:"recipe"`
	Examples  []train.Example `json:"examples"`
	Questions []question      `json:"questions"`
	Pool      []string        `json:"pool"`     // passages that the questions are asked of
	PoolIDs   []string        `json:"pool_ids"` // the documents that they are of, "" for none
	// Adapter: one of queries is learnt from Examples in place of the encoder's
	// weights.
	Adapter bool `json:"adapter,omitempty"`
	// Made are queries made of the documents: an adapter of queries is learnt
	// from them in place of the encoder's weights from Examples.
	Made []madeQuery `json:"made,omitempty"`
}

// question is a query that is not trained on.
type question struct {
	Query   string          `json:"query"`
	Answers []int           `json:"answers"` // places in the pool
	Words   map[int]float64 `json:"words"`   // BM25 by place in the pool
}

// planned reads the plan of an interrupted run, or makes a new one.
func (db *DB) planned(ctx context.Context, base *embed.BERT, o train.Options) (*tunePlan, error) {
	path := filepath.Join(db.tuneDir(), planFile)
	if o.Resume {
		return readPlan(path, base)
	}
	if err := errors.Join(os.RemoveAll(db.tuneDir()), db.dropUnused()); err != nil {
		return nil, err
	}
	p, err := db.plan(ctx, base, o)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err == nil {
		err = os.MkdirAll(db.tuneDir(), 0o777)
	}
	if err == nil {
		err = os.WriteFile(path+".partial", text, 0o666)
	}
	if err == nil {
		err = os.Rename(path+".partial", path)
	}
	return p, err
}

func readPlan(path string, base *embed.BERT) (*tunePlan, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNothingToResume
	}
	if err != nil {
		return nil, err
	}
	p := &tunePlan{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("%s: %w: begin a new tuning", path, err)
	}
	if p.Base != base.Fingerprint() {
		return nil, fmt.Errorf("%w: the interrupted tuning began with another model: begin a new one", ErrModelMismatch)
	}
	return p, nil
}

// errNoEncoder refuses to rebuild texts where the encoder stays as it is.
var errNoEncoder = errors.New("without labels an adapter is learnt, and rebuilding texts (TSDAE) trains the encoder: ask for the encoder")

// plan makes examples and questions of labels, or of the corpus.
func (db *DB) plan(ctx context.Context, base *embed.BERT, o train.Options) (*tunePlan, error) {
	switch {
	case o.Adapter && o.Encoder:
		return nil, errors.New("want an adapter or the encoder to be trained, not both")
	case o.Adapter && o.Recipe.TSDAE > 0:
		return nil, errors.New("want an adapter, or the encoder to be trained by rebuilding texts as well (TSDAE), not both")
	case o.Writer != nil && len(o.Pairs) > 0:
		return nil, errors.New("want pairs, or a writer that makes them, not both")
	case o.Writer != nil && !o.Encoder && o.Recipe.TSDAE > 0:
		return nil, errNoEncoder
	}
	p := &tunePlan{Base: base.Fingerprint(), Recipe: o.Recipe}
	pairs, err := db.pairs(ctx, p, o)
	if err != nil {
		return nil, err
	}
	if p.Source == "corpus" && !o.Encoder {
		if o.Recipe.TSDAE > 0 {
			return nil, errNoEncoder
		}
		return p, db.planAdapter(ctx, p)
	}
	m := &miner{db: db, serving: db.serving.Load(), plan: p, negatives: o.Negatives, places: map[string]int{}}
	if p.Adapter = o.Adapter || p.Source == sourceWritten && !o.Encoder; p.Adapter {
		m.negatives, o.HeldOut = cmp.Or(m.negatives, adapterNegatives), cmp.Or(o.HeldOut, adapterHeldOut)
	}
	trained, held := split(pairs, o.HeldOut, o.Recipe.Seed)
	if len(held) < fewestQueries/4 || len(trained) < fewestQueries/2 {
		return nil, fmt.Errorf("%d pairs with %d to hold out are too few to learn from: want %d queries or more", len(trained), len(held), fewestQueries)
	}
	for _, group := range trained {
		if err := m.examples(ctx, group); err != nil {
			return nil, err
		}
	}
	if err := m.ask(ctx, held); err != nil {
		return nil, err
	}
	if len(p.Examples) == 0 || len(p.Questions) < 2 {
		return nil, fmt.Errorf("of %d pairs none is left to learn from: do their ids belong to this database?", len(pairs))
	}
	return p, nil
}

// pairs are what the encoder, or an adapter, is to learn from, with the source
// and the recipe in the plan. There are none where that is an adapter and it
// learns from the documents.
func (db *DB) pairs(ctx context.Context, p *tunePlan, o train.Options) (pairs []train.Pair, err error) {
	p.Source, p.Recipe = "labels", labelled(o.Recipe)
	switch {
	case len(o.Pairs) > 0:
		return o.Pairs, nil
	case o.Writer != nil:
		p.Source, p.Recipe = sourceWritten, gentle(o.Recipe)
		return db.writtenPairs(ctx, o)
	case !o.IgnoreFeedback:
		p.Source = "feedback"
		if pairs, err = db.feedbackPairs(ctx); err != nil || len(pairs) > 0 {
			return pairs, err
		}
	}
	if p.Source = "corpus"; !o.Encoder {
		return nil, nil
	}
	p.Recipe = gentle(o.Recipe)
	return db.corpusPairs(ctx, o.Recipe.Seed)
}

// planAdapter makes the queries of a plan.
func (db *DB) planAdapter(ctx context.Context, p *tunePlan) (err error) {
	if p.Made, err = db.makeQueries(ctx, p.Recipe.Seed); err != nil {
		return err
	}
	if len(p.Made) < fewestQueries {
		return fmt.Errorf("%d queries that can be made of the documents are too few to learn from: want %d or more", len(p.Made), fewestQueries)
	}
	return nil
}

// labelled is the recipe with labels. The built-in encoder is small and learns
// at five times the rate that is usual for BERT, which on SciFact gains three
// times as much; the questions held out guard against what is too much.
func labelled(r train.Recipe) train.Recipe {
	if r.LearningRate == 0 {
		r.LearningRate = 1e-4
	}
	return r
}

// gentle is the recipe without labels: what a model learns from pairs made of
// the corpus is only like what people ask, so it takes few and small steps, and
// at most half of the change is kept.
func gentle(r train.Recipe) train.Recipe {
	if r.Epochs == 0 {
		r.Epochs = 1
	}
	if r.MaxSteps == 0 {
		r.MaxSteps = 64
	}
	if r.LearningRate == 0 {
		r.LearningRate = 1e-5
	}
	if r.Length == 0 {
		r.Length = 128
	}
	if len(r.Mixes) == 0 {
		r.Mixes = []float64{0.25, 0.5}
	}
	return r
}

// split groups pairs by query and holds some queries out, all pairs of a query
// on the same side.
func split(pairs []train.Pair, share float64, seed uint64) (trained, held [][]train.Pair) {
	if share <= 0 || share >= 1 {
		share = 0.15
	}
	place := map[string]int{}
	var groups [][]train.Pair
	for _, p := range pairs {
		i, seen := place[p.Query]
		if !seen {
			i = len(groups)
			place[p.Query], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], p)
	}
	n := min(int(share*float64(len(groups))+0.5), mostQuestions)
	for k, i := range rand.New(rand.NewPCG(seed, 0x5eed)).Perm(len(groups)) {
		if k < n {
			held = append(held, groups[i])
		} else {
			trained = append(trained, groups[i])
		}
	}
	return trained, held
}

// known gives a model the vectors that the store has of it from an interrupted run.
func (db *DB) known(m modelRecord) (modelRecord, error) {
	err := db.store.View(func(r *store.Reader) error {
		list, err := readModels(r)
		for _, o := range list {
			if o.Model.is(m.Model) {
				m = o
			}
		}
		return err
	})
	return m, err
}

// dropUnused removes tuned models that never came into use: their vectors and
// their folders.
func (db *DB) dropUnused() error {
	var list []modelRecord
	err := db.store.Update(func(w *store.Writer) (err error) {
		if list, err = readModels(w.Reader); err != nil {
			return err
		}
		before := len(list)
		list = slices.DeleteFunc(list, func(m modelRecord) bool {
			unused := m.Used == 0 && m.Model.Folder != "" && m.Generation != w.Generation()
			if unused && m.Generation != 0 {
				err = errors.Join(err, w.DropGeneration(m.Generation))
			}
			return unused
		})
		if err != nil || len(list) == before {
			return err
		}
		return writeMeta(w, metaModels, list)
	})
	if err != nil {
		return err
	}
	return db.removeFolders(list)
}

// removeFolders removes the folders below models that none of list is in.
func (db *DB) removeFolders(list []modelRecord) error {
	entries, err := os.ReadDir(db.models)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		name := entry.Name()
		if !slices.ContainsFunc(list, func(m modelRecord) bool { return m.Model.Folder == name }) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(db.models, name)))
		}
	}
	return err
}
