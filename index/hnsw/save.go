package hnsw

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/bertsearch/bertsearch/index/internal/rows"
	"github.com/bertsearch/bertsearch/index/snapshot"
)

// Sections of a snapshot beside those of package rows: the settings, the
// columns, and the towers.
const (
	settingsSection = "settings"
	nodeSection     = "nodes"
	vectorSection   = "vectors"
	towerSection    = "towers"
)

// settingsSize: M, efConstruction, measured efSearch, live labels then, the
// entry (8 bytes) and the recall (8 bytes).
const settingsSize = 32

// Save implements index.Vector. Rows are written in the order in which a walk
// would meet them, so that neighbours lie near each other in the file.
func (x *Index) Save(w io.Writer, lastChange uint64) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	if err := x.settle(); err != nil {
		return err
	}
	if err := x.save(w, lastChange); err != nil {
		return err
	}
	return x.damage()
}

func (x *Index) save(w io.Writer, lastChange uint64) error {
	defer x.guard()()
	x.repairAll()
	s := x.newSaver()
	sections := []snapshot.Section{
		s.section(settingsSection, s.settings()),
		s.section(towerSection, s.towers),
	}
	sections = append(sections, x.set.Sections(s.order, func(i int) uint32 { return s.places[i] })...)
	sections = append(sections,
		x.set.ColumnSection(nodeSection, nodes, s.order, s.renumberNode),
		x.set.ColumnSection(vectorSection, vectors, s.order, nil))
	h := snapshot.Header{Engine: Name, Dimension: x.layout.dimension, Rows: len(s.order), LastChange: lastChange}
	return snapshot.Write(w, h, sections)
}

// saver is an index in the numbering of its snapshot.
type saver struct {
	x      *Index
	view   *rows.View
	order  []uint32 // old ids by new ones
	number []uint32 // new ids by old ones
	towers []byte
	places []uint32 // of the towers, by new ids
}

func (x *Index) newSaver() *saver {
	s := &saver{x: x, view: x.set.View()}
	s.walkOrder()
	s.copyTowers()
	return s
}

// walkOrder numbers the rows breadth first from the entry, and those that no
// link leads to after them.
func (s *saver) walkOrder() {
	s.number = make([]uint32, s.x.set.Used())
	for i := range s.number {
		s.number[i] = noNode
	}
	s.order = make([]uint32, 0, s.x.set.Live())
	if e := entry(s.x.entry.Load()); e != noEntry {
		s.append(e.id())
	}
	for i := 0; i < len(s.order); i++ {
		l := s.x.layout.bottomLinks(s.view, s.order[i])
		for j := range l {
			if id := l[j].Load(); id != noNode {
				s.append(id)
			}
		}
	}
	for _, id := range s.x.set.Alive() {
		s.append(id)
	}
}

func (s *saver) append(id uint32) {
	if s.number[id] == noNode {
		s.number[id] = uint32(len(s.order))
		s.order = append(s.order, id)
	}
}

// copyTowers lays the towers out anew.
func (s *saver) copyTowers() {
	var t towers
	t.init(s.x.layout.upper)
	s.places = make([]uint32, len(s.order))
	for i, id := range s.order {
		old := s.view.Head(id).Extra()
		height := s.x.towers.height(old)
		if height == 0 {
			continue
		}
		s.places[i] = t.add(height)
		for layer := 1; layer <= height; layer++ {
			to := t.links(s.places[i], layer)
			for j, other := range s.x.towers.links(old, layer).appendTo(nil) {
				to[j].Store(s.number[other])
			}
		}
	}
	for _, block := range *t.blocks.Load() {
		for i := range block {
			s.towers = binary.NativeEndian.AppendUint32(s.towers, block[i].Load())
		}
	}
}

// renumberNode changes the links in the copy of a row.
func (s *saver) renumberNode(_ int, row []byte) {
	order := binary.NativeEndian
	for at := 0; at < s.x.layout.codeOffset; at += 4 {
		if id := order.Uint32(row[at:]); id != noNode {
			order.PutUint32(row[at:], s.number[id])
		}
	}
}

func (s *saver) settings() []byte {
	order, x := binary.NativeEndian, s.x
	b := make([]byte, 0, settingsSize)
	b = order.AppendUint32(b, uint32(x.options.M))
	b = order.AppendUint32(b, uint32(x.options.EfConstruction))
	b = order.AppendUint32(b, uint32(x.tuning.ef.Load()))
	b = order.AppendUint32(b, uint32(x.tuning.live))
	e := entry(x.entry.Load())
	if e != noEntry {
		e = newEntry(s.number[e.id()], e.height())
	}
	b = order.AppendUint64(b, uint64(e))
	return order.AppendUint64(b, math.Float64bits(x.tuning.recall))
}

func (s *saver) section(name string, data []byte) snapshot.Section {
	return snapshot.Section{Name: name, Size: int64(len(data)), Write: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}
