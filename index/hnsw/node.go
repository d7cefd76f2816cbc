package hnsw

import (
	"sync/atomic"
	"unsafe"

	"github.com/bertsearch/bertsearch/index/internal/rows"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Columns of an index's rows beside their heads. A node is its links in the
// bottom layer followed by its code, so that walking on from a candidate
// touches memory that comparing it has just read the neighbourhood of. The
// float32 vectors are only read to score the last candidates.
const (
	nodes   rows.Column = 1
	vectors rows.Column = 2
)

// noNode ends a list of links that is not full.
const noNode = ^uint32(0)

// links is a list of neighbours: the ids up to the first noNode. Writers hold
// the node's lock; searches read it meanwhile and may see some of the old
// and some of the new neighbours, each of which is a good one.
type links []atomic.Uint32

// appendTo appends the neighbours to ids.
func (l links) appendTo(ids []uint32) []uint32 {
	for i := range l {
		id := l[i].Load()
		if id == noNode {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

// set replaces the neighbours.
func (l links) set(ids []uint32) {
	for i, id := range ids {
		l[i].Store(id)
	}
	for i := len(ids); i < len(l) && l[i].Load() != noNode; i++ {
		l[i].Store(noNode)
	}
}

// erase makes an uninitialised list empty.
func (l links) erase() {
	for i := range l {
		l[i].Store(noNode)
	}
}

// layout says where the parts of a node are.
type layout struct {
	bottom     int // links in the bottom layer: 2M
	upper      int // links in each upper layer: M
	codeOffset int
	nodeStride int
	dimension  int
	floats     int // length of a padded float32 vector
}

func newLayout(dimension, m, width int) layout {
	floats := (dimension + kernel.FloatAlign - 1) / kernel.FloatAlign * kernel.FloatAlign
	l := layout{bottom: 2 * m, upper: m, dimension: dimension, floats: floats}
	l.codeOffset = 4 * l.bottom
	l.nodeStride = l.codeOffset + width
	return l
}

// strides are those of the columns after the heads.
func (l *layout) strides() []int { return []int{l.nodeStride, 4 * l.floats} }

// codes addresses the codes of v's rows.
func (l *layout) codes(v *rows.View) kernel.Rows {
	c := *v.Column(nodes)
	c.Offset = l.codeOffset
	return c
}

// bottomLinks returns the links of a row in the bottom layer.
func (l *layout) bottomLinks(v *rows.View, id uint32) links {
	return unsafe.Slice((*atomic.Uint32)(v.Column(nodes).At(id)), l.bottom)
}

// code returns the code of a row.
func (l *layout) code(v *rows.View, id uint32) []uint8 {
	at := unsafe.Add(v.Column(nodes).At(id), l.codeOffset)
	return unsafe.Slice((*uint8)(at), l.nodeStride-l.codeOffset)
}

// vector returns the float32 vector of a row, without its padding.
func (l *layout) vector(v *rows.View, id uint32) []float32 {
	return unsafe.Slice((*float32)(v.Column(vectors).At(id)), l.dimension)
}
