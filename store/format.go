package store

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// # Format
//
// A store is one bbolt bucket and everything in it. In a file of its own the
// bucket is called "bertsearch"; in a host's database the host names it.
//
// Version 1 (2026), the first:
//
//	format                 → magic, version u32, identity [16]byte
//	state                  → counters, see state.go
//	settings/<name>        → any bytes, the caller's (model fingerprint, options)
//	ids/<external id>      → document number u32
//	documents/<number>     → id, title, hashes, lengths, see document.go
//	texts/<number>         → the text
//	fields/<number>        → the caller's encoded fields; no entry when empty
//	changes/<sequence>     → one change, see change.go
//	generations/<g>/state              → dimension and counters of g
//	generations/<g>/passages/<number>  → first passage number, byte ranges
//	generations/<g>/vectors/<passage>  → document u32, index u32, float32s
//
// A generation holds the passages and vectors that one model made. Searches use
// the active one; another can be filled beside it and activated.
//
// Numbers in keys are big endian, so that key order is numeric order; numbers
// in values are little endian or unsigned varints. Every value ends in a
// CRC-32C of the bucket's tag, the key and the payload, so that a value that
// was changed, moved to another key or put into another bucket is noticed.
// The number of this format stands in the format value, which every later
// version must keep readable at the same place.
//
// FormatVersion is the version that this package writes.
const FormatVersion = 1

// magic opens the format value.
const magic = "bertsearch-store"

// defaultBucket is the bucket of a store that has a file of its own.
const defaultBucket = "bertsearch"

// The tags keep one bucket's values from passing as another's.
const (
	tagRoot byte = 1 + iota
	tagSettings
	tagIDs
	tagDocuments
	tagTexts
	tagFields
	tagChanges
	tagGeneration
	tagPassages
	tagVectors
)

// Names of the values and buckets under the root bucket.
const (
	keyFormat         = "format"
	keyState          = "state"
	bucketSettings    = "settings"
	bucketIDs         = "ids"
	bucketDocuments   = "documents"
	bucketTexts       = "texts"
	bucketFields      = "fields"
	bucketChanges     = "changes"
	bucketGenerations = "generations"
	bucketPassages    = "passages"
	bucketVectors     = "vectors"
)

// format says which layout a store has and which store it is.
type format struct {
	version  uint32
	identity [16]byte
}

// newFormat returns the current format with a fresh random identity.
func newFormat() format {
	f := format{version: FormatVersion}
	_, _ = rand.Read(f.identity[:]) // documented never to fail
	return f
}

func (f format) encode() []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), f.version)
	return append(b, f.identity[:]...)
}

// decodeFormat reads the format value. It looks at no more than magic and
// version before it knows that the version is one it understands.
func decodeFormat(payload []byte) (format, error) {
	var f format
	rest, ok := bytes.CutPrefix(payload, []byte(magic))
	if !ok || len(rest) < 4 {
		return f, corrupt("format", "bad magic")
	}
	f.version = binary.LittleEndian.Uint32(rest)
	switch {
	case f.version > FormatVersion:
		return f, fmt.Errorf("store: format %d, this program reads up to %d: use a newer bertsearch: %w",
			f.version, FormatVersion, ErrNewerFormat)
	case f.version == 0:
		return f, corrupt("format", "version 0")
	case len(rest) != 4+len(f.identity):
		return f, corrupt("format", "%d bytes", len(payload))
	}
	copy(f.identity[:], rest[4:])
	return f, nil
}
