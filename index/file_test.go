package index_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/index"
)

// saver is an index of which only Save matters.
type saver struct {
	index.Vector
	data string
	err  error
}

func (s saver) Save(w io.Writer, _ uint64) error {
	if _, err := io.WriteString(w, s.data); err != nil {
		return err
	}
	return s.err
}

// TestSaveFileIsAllOrNothing keeps the old file when saving fails half-way,
// and leaves nothing beside it.
func TestSaveFileIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vectors")
	if err := index.SaveFile(path, saver{data: "first"}, 1); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := index.SaveFile(path, saver{data: "half", err: broken}, 2); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "first" {
		t.Errorf("the file holds %q, error %v", data, err)
	}
	if err := index.SaveFile(path, saver{data: "second"}, 3); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "second" {
		t.Errorf("the file holds %q, error %v", data, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files, error %v", len(files), err)
	}
	if err := index.SaveFile(filepath.Join(dir, "absent", "vectors"), saver{}, 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is absent: error %v", err)
	}
}
