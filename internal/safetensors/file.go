// Package safetensors reads and writes the safetensors format of model weights:
// an 8-byte little-endian header length, a JSON header that names each tensor's
// type, shape and byte range, and the tensors' bytes one after the other.
//
// Files come from strangers, so every range is verified when a file is opened;
// tensors are read when asked for and never all at once.
package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// File is an open safetensors file. Its methods are safe for concurrent use.
type File struct {
	name     string
	r        io.ReaderAt
	close    func() error
	data     int64 // position of the data section
	tensors  []Info
	byName   map[string]int
	metadata map[string]string
}

// Open opens the file at path and verifies its header.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	st, err := f.Stat()
	if err == nil {
		var parsed *File
		if parsed, err = Parse(f, st.Size()); err == nil {
			parsed.name, parsed.close = path, f.Close
			return parsed, nil
		}
	}
	err = errors.Join(err, f.Close())
	return nil, fmt.Errorf("safetensors: %s: %w", path, err)
}

// Parse reads the header of size bytes of r, which must stay readable for as
// long as the File is in use.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	if size < 8 {
		return nil, errors.New("too short for a header")
	}
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, fmt.Errorf("read header length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("header of %d bytes is over the limit of %d", n, maxHeader)
	}
	if int64(n) > size-8 {
		return nil, fmt.Errorf("header of %d bytes is longer than the file of %d: it is truncated or no safetensors file", n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	h, err := parseHeader(text, size-8-int64(n))
	if err != nil {
		return nil, err
	}
	f := &File{name: "tensors", r: r, data: 8 + int64(n), tensors: h.tensors, metadata: h.metadata}
	f.byName = make(map[string]int, len(f.tensors))
	for i, t := range f.tensors {
		f.byName[t.Name] = i
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Name is the path of the file, for error messages.
func (f *File) Name() string { return f.name }

// Tensors lists the file's tensors in the order of their bytes.
func (f *File) Tensors() []Info { return f.tensors }

// Metadata is the header's free text; nil when there is none.
func (f *File) Metadata() map[string]string { return f.metadata }

// Lookup finds a tensor by name.
func (f *File) Lookup(name string) (Info, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Info{}, false
	}
	return f.tensors[i], true
}

// Floats reads a tensor and converts its elements to float32, row-major.
func (f *File) Floats(name string) ([]float32, error) {
	t, ok := f.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("safetensors: %s: no tensor %q", f.name, name)
	}
	dst := make([]float32, t.Elements())
	if err := f.read(dst, t); err != nil {
		return nil, fmt.Errorf("safetensors: %s: tensor %q: %w", f.name, name, err)
	}
	return dst, nil
}

// Raw reads a tensor's bytes as they stand in the file.
func (f *File) Raw(name string) ([]byte, error) {
	t, ok := f.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("safetensors: %s: no tensor %q", f.name, name)
	}
	data := make([]byte, int64(t.Elements())*sizes[t.DType])
	if _, err := f.r.ReadAt(data, f.data+t.begin); err != nil {
		return nil, fmt.Errorf("safetensors: %s: tensor %q: %w", f.name, name, err)
	}
	return data, nil
}

// read fills dst with t's elements, through a buffer of a quarter megabyte.
func (f *File) read(dst []float32, t Info) error {
	const chunk = 1 << 15
	size := sizes[t.DType]
	buf := make([]byte, chunk*size)
	for at := 0; at < len(dst); at += chunk {
		part := dst[at:min(at+chunk, len(dst))]
		raw := buf[:int64(len(part))*size]
		if _, err := f.r.ReadAt(raw, f.data+t.begin+int64(at)*size); err != nil {
			return err
		}
		if err := decode(part, raw, t.DType); err != nil {
			return err
		}
	}
	return nil
}
