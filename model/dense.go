package model

import (
	"fmt"
	"path/filepath"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// Dense is a Sentence-Transformers projection of the pooled vector:
// act(W·x + b), and x added when Residual is set.
type Dense struct {
	Linear     nn.Linear
	Activation kernel.Activation
	Residual   bool
}

// denseClasses maps the PyTorch classes that a Dense module may name.
var denseClasses = map[string]kernel.Activation{
	"torch.nn.modules.linear.Identity": kernel.None,
	"torch.nn.modules.activation.Tanh": kernel.Tanh,
	"torch.nn.modules.activation.ReLU": kernel.ReLU,
	"torch.nn.modules.activation.GELU": kernel.GELU,
}

// denseFile is the config.json of a Dense module.
type denseFile struct {
	In         int    `json:"in_features"`
	Out        int    `json:"out_features"`
	Bias       *bool  `json:"bias,omitempty"`
	Activation string `json:"activation_function,omitempty"`
	Residual   bool   `json:"use_residual,omitempty"`
	Input      string `json:"module_input_name,omitempty"`
}

// loadDense reads the Dense module in dir, which must take in features, and
// lists the files of its weights.
func loadDense(dir string, in int) (*Dense, []string, error) {
	path := filepath.Join(dir, "config.json")
	var file denseFile
	found, err := readJSON(path, &file)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, fmt.Errorf("model: a Dense module needs %s", path)
	}
	d, err := file.check(in)
	if err != nil {
		return nil, nil, fmt.Errorf("model: %s: %w", path, err)
	}
	weights, err := safetensors.OpenFolder(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("model: %w", err)
	}
	defer func() { _ = weights.Close() }() // only read
	weight, err := readTensor(weights, dir, "linear.weight", []int{file.Out, file.In})
	if err == nil && (file.Bias == nil || *file.Bias) {
		d.Linear.Bias, err = readTensor(weights, dir, "linear.bias", []int{file.Out})
	}
	if err != nil {
		return nil, nil, err
	}
	d.Linear.Weight = kernel.PackF32(weight, file.Out, file.In)
	return d, weights.Paths(), nil
}

// check makes the module without its weights. A missing activation is tanh, as
// in Sentence-Transformers.
func (f denseFile) check(in int) (*Dense, error) {
	if f.Activation == "" {
		f.Activation = "torch.nn.modules.activation.Tanh"
	}
	act, ok := denseClasses[f.Activation]
	switch {
	case !ok:
		return nil, fmt.Errorf("unsupported activation_function %q", f.Activation)
	case f.Input != "" && f.Input != "sentence_embedding":
		return nil, fmt.Errorf("unsupported module_input_name %q, only \"sentence_embedding\" can be run", f.Input)
	case f.In != in || f.Out < 1 || f.Out > maxSize:
		return nil, fmt.Errorf("projects %d features to %d, the module before gives %d", f.In, f.Out, in)
	case f.Residual && f.In != f.Out:
		return nil, fmt.Errorf("unsupported use_residual with %d features in and %d out", f.In, f.Out)
	}
	return &Dense{Activation: act, Residual: f.Residual}, nil
}

// Forward projects x, In values, to dst, Out values.
func (d *Dense) Forward(dst, x []float32) {
	d.Linear.Forward(nn.Share{}, dst, x, 1, nil, d.Activation)
	if d.Residual {
		kernel.Add(dst, x)
	}
}

// save writes the module to dir.
func (d *Dense) save(dir string) error {
	file := denseFile{In: d.Linear.In(), Out: d.Linear.Out(), Residual: d.Residual}
	bias := d.Linear.Bias != nil
	file.Bias = &bias
	for class, act := range denseClasses {
		if act == d.Activation {
			file.Activation = class
		}
	}
	tensors := []safetensors.Tensor{matrixTensor("linear.weight", d.Linear.Weight, 0, file.Out)}
	if bias {
		tensors = append(tensors, vectorTensor("linear.bias", d.Linear.Bias))
	}
	return writeModule(dir, file, tensors)
}
