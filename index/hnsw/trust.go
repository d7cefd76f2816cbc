package hnsw

import (
	"fmt"
	"sync/atomic"
)

// trust verifies the nodes of a snapshot: in the background from when it is
// opened, and before a search reads one if the background has not come there.
// A changed node cannot be verified any more, so changes wait for the end.
//
// Links are only bounded by the walks themselves until then: a search that
// follows a damaged one stays within the index, and ends with an error.
type trust struct {
	all     atomic.Bool   // every node is as it was saved, and links lead to rows
	stop    atomic.Bool   // the index is being closed
	done    chan struct{} // closed when the background has ended; nil without a file
	checked atomic.Int64  // rows
}

// trustShare is the number of rows verified at a time: 64 KiB of nodes at
// dimension 384.
const trustShare = 128

// begin starts verifying.
func (t *trust) begin(x *Index) {
	t.done = make(chan struct{})
	go func() {
		defer close(t.done)
		x.parallel(int(x.saved), trustShare, func(w *walker, from, to int) {
			if t.stop.Load() || x.broken.Load() != nil {
				return
			}
			if err := w.verify(uint32(from), uint32(to)); err != nil {
				x.breakDown(err)
				return
			}
			t.checked.Add(int64(to - from))
		})
		t.all.Store(t.checked.Load() == int64(x.saved))
	}()
}

// wait waits for the end of the background.
func (t *trust) wait() {
	if t.done != nil {
		<-t.done
	}
}

// end stops the background.
func (t *trust) end() {
	t.stop.Store(true)
	t.wait()
}

// verify verifies the nodes of rows from to to.
func (w *walker) verify(from, to uint32) error {
	stride := int64(w.x.layout.nodeStride)
	if err := w.x.file.CheckRange(nodeSection, int64(from)*stride, int64(to)*stride); err != nil {
		return err
	}
	w.begin()
	for id := from; id < to; id++ {
		l := w.x.layout.bottomLinks(w.view, id)
		for i := range l {
			if other := l[i].Load(); other != noNode && other >= w.x.saved {
				return errLink
			}
		}
	}
	return nil
}

// believeNodes verifies the gathered rows' nodes for a search that runs before
// the background has ended. Damage breaks the index.
func (w *walker) believeNodes() {
	x := w.x
	stride := int64(x.layout.nodeStride)
	for _, id := range w.ids {
		if id >= x.saved {
			continue
		}
		if err := x.file.CheckRange(nodeSection, int64(id)*stride, int64(id+1)*stride); err != nil {
			x.breakDown(err)
			return
		}
	}
}

// settle waits until the nodes may be changed, and says what is wrong if they
// may not.
func (x *Index) settle() error {
	if x.trust.done == nil || x.damage() != nil {
		return x.damage()
	}
	x.trust.wait()
	if err := x.damage(); err != nil {
		return err
	}
	// A search may still be summing a block that the background finished.
	return x.settleRange(nodeSection, 0, 0)
}

// settleRange lets bytes of a section of the snapshot be changed.
func (x *Index) settleRange(section string, from, to int64) error {
	if err := x.file.Settle(section, from, to); err != nil {
		x.breakDown(err)
		return fmt.Errorf("hnsw: %w", err)
	}
	return nil
}

// breakDown makes the first damage that is met known to all.
func (x *Index) breakDown(damage error) { x.broken.CompareAndSwap(nil, &damage) }
