package tokenizer

// Span is a range of bytes of the original text, End excluded.
type Span struct{ Start, End int }

// Encoding is a tokenised text: four slices of one length, an element a token. Its slices are reused by the next
// Encode into it.
type Encoding struct {
	IDs      []int32
	Types    []uint8 // token type ids
	Offsets  []Span  // into the text, or into the pair where Sequence is 1; zero where Sequence is -1
	Sequence []int8  // 0 for the text, 1 for its pair, -1 for what the template adds
}

// Len is the number of tokens.
func (e *Encoding) Len() int { return len(e.IDs) }

// Reset empties e and keeps its memory.
func (e *Encoding) Reset() { e.truncate(0) }

func (e *Encoding) truncate(n int) {
	e.IDs, e.Offsets = e.IDs[:min(n, len(e.IDs))], e.Offsets[:min(n, len(e.Offsets))]
	e.Types, e.Sequence = e.Types[:min(n, len(e.Types))], e.Sequence[:min(n, len(e.Sequence))]
}

// add appends a token; label follows for a stretch of them.
func (e *Encoding) add(id int32, start, end int) {
	e.IDs = append(e.IDs, id)
	e.Offsets = append(e.Offsets, Span{start, end})
}

// label gives the tokens that have none yet their type and sequence.
func (e *Encoding) label(kind uint8, sequence int8) {
	for len(e.Types) < len(e.IDs) {
		e.Types = append(e.Types, kind)
		e.Sequence = append(e.Sequence, sequence)
	}
}
