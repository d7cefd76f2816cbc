package bertsearch

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
)

// Keys of the store's settings.
const (
	metaModel    = "model"
	metaSettings = "settings"
)

// Model identifies the encoder that made a database's vectors.
type Model struct {
	// Name is for people; two models may share it.
	Name string `json:"name"`
	// Fingerprint covers all that a document's vector depends on: weights,
	// tokenizer, pooling, prompts, length and precision.
	Fingerprint string `json:"fingerprint"`
	// Dimension is the number of values in a vector.
	Dimension int `json:"dimension"`
	// Precision of the arithmetic: "f32", "int8" or "" if the embedder does not say.
	Precision string `json:"precision"`
	// Folder is where a tuned model stands, below the database's models; "" is
	// a model that whoever opens the database brings.
	Folder string `json:"folder,omitempty"`
	// Base is the fingerprint of the model that a tuned one comes from.
	Base string `json:"base,omitempty"`
	// Adapter identifies what maps the queries of a tuned model (see
	// [model.Adapter]); "" is nothing. The documents' vectors do not depend on it.
	Adapter string `json:"adapter,omitempty"`
}

// is says whether both are one model: they map documents and queries alike.
func (m Model) is(o Model) bool { return m.Fingerprint == o.Fingerprint && m.Adapter == o.Adapter }

// modelOf describes an embedder.
func modelOf(e embed.Embedder) Model {
	m := Model{Name: e.Name(), Fingerprint: e.Fingerprint(), Dimension: e.Dimension()}
	if p, ok := e.(interface{ Precision() embed.Precision }); ok {
		m.Precision = string(p.Precision())
	}
	return m
}

// settings are fixed when a database is made, as its derived indexes depend on them.
type settings struct {
	Engine   string `json:"engine"`
	Language string `json:"language"`
}

// adopt compares the model and the settings with the store's, and writes them
// into a new one, which it reports as fresh.
func (db *DB) adopt() (fresh bool, err error) {
	var m Model
	var generation uint32
	err = db.store.View(func(r *store.Reader) error {
		generation = r.Generation()
		return errors.Join(readMeta(r, metaSettings, &db.settings), readMeta(r, metaModel, &m))
	})
	if err != nil {
		return false, err
	}
	fresh = m.Fingerprint == ""
	if err := db.settlePrecision(m); err != nil {
		return false, err
	}
	e, err := db.embedderOf(m)
	if err != nil {
		return false, err
	}
	db.serving.Store(&serving{e, generation})
	before := db.settings
	if err := db.chooseSettings(); err != nil {
		return false, err
	}
	if db.options.ReadOnly || !fresh && before == db.settings {
		return fresh, nil
	}
	return fresh, db.writeSettings()
}

// chooseSettings fills in what the options ask for and the store does not say.
func (db *DB) chooseSettings() error {
	if db.options.Engine != "" {
		db.settings.Engine = db.options.Engine
	}
	if db.settings.Engine == "" {
		db.settings.Engine = defaultEngine
	}
	if err := checkEngine(db.settings.Engine); err != nil {
		return err
	}
	asked := db.options.Language
	switch {
	case db.settings.Language == "" && asked == "":
		db.settings.Language = defaultLanguage
	case db.settings.Language == "":
		db.settings.Language = asked
	case asked != "" && asked != db.settings.Language:
		return fmt.Errorf("the database's language is %q, not %q: leave the language out, or make a new database", db.settings.Language, asked)
	}
	return checkLanguage(db.settings.Language)
}

// writeSettings stores the model and the settings.
func (db *DB) writeSettings() error {
	return db.store.Update(func(w *store.Writer) error {
		var m Model
		err := readMeta(w.Reader, metaModel, &m)
		if err == nil && m.Fingerprint == "" {
			err = writeMeta(w, metaModel, modelOf(db.base))
		}
		return errors.Join(err, writeMeta(w, metaSettings, db.settings))
	})
}

// compareModels reports that a database made with one model is opened with another.
func compareModels(made, opened Model) error {
	if made.Fingerprint == "" || made.Fingerprint == opened.Fingerprint {
		return nil
	}
	advice := "open it with its own model"
	if made.Name == opened.Name && made.Precision != opened.Precision {
		advice = fmt.Sprintf("open it in %s, or leave the precision to auto", made.Precision)
	}
	return fmt.Errorf("%w: it was made with %s and is opened with %s: %s, or index the documents into a new database",
		ErrModelMismatch, made.describe(), opened.describe(), advice)
}

// describe names a model in an error.
func (m Model) describe() string {
	text := fmt.Sprintf("%s (%s, dimension %d", m.Name, short(m.Fingerprint), m.Dimension)
	if m.Precision != "" {
		text += ", " + m.Precision
	}
	return text + ")"
}

// short is enough of a fingerprint to tell two apart.
func short(fingerprint string) string {
	const most = 16
	if len(fingerprint) > most {
		return fingerprint[:most]
	}
	return fingerprint
}

// readMeta decodes a JSON setting into v; a setting that is not there leaves v alone.
func readMeta(r *store.Reader, key string, v any) error {
	data, err := r.Meta(key)
	if err != nil || data == nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: setting %q: %v", ErrCorrupt, key, err)
	}
	return nil
}

// writeMeta encodes v as a JSON setting.
func writeMeta(w *store.Writer, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.SetMeta(key, data)
}
