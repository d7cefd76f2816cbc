package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
	partial, err := db.writeTuned(s, base, describe)
	if err != nil {
		return modelRecord{}, nil, err
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
	return newModelRecord(m), tuned, db.nameTuned(partial, m.Folder)
}

// installAdapter writes the model in use with an adapter of its queries as a
// folder of its own, as install does, and opens it. It has the vectors of the
// model in use.
func (db *DB) installAdapter(current *embed.BERT, a *model.Adapter, describe func(dir string) error) (modelRecord, *embed.BERT, error) {
	tuned, err := adapted(current, a)
	if err != nil {
		return modelRecord{}, nil, err
	}
	m, err := db.activeModel()
	if err != nil {
		return modelRecord{}, nil, err
	}
	partial, err := db.writeTuned(tuned.Model(), current, describe)
	if err != nil {
		return modelRecord{}, nil, err
	}
	m.Name, m.Fingerprint, m.Base = strings.TrimSuffix(db.base.Name(), tunedName)+tunedName, tuned.Fingerprint(), db.base.Fingerprint()
	m.Adapter = a.Digest()
	m.Folder = short(m.Adapter)
	record := newModelRecord(m)
	record.Generation = db.serving.Load().generation
	return record, tuned, db.nameTuned(partial, m.Folder)
}

// writeTuned writes a model, a tokenizer and what describe adds to a folder
// that has no name yet.
func (db *DB) writeTuned(s *model.Sentence, base *embed.BERT, describe func(dir string) error) (string, error) {
	partial := filepath.Join(db.models, partialModel)
	err := errors.Join(os.RemoveAll(partial), os.MkdirAll(partial, 0o777), s.Save(partial), base.Tokenizer().Save(partial))
	if err == nil && describe != nil {
		err = describe(partial)
	}
	if err == nil {
		err = syncFiles(partial)
	}
	if err != nil {
		return "", fmt.Errorf("write the tuned model: %w", err)
	}
	return partial, nil
}

// nameTuned gives a folder its name.
func (db *DB) nameTuned(partial, folder string) error {
	dir := filepath.Join(db.models, folder)
	if err := errors.Join(os.RemoveAll(dir), os.Rename(partial, dir), syncFolder(db.models)); err != nil {
		return fmt.Errorf("write the tuned model: %w", err)
	}
	return nil
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
