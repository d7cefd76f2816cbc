package bertsearch

import (
	"errors"

	"github.com/bertsearch/bertsearch/store"
)

// Errors that a caller can test with [errors.Is]. The error returned wraps one
// of them and says what was wrong, where, and what to do.
var (
	// ErrNotFound: no document has the id, or no database is at the path.
	ErrNotFound = store.ErrNotFound
	// ErrCorrupt: stored bytes are damaged. Derived indexes mend themselves;
	// this is about the store.
	ErrCorrupt = store.ErrCorrupt
	// ErrLocked: another process has the database open for writing.
	ErrLocked = store.ErrLocked
	// ErrNewerFormat: a later version of bertsearch wrote the database.
	ErrNewerFormat = store.ErrNewerFormat
	// ErrReadOnly: a write to a database that was opened read-only.
	ErrReadOnly = store.ErrReadOnly
	// ErrModelMismatch: the database was built with another model.
	ErrModelMismatch = errors.New("the database belongs to another model")
	// ErrInvalidQuery: a query that cannot be answered as asked.
	ErrInvalidQuery = errors.New("invalid query")
	// ErrClosed: the database was closed.
	ErrClosed = errors.New("the database is closed")
)
