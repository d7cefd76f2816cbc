package store

import (
	"encoding/binary"
	"fmt"
	"math"
)

// MaxIDLength is the longest external id, in bytes.
const MaxIDLength = 32000

// Document is one stored document. Text may be of any size up to 2 GB.
type Document struct {
	Number   uint32    // internal, from 1, kept as long as the id exists
	ID       string    // the caller's, any 1 … MaxIDLength bytes
	Title    string    //
	Text     string    //
	Fields   []byte    // the caller's encoding; nil when there are none
	Hash     [32]byte  // of the whole document, computed by the caller
	TextHash [32]byte  // of what was embedded, computed by the caller
	Passages []Passage // of the active generation, in text order
}

// Passage is the part of a document's text that one vector stands for.
type Passage struct {
	Number     uint32 // internal, from 1, never used twice
	Start, End int    // byte range in the text
}

// Head is what is known of a document without reading its text.
type Head struct {
	Number         uint32
	ID, Title      string
	Hash, TextHash [32]byte
	TextLength     int // bytes
	FieldsLength   int // bytes of the encoded fields
}

func (d *Document) head() Head {
	return Head{Number: d.Number, ID: d.ID, Title: d.Title, Hash: d.Hash, TextHash: d.TextHash,
		TextLength: len(d.Text), FieldsLength: len(d.Fields)}
}

func (h *Head) encode() []byte {
	b := make([]byte, 0, len(h.ID)+len(h.Title)+len(h.Hash)+len(h.TextHash)+4*binary.MaxVarintLen32+checksumSize)
	b = appendText(b, h.ID)
	b = appendText(b, h.Title)
	b = append(b, h.Hash[:]...)
	b = append(b, h.TextHash[:]...)
	b = binary.AppendUvarint(b, uint64(h.TextLength))
	return binary.AppendUvarint(b, uint64(h.FieldsLength))
}

func decodeHead(number uint32, payload []byte) (Head, error) {
	d := decoder{b: payload}
	h := Head{Number: number, ID: d.text(), Title: d.text()}
	copy(h.Hash[:], d.bytes(len(h.Hash)))
	copy(h.TextHash[:], d.bytes(len(h.TextHash)))
	h.TextLength = d.length()
	h.FieldsLength = d.length()
	if !d.done() || checkID(h.ID) != nil {
		return Head{}, corrupt(fmt.Sprintf("document %d", number), "unreadable record")
	}
	return h, nil
}

// checkID says whether an external id may be stored.
func checkID(id string) error {
	if len(id) == 0 || len(id) > MaxIDLength {
		return fmt.Errorf("store: id of %d bytes, want 1 … %d: %w", len(id), MaxIDLength, ErrInvalidID)
	}
	return nil
}

// encodePassages writes passages whose numbers follow each other. Starts are
// stored as differences, which may be negative, and ends as lengths.
func encodePassages(passages []Passage) []byte {
	first := uint32(0)
	if len(passages) > 0 {
		first = passages[0].Number
	}
	b := make([]byte, 0, 12+6*len(passages)+checksumSize)
	b = binary.LittleEndian.AppendUint32(b, first)
	b = binary.AppendUvarint(b, uint64(len(passages)))
	start := 0
	for _, p := range passages {
		b = binary.AppendVarint(b, int64(p.Start-start))
		b = binary.AppendUvarint(b, uint64(p.End-p.Start))
		start = p.Start
	}
	return b
}

func decodePassages(document uint32, payload []byte) ([]Passage, error) {
	bad := corrupt(fmt.Sprintf("passages of document %d", document), "unreadable record")
	d := decoder{b: payload}
	first, count := d.uint32(), d.length()
	if d.bad || count > len(d.b)/2 || uint64(first)+uint64(count) > math.MaxUint32+1 {
		return nil, bad
	}
	passages := make([]Passage, count)
	start := int64(0)
	for i := range passages {
		start += d.varint()
		length := d.length()
		if start < 0 || start > math.MaxInt32 || length > math.MaxInt32 {
			return nil, bad
		}
		passages[i] = Passage{Number: first + uint32(i), Start: int(start), End: int(start) + length}
	}
	if !d.done() {
		return nil, bad
	}
	return passages, nil
}

// checkPassages says whether passages lie within a text of the given length
// and whether each has a vector.
func checkPassages(passages []Passage, textLength, vectors int) error {
	if len(passages) != vectors {
		return fmt.Errorf("store: %d passages and %d vectors: %w", len(passages), vectors, ErrInvalidPassage)
	}
	for i, p := range passages {
		if p.Start < 0 || p.Start > p.End || p.End > textLength {
			return fmt.Errorf("store: passage %d is [%d,%d) of a text of %d bytes: %w",
				i, p.Start, p.End, textLength, ErrInvalidPassage)
		}
	}
	return nil
}
