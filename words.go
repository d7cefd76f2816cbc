package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/store"
)

const (
	defaultLanguage = "en"
	// docsAtOnce and textAtOnce bound one batch of the keyword index.
	docsAtOnce = 1000
	textAtOnce = 16 << 20
)

// checkLanguage reports a language that the keyword index has no analyser for.
func checkLanguage(language string) error {
	if !slices.Contains(keyword.Languages(), language) {
		return fmt.Errorf("there is no language %q: want one of %v", language, keyword.Languages())
	}
	return nil
}

// wordIndex is the keyword index of a database. Documents are known by their numbers.
type wordIndex struct {
	db  *DB
	dir string

	use     sync.RWMutex // held for reading by searches, for writing to replace current
	current *keyword.Index
	scratch string // folder of an index made because the one in dir could not be written
}

func (w *wordIndex) open() error {
	x, err := keyword.Open(w.dir, &keyword.Options{Language: w.db.settings.Language, ReadOnly: w.db.options.ReadOnly})
	if err != nil {
		return err
	}
	w.use.Lock()
	w.current = x
	w.use.Unlock()
	return nil
}

func (w *wordIndex) contains() uint64 { return w.current.LastChange() }

func (w *wordIndex) apply(ctx context.Context, r *store.Reader, changes []store.Change) error {
	if w.db.options.ReadOnly && w.scratch == "" {
		return errRebuild
	}
	touched := map[uint32]bool{}
	for _, change := range changes {
		if change.Op != store.OpFields && change.Op != store.OpSwap {
			touched[change.Document] = true
		}
	}
	batch := wordBatch{target: w.current, seen: w.current.LastChange()}
	for number := range touched {
		document, err := r.DocumentByNumber(number)
		switch {
		case errors.Is(err, store.ErrNotFound):
			batch.deletes = append(batch.deletes, number)
		case err != nil:
			return err
		default:
			if err := batch.add(ctx, document); err != nil {
				return err
			}
		}
	}
	batch.seen = changes[len(changes)-1].Sequence
	return batch.flush()
}

func (w *wordIndex) rebuild(ctx context.Context, r *store.Reader) error {
	w.use.Lock()
	defer w.use.Unlock()
	if err := w.makeEmpty(); err != nil {
		return err
	}
	batch := wordBatch{target: w.current}
	for document, err := range r.Documents(0) {
		if err == nil {
			err = batch.add(ctx, document)
		}
		if err != nil {
			return err
		}
	}
	batch.seen = r.LastChange()
	return batch.flush()
}

// makeEmpty replaces the index by an empty one; one that may not be written is
// left alone, and a temporary folder takes its place.
func (w *wordIndex) makeEmpty() error {
	if err := w.letGo(); err != nil {
		w.db.options.Logger.Warn("closing the old keyword index", "error", err)
	}
	dir := w.dir
	if w.db.options.ReadOnly {
		scratch, err := os.MkdirTemp("", "bertsearch-keyword-*")
		if err != nil {
			return err
		}
		w.scratch, dir = scratch, scratch
	} else if err := keyword.Destroy(dir); err != nil {
		return err
	}
	x, err := keyword.Open(dir, &keyword.Options{Language: w.db.settings.Language})
	if err != nil {
		return err
	}
	w.current = x
	return nil
}

func (w *wordIndex) close() error {
	w.use.Lock()
	defer w.use.Unlock()
	return w.letGo()
}

// letGo closes the current index and removes a temporary one.
func (w *wordIndex) letGo() error {
	var err error
	if w.current != nil {
		err = w.current.Close()
		w.current = nil
	}
	if w.scratch != "" {
		err = errors.Join(err, os.RemoveAll(w.scratch))
		w.scratch = ""
	}
	return err
}

// with calls fn while the index cannot be replaced.
func (w *wordIndex) with(fn func(*keyword.Index) error) error {
	w.use.RLock()
	defer w.use.RUnlock()
	if w.current == nil {
		return ErrClosed
	}
	return fn(w.current)
}

// wordBatch collects documents for one Apply.
type wordBatch struct {
	target  *keyword.Index
	seen    uint64 // the last change that the index contains once all is applied
	docs    []keyword.Doc
	deletes []uint32
	bytes   int
}

// add puts a document into the batch and passes the batch on when it is full.
// A batch passed on early leaves the index's last change as it was: what is
// applied twice after a crash is the same document again.
func (b *wordBatch) add(ctx context.Context, d *store.Document) error {
	b.docs = append(b.docs, keyword.Doc{Number: d.Number, Title: d.Title, Text: d.Text})
	b.bytes += len(d.Title) + len(d.Text)
	if len(b.docs) < docsAtOnce && b.bytes < textAtOnce {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.flush()
}

func (b *wordBatch) flush() error {
	err := b.target.Apply(b.docs, b.deletes, b.seen)
	b.docs, b.deletes, b.bytes = b.docs[:0], b.deletes[:0], 0
	return err
}
