package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Section is a named part of a snapshot. Write must write Size bytes.
type Section struct {
	Name  string // at most 8 bytes
	Size  int64
	Write func(io.Writer) error
}

// Write writes a snapshot to w.
func Write(w io.Writer, h Header, sections []Section) error {
	offsets, length := layout(sections)
	body := &blockWriter{w: w}
	if _, err := body.Write(encodeHeader(h, sections, offsets, length)); err != nil {
		return err
	}
	for i, s := range sections {
		if err := body.padTo(offsets[i]); err != nil {
			return err
		}
		if err := s.Write(body); err != nil {
			return err
		}
		if written := body.written - offsets[i]; written != s.Size {
			return fmt.Errorf("snapshot: section %s wrote %d bytes of %d", s.Name, written, s.Size)
		}
	}
	if err := body.padTo(length); err != nil {
		return err
	}
	return body.trailer()
}

// layout places the sections and returns the length of the body.
func layout(sections []Section) (offsets []int64, length int64) {
	offsets = make([]int64, len(sections))
	length = headerSize + entrySize*int64(len(sections))
	for i, s := range sections {
		offsets[i] = alignUp(length)
		length = offsets[i] + s.Size
	}
	return offsets, alignUp(length)
}

func alignUp(n int64) int64 { return (n + Align - 1) / Align * Align }

func encodeHeader(h Header, sections []Section, offsets []int64, length int64) []byte {
	order := binary.NativeEndian
	b := make([]byte, headerSize, headerSize+entrySize*len(sections))
	order.PutUint64(b[0:], magic)
	order.PutUint64(b[8:], uint64(length))
	order.PutUint32(b[16:], Version)
	order.PutUint32(b[20:], uint32(h.Dimension))
	copy(b[24:32], h.Engine)
	order.PutUint64(b[32:], uint64(h.Rows))
	order.PutUint64(b[40:], h.LastChange)
	order.PutUint32(b[48:], uint32(len(sections)))
	for i, s := range sections {
		var name [nameSize]byte
		copy(name[:], s.Name)
		b = append(b, name[:]...)
		b = order.AppendUint64(b, uint64(offsets[i]))
		b = order.AppendUint64(b, uint64(s.Size))
	}
	return b
}

// blockWriter passes bytes on and sums each block of them.
type blockWriter struct {
	w       io.Writer
	written int64
	sum     uint32 // of the unfinished block
	sums    []byte
}

func (b *blockWriter) Write(p []byte) (int, error) {
	n, err := b.w.Write(p)
	for rest := p[:n]; len(rest) > 0; {
		part := rest[:min(len(rest), BlockSize-int(b.written%BlockSize))]
		b.sum = crc32.Update(b.sum, castagnoli, part)
		b.written += int64(len(part))
		rest = rest[len(part):]
		if b.written%BlockSize == 0 {
			b.endBlock()
		}
	}
	return n, err
}

func (b *blockWriter) endBlock() {
	b.sums = binary.NativeEndian.AppendUint32(b.sums, b.sum)
	b.sum = 0
}

func (b *blockWriter) padTo(offset int64) error {
	_, err := b.Write(make([]byte, offset-b.written))
	return err
}

func (b *blockWriter) trailer() error {
	if b.written%BlockSize != 0 {
		b.endBlock()
	}
	sum := crc32.Checksum(b.sums, castagnoli)
	_, err := b.w.Write(binary.NativeEndian.AppendUint32(b.sums, sum))
	return err
}
