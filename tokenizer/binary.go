package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// The binary form holds a tokenizer ready for use, so that a program can carry one and start without parsing JSON or
// building a trie. All numbers are little endian. Version 1, WordPiece:
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
//
// Version 2, Unigram, has a float64 a token, its score, behind the settings.
const (
	binaryMagic   = "BSTOK\x00"
	binaryPieces  = 1 // version of a WordPiece tokenizer
	binaryUnigram = 2 // and of a Unigram one
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
	var tr *trie
	var scores []float64
	version := uint16(binaryPieces)
	switch m := t.model.(type) {
	case *wordPiece:
		tr = &m.trie
	case *unigram:
		tr, scores, version = &m.trie, m.scores, binaryUnigram
	}
	v := &t.vocab
	out := make([]byte, 0, binaryHeader+8*len(tr.nodes)+4*len(v.ends)+len(v.text)+len(settings)+8*len(scores))
	out = append(out, binaryMagic...)
	out = binary.LittleEndian.AppendUint16(out, version)
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
	out = appendScores(append(out, settings...), scores)
	binary.LittleEndian.PutUint32(out[checkedFrom-4:], crc32.Checksum(out[checkedFrom:], castagnoli))
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote into t, which must be new. It copies what it keeps.
func (t *Tokenizer) UnmarshalBinary(data []byte) error {
	if len(data) < binaryHeader || string(data[:len(binaryMagic)]) != binaryMagic {
		return fmt.Errorf("%w: not a tokenizer in binary form", ErrCorrupt)
	}
	version := binary.LittleEndian.Uint16(data[len(binaryMagic):])
	if version != binaryPieces && version != binaryUnigram {
		return fmt.Errorf("tokenizer: binary form of version %d; this program reads versions up to %d", version, binaryUnigram)
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
	scores := uint64(0)
	if version == binaryUnigram {
		scores = tokens
	}
	if uint64(len(body)) != 8*nodes+4*tokens+text+settings+8*scores {
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
	if err := json.Unmarshal(body[text:text+settings], &c); err != nil {
		return fmt.Errorf("%w: settings: %w", ErrCorrupt, err)
	}
	if !tr.checked(len(v.ends)) || !v.checked() {
		return fmt.Errorf("%w: the vocabulary points outside itself", ErrCorrupt)
	}
	if (c.Unigram != nil) != (version == binaryUnigram) {
		return fmt.Errorf("%w: settings of another kind than version %d", ErrCorrupt, version)
	}
	var made *Tokenizer
	var err error
	if c.Unigram != nil {
		made, err = assembleUnigram(v, tr, readScores(body[text+settings:]), c)
	} else {
		made, err = assembleWordPiece(v, tr, c)
	}
	if err != nil {
		return err
	}
	*t = *made
	return nil
}

// appendScores writes scores to out.
func appendScores(out []byte, scores []float64) []byte {
	for _, s := range scores {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(s))
	}
	return out
}

// readScores reads what appendScores wrote.
func readScores(data []byte) []float64 {
	scores := make([]float64, len(data)/8)
	for i := range scores {
		scores[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return scores
}
