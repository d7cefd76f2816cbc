package blob

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// Write writes m as a blob, its matrices and tables rounded to binary16.
// Models with Dense modules have no blob form.
func Write(w io.Writer, m *model.Sentence) error {
	if len(m.Dense) > 0 {
		return errors.New("blob: a model with Dense modules cannot be written as a blob")
	}
	b := &builder{}
	b.encoder(m.Encoder)
	if b.err != nil {
		return fmt.Errorf("blob: %w", b.err)
	}
	text, err := b.header(m)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	out := append([]byte(magic), make([]byte, preamble-len(magic))...)
	for i, v := range []uint32{version, uint32(len(text)), crc32.Checksum(text, castagnoli)} {
		binary.LittleEndian.PutUint32(out[len(magic)+4*i:], v)
	}
	out = pad(append(out, text...))
	for _, data := range b.data {
		out = pad(append(out, data...))
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// builder collects sections.
type builder struct {
	sections []section
	data     [][]byte
	err      error
}

func (b *builder) add(name string, k kind, data []byte, shape ...int) {
	b.sections = append(b.sections, section{
		Name: name, Kind: k, Shape: shape, Length: len(data), Checksum: crc32.Checksum(data, castagnoli),
	})
	b.data = append(b.data, data)
}

// header describes m with the places of the sections. They depend on the
// length of the text and that on them, so it is made with ever more room until
// it fits.
func (b *builder) header(s *model.Sentence) ([]byte, error) {
	h := header{
		Name: s.Name, Config: s.Encoder.Config, Pooling: s.Pooling, Normalize: s.Normalize,
		Prompts: s.Prompts, MaxLength: s.MaxLength, Digest: b.digest(), Sections: b.sections,
	}
	for room := alignment; ; room += alignment {
		at := align(preamble + room)
		for i := range b.sections {
			b.sections[i].Offset = at
			at = align(at + b.sections[i].Length)
		}
		text, err := json.Marshal(h)
		if err != nil {
			return nil, err
		}
		if align(preamble+len(text)) == align(preamble+room) {
			return text, nil
		}
	}
}

func (b *builder) digest() string {
	h := sha256.New()
	for i, data := range b.data {
		h.Write(fmt.Appendf(nil, "%s %s %v\n", b.sections[i].Name, b.sections[i].Kind, b.sections[i].Shape))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (b *builder) encoder(e *model.Encoder) {
	b.table("word", e.Embedding.Word)
	b.table("position", e.Embedding.Position)
	b.table("type", e.Embedding.Type)
	b.norm("embedding norm", e.Embedding.Norm)
	for i, l := range e.Layers {
		name := func(part string) string { return fmt.Sprintf("layer %d %s", i, part) }
		b.linear(name("qkv"), l.QKV)
		b.linear(name("attention out"), l.AttentionOut)
		b.norm(name("attention norm"), l.AttentionNorm)
		b.linear(name("intermediate"), l.Intermediate)
		b.linear(name("output"), l.Output)
		b.norm(name("output norm"), l.OutputNorm)
	}
	if e.Pooler != nil {
		b.linear("pooler", *e.Pooler)
	}
}

func (b *builder) linear(name string, l nn.Linear) {
	n, k := l.Out(), l.In()
	data := make([]byte, 2*kernel.PackedSize(n, k))
	row := make([]float32, k)
	half := make([]byte, 2*k)
	for i := range n {
		l.Weight.Row(row, i)
		b.half(name, half, row)
		for j := range k {
			at := i/kernel.Panel*kernel.Panel*k + j*kernel.Panel + i%kernel.Panel
			copy(data[2*at:2*at+2], half[2*j:])
		}
	}
	b.add(name+" weight", panels, data, n, k)
	b.vector(name+" bias", l.Bias)
}

func (b *builder) table(name string, t nn.Table) {
	data := make([]byte, 2*t.Rows()*t.Dim())
	row := make([]float32, t.Dim())
	for i := range t.Rows() {
		t.Row(row, i)
		b.half(name, data[2*i*t.Dim():], row)
	}
	b.add(name, table, data, t.Rows(), t.Dim())
}

// half rounds values to binary16, which must be able to hold them.
func (b *builder) half(name string, dst []byte, values []float32) {
	for _, v := range values {
		if !(math.Abs(float64(v)) < 65504) && b.err == nil {
			b.err = fmt.Errorf("%q holds %g, which binary16 cannot", name, v)
		}
	}
	kernel.EncodeF16(dst, values)
}

func (b *builder) norm(name string, n nn.LayerNorm) {
	b.vector(name+" weight", n.Gamma)
	b.vector(name+" bias", n.Beta)
}

func (b *builder) vector(name string, v []float32) {
	data := make([]byte, 0, 4*len(v))
	for _, f := range v {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(f))
	}
	b.add(name, vector, data, len(v))
}

func align(n int) int { return (n + alignment - 1) / alignment * alignment }

func pad(out []byte) []byte { return append(out, make([]byte, align(len(out))-len(out))...) }
