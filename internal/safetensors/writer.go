package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Tensor is one tensor to write. Data gives its elements row-major, to be written
// as F32, or Bytes those of one to be written as I8. Either is called once, when
// its turn comes, so that a model need not be held twice.
type Tensor struct {
	Name  string
	Shape []int
	Data  func() []float32
	Bytes func() []byte // in place of Data
}

// dtype is the element type that is written.
func (t Tensor) dtype() DType {
	if t.Bytes != nil {
		return I8
	}
	return F32
}

// Write writes tensors in the given order, with metadata in the header.
// Hugging Face readers want the metadata "format": "pt".
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	head, err := encodeHeader(tensors, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<18)
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(head)))
	if _, err := out.Write(append(length[:], head...)); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	for _, t := range tensors {
		if err := t.write(out); err != nil {
			return fmt.Errorf("safetensors: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

// encodeHeader makes the JSON header, padded with spaces so that the tensors
// start at a multiple of 8 bytes.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	type entry struct {
		DType   DType    `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	members := map[string]any{}
	if len(metadata) > 0 {
		members[metadataKey] = metadata
	}
	at := int64(0)
	for _, t := range tensors {
		if _, twice := members[t.Name]; twice {
			return nil, fmt.Errorf("two tensors are named %q", t.Name)
		}
		end := at + sizes[t.dtype()]*int64(Info{Shape: t.Shape}.Elements())
		members[t.Name] = entry{t.dtype(), t.Shape, [2]int64{at, end}}
		at = end
	}
	head, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	return head, nil
}

// write writes the tensor's elements.
func (t Tensor) write(out *bufio.Writer) error {
	if t.Bytes != nil {
		raw := t.Bytes()
		if err := t.check(len(raw)); err != nil {
			return err
		}
		_, err := out.Write(raw)
		return err
	}
	data := t.Data()
	if err := t.check(len(data)); err != nil {
		return err
	}
	var b [4]byte
	for _, v := range data {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		if _, err := out.Write(b[:]); err != nil {
			return err
		}
	}
	return nil
}

// check compares the number of elements with the shape.
func (t Tensor) check(elements int) error {
	if want := (Info{Shape: t.Shape}).Elements(); elements != want {
		return fmt.Errorf("tensor %q has %d elements, its shape %v wants %d", t.Name, elements, t.Shape, want)
	}
	return nil
}
