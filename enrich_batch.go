package bertsearch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"

	"github.com/bertsearch/bertsearch/store"
)

// enriched is a document on its way through the head.
type enriched struct {
	*store.Document
	mark   string
	fields map[string]any // that the head writes
}

// batch reads documents, asks the head about those that lack its fields, and
// stores what it says.
func (e *enrichment) batch(ctx context.Context, numbers []uint32) error {
	var documents []*enriched
	err := e.db.store.View(func(r *store.Reader) error {
		for _, n := range numbers {
			d, err := r.DocumentByNumber(n)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			x := &enriched{Document: d, mark: e.mark(d)}
			if has, err := x.has(e.name); has || err != nil {
				e.report.Kept++
				if err != nil {
					return err
				}
				continue
			}
			documents = append(documents, x)
		}
		return nil
	})
	if err != nil || len(documents) == 0 {
		return err
	}
	if err := e.ask(ctx, documents); err != nil {
		return err
	}
	return e.db.update(ctx, func(w *store.Writer) error { return e.store(w, documents) })
}

// mark identifies what the head's fields of a document depend on.
func (e *enrichment) mark(d *store.Document) string {
	sum := hashParts(e.info.Fingerprint, string(d.TextHash[:]))
	return hex.EncodeToString(sum[:8])
}

// has reports whether the document's fields of a head have the mark.
func (x *enriched) has(name string) (bool, error) {
	fields, err := decodeFields(x.Fields)
	if err != nil {
		return false, err
	}
	marks, _ := fields[enrichedField].(map[string]any)
	return marks[name] == x.mark, nil
}

// ask lets the head read documents, on all cores.
func (e *enrichment) ask(ctx context.Context, documents []*enriched) error {
	whole := context.WithoutCancel(ctx) // a batch that the head gets through is stored
	return onAllCores(whole, len(documents), func(i int) error {
		x := documents[i]
		d, err := newDocument(x.Document)
		if err == nil {
			x.fields, err = e.head.Fields(ctx, e.name, d)
		}
		if err == nil {
			x.fields, err = normalizeFields(x.fields)
		}
		if err != nil {
			return fmt.Errorf("document %q: %w", x.ID, err)
		}
		return nil
	})
}

// store writes the fields of documents whose text is still the one that was
// read, and remembers the head. A document's hash stays that of what was put, so
// that putting the same again changes nothing.
func (e *enrichment) store(w *store.Writer, documents []*enriched) error {
	for _, x := range documents {
		now, err := w.DocumentByNumber(x.Number)
		if errors.Is(err, store.ErrNotFound) || err == nil && now.TextHash != x.TextHash {
			continue // it is among the changes of the next pass
		}
		if err != nil {
			return err
		}
		fields, err := decodeFields(now.Fields)
		if err != nil {
			return err
		}
		now.Fields = encodeFields(e.merge(fields, x))
		if _, err := w.PutFields(now); err != nil {
			return err
		}
		e.report.Written++
	}
	return e.remember(w)
}

// merge puts the head's fields in place of those that it wrote before.
func (e *enrichment) merge(fields map[string]any, x *enriched) map[string]any {
	out := withoutHead(fields, e.name)
	maps.Copy(out, x.fields)
	marks, _ := out[enrichedField].(map[string]any)
	marks = maps.Clone(marks)
	if marks == nil {
		marks = map[string]any{}
	}
	marks[e.name] = x.mark
	out[enrichedField] = marks
	return out
}
