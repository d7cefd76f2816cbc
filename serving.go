package bertsearch

import (
	"errors"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
)

// serving is the model that searches and writes go by, and the generation of
// vectors that it made. The two change together; see [DB.switchTo].
type serving struct {
	embedder   embed.Embedder
	generation uint32
}

// errSwapped ends a search that met a change of models half-way: its query was
// embedded by one and the vectors are of the other.
var errSwapped = errors.New("the model changed during the search")

// model is the embedder in use. A writer that holds db.writing can rely on it.
func (db *DB) model() embed.Embedder { return db.serving.Load().embedder }

// settle calls fn, which answers from the model it is given, until no change of
// models came between. Changes are rare, and a call waits for one to end.
func (db *DB) settle(fn func(*serving) error) error {
	const tries = 8
	var err error
	for range tries {
		if err = fn(db.serving.Load()); !errors.Is(err, errSwapped) {
			return err
		}
		db.awaitSwitch()
	}
	return errors.Join(ErrModelMismatch, err)
}

// check reports a snapshot of another model's vectors.
func (s *serving) check(r *store.Reader) error {
	if r.Generation() != s.generation {
		return errSwapped
	}
	return nil
}

// awaitSwitch returns when no change of models is going on.
func (db *DB) awaitSwitch() {
	db.switching.Lock()
	defer db.switching.Unlock()
}
