package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file builds a safetensors file from a header and data.
func file(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func parse(b []byte) (*File, error) { return Parse(bytes.NewReader(b), int64(len(b))) }

func TestFloatsOfEveryType(t *testing.T) {
	var data []byte
	for _, v := range []float32{1.5, -2} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	for _, h := range []uint16{0x3e00, 0xc000} { // 1.5, -2 as binary16
		data = binary.LittleEndian.AppendUint16(data, h)
	}
	for _, h := range []uint16{0x3fc0, 0xc000} { // 1.5, -2 as bfloat16
		data = binary.LittleEndian.AppendUint16(data, h)
	}
	for _, v := range []float64{1.5, -2} {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	data = append(data, make([]byte, 16)...)
	f, err := parse(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
		"__metadata__":{"format":"pt"},
		"d":{"dtype":"F64","shape":[1,2],"data_offsets":[16,32]},
		"b":{"dtype":"F16","shape":[2,1],"data_offsets":[8,12]},
		"c":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]},
		"ids":{"dtype":"I64","shape":[1,2],"data_offsets":[32,48]}}  `, data))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		got, err := f.Floats(name)
		if err != nil || !slices.Equal(got, []float32{1.5, -2}) {
			t.Errorf("%s = %v, %v, want [1.5 -2]", name, got, err)
		}
	}
	if f.Metadata()["format"] != "pt" {
		t.Errorf("metadata = %v", f.Metadata())
	}
	if _, err := f.Floats("ids"); err == nil || !strings.Contains(err.Error(), "I64") {
		t.Errorf("reading integers as floats: %v", err)
	}
	if _, err := f.Floats("none"); err == nil {
		t.Error("no error for a tensor that does not exist")
	}
}

func TestParseRejects(t *testing.T) {
	one := `"dtype":"F32","shape":[1],"data_offsets":[0,4]`
	for _, c := range []struct{ header, want string }{
		{`[]`, "not a JSON object"},
		{`{"a":{` + one + `}`, "EOF"},
		{`{"a":{` + one + `}} x`, "follow"},
		{`{"a":{` + one + `},"a":{` + one + `}}`, "twice"},
		{`{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}`, "F99"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, "takes 8 bytes"},
		{`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, "out of range"},
		{`{"a":{"dtype":"F32","shape":[2000000000,2000000000,2000000000],"data_offsets":[0,4]}}`, "out of range"},
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, "not a range"},
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, "not a range"},
		{`{"a":{` + one + `},"b":{` + one + `}}`, "overlap"},
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "hole"},
		{`{}`, "truncated"},
	} {
		_, err := parse(file(c.header, make([]byte, 4)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.header, err, c.want)
		}
	}
	for _, raw := range [][]byte{nil, {1}, bytes.Repeat([]byte{0xff}, 16), binary.LittleEndian.AppendUint64(nil, 9)} {
		if _, err := parse(raw); err == nil {
			t.Errorf("no error for %x", raw)
		}
	}
}

func TestWriteThenRead(t *testing.T) {
	want := map[string][]float32{"z": {1, 2, 3, 4, 5, 6}, "a": {7}, "empty": {}, "bytes": {1, -128, -1}}
	var out bytes.Buffer
	err := Write(&out, []Tensor{
		{Name: "z", Shape: []int{2, 3}, Data: func() []float32 { return want["z"] }},
		{Name: "bytes", Shape: []int{3}, Bytes: func() []byte { return []byte{1, 0x80, 0xff} }},
		{Name: "empty", Shape: []int{0, 3}, Data: func() []float32 { return nil }},
		{Name: "a", Data: func() []float32 { return want["a"] }},
	}, map[string]string{"format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := parse(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range want {
		if got, err := f.Floats(name); err != nil || !slices.Equal(got, v) {
			t.Errorf("%s = %v, %v, want %v", name, got, err, v)
		}
	}
	if f.data%8 != 0 {
		t.Errorf("data starts at byte %d, which is not aligned", f.data)
	}
	for _, short := range []Tensor{
		{Name: "x", Shape: []int{2}, Data: func() []float32 { return []float32{1} }},
		{Name: "x", Shape: []int{2}, Bytes: func() []byte { return []byte{1} }},
	} {
		if err := Write(&out, []Tensor{short}, nil); err == nil {
			t.Error("no error for data that does not have its shape")
		}
	}
	if err := Write(&out, []Tensor{{Name: "x"}, {Name: "x"}}, nil); err == nil {
		t.Error("no error for two tensors of one name")
	}
}

func TestOpenFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, tensor string, v float32) {
		t.Helper()
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			err = Write(f, []Tensor{{Name: tensor, Shape: []int{1}, Data: func() []float32 { return []float32{v} }}}, nil)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	index := func(b string) error {
		if err := os.WriteFile(filepath.Join(dir, IndexName), []byte(`{"weight_map":{"a":"1.safetensors","b":"`+b+`"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := OpenFolder(dir)
		if err != nil {
			return err
		}
		defer func() { _ = w.Close() }() // only read
		for i, name := range []string{"a", "b"} {
			if v, err := w.Floats(name); err != nil || v[0] != float32(i) {
				return fmt.Errorf("%s = %v, %w", name, v, err)
			}
		}
		return nil
	}
	if _, err := OpenFolder(dir); err == nil {
		t.Error("no error for a folder without weights")
	}
	write("1.safetensors", "a", 0)
	write("2.safetensors", "b", 1)
	if err := index("2.safetensors"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"1.safetensors", "3.safetensors", "../1.safetensors", ""} {
		if err := index(bad); err == nil {
			t.Errorf("no error for tensor b in %q", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"__metadata__":{"x":"y"}}`, make([]byte, 4)))
	f.Add(file(`{"a":{"dtype":"I8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"F16","shape":[0],"data_offsets":[1,1]}}`, make([]byte, 1)))
	f.Add(file(`{}`, nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := parse(raw)
		if err != nil {
			return
		}
		total := 0
		for _, info := range parsed.Tensors() {
			total += info.Elements() * int(sizes[info.DType])
			if _, err := parsed.Floats(info.Name); err != nil && slices.Contains([]DType{F64, F32, F16, BF16, I8}, info.DType) {
				t.Errorf("tensor %q passed the header check but cannot be read: %v", info.Name, err)
			}
		}
		if total > len(raw) {
			t.Errorf("tensors of %d bytes in a file of %d", total, len(raw))
		}
	})
}
