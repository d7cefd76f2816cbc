package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
)

// partialModel is where a tuned model is written before it has its name.
const partialModel = "partial"

// install writes a tuned model as a Hugging Face folder below the database's
// models, named after its fingerprint, and opens it. Describe, if there is one,
// may add files to the folder. Until the store names it nothing uses it; what a
// crash leaves behind is overwritten by the next one.
func (db *DB) install(s *model.Sentence, describe func(dir string) error) (modelRecord, *embed.BERT, error) {
	base, ok := db.base.(*embed.BERT)
	if !ok {
		return modelRecord{}, nil, fmt.Errorf("%s cannot be tuned: its weights are not in this process", db.base.Name())
	}
	partial := filepath.Join(db.models, partialModel)
	err := errors.Join(os.RemoveAll(partial), os.MkdirAll(partial, 0o777), s.Save(partial), base.Tokenizer().Save(partial))
	if err == nil && describe != nil {
		err = describe(partial)
	}
	if err == nil {
		err = syncFiles(partial)
	}
	if err != nil {
		return modelRecord{}, nil, fmt.Errorf("write the tuned model: %w", err)
	}
	tuned, err := loadTuned(base, partial)
	if err == nil {
		tuned, err = tuned.Settle(context.Background())
	}
	if err != nil {
		return modelRecord{}, nil, err
	}
	m := modelOf(tuned)
	m.Base, m.Folder = base.Fingerprint(), short(tuned.Fingerprint())
	dir := filepath.Join(db.models, m.Folder)
	if err := errors.Join(os.RemoveAll(dir), os.Rename(partial, dir), syncFolder(db.models)); err != nil {
		return modelRecord{}, nil, fmt.Errorf("write the tuned model: %w", err)
	}
	return newModelRecord(m), tuned, nil
}

// syncFiles makes the files of a folder, and of those in it, durable.
func syncFiles(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
