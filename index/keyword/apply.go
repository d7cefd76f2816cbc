package keyword

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
)

// Apply replaces or adds the documents of puts, removes the documents numbered
// in deletes, and records lastChange, all in one atomic and durable step.
// Where a number is named more than once the last put stands, and a put stands
// over a delete. Numbers to delete that are not there are skipped.
//
// After an error nothing more can be applied, while searches go on with what
// was applied before: close the index, open it again and continue after
// LastChange.
func (x *Index) Apply(puts []Doc, deletes []uint32, lastChange uint64) error {
	x.write.Lock()
	defer x.write.Unlock()
	if x.failed != nil {
		return x.failed
	}
	if x.readOnly {
		return fmt.Errorf("keyword: apply: %w", ErrReadOnly)
	}
	next := x.state
	next.LastChange = lastChange
	batch, tokens := x.batch(puts, deletes)
	err := x.read(func(r index.IndexReader) error {
		old, err := lengths(r, batch)
		if err != nil {
			return err
		}
		next.Tokens = x.state.Tokens + tokens - old
		batch.SetInternal(stateKey, next.bytes())
		return x.scorch.Batch(batch)
	})
	if err != nil {
		x.fail(fmt.Errorf("keyword: apply up to change %d: %w", lastChange, err))
		return x.failed
	}
	x.state = next
	return nil
}

// fail remembers the first failed batch and opens the index again for reading.
// Scorch would try to write that batch over and over, and its segment in
// memory is no longer sound; what is on disk ends with the batch before.
func (x *Index) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed = err
	if x.scorch == nil {
		return
	}
	x.readOnly = true
	err = errors.Join(x.release(), guard("open "+x.dir, func() error { return x.open(x.language) }))
	if err != nil {
		x.failed = fmt.Errorf("%w; nor can it be read: %w", x.failed, err)
	}
}

// batch analyses puts on all cores and returns the batch with the number of its terms.
func (x *Index) batch(puts []Doc, deletes []uint32) (*index.Batch, uint64) {
	last := make(map[uint32]int, len(puts))
	for i, d := range puts {
		last[d.Number] = i
	}
	docs := make([]*document.Document, len(puts))
	var tokens atomic.Uint64
	parallel(len(puts), func(i int) {
		if last[puts[i].Number] == i {
			doc, n := newDocument(x.analyzer, puts[i])
			docs[i] = doc
			tokens.Add(uint64(n))
		}
	})
	batch := index.NewBatch()
	for _, n := range deletes {
		batch.Delete(name(n))
	}
	for _, d := range docs {
		if d != nil {
			batch.Update(d)
		}
	}
	return batch, tokens.Load()
}

// parallel calls fn(0) … fn(n-1) on all cores and returns when all are done.
func parallel(n int, fn func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	group.Wait()
}

// lengths sums the lengths of those documents of the batch that the index has already.
func lengths(r index.IndexReader, batch *index.Batch) (uint64, error) {
	if n, err := r.DocCount(); err != nil || n == 0 {
		return 0, err
	}
	var sum uint64
	for id := range batch.IndexOps {
		n, err := length(r, id)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// length is the number of terms of the document with that name, 0 where there is none.
func length(r index.IndexReader, id string) (uint64, error) {
	internal, err := r.InternalID(id)
	if err != nil || internal == nil {
		return 0, err
	}
	lengths, err := r.TermFieldReader(context.Background(), []byte(lengthTerm), lengthField, true, false, false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = lengths.Close() }()
	posting, err := lengths.Advance(internal, nil)
	if err != nil {
		return 0, err
	}
	if posting == nil || !posting.ID.Equals(internal) || posting.Freq == 0 || posting.Freq > math.MaxInt64 {
		return 0, fmt.Errorf("%w: a document has no length", ErrCorrupt)
	}
	return posting.Freq - 1, nil
}
