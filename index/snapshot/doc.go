// Package snapshot is the file format that the vector indexes are saved in.
//
// A file is a body and a trailer. The body is a header, a table of sections,
// and the sections, each beginning at a multiple of Align and padded with
// zeros. The trailer holds a CRC-32C of every BlockSize bytes of the body and
// one of itself, so that any part of a file can be verified alone: a large
// file is mapped and used at once, and a block is verified before its bytes
// are first believed.
//
// Numbers are in the byte order of the machine, because sections are used in
// place. A snapshot is derived from the store and never leaves its machine:
// read with the other byte order the magic does not match, and the index is
// rebuilt.
//
//	body    offset 0   magic      uint64
//	               8   length     uint64  bytes of the body
//	              16   version    uint32
//	              20   dimension  uint32
//	              24   engine     [8]byte, padded with zeros
//	              32   rows       uint64
//	              40   lastChange uint64
//	              48   sections   uint32
//	              52   zeros      [12]byte
//	              64   table      sections × (name [8]byte, offset, length uint64)
//	trailer        0   sums       uint32 × ⌈length/BlockSize⌉
//	                   sum        uint32  of the sums
//
// History: version 1 is the first.
package snapshot

const (
	// Version is the format that Write writes.
	Version = 1
	// Align is what section offsets are multiples of: a cache line.
	Align = 64
	// BlockSize is the number of body bytes under one checksum.
	BlockSize = 64 << 10

	magic       = 0x42_53_49_4e_44_45_58_0a
	headerSize  = 64
	entrySize   = 24
	nameSize    = 8
	maxSections = 64
)

// Header describes a snapshot.
type Header struct {
	Engine     string // at most 8 bytes
	Dimension  int
	Rows       int
	LastChange uint64 // the last change of the store that it contains
}
