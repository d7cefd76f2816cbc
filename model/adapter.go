package model

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// An Adapter maps the vectors of queries, and of nothing else: the documents
// keep theirs, so that one can be learnt, changed and taken away without
// embedding anything again. In a Sentence-Transformers folder it is the "query"
// route of a Router module.
type Adapter struct {
	// Dense is linear, without a bias, and keeps the dimension.
	Dense *Dense
	// Words: it was learnt from what keyword search knows. Hybrid search asks
	// the words themselves and leaves the adapter out.
	Words bool
}

// NewAdapter makes an adapter of a matrix, d×d and row-major, that is
// multiplied with a query's vector.
func NewAdapter(matrix []float32, d int, words bool) *Adapter {
	return &Adapter{Dense: &Dense{Linear: nn.Linear{Weight: kernel.PackF32(matrix, d, d)}, Activation: kernel.None}, Words: words}
}

// Apply puts the adapted query in the place of x, of length 1.
func (a *Adapter) Apply(x []float32) {
	in := slices.Clone(x)
	a.Dense.Forward(x, in)
	nn.Normalize(x)
}

// Digest identifies the adapter: the SHA-256 of its values, in hexadecimal; ""
// for none.
func (a *Adapter) Digest() string {
	if a == nil {
		return ""
	}
	h := sha256.New()
	row := make([]float32, a.Dense.Linear.In())
	var text []byte
	for i := range a.Dense.Linear.Out() {
		a.Dense.Linear.Weight.Row(row, i)
		text = text[:0]
		for _, v := range row {
			text = binary.LittleEndian.AppendUint32(text, math.Float32bits(v))
		}
		h.Write(text) // never fails
	}
	if a.Words {
		h.Write([]byte("words"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The files and names of a Router.
const (
	routerName    = "router_config.json"
	queryRoute    = "query"
	documentRoute = "document"
	queryModule   = "query_0_Dense"
	passModule    = "document_0_Normalize"
)

// routerFile is the router_config.json of a Router module.
type routerFile struct {
	Types      map[string]string   `json:"types"`
	Structure  map[string][]string `json:"structure"`
	Parameters routerParameters    `json:"parameters"`
}

type routerParameters struct {
	Default  string         `json:"default_route"`
	Empty    bool           `json:"allow_empty_key"`
	Mappings map[string]any `json:"route_mappings"`
}

// loadAdapter reads the Router module in dir, of d features: queries go through
// one linear Dense, documents through nothing but a Normalize.
func loadAdapter(dir string, d int) (*Adapter, error) {
	path := filepath.Join(dir, routerName)
	var file routerFile
	found, err := readJSON(path, &file)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("model: a Router module needs %s", path)
	}
	name, err := file.adapter()
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", path, err)
	}
	dense, _, err := loadDense(filepath.Join(dir, name), d)
	if err != nil {
		return nil, err
	}
	if l := dense.Linear; l.Out() != d || l.Bias != nil || dense.Activation != kernel.None || dense.Residual {
		return nil, fmt.Errorf("model: %s: the query's Dense must be linear, without a bias, and keep the %d features", filepath.Join(dir, name), d)
	}
	return &Adapter{Dense: dense}, nil
}

// adapter returns the folder of the query's Dense module.
func (f *routerFile) adapter() (string, error) {
	class := func(name string) string { return module{Type: f.Types[name]}.class() }
	query, document := f.Structure[queryRoute], f.Structure[documentRoute]
	switch {
	case len(f.Structure) != 2 || len(query) == 0 || f.Structure[documentRoute] == nil:
		return "", errors.New("unsupported routes: want \"query\" and \"document\"")
	case f.Parameters.Default != documentRoute:
		return "", fmt.Errorf("unsupported default_route %q: want \"document\"", f.Parameters.Default)
	case len(f.Parameters.Mappings) > 0:
		return "", errors.New("unsupported route_mappings")
	case class(query[0]) != "Dense" || !filepath.IsLocal(query[0]):
		return "", fmt.Errorf("unsupported module %q for queries: want a Dense", query[0])
	}
	for _, name := range slices.Concat(query[1:], document) {
		if class(name) != "Normalize" {
			return "", fmt.Errorf("unsupported module %q: want one Dense for queries and nothing for documents but a Normalize", name)
		}
	}
	return query[0], nil
}

// save writes the Router module to dir.
func (a *Adapter) save(dir string) error {
	const classes = "sentence_transformers.models."
	err := os.MkdirAll(dir, 0o755)
	if err != nil {
		return fmt.Errorf("model: save: %w", err)
	}
	file := routerFile{
		Types:      map[string]string{queryModule: classes + "Dense", passModule: classes + "Normalize"},
		Structure:  map[string][]string{documentRoute: {passModule}, queryRoute: {queryModule}},
		Parameters: routerParameters{Default: documentRoute, Empty: true, Mappings: map[string]any{}},
	}
	return errors.Join(a.Dense.save(filepath.Join(dir, queryModule)),
		writeModule(filepath.Join(dir, passModule), map[string]any{}, nil), writeJSON(filepath.Join(dir, routerName), file))
}
