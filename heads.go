package bertsearch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bertsearch/bertsearch/store"
)

// metaHeads is the setting that lists a database's heads.
const metaHeads = "heads"

// HeadInfo describes a head that a database was enriched by.
type HeadInfo struct {
	Name        string `json:"name"`
	Folder      string `json:"folder,omitempty"` // where its model was, for people and programs
	Fingerprint string `json:"fingerprint"`
	// Change is the store's change up to which all documents have its fields; 0
	// until they all do.
	Change uint64 `json:"change"`
}

// checkHeadName refuses names that are no names of fields.
func checkHeadName(name string) error {
	if name == "" || name == fieldID || name == fieldTitle || strings.HasPrefix(name, "_") || strings.ContainsAny(name, ". \t\n\"'()=<>!,") {
		return fmt.Errorf("%w: the name %q: want letters, digits, - or _, and neither id nor title", ErrInvalidQuery, name)
	}
	return nil
}

// Heads lists the heads that the database was enriched by, by name.
func (db *DB) Heads() ([]HeadInfo, error) {
	if err := db.enter(); err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	defer db.leave()
	heads, err := db.heads()
	if err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	list := slices.Collect(maps.Values(heads))
	slices.SortFunc(list, func(a, b HeadInfo) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (db *DB) heads() (heads map[string]HeadInfo, err error) {
	err = db.store.View(func(r *store.Reader) error { return readMeta(r, metaHeads, &heads) })
	return heads, err
}

// changeHeads changes the list of heads.
func changeHeads(w *store.Writer, change func(map[string]HeadInfo)) error {
	heads := map[string]HeadInfo{}
	if err := readMeta(w.Reader, metaHeads, &heads); err != nil {
		return err
	}
	change(heads)
	return writeMeta(w, metaHeads, heads)
}

// RemoveHead takes a head's fields out of all documents and forgets it. It
// returns the number of documents that had them.
func (db *DB) RemoveHead(ctx context.Context, name string) (int, error) {
	if err := db.enterWriter(); err != nil {
		return 0, fmt.Errorf("remove head %s: %w", name, err)
	}
	defer db.leave()
	removed := 0
	err := db.update(ctx, func(w *store.Writer) error {
		numbers, err := everyDocument(w.Reader)
		if err != nil {
			return err
		}
		for _, n := range numbers {
			had, err := removeHeadFrom(w, n, name)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			removed += had
		}
		return changeHeads(w, func(heads map[string]HeadInfo) { delete(heads, name) })
	})
	if err != nil {
		return 0, fmt.Errorf("remove head %s: %w", name, err)
	}
	return removed, nil
}

// removeHeadFrom takes a head's fields out of a document that has its mark, and
// returns 1 if it does.
func removeHeadFrom(w *store.Writer, number uint32, name string) (int, error) {
	d, err := w.DocumentByNumber(number)
	if err != nil {
		return 0, err
	}
	fields, err := decodeFields(d.Fields)
	if err != nil {
		return 0, err
	}
	if marks, _ := fields[enrichedField].(map[string]any); marks[name] == nil {
		return 0, nil
	}
	d.Fields = encodeFields(withoutHead(fields, name))
	_, err = w.PutFields(d)
	return 1, err
}

// keepHeads gives a record, whose text is the stored one, the fields that heads
// have written of it, but for those of a head one of whose fields the record has
// itself.
func (r *record) keepHeads(w *store.Writer) error {
	number, err := w.Lookup(r.ID)
	if err != nil {
		return err
	}
	stored, err := w.Fields(number)
	if err != nil {
		return err
	}
	old, err := decodeFields(stored)
	if err != nil {
		return err
	}
	marks, _ := old[enrichedField].(map[string]any)
	if len(marks) == 0 {
		return nil
	}
	fields, err := decodeFields(r.Fields)
	if err != nil || fields[enrichedField] != nil {
		return err
	}
	if fields == nil {
		fields = map[string]any{}
	}
	kept, put := map[string]any{}, maps.Clone(fields)
	for name, mark := range marks {
		if len(withoutHead(put, name)) < len(put) {
			continue
		}
		kept[name] = mark
		for field, value := range old {
			if ofHead(field, name) {
				fields[field] = value
			}
		}
	}
	if len(kept) > 0 {
		fields[enrichedField] = kept
	}
	r.Fields = encodeFields(fields)
	return nil
}

// ofHead reports whether a field is one that a head writes.
func ofHead(field, name string) bool { return field == name || strings.HasPrefix(field, name+".") }

// withoutHead is fields without those of a head and without its mark.
func withoutHead(fields map[string]any, name string) map[string]any {
	out := map[string]any{}
	for field, value := range fields {
		if !ofHead(field, name) {
			out[field] = value
		}
	}
	if marks, ok := out[enrichedField].(map[string]any); ok {
		marks = maps.Clone(marks)
		delete(marks, name)
		if out[enrichedField] = marks; len(marks) == 0 {
			delete(out, enrichedField)
		}
	}
	return out
}

// everyDocument lists the numbers of all documents.
func everyDocument(r *store.Reader) ([]uint32, error) {
	var numbers []uint32
	for h, err := range r.Heads(0) {
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, h.Number)
	}
	return numbers, nil
}
