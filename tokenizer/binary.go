package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// The binary form holds a tokenizer ready for use, so that a program can carry one and start without parsing JSON or
// building a trie. All numbers are little endian. Version 1:
//
//	"BSTOK" 0x00  magic, 6 bytes
//	uint16        version
//	uint32        CRC-32C of all that follows
//	uint32 ×4     sizes: settings, tokens, bytes of tokens, trie nodes
//	uint64        the trie's root
//	uint64 each   the trie's nodes (see trie)
//	uint32 each   end of each token in the bytes of tokens
//	bytes         the tokens, end to end
//	bytes         the settings: a Config as JSON
const (
	binaryMagic   = "BSTOK\x00"
	binaryVersion = 1
	binaryHeader  = len(binaryMagic) + 2 + 4 + 4*4 + 8
	checkedFrom   = len(binaryMagic) + 2 + 4
)

// ErrCorrupt is the error for a binary form that is damaged.
var ErrCorrupt = errors.New("tokenizer: damaged data")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MarshalBinary writes the tokenizer in the form that UnmarshalBinary reads.
func (t *Tokenizer) MarshalBinary() ([]byte, error) {
	settings, err := json.Marshal(t.config)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	tr := &t.model.(*wordPiece).trie
	v := &t.vocab
	out := make([]byte, 0, binaryHeader+8*len(tr.nodes)+4*len(v.ends)+len(v.text)+len(settings))
	out = append(out, binaryMagic...)
	out = binary.LittleEndian.AppendUint16(out, binaryVersion)
	out = binary.LittleEndian.AppendUint32(out, 0)
	for _, n := range []int{len(settings), len(v.ends), len(v.text), len(tr.nodes)} {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	out = binary.LittleEndian.AppendUint64(out, uint64(tr.root))
	for _, n := range tr.nodes {
		out = binary.LittleEndian.AppendUint64(out, uint64(n))
	}
	for _, e := range v.ends {
		out = binary.LittleEndian.AppendUint32(out, e)
	}
	out = append(out, v.text...)
	out = append(out, settings...)
	binary.LittleEndian.PutUint32(out[checkedFrom-4:], crc32.Checksum(out[checkedFrom:], castagnoli))
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote into t, which must be new. It copies what it keeps.
func (t *Tokenizer) UnmarshalBinary(data []byte) error {
	if len(data) < binaryHeader || string(data[:len(binaryMagic)]) != binaryMagic {
		return fmt.Errorf("%w: not a tokenizer in binary form", ErrCorrupt)
	}
	if v := binary.LittleEndian.Uint16(data[len(binaryMagic):]); v != binaryVersion {
		return fmt.Errorf("tokenizer: binary form of version %d; this program reads version %d", v, binaryVersion)
	}
	if binary.LittleEndian.Uint32(data[checkedFrom-4:]) != crc32.Checksum(data[checkedFrom:], castagnoli) {
		return fmt.Errorf("%w: checksum differs", ErrCorrupt)
	}
	var sizes [4]uint64
	for i := range sizes {
		sizes[i] = uint64(binary.LittleEndian.Uint32(data[checkedFrom+4*i:]))
	}
	settings, tokens, text, nodes := sizes[0], sizes[1], sizes[2], sizes[3]
	body := data[binaryHeader:]
	if uint64(len(body)) != 8*nodes+4*tokens+text+settings {
		return fmt.Errorf("%w: %d bytes where the header says otherwise", ErrCorrupt, len(data))
	}
	tr := trie{root: node(binary.LittleEndian.Uint64(data[binaryHeader-8:])), nodes: make([]node, nodes)}
	for i := range tr.nodes {
		tr.nodes[i] = node(binary.LittleEndian.Uint64(body[8*i:]))
	}
	body = body[8*nodes:]
	v := vocabulary{ends: make([]uint32, tokens)}
	for i := range v.ends {
		v.ends[i] = binary.LittleEndian.Uint32(body[4*i:])
	}
	body = body[4*tokens:]
	v.text = string(body[:text])
	var c Config
	if err := json.Unmarshal(body[text:], &c); err != nil {
		return fmt.Errorf("%w: settings: %w", ErrCorrupt, err)
	}
	if !tr.checked() || !v.checked() {
		return fmt.Errorf("%w: the vocabulary points outside itself", ErrCorrupt)
	}
	made, err := assemble(v, tr, c)
	if err != nil {
		return err
	}
	t.config, t.vocab, t.added, t.model = made.config, made.vocab, made.added, made.model
	t.scratch.New = made.scratch.New
	return nil
}
