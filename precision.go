package bertsearch

import (
	"context"

	"github.com/bertsearch/bertsearch/embed"
)

// settlePrecision replaces the model that the database was opened with by the
// same in another precision where the caller left that open: by the one that the
// store's vectors, of model m, were made in, or, for a new database, by what
// [embed.BERT.Settle] finds.
func (db *DB) settlePrecision(m Model) error {
	base, ok := db.base.(*embed.BERT)
	if !ok {
		return nil
	}
	made := m.Fingerprint
	if m.Folder != "" {
		made = m.Base
	}
	switch {
	case made != "":
		if e, ok := base.At(made); ok {
			db.base = e
		}
	case !db.options.ReadOnly:
		e, err := base.Settle(context.Background())
		if err != nil {
			return err
		}
		db.base = e
	}
	return nil
}
