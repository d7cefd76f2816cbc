package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// The names that Hugging Face gives to weights in a folder.
const (
	SingleName = "model.safetensors"
	IndexName  = "model.safetensors.index.json"
)

// Folder is the weights of a model folder: one file, or several shards with an
// index that says which tensor is where.
type Folder struct {
	files  []*File
	byName map[string]*File
}

// OpenFolder opens the weights in dir: model.safetensors, or the shards that
// model.safetensors.index.json lists.
func OpenFolder(dir string) (*Folder, error) {
	single, err := Open(filepath.Join(dir, SingleName))
	if err == nil {
		return newFolder(single), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	text, indexErr := os.ReadFile(filepath.Join(dir, IndexName))
	if errors.Is(indexErr, fs.ErrNotExist) {
		return nil, fmt.Errorf("safetensors: %s holds neither %s nor %s", dir, SingleName, IndexName)
	}
	if indexErr != nil {
		return nil, fmt.Errorf("safetensors: %w", indexErr)
	}
	return openShards(dir, text)
}

func newFolder(f *File) *Folder {
	w := &Folder{files: []*File{f}, byName: map[string]*File{}}
	for _, t := range f.tensors {
		w.byName[t.Name] = f
	}
	return w
}

// openShards opens each file of the index once and checks that every tensor is
// where the index says. Shard names may not leave dir.
func openShards(dir string, index []byte) (*Folder, error) {
	path := filepath.Join(dir, IndexName)
	var parsed struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(index, &parsed); err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	w := &Folder{byName: map[string]*File{}}
	open := map[string]*File{}
	for tensor, shard := range parsed.WeightMap {
		f := open[shard]
		if f == nil {
			if filepath.Base(shard) != shard || !filepath.IsLocal(shard) {
				return nil, errors.Join(fmt.Errorf("safetensors: %s: shard name %q is not a plain file name", path, shard), w.Close())
			}
			var err error
			if f, err = Open(filepath.Join(dir, shard)); err != nil {
				return nil, errors.Join(err, w.Close())
			}
			open[shard] = f
			w.files = append(w.files, f)
		}
		if _, ok := f.Lookup(tensor); !ok {
			return nil, errors.Join(fmt.Errorf("safetensors: %s places tensor %q in %s, which lacks it", path, tensor, shard), w.Close())
		}
		w.byName[tensor] = f
	}
	return w, nil
}

// Lookup finds a tensor by name and the file that holds it.
func (w *Folder) Lookup(name string) (info Info, file string, ok bool) {
	f := w.byName[name]
	if f == nil {
		return Info{}, "", false
	}
	info, ok = f.Lookup(name)
	return info, f.name, ok
}

// Floats reads a tensor as float32, row-major.
func (w *Folder) Floats(name string) ([]float32, error) {
	f := w.byName[name]
	if f == nil {
		return nil, fmt.Errorf("safetensors: no tensor %q", name)
	}
	return f.Floats(name)
}

// Raw reads a tensor's bytes as they stand in the file.
func (w *Folder) Raw(name string) ([]byte, error) {
	f := w.byName[name]
	if f == nil {
		return nil, fmt.Errorf("safetensors: no tensor %q", name)
	}
	return f.Raw(name)
}

// Paths lists the files that are open, sorted.
func (w *Folder) Paths() []string {
	paths := make([]string, len(w.files))
	for i, f := range w.files {
		paths[i] = f.name
	}
	slices.Sort(paths)
	return paths
}

// Close releases every file.
func (w *Folder) Close() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
