package snapshot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/bertsearch/bertsearch/index"
)

// File is an open snapshot. Its bytes may be written to without changing the
// file on disk.
type File struct {
	Header
	data     []byte // the body
	blocks   blocks
	sections map[string]extent
	mapped   int64
	release  func() error
}

type extent struct{ offset, length int64 }

// Open maps the file at path, where the system can, and verifies its header,
// its table of sections and that no byte is missing. Errors other than those
// of the file system wrap index.ErrCorrupt or index.ErrNewer.
func Open(path string) (*File, error) {
	data, mapped, release, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	f, err := parse(data)
	if err != nil {
		_ = release()
		return nil, fmt.Errorf("snapshot: %s: %w", path, err)
	}
	f.mapped, f.release = mapped, release
	return f, nil
}

// Read reads the file at path into memory and verifies every byte.
func Read(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := f.CheckAll(); err != nil {
		return nil, fmt.Errorf("snapshot: %s: %w", path, err)
	}
	return f, nil
}

// Parse reads a snapshot that is in memory. The bytes must begin at a
// multiple of 8 and belong to the File from then on.
func Parse(data []byte) (*File, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	f.release = func() error { return nil }
	return f, nil
}

// Close releases the mapping. Bytes that Section returned must not be used
// any more.
func (f *File) Close() error { return f.release() }

// Mapped is the number of bytes that are mapped and not in the Go heap.
func (f *File) Mapped() int64 { return f.mapped }

// Expect reports whether the snapshot was written by the named engine for
// vectors of the given dimension.
func (f *File) Expect(engine string, dimension int) error {
	if f.Engine != engine {
		return corrupt("it was written by engine %q, not %q", f.Engine, engine)
	}
	if f.Dimension != dimension {
		return fmt.Errorf("%w: the snapshot has %d, wanted %d", index.ErrDimension, f.Dimension, dimension)
	}
	return nil
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{index.ErrCorrupt}, args...)...)
}

func parse(data []byte) (*File, error) {
	order := binary.NativeEndian
	if len(data) < headerSize {
		return nil, corrupt("%d bytes are too few for a header", len(data))
	}
	if order.Uint64(data) != magic {
		return nil, corrupt("it does not begin as a snapshot does")
	}
	length := order.Uint64(data[8:])
	if length < headerSize || length > uint64(len(data)) {
		return nil, corrupt("it has %d bytes and should have more than %d", len(data), length)
	}
	f := &File{data: data[:length:length]}
	if err := f.blocks.init(f.data, data[length:]); err != nil {
		return nil, err
	}
	count := order.Uint32(data[48:])
	if count > maxSections || headerSize+entrySize*uint64(count) > length {
		return nil, corrupt("it claims %d sections", count)
	}
	tableEnd := headerSize + entrySize*int64(count)
	if err := f.blocks.check(0, tableEnd); err != nil {
		return nil, err
	}
	if version := order.Uint32(data[16:]); version != Version {
		return nil, fmt.Errorf("%w: version %d, this program knows %d", index.ErrNewer, version, Version)
	}
	f.Engine = string(bytes.TrimRight(data[24:32], "\x00"))
	f.Dimension = int(order.Uint32(data[20:]))
	f.Rows = int(order.Uint64(data[32:]))
	f.LastChange = order.Uint64(data[40:])
	return f, f.readTable(data[headerSize:tableEnd])
}

func (f *File) readTable(table []byte) error {
	order := binary.NativeEndian
	f.sections = make(map[string]extent)
	for ; len(table) > 0; table = table[entrySize:] {
		name := string(bytes.TrimRight(table[:nameSize], "\x00"))
		offset, length := order.Uint64(table[8:]), order.Uint64(table[16:])
		end := offset + length
		if offset%Align != 0 || end < offset || end > uint64(len(f.data)) {
			return corrupt("section %s lies outside the file", name)
		}
		f.sections[name] = extent{int64(offset), int64(length)}
	}
	return nil
}

// Section returns the bytes of a section, which must have the given size.
// They are not verified yet: see Check and CheckRange.
func (f *File) Section(name string, size int64) ([]byte, error) {
	s, ok := f.sections[name]
	if !ok {
		return nil, corrupt("section %s is missing", name)
	}
	if s.length != size {
		return nil, corrupt("section %s has %d bytes and should have %d", name, s.length, size)
	}
	return f.data[s.offset : s.offset+s.length : s.offset+s.length], nil
}

// SectionSize is the size of a section, or 0 if there is none of that name.
func (f *File) SectionSize(name string) int64 { return f.sections[name].length }

// Check verifies whole sections, with several goroutines.
func (f *File) Check(names ...string) error {
	for _, name := range names {
		s := f.sections[name]
		if err := f.checkParallel(s.offset, s.offset+s.length); err != nil {
			return err
		}
	}
	return nil
}

// CheckAll verifies every byte.
func (f *File) CheckAll() error { return f.checkParallel(0, int64(len(f.data))) }

// parallelBytes is the least work that is worth a goroutine.
const parallelBytes = 64 * BlockSize

// checkParallel verifies bytes of the body on all cores.
func (f *File) checkParallel(from, to int64) error {
	workers := int64(runtime.GOMAXPROCS(0))
	share := max((to-from)/workers+1, parallelBytes)
	var group errgroup.Group
	for start := from; start < to; start += share {
		group.Go(func() (err error) {
			defer f.Guard(func(fault error) { err = fault })()
			return f.blocks.check(start, min(start+share, to))
		})
	}
	return group.Wait()
}

// CheckRange verifies bytes from (inclusive) to (exclusive) of a section. It
// costs a few nanoseconds where that was done before.
func (f *File) CheckRange(name string, from, to int64) error {
	s := f.sections[name]
	return f.blocks.check(s.offset+from, s.offset+to)
}

// Settle is CheckRange for bytes that the caller is about to change: no other
// goroutine verifies them from then on.
func (f *File) Settle(name string, from, to int64) error {
	s := f.sections[name]
	return f.blocks.settle(s.offset+from, s.offset+to)
}

// Verify opens the file at path and verifies every byte of it.
func Verify(path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := f.CheckAll(); err != nil {
		return fmt.Errorf("snapshot: %s: %w", path, err)
	}
	return nil
}

// checksum is the sum of one block.
func checksum(block []byte) uint32 { return crc32.Checksum(block, castagnoli) }
