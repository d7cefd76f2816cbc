package model

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// # Weights in bytes
//
// A folder with weights in bytes has the layout of compressed-tensors, its format
// "int-quantized": in model.safetensors a tensor "….weight" of I8, out×in, and
// beside it "….weight_scale" of F32, out×1, so that row i stands for bytes times
// scale i. The matrices of the layers and of the pooler are stored so, and the
// table of words, which in a small model is the greater part. Positions, token
// types, normalisations, biases and the modules after the encoder stay F32.
//
// Quantization is what config.json says of it.
type Quantization struct {
	Method string                       `json:"quant_method"`
	Format string                       `json:"format"`
	Status string                       `json:"quantization_status,omitempty"`
	Groups map[string]quantizationGroup `json:"config_groups"`
	Ignore []string                     `json:"ignore"`
	// RunCompressed false lets transformers widen the weights when it loads them,
	// without which it cannot run BERT.
	RunCompressed bool `json:"run_compressed"`
}

// quantizationGroup says how some of the weights are stored.
type quantizationGroup struct {
	Targets []string           `json:"targets"`
	Weights *quantizationBytes `json:"weights"`
	Inputs  *quantizationBytes `json:"input_activations"` // how others may round what is multiplied with them; it is not read
}

type quantizationBytes struct {
	Bits      int    `json:"num_bits"`
	Type      string `json:"type"`
	Symmetric bool   `json:"symmetric"`
	Strategy  string `json:"strategy"`
	Dynamic   any    `json:"dynamic"`
}

const (
	quantMethod = "compressed-tensors"
	quantFormat = "int-quantized"
	scaleSuffix = "_scale"      // of the name of what has the scales
	zeroSuffix  = "_zero_point" // of what is not symmetric
)

// newQuantization is that of Sentence.SaveInt8.
func newQuantization() *Quantization {
	return &Quantization{
		Method: quantMethod, Format: quantFormat, Status: "compressed",
		Groups: map[string]quantizationGroup{"group_0": {
			Targets: []string{"Linear", "Embedding"},
			Weights: &quantizationBytes{Bits: 8, Type: "int", Symmetric: true, Strategy: "channel", Dynamic: false},
		}},
		Ignore: []string{"embeddings.position_embeddings", "embeddings.token_type_embeddings"},
	}
}

// validate reports what cannot be read.
func (q *Quantization) validate() error {
	if q.Method != quantMethod || q.Format != quantFormat {
		return fmt.Errorf("unsupported quantization_config: quant_method %q, format %q; only %q, %q can be read", q.Method, q.Format, quantMethod, quantFormat)
	}
	for name, g := range q.Groups {
		if w := g.Weights; w == nil || w.Bits != 8 || w.Type != "int" || !w.Symmetric || w.Strategy != "channel" {
			return fmt.Errorf("unsupported quantization_config: the weights of %s are not symmetric int of 8 bits with a scale for each channel", name)
		}
	}
	return nil
}

// SaveInt8 is Save with the encoder's weights in bytes, a quarter of the size; see
// [Quantization]. The bytes are those that [Sentence.Int8] computes with, also of
// the model when it is loaded again.
func (s *Sentence) SaveInt8(dir string) error { return s.save(dir, s.Encoder.saveInt8) }

func (e *Encoder) saveInt8(dir string) error {
	c := e.Config
	f, _ := c.family()
	c.Architectures, c.Quantization = []string{f.architecture}, newQuantization()
	if err := writeJSON(filepath.Join(dir, "config.json"), c); err != nil {
		return err
	}
	var list []safetensors.Tensor
	for _, t := range e.tensors() {
		if rounded(t) {
			list = append(list, inBytes(t)...)
		} else {
			list = append(list, t)
		}
	}
	return writeTensors(dir, list)
}

// rounded reports whether a tensor of the encoder is stored in bytes.
func rounded(t safetensors.Tensor) bool {
	return len(t.Shape) == 2 && !strings.Contains(t.Name, "position_embeddings") && !strings.Contains(t.Name, "token_type_embeddings")
}

// inBytes is a matrix as bytes, and their scales.
func inBytes(t safetensors.Tensor) []safetensors.Tensor {
	n, k := t.Shape[0], t.Shape[1]
	scale := make([]float32, n)
	return []safetensors.Tensor{
		{Name: t.Name, Shape: t.Shape, Bytes: func() []byte {
			data, bytes := t.Data(), make([]byte, n*k)
			for i := range n {
				scale[i] = kernel.RoundInt8(bytes[i*k:(i+1)*k], data[i*k:(i+1)*k])
			}
			return bytes
		}},
		{Name: t.Name + scaleSuffix, Shape: []int{n, 1}, Data: func() []float32 { return scale }}, // written after the bytes
	}
}

// readBytes reads the I8 tensor name, of n rows, and its scales.
func readBytes(weights *safetensors.Folder, dir, name string, n int) (bytes []byte, scale []float32, err error) {
	if _, file, ok := weights.Lookup(name + zeroSuffix); ok {
		return nil, nil, fmt.Errorf("model: %s: tensor %q has zero points: only symmetric quantization can be read", file, name)
	}
	info, _, ok := weights.Lookup(name + scaleSuffix)
	if ok && info.DType == safetensors.I8 {
		return nil, nil, fmt.Errorf("model: %s: tensor %q is of bytes, want floats", dir, name+scaleSuffix)
	}
	shape := []int{n, 1}
	if ok && len(info.Shape) == 1 {
		shape = shape[:1]
	}
	if scale, err = readTensor(weights, dir, name+scaleSuffix, shape); err != nil {
		return nil, nil, err
	}
	for i, v := range scale {
		if !(v >= 0 && v < 1e36) {
			return nil, nil, fmt.Errorf("model: %s: tensor %q has the scale %g for row %d", dir, name, v, i)
		}
	}
	bytes, err = weights.Raw(name)
	if err != nil {
		err = fmt.Errorf("model: %w", err)
	}
	return bytes, scale, err
}

// widened reads the I8 tensor name of a shape as float32.
func widened(weights *safetensors.Folder, dir, name string, shape []int) ([]float32, error) {
	if len(shape) != 2 {
		return nil, fmt.Errorf("model: %s: tensor %q is of bytes, only matrices can be", dir, name)
	}
	n, k := shape[0], shape[1]
	bytes, scale, err := readBytes(weights, dir, name, n)
	if err != nil {
		return nil, err
	}
	out := make([]float32, n*k)
	for i := range n {
		kernel.WidenInt8(out[i*k:(i+1)*k], bytes[i*k:(i+1)*k], scale[i])
	}
	return out, nil
}
