// Package boltfile reads the pages of a bbolt file without trusting them.
//
// bbolt follows page numbers and lengths as they stand in the file. A damaged
// one makes it panic, read foreign memory, allocate without bound or, where
// pages form a cycle, never return; and a damaged list of free pages makes a
// later write overwrite live data. Verify rules all of that out before bbolt
// uses a file. It reads every page once, a page run at a time, with work
// bounded by the size of the file.
//
// The page layout is the one of bbolt's format version 2: 16 bytes of header
// (id u64, flags u16, count u16, overflow u32), then elements of 16 bytes, then
// keys and values, all in the byte order of the machine.
package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// ErrDamaged is wrapped by every error that a file's content causes.
var ErrDamaged = errors.New("damaged bbolt file")

// NoFreelist stands in a meta page in place of the freelist's page when the
// list is not stored and bbolt has to rebuild it.
const NoFreelist = ^uint64(0)

const (
	magic       = 0xED0CDAED
	version     = 2
	headerSize  = 16
	elementSize = 16
	metaSize    = 64
	metaSum     = 56 // offset of the checksum in a meta, and length of what it covers

	minPageSize = 512
	maxPageSize = 1 << 24
)

var order = binary.NativeEndian

func damaged(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrDamaged)
}

// Meta is one of a file's two meta pages. Commits write them in turn, so that
// the one with the higher transaction is the newest state.
type Meta struct {
	PageSize  int    // bytes
	Root      uint64 // page of the root bucket's tree
	Freelist  uint64 // page of the freelist, or NoFreelist
	HighWater uint64 // number of pages in use or free; later ones do not exist
	TxID      uint64
	slot      int // 0 or 1: which of the two it is
	raw       [metaSize]byte
}

func parseMeta(b []byte) (Meta, error) {
	var m Meta
	copy(m.raw[:], b)
	switch {
	case order.Uint32(b) != magic:
		return m, damaged("bad magic")
	case order.Uint32(b[4:]) != version:
		return m, damaged("bbolt format %d", order.Uint32(b[4:]))
	case order.Uint64(b[metaSum:]) != sum(b):
		return m, damaged("bad meta checksum")
	}
	m.PageSize = int(order.Uint32(b[8:]))
	m.Root = order.Uint64(b[16:])
	m.Freelist = order.Uint64(b[32:])
	m.HighWater = order.Uint64(b[40:])
	m.TxID = order.Uint64(b[48:])
	if m.PageSize < minPageSize || m.PageSize > maxPageSize || m.PageSize&(m.PageSize-1) != 0 {
		return m, damaged("page size %d", m.PageSize)
	}
	return m, nil
}

func sum(meta []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(meta[:metaSum]) // a hash never fails
	return h.Sum64()
}

// withoutFreelist returns the meta page's bytes with its freelist given up.
func (m *Meta) withoutFreelist() []byte {
	b := append([]byte(nil), m.raw[:]...)
	order.PutUint64(b[32:], NoFreelist)
	order.PutUint64(b[metaSum:], sum(b))
	return b
}

// readMeta reads the meta page in the given slot, 0 or 1, of a file with the
// given page size.
func readMeta(r io.ReaderAt, slot, pageSize int) (Meta, error) {
	var b [headerSize + metaSize]byte
	if _, err := r.ReadAt(b[:], int64(slot)*int64(pageSize)); err != nil {
		return Meta{}, readError(err, "meta page %d", slot)
	}
	m, err := parseMeta(b[headerSize:])
	m.slot = slot
	if err == nil && m.PageSize != pageSize && slot > 0 {
		err = damaged("page size %d at %d", m.PageSize, pageSize)
	}
	return m, err
}

// readError tells the end of the file, which is damage, from a failing disk.
func readError(err error, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("%s is past the end of the file", what)
	}
	return fmt.Errorf("read %s: %w", what, err)
}

// metas reads both meta pages. The second one lies a page into the file, and
// where the first is lost every possible page size is tried, as bbolt does.
func metas(r io.ReaderAt) (found [2]Meta, errs [2]error) {
	found[0], errs[0] = readMeta(r, 0, 0)
	if errs[0] == nil {
		found[1], errs[1] = readMeta(r, 1, found[0].PageSize)
		return found, errs
	}
	errs[1] = damaged("no second meta page")
	for size := minPageSize; size <= maxPageSize; size *= 2 {
		if m, err := readMeta(r, 1, size); err == nil {
			found[1], errs[1] = m, nil
			return found, errs
		}
	}
	return found, errs
}
