package safetensors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"sort"
)

// maxHeader is the longest header accepted, the limit of the format.
const maxHeader = 100 << 20

// metadataKey is the header's one entry that is not a tensor.
const metadataKey = "__metadata__"

// Info describes one tensor of a file.
type Info struct {
	Name  string
	DType DType
	Shape []int
	begin int64 // offsets into the data section
	end   int64
}

// Elements is the product of the shape; 1 for a scalar.
func (t Info) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// header is the parsed JSON at the start of a file.
type header struct {
	tensors  []Info // sorted by position in the data section
	metadata map[string]string
}

// parseHeader reads the JSON header of a file with dataSize bytes of tensors
// and verifies every range, so that no later read can fall outside the file.
func parseHeader(text []byte, dataSize int64) (*header, error) {
	h := &header{}
	seen := map[string]bool{}
	err := eachMember(text, func(name string, dec *json.Decoder) error {
		if seen[name] {
			return fmt.Errorf("tensor %q appears twice in the header", name)
		}
		seen[name] = true
		if name == metadataKey {
			return dec.Decode(&h.metadata)
		}
		info, err := parseInfo(name, dec)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.tensors = append(h.tensors, info)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(h.tensors, func(i, j int) bool {
		a, b := h.tensors[i], h.tensors[j]
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	return h, checkLayout(h.tensors, dataSize)
}

// eachMember calls f for each member of the JSON object in text, with the
// decoder standing before the value. Unlike a map it shows repeated names.
func eachMember(text []byte, f func(name string, dec *json.Decoder) error) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("header is not a JSON object")
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return fmt.Errorf("header: %w", err)
		}
		name, ok := t.(string)
		if !ok {
			return fmt.Errorf("header: a member has no name")
		}
		if err := f(name, dec); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if rest := bytes.TrimRight(text[dec.InputOffset():], " \x00"); len(rest) > 0 {
		return fmt.Errorf("header: %d bytes follow the JSON object", len(rest))
	}
	return nil
}

// parseInfo reads one tensor's description and checks that its range holds
// exactly its shape.
func parseInfo(name string, dec *json.Decoder) (Info, error) {
	var raw struct {
		DType   DType   `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := dec.Decode(&raw); err != nil {
		return Info{}, err
	}
	size, ok := sizes[raw.DType]
	if !ok {
		return Info{}, fmt.Errorf("unknown element type %q", raw.DType)
	}
	if len(raw.Offsets) != 2 || raw.Offsets[0] < 0 || raw.Offsets[1] < raw.Offsets[0] {
		return Info{}, fmt.Errorf("data offsets %v are not a range", raw.Offsets)
	}
	bytes := size
	shape := make([]int, len(raw.Shape))
	for i, d := range raw.Shape {
		if d < 0 || d > math.MaxInt32 || d > 0 && bytes > math.MaxInt64/d {
			return Info{}, fmt.Errorf("shape %v is out of range", raw.Shape)
		}
		bytes *= d
		shape[i] = int(d)
	}
	if bytes != raw.Offsets[1]-raw.Offsets[0] {
		return Info{}, fmt.Errorf("shape %v of %s takes %d bytes but its data offsets %v hold %d",
			raw.Shape, raw.DType, bytes, raw.Offsets, raw.Offsets[1]-raw.Offsets[0])
	}
	return Info{Name: name, DType: raw.DType, Shape: shape, begin: raw.Offsets[0], end: raw.Offsets[1]}, nil
}

// checkLayout verifies that the sorted tensors follow each other without a gap
// or an overlap and fill the data section.
func checkLayout(tensors []Info, dataSize int64) error {
	at := int64(0)
	for _, t := range tensors {
		if t.begin != at {
			return fmt.Errorf("tensor %q starts at byte %d of the data, want %d: tensors overlap or leave a hole", t.Name, t.begin, at)
		}
		at = t.end
	}
	if at != dataSize {
		return fmt.Errorf("tensors take %d bytes but the file holds %d: it is truncated or damaged", at, dataSize)
	}
	return nil
}
