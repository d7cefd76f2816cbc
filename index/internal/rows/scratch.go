package rows

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// A scratch file is memory that the system can write to disk and drop when
// something else needs it: a file without a name, mapped a piece at a time.
type scratch struct {
	file *os.File
	size int64
	maps [][]byte
}

// UseScratch makes new blocks of the last column lie in a temporary file in
// the folder dir instead of the Go heap; "" is the system's. Systems that do
// not map files keep them in the heap. Close gives the file back.
func (s *Set) UseScratch(dir string) error {
	if !canMap {
		return nil
	}
	f, err := os.CreateTemp(dir, "vectors-*")
	if err != nil {
		return fmt.Errorf("scratch file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil { // the file lasts while it is open
		return errors.Join(fmt.Errorf("scratch file: %w", err), f.Close())
	}
	s.scratch = &scratch{file: f}
	return nil
}

// HasScratch reports whether UseScratch was called and did something.
func (s *Set) HasScratch() bool { return s.scratch != nil }

// Scratch is the number of bytes that lie in the scratch file.
func (s *Set) Scratch() int64 {
	if s.scratch == nil {
		return 0
	}
	return s.scratch.size
}

// Close gives a scratch file back. Its rows must not be read any more.
func (s *Set) Close() error {
	if s.scratch == nil {
		return nil
	}
	return s.scratch.close()
}

// scratchPiece is what sizes of pieces are multiples of: no system's pages are
// larger.
const scratchPiece = 64 << 10

// allocate returns n zeroed bytes. They are written, not only reserved, as a
// disk that is full when a mapped page is first touched ends the process.
func (s *scratch) allocate(n int) ([]byte, error) {
	size := (n + scratchPiece - 1) / scratchPiece * scratchPiece
	if _, err := io.CopyN(io.NewOffsetWriter(s.file, s.size), zeros{}, int64(size)); err != nil {
		return nil, fmt.Errorf("scratch file: %w", err)
	}
	data, err := mapShared(s.file, s.size, size)
	if err != nil {
		return nil, fmt.Errorf("scratch file: %w", err)
	}
	s.maps = append(s.maps, data)
	s.size += int64(size)
	return data[:n:n], nil
}

func (s *scratch) close() error {
	var err error
	for _, data := range s.maps {
		err = errors.Join(err, unmap(data))
	}
	s.maps = nil
	return errors.Join(err, s.file.Close())
}

// zeros is an endless reader of them.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
