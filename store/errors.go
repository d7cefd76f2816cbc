package store

import (
	"errors"
	"fmt"
)

// Errors that a caller can test with errors.Is. Each is wrapped with what was
// being done, where, and what to do about it. A missing file or bucket is
// reported as fs.ErrNotExist.
var (
	// ErrCorrupt means that stored bytes are not what was written: a checksum,
	// a page or an invariant does not hold.
	ErrCorrupt = errors.New("the store is damaged")
	// ErrLocked means that another process, or another Store of this process,
	// has the file open in a way that excludes the one asked for.
	ErrLocked = errors.New("the store is locked")
	// ErrNewerFormat means that a later version of this program wrote the file.
	ErrNewerFormat = errors.New("the store has a newer format")
	// ErrForeign means that the file or bucket holds another program's data.
	ErrForeign = errors.New("this is not a bertsearch store")
	// ErrReadOnly means that a write was asked of a store opened for reading.
	ErrReadOnly = errors.New("the store is open for reading only")
	// ErrClosed means that the store was used after Close.
	ErrClosed = errors.New("the store is closed")
	// ErrNotFound means that no such document, passage or generation exists.
	ErrNotFound = errors.New("not found")
	// ErrInvalidID means that an id is empty or longer than MaxIDLength bytes.
	ErrInvalidID = errors.New("invalid document id")
	// ErrInvalidPassage means that a passage lies outside the text of its
	// document, or that passages and vectors are not the same number.
	ErrInvalidPassage = errors.New("invalid passage")
	// ErrInvalidVector means that a vector is empty or not finite.
	ErrInvalidVector = errors.New("invalid vector")
	// ErrDimension means that a vector has another length than the vectors
	// already in its generation.
	ErrDimension = errors.New("wrong vector dimension")
	// ErrTextChanged means that Writer.PutFields was given a document whose
	// TextHash is not the stored one, so its vectors cannot be kept.
	ErrTextChanged = errors.New("the text has changed")
	// ErrNoHistory means that the change log does not lead from the asked
	// position to now; the asking index must be rebuilt.
	ErrNoHistory = errors.New("the change log does not reach back that far")
	// ErrIncomplete means that a generation lacks documents and cannot become
	// the active one.
	ErrIncomplete = errors.New("the generation is incomplete")
	// ErrFull means that all 2³²-1 document or passage numbers are used.
	ErrFull = errors.New("out of numbers")
)

// corrupt reports damage found in one part of the store.
func corrupt(where, format string, args ...any) error {
	return fmt.Errorf("store: %s: %s: %w", where, fmt.Sprintf(format, args...), ErrCorrupt)
}
