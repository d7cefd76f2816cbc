package keyword

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// stateKey is the internal key of scorch that holds the state.
var stateKey = []byte("bertsearch")

// stateVersion is the format of the index: of the state below, of a document's
// name (four bytes, big endian), of its two fields and of the terms that a text
// becomes, which must be those that a query becomes. An index of another
// version is rebuilt.
//
//	1  the first
//	2  names are told from sentences that lack a space and from words such as
//	   "iPhone", whose parts are no terms any more
const stateVersion = 2

// state is what the index knows about itself. It is written in the batch that
// makes it true, so the two cannot disagree.
//
//	version u8 | last change u64 | tokens u64 | length of language u8 | language | crc32c u32
//
// with integers in little endian and the checksum over all bytes before it.
type state struct {
	LastChange uint64
	Tokens     uint64 // terms in all documents together, with repetitions
	Language   string
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s state) bytes() []byte {
	b := []byte{stateVersion}
	b = binary.LittleEndian.AppendUint64(b, s.LastChange)
	b = binary.LittleEndian.AppendUint64(b, s.Tokens)
	b = append(b, byte(len(s.Language)))
	b = append(b, s.Language...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func parseState(b []byte) (state, error) {
	const fixed = 1 + 8 + 8 + 1
	if len(b) > 0 && b[0] != stateVersion {
		return state{}, fmt.Errorf("keyword: %w: it has format %d, this program has %d; rebuild it", ErrCorrupt, b[0], stateVersion)
	}
	if len(b) < fixed+4 || len(b) != fixed+int(b[fixed-1])+4 {
		return state{}, fmt.Errorf("keyword: %w: state of %d bytes", ErrCorrupt, len(b))
	}
	body := b[:len(b)-4]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[len(body):]) {
		return state{}, fmt.Errorf("keyword: %w: state fails its checksum", ErrCorrupt)
	}
	return state{
		LastChange: binary.LittleEndian.Uint64(b[1:]),
		Tokens:     binary.LittleEndian.Uint64(b[9:]),
		Language:   string(body[fixed:]),
	}, nil
}
