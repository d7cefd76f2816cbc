package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/store"
)

// metaModels is the setting that lists the models a database has had.
const metaModels = "models"

// cardFile describes a tuned model to people; reportFile has the figures.
const (
	cardFile   = "README.md"
	reportFile = "tuning.json"
)

// BaseModel names, in [DB.UseModel], the model that the database was opened with.
const BaseModel = "base"

// A ModelEntry is one of the models that a database can search with.
type ModelEntry struct {
	Model
	// ID names it in [DB.UseModel]: [BaseModel], or the folder of a tuned one.
	ID string `json:"id"`
	// Active: searches go by it.
	Active bool `json:"active"`
	// Generation is the number of its vectors in the store, 0 if there are none:
	// then the documents must be embedded again before it can be used.
	Generation uint32 `json:"generation"`
	// Created is when it was tuned.
	Created time.Time `json:"created,omitzero"`
}

// modelRecord is what the store keeps of a model.
type modelRecord struct {
	Model      Model     `json:"model"`
	Generation uint32    `json:"generation"`
	Created    time.Time `json:"created,omitzero"`
	// Used counts the changes of models; the one before the highest is what a
	// rollback goes back to.
	Used int `json:"used"`
}

// id is the entry's ID.
func (m modelRecord) id() string {
	if m.Model.Folder == "" {
		return BaseModel
	}
	return m.Model.Folder
}

// readModels returns the models of a store with the active one among them.
func readModels(r *store.Reader) ([]modelRecord, error) {
	var list []modelRecord
	if err := readMeta(r, metaModels, &list); err != nil {
		return nil, err
	}
	var active Model
	if err := readMeta(r, metaModel, &active); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, func(m modelRecord) bool { return m.Model.is(active) }) {
		list = append(list, modelRecord{Model: active, Generation: r.Generation()})
	}
	return list, nil
}

// activeOf is the place of the model in use in the list, −1 if it is not there.
func activeOf(r *store.Reader, list []modelRecord) int {
	var active Model
	if err := readMeta(r, metaModel, &active); err != nil {
		return -1
	}
	return slices.IndexFunc(list, func(m modelRecord) bool { return m.Model.is(active) && m.Generation == r.Generation() })
}

// Models lists the models that the database has, in the order in which they
// came to it.
func (db *DB) Models(ctx context.Context) ([]ModelEntry, error) {
	if err := db.enter(); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	defer db.leave()
	var entries []ModelEntry
	err := db.store.View(func(r *store.Reader) error {
		list, err := readModels(r)
		active := activeOf(r, list)
		for i, m := range list {
			entries = append(entries, ModelEntry{Model: m.Model, ID: m.id(), Generation: m.Generation, Created: m.Created,
				Active: i == active})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return entries, nil
}

// ExportModel writes the model in use, with its tokenizer, to the folder dir,
// which Sentence-Transformers and [embed.Load] read.
func (db *DB) ExportModel(dir string) error {
	if err := db.enter(); err != nil {
		return fmt.Errorf("export model: %w", err)
	}
	defer db.leave()
	m, ok := db.model().(interface{ Save(dir string) error })
	if !ok {
		return fmt.Errorf("export model: %s has no weights in this process", db.model().Name())
	}
	if err := m.Save(dir); err != nil {
		return fmt.Errorf("export model: %w", err)
	}
	for _, name := range []string{cardFile, reportFile} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(db.models, db.folder(), name)); err != nil {
			return fmt.Errorf("export model: %w", err)
		}
	}
	return nil
}

// folder is that of the model in use, "" for one that is not tuned.
func (db *DB) folder() string {
	m, _ := db.activeModel()
	return m.Folder
}

// activeModel is the model that the store names.
func (db *DB) activeModel() (Model, error) {
	var m Model
	err := db.store.View(func(r *store.Reader) error { return readMeta(r, metaModel, &m) })
	return m, err
}

// copyFile copies a file that may be missing.
func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o666)
}

// embedderOf returns the embedder of a model that the store names: the one the
// database was opened with, or a tuned one from its folder.
func (db *DB) embedderOf(m Model) (embed.Embedder, error) {
	opened := modelOf(db.base)
	if m.Fingerprint == "" || m.Fingerprint == opened.Fingerprint && m.Adapter == "" {
		return db.base, nil
	}
	base, ok := db.base.(*embed.BERT)
	if m.Folder == "" || m.Base != opened.Fingerprint || !ok {
		return nil, compareModels(m, opened)
	}
	tuned, err := loadTuned(base, filepath.Join(db.models, filepath.Base(m.Folder)))
	if err == nil && m.Fingerprint == opened.Fingerprint {
		tuned, err = adapted(base, tuned.Model().Adapter) // the weights are at hand
	}
	if err != nil {
		return nil, fmt.Errorf("the tuned model %s cannot be used: %w: restore its folder from a copy, or index the documents anew", m.Folder, err)
	}
	if in, ok := tuned.At(m.Fingerprint); ok {
		tuned = in
	}
	if got := tuned.Fingerprint(); got != m.Fingerprint {
		return nil, fmt.Errorf("%w: the tuned model in %s has the fingerprint %s, want %s: restore its folder from a copy",
			ErrCorrupt, filepath.Join(db.models, m.Folder), short(got), short(m.Fingerprint))
	}
	if got := tuned.Model().Adapter.Digest(); got != m.Adapter {
		return nil, fmt.Errorf("%w: the tuned model in %s has the adapter %q, want %q: restore its folder from a copy",
			ErrCorrupt, filepath.Join(db.models, m.Folder), short(got), short(m.Adapter))
	}
	return tuned, nil
}

// adapted is a model with another adapter of its queries, or with none.
func adapted(b *embed.BERT, a *model.Adapter) (*embed.BERT, error) {
	s := *b.Model()
	s.Adapter = a
	return b.With(&s)
}

// tunedName follows the name of the base in that of a tuned model.
const tunedName = " (tuned)"

// loadTuned reads the weights in dir to go with the tokenizer and the options of base.
func loadTuned(base *embed.BERT, dir string) (*embed.BERT, error) {
	s, err := model.Load(dir)
	if err != nil {
		return nil, err
	}
	s.Name = base.Name() + tunedName
	return base.With(s)
}

// Embedder is the model that searches go by at the moment: the one that the
// database was opened with, or a tuned one.
func (db *DB) Embedder() embed.Embedder { return db.model() }
