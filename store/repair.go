package store

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bertsearch/bertsearch/store/internal/boltfile"
)

// Repair puts right what follows from sound data: counters, the way from ids to
// documents, and an unreadable meta page. It loses nothing, and leaves alone
// what it cannot be sure of. It returns what it did, in words.
func (s *Store) Repair(ctx context.Context) (done []string, err error) {
	todo := 0
	if err := s.Check(ctx, func(p Problem) {
		if p.Repairable {
			todo++
		}
	}); err != nil || todo == 0 {
		return nil, err
	}
	err = s.Update(func(w *Writer) error {
		w.dirty = true // the commit itself renews a meta page
		fixed, err := w.recount(ctx)
		if errors.Is(err, ErrCorrupt) {
			return nil // without all documents there is nothing to go by
		}
		done = append(done, fixed...)
		return err
	})
	return done, err
}

// recount derives counters and ids from the documents and passages.
func (w *Writer) recount(ctx context.Context) (done []string, err error) {
	counted := w.state
	counted.documents, counted.textBytes, counted.fieldBytes = 0, 0, 0
	idsHold := true
	t, err := w.tree(bucketDocuments, tagDocuments)
	if err != nil {
		return nil, err
	}
	err = t.scanNumbers(0, func(number uint32, payload []byte) (bool, error) {
		h, err := decodeHead(number, payload)
		if err != nil {
			return false, err
		}
		counted.documents++
		counted.textBytes += uint64(h.TextLength)
		counted.fieldBytes += uint64(h.FieldsLength)
		counted.nextDocument = max(counted.nextDocument, uint64(number)+1)
		found, err := w.Lookup(h.ID)
		idsHold = idsHold && err == nil && found == number
		return true, ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	ids, err := w.countIDs()
	if err != nil || !idsHold || ids != counted.documents {
		if err := w.rebuildIDs(); err != nil {
			return nil, err
		}
		done = append(done, fmt.Sprintf("ids: derived from %d documents", counted.documents))
	}
	fixed, err := w.recountGenerations(&counted)
	if err != nil {
		return nil, err
	}
	if counted != w.state {
		w.state = counted
		fixed = append(fixed, "counters: counted anew")
	}
	return append(done, fixed...), nil
}

// recountGenerations counts the entries of all generations, and raises the next
// passage number above all that exist.
func (w *Writer) recountGenerations(counted *state) (done []string, err error) {
	numbers, err := w.Generations()
	if err != nil {
		return nil, err
	}
	for _, number := range numbers {
		g, err := w.generation(number)
		if err != nil {
			return nil, err
		}
		state := generationState{dimension: g.state.dimension}
		err = g.passages.scanNumbers(0, func(document uint32, payload []byte) (bool, error) {
			passages, err := decodePassages(document, payload)
			r := rangeOf(passages)
			state.documents++
			state.passages += uint64(r.Count)
			counted.nextPassage = max(counted.nextPassage, uint64(r.First)+uint64(r.Count))
			return true, err
		})
		if err != nil {
			return nil, err
		}
		if state != g.state {
			g.state, g.dirty = state, true
			done = append(done, fmt.Sprintf("generation %d: counted anew", number))
		}
	}
	return done, nil
}

// countIDs counts the entries of the id bucket, all of which must be readable.
func (w *Writer) countIDs() (n uint64, err error) {
	err = w.scan(bucketIDs, tagIDs, nil, func([]byte, []byte) (bool, error) {
		n++
		return true, nil
	})
	return n, err
}

// rebuildIDs empties the id bucket and fills it from the documents.
func (w *Writer) rebuildIDs() (err error) {
	defer guard(&err)
	name := []byte(bucketIDs)
	if err := w.root.b.DeleteBucket(name); err != nil {
		return fmt.Errorf("store: ids: %w", err)
	}
	b, err := w.root.b.CreateBucket(name)
	if err != nil {
		return fmt.Errorf("store: ids: %w", err)
	}
	ids := newTree(b, bucketIDs, tagIDs)
	w.open[bucketIDs] = ids
	t, err := w.tree(bucketDocuments, tagDocuments)
	if err != nil {
		return err
	}
	return t.scanNumbers(0, func(number uint32, payload []byte) (bool, error) {
		h, err := decodeHead(number, payload)
		if err != nil {
			return false, err
		}
		return true, ids.put([]byte(h.ID), encodeNumber(number))
	})
}

// RepairFile makes a file fit for Open whose list of free pages is damaged,
// provided all its trees are sound: the list is given up, and made anew from
// the trees by the next Open for writing. It returns what it did, in words.
// Nobody else may have the file open.
func RepairFile(path string, o *Options) (done []string, err error) {
	if o == nil {
		o = &Options{}
	}
	f, err := openBolt(path, o, true, o.timeout())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.db.Close()) }()
	info, err := f.raw.Stat()
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	pages, err := boltfile.Open(f.raw, info.Size())
	if err != nil {
		return nil, pageError(path, err)
	}
	lost, err := pages.VerifyFreelist()
	if err == nil && lost == 0 {
		return nil, nil
	}
	if err := dropFreelist(path, pages); err != nil {
		return nil, pageError(path, err)
	}
	return []string{"pages: the list of free pages is derived anew"}, nil
}

// dropFreelist writes the meta page of a file that is open for reading only.
func dropFreelist(path string, pages *boltfile.File) error {
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(pages.DropFreelist(w), w.Sync(), w.Close())
}
