package store

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// checksumSize is what seal adds to a payload, in bytes.
const checksumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers the bucket's tag, the key and the payload.
func checksum(tag byte, key, payload []byte) uint32 {
	sum := crc32.Update(0, castagnoli, []byte{tag})
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, payload)
}

// seal appends the checksum to the payload, in place where capacity allows.
func seal(tag byte, key, payload []byte) []byte {
	return binary.LittleEndian.AppendUint32(payload, checksum(tag, key, payload))
}

// unseal verifies a stored value and returns its payload.
func unseal(tag byte, key, value []byte) ([]byte, bool) {
	n := len(value) - checksumSize
	if n < 0 {
		return nil, false
	}
	payload := value[:n:n]
	return payload, binary.LittleEndian.Uint32(value[n:]) == checksum(tag, key, payload)
}

// decoder reads a payload from front to back. The first read past the end, or
// of a malformed number, sets bad; reads after it give zeros.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() {
	d.b, d.bad = nil, true
}

func (d *decoder) uint8() byte {
	if len(d.b) < 1 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) uint32() uint32 {
	if len(d.b) < 4 {
		d.fail()
		return 0
	}
	v := binary.LittleEndian.Uint32(d.b)
	d.b = d.b[4:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// length reads a varint that must fit an int.
func (d *decoder) length() int {
	v := d.uvarint()
	if v > math.MaxInt {
		d.fail()
		return 0
	}
	return int(v)
}

func (d *decoder) bytes(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.fail()
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

// text reads a length and as many bytes.
func (d *decoder) text() string {
	return string(d.bytes(d.length()))
}

// done reports whether everything was read, no less and no more.
func (d *decoder) done() bool {
	return !d.bad && len(d.b) == 0
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// numberKey is the key of a document, passage or generation.
func numberKey(n uint32) []byte {
	return binary.BigEndian.AppendUint32(nil, n)
}

// parseNumber reads a key made by numberKey.
func parseNumber(key []byte) (uint32, bool) {
	if len(key) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(key), true
}

// sequenceKey is the key of a change.
func sequenceKey(n uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, n)
}
