package hnsw

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/internal/rows"
	"github.com/bertsearch/bertsearch/index/snapshot"
)

// verifyAtOnce is the size of nodes and float32 vectors up to which Open
// verifies them. Those of a larger file are verified a block at a time before
// they are first believed, see trust; everything else always by Open.
const verifyAtOnce = 16 << 20

// Open opens a snapshot that Save wrote. M is that of the snapshot.
func Open(path string, dimension int, o *index.Options) (*Index, uint64, error) {
	f, err := snapshot.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("hnsw: %w", err)
	}
	x, err := load(f, dimension, o)
	if err != nil {
		_ = f.Close()
		return nil, 0, fmt.Errorf("hnsw: open %s: %w", path, err)
	}
	return x, f.LastChange, nil
}

func load(f *snapshot.File, dimension int, o *index.Options) (x *Index, err error) {
	defer f.Guard(func(fault error) { x, err = nil, fault })()
	if err := f.Expect(Name, dimension); err != nil {
		return nil, err
	}
	settings, err := f.Section(settingsSection, settingsSize)
	if err != nil {
		return nil, err
	}
	if err := f.Check(settingsSection, towerSection); err != nil {
		return nil, err
	}
	atOnce := f.SectionSize(nodeSection)+f.SectionSize(vectorSection) <= verifyAtOnce
	if atOnce {
		if err := f.CheckAll(); err != nil {
			return nil, err
		}
	}
	x, err = newIndex(dimension, savedOptions(settings, o))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", index.ErrCorrupt, err)
	}
	x.set, err = rows.Load(f, []string{nodeSection, vectorSection}, x.layout.strides())
	if err != nil {
		return nil, err
	}
	if err := x.useScratch(); err != nil {
		return nil, err
	}
	if err := x.towers.load(f); err != nil {
		return nil, err
	}
	x.restore(settings)
	x.file, x.saved = f, uint32(f.Rows)
	if err := x.checkEntry(); err != nil {
		return nil, err
	}
	x.trust.begin(x)
	if atOnce {
		x.trust.wait()
	}
	return x, x.damage()
}

// savedOptions are o with the shape of the graph that was saved.
func savedOptions(settings []byte, o *index.Options) *index.Options {
	var merged index.Options
	if o != nil {
		merged = *o
	}
	merged.M = int(binary.NativeEndian.Uint32(settings))
	merged.EfConstruction = int(binary.NativeEndian.Uint32(settings[4:]))
	return &merged
}

func (x *Index) restore(settings []byte) {
	order := binary.NativeEndian
	x.tuning.ef.Store(int32(order.Uint32(settings[8:])))
	x.tuning.live = int(order.Uint32(settings[12:]))
	x.entry.Store(order.Uint64(settings[16:]))
	x.tuning.recall = math.Float64frombits(order.Uint64(settings[24:]))
}

// load takes the towers of a snapshot.
func (t *towers) load(f *snapshot.File) error {
	const size = 4 * towerBlock
	data, err := f.Section(towerSection, f.SectionSize(towerSection))
	if err != nil {
		return err
	}
	if len(data)%size != 0 {
		return fmt.Errorf("%w: towers of %d bytes", index.ErrCorrupt, len(data))
	}
	for ; len(data) > 0; data = data[size:] {
		t.grow(unsafe.Slice((*atomic.Uint32)(unsafe.Pointer(&data[0])), towerBlock))
	}
	return nil
}

// checkEntry verifies that walks begin at a row, in a layer that it reaches,
// and go on above the bottom layer to rows that reach it too.
func (x *Index) checkEntry() error {
	e := entry(x.entry.Load())
	if (e == noEntry) != (x.saved == 0) {
		return fmt.Errorf("%w: its graph has no beginning", index.ErrCorrupt)
	}
	if e != noEntry && (e.id() >= x.saved || e.height() > x.heightOf(e.id())) {
		return fmt.Errorf("%w: its graph begins outside", index.ErrCorrupt)
	}
	v := x.set.View()
	for id := range x.saved {
		if v.Head(id).Extra() != 0 && !x.soundTower(id) {
			return errLink
		}
	}
	return nil
}

var errLink = fmt.Errorf("%w: a link leads outside its graph", index.ErrCorrupt)

// heightOf is the top layer of a row, or −1 if its tower is not where its
// head says.
func (x *Index) heightOf(id uint32) int {
	at := x.set.View().Head(id).Extra()
	if at == 0 {
		return 0
	}
	return x.towers.checkedHeight(at)
}

// checkedHeight is height for a place that may be wrong.
func (t *towers) checkedHeight(at uint32) int {
	if int(at-1)/towerBlock >= len(*t.blocks.Load()) {
		return -1
	}
	words := t.words(at)
	height := int(words[0].Load())
	if height < 1 || height > maxHeight || t.size(height) > len(words) {
		return -1
	}
	return height
}

// soundTower reports whether the links of a row above the bottom layer lead
// to rows that reach it.
func (x *Index) soundTower(id uint32) bool {
	height := x.heightOf(id)
	for layer := 1; layer <= height; layer++ {
		l := x.towers.links(x.set.View().Head(id).Extra(), layer)
		for i := range l {
			other := l[i].Load()
			if other != noNode && (other >= x.saved || x.heightOf(other) < layer) {
				return false
			}
		}
	}
	return height >= 0
}

// believe verifies the float32 vectors of rows that are still those of the
// snapshot, if that was not done before.
func (x *Index) believe(ids []uint32) error {
	if x.file == nil {
		return nil
	}
	stride := int64(4 * x.layout.floats)
	for _, id := range ids {
		if id >= x.saved {
			continue
		}
		if err := x.file.CheckRange(vectorSection, int64(id)*stride, int64(id+1)*stride); err != nil {
			return fmt.Errorf("hnsw: search: %w", err)
		}
	}
	return nil
}
