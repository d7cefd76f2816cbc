// Package blob keeps a whole sentence embedding model in one piece of memory
// that is used in place: opening it converts nothing but a few small vectors,
// so that a program that carries its model starts at once. The tokenizer has a
// binary form of its own.
//
// Version 1, all numbers little endian:
//
//	"BSMODEL" 0x00  magic, 8 bytes
//	uint32          version
//	uint32          length of the header
//	uint32          CRC-32C of the header
//	uint32          0
//	header          JSON, see header
//	sections        each at a multiple of 64 bytes, zeros between them
//
// Sections hold matrices as binary16 in the panels of internal/kernel,
// embedding tables as binary16 row-major and vectors as float32. The header
// has the place, the shape and the CRC-32C of each. Opening verifies the header and that every section lies
// within the data; [Verify] reads all the bytes.
package blob

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/bertsearch/bertsearch/model"
)

const (
	magic     = "BSMODEL\x00"
	version   = 1
	preamble  = len(magic) + 4*4
	alignment = 64
)

// ErrCorrupt is wrapped by the errors for data that is damaged or no blob.
var ErrCorrupt = errors.New("damaged model data")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header describes the model and its sections.
type header struct {
	Name      string        `json:"name"`
	Config    model.Config  `json:"config"`
	Pooling   model.Pooling `json:"pooling"`
	Normalize bool          `json:"normalize"`
	Prompts   model.Prompts `json:"prompts"`
	MaxLength int           `json:"max_length"`
	Digest    string        `json:"digest"` // SHA-256 of all sections
	Sections  []section     `json:"sections"`
}

// kind says how a section's bytes are to be read.
type kind string

const (
	panels kind = "f16 panels" // n×k matrix, see kernel.Packed
	table  kind = "f16"        // rows×dim, row-major
	vector kind = "f32"        // n values
)

// section is one piece of data.
type section struct {
	Name     string `json:"name"`
	Kind     kind   `json:"kind"`
	Shape    []int  `json:"shape"`
	Offset   int    `json:"offset"` // from the start of the blob
	Length   int    `json:"length"` // bytes
	Checksum uint32 `json:"crc32c"`
}

// decodeHeader reads and checks everything before the sections.
func decodeHeader(data []byte) (*header, error) {
	if len(data) < preamble || string(data[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: not a model blob", ErrCorrupt)
	}
	field := func(i int) uint32 { return binary.LittleEndian.Uint32(data[len(magic)+4*i:]) }
	if v := field(0); v != version {
		return nil, fmt.Errorf("model blob of version %d; this program reads version %d", v, version)
	}
	length := int64(field(1))
	if length > int64(len(data)-preamble) {
		return nil, fmt.Errorf("%w: header of %d bytes in a blob of %d", ErrCorrupt, length, len(data))
	}
	text := data[preamble : preamble+int(length)]
	if crc32.Checksum(text, castagnoli) != field(2) {
		return nil, fmt.Errorf("%w: checksum of the header differs", ErrCorrupt)
	}
	h := &header{}
	if err := json.Unmarshal(text, h); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrCorrupt, err)
	}
	for _, s := range h.Sections {
		if s.Offset < 0 || s.Length < 0 || s.Offset > len(data) || s.Length > len(data)-s.Offset {
			return nil, fmt.Errorf("%w: section %q at %d of %d bytes in a blob of %d", ErrCorrupt, s.Name, s.Offset, s.Length, len(data))
		}
	}
	return h, nil
}

// Verify reads the whole blob and reports the first section whose checksum
// differs.
func Verify(data []byte) error {
	h, err := decodeHeader(data)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	for _, s := range h.Sections {
		if crc32.Checksum(data[s.Offset:s.Offset+s.Length], castagnoli) != s.Checksum {
			return fmt.Errorf("blob: %w: checksum of %q differs", ErrCorrupt, s.Name)
		}
	}
	return nil
}
