package bertsearch

import (
	"errors"
	"fmt"
)

// ErrInvalidDocument is wrapped by every error about a document that cannot be
// stored: no id, an id that is too long, a field value that has no stored form.
var ErrInvalidDocument = errors.New("invalid document")

// MaxIDLength is the longest document id in bytes. The store uses ids as keys,
// and bbolt's keys end a little above it.
const MaxIDLength = 32000

// A Document is what a database holds and finds.
//
// In JSON it is one object: "id" (or "_id"), "title", "text", and every other
// key is a field, but for "_embedding", which is where an export has vectors; the
// entries of an object under "metadata" are fields too.
// That is the form which the index command reads and the export command writes.
type Document struct {
	// ID names the document: 1 to MaxIDLength bytes of any value. Putting a
	// second document with the same id replaces the first.
	ID string

	// Title is searched together with Text, and may be empty.
	Title string

	// Text is cut into passages, each of which is embedded. It may be empty.
	Text string

	// Fields are what filters look at. A value is nil, a bool, any integer or
	// finite float, a string, or a slice or string-keyed map of these, up to
	// 64 levels deep. A type with a text form (encoding.TextMarshaler) is kept
	// as that text, so a time.Time is kept as RFC 3339 and a []byte as base64.
	//
	// What comes back from the database is normalised: nil, bool, int64,
	// float64, string, []any and map[string]any. Bytes that are not UTF-8
	// become U+FFFD in a value and are refused in a name.
	Fields map[string]any
}

// Validate says why d cannot be stored, or returns nil. Put calls it; it is
// here for programs that check a document long before they put it. The error
// wraps ErrInvalidDocument and names the field at fault.
func (d Document) Validate() error {
	if err := d.validateID(); err != nil {
		return err
	}
	if _, err := normalizeFields(d.Fields); err != nil {
		return d.invalid(err)
	}
	return nil
}

// validateID checks the id alone.
func (d Document) validateID() error {
	switch {
	case d.ID == "":
		return fmt.Errorf("%w: the id is empty", ErrInvalidDocument)
	case len(d.ID) > MaxIDLength:
		return fmt.Errorf("%w %.40q…: the id has %d bytes, at most %d are allowed",
			ErrInvalidDocument, d.ID, len(d.ID), MaxIDLength)
	}
	return nil
}

// invalid wraps an error about one of d's fields.
func (d Document) invalid(err error) error {
	return fmt.Errorf("%w %.40q: %w", ErrInvalidDocument, d.ID, err)
}

// encodedFields returns the stored form of d's fields; see encodeFields.
func (d Document) encodedFields() ([]byte, error) {
	fields, err := normalizeFields(d.Fields)
	if err != nil {
		return nil, d.invalid(err)
	}
	return encodeFields(fields), nil
}
