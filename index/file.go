package index

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
)

// saveBuffer is the size of the writes of SaveFile.
const saveBuffer = 1 << 20

// SaveFile writes v's snapshot to path so that a crash leaves either the old
// file or the new one: it writes beside, syncs and renames.
func SaveFile(path string, v Vector, lastChange uint64) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return fmt.Errorf("index: save %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("index: save %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, saveBuffer)
	if err := v.Save(w, lastChange); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in dir last. Systems that cannot sync a folder
// (Windows) report an error that means nothing there, so it is not one.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync()
	return f.Close()
}
