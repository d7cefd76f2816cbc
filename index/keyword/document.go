package keyword

import (
	"encoding/binary"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
)

// A document has two fields. textField holds its terms with their frequencies.
// lengthField holds the one term lengthTerm, whose frequency is the number of
// terms plus one: so the length of a document that is replaced or deleted can
// be taken from the total, and the average stays exact.
const (
	textField   = "text"
	lengthField = "length"
	lengthTerm  = "n"
)

// Doc is a document to index, under its number in the store.
type Doc struct {
	Number uint32
	Title  string
	Text   string
}

// name is the document's name in scorch.
func name(number uint32) string {
	return string(binary.BigEndian.AppendUint32(nil, number))
}

// field is a field of scorch that was analysed before it was handed over, so
// that its length is known when the batch is made and its text can be freed.
type field struct {
	name   string
	length int
	terms  index.TokenFrequencies
}

// newDocument analyses d and returns it as scorch takes it, with its length in terms.
func newDocument(a analysis.Analyzer, d Doc) (*document.Document, int) {
	tokens := analyse(a, d.Title+" "+d.Text)
	text := &field{name: textField, length: len(tokens), terms: analysis.TokenFrequency(tokens, nil, index.IndexField)}
	n := &index.TokenFreq{Term: []byte(lengthTerm)}
	n.SetFrequency(len(tokens) + 1)
	length := &field{name: lengthField, length: 1, terms: index.TokenFrequencies{lengthTerm: n}}
	return document.NewDocument(name(d.Number)).AddField(text).AddField(length), len(tokens)
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return nil }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return index.IndexField }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
func (f *field) Size() int                                        { return f.terms.Size() }
