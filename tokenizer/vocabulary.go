package tokenizer

import (
	"encoding/binary"
	"hash"
	"io"
	"strings"
)

// vocabulary holds the tokens by id, end to end in one string; an id without a token has the empty one.
type vocabulary struct {
	text string
	ends []uint32
}

func newVocabulary(tokens []string) vocabulary {
	v := vocabulary{ends: make([]uint32, len(tokens))}
	var b strings.Builder
	for i, s := range tokens {
		b.WriteString(s)
		v.ends[i] = uint32(b.Len())
	}
	v.text = b.String()
	return v
}

func (v *vocabulary) size() int { return len(v.ends) }

// at is the token of an id, "" if there is none.
func (v *vocabulary) at(id int32) string {
	if id < 0 || int(id) >= len(v.ends) {
		return ""
	}
	start := uint32(0)
	if id > 0 {
		start = v.ends[id-1]
	}
	return v.text[start:v.ends[id]]
}

// hash writes what tells vocabularies apart.
func (v *vocabulary) hash(h hash.Hash) {
	buf := make([]byte, 0, 4*len(v.ends))
	for _, e := range v.ends {
		buf = binary.LittleEndian.AppendUint32(buf, e)
	}
	h.Write(buf)
	_, _ = io.WriteString(h, v.text) // a hash never fails
}

// checked reports whether all tokens lie inside the text.
func (v *vocabulary) checked() bool {
	last := uint32(0)
	for _, e := range v.ends {
		if e < last {
			return false
		}
		last = e
	}
	return int(last) == len(v.text)
}
