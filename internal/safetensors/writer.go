package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Tensor is one tensor to write, as F32. Data gives its elements row-major and
// is called once, when their turn comes, so that a model need not be held twice.
type Tensor struct {
	Name  string
	Shape []int
	Data  func() []float32
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
		if err := writeFloats(out, t); err != nil {
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
		end := at + 4*int64(Info{Shape: t.Shape}.Elements())
		members[t.Name] = entry{F32, t.Shape, [2]int64{at, end}}
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

func writeFloats(out *bufio.Writer, t Tensor) error {
	data := t.Data()
	if want := (Info{Shape: t.Shape}).Elements(); len(data) != want {
		return fmt.Errorf("tensor %q has %d elements, its shape %v wants %d", t.Name, len(data), t.Shape, want)
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
