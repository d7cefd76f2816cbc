package bertsearch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/store"
)

// Import stores the documents of an export. Vectors in it are used if they
// were made by the database's own model, and made anew otherwise. A line that
// is no document is skipped and counted, as [DB.Index] does.
func (db *DB) Import(ctx context.Context, r io.Reader, o *IndexOptions) (IndexReport, error) {
	if err := db.enterWriter(); err != nil {
		return IndexReport{}, fmt.Errorf("import: %w", err)
	}
	defer db.leave()
	run := newIngest(db, o)
	ctx = embed.WithProgress(ctx, run.count)
	err := run.finish(ctx, run.lines(ctx, r))
	if err != nil {
		return run.report, fmt.Errorf("import: %w", err)
	}
	return run.report, nil
}

// lines reads an export to its end.
func (g *ingest) lines(ctx context.Context, r io.Reader) error {
	buffered := bufio.NewReaderSize(r, 1<<16)
	for line := 1; ; line++ {
		data, err := buffered.ReadBytes('\n')
		if len(data) > 0 {
			if err := g.line(ctx, line, data); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line puts one line of an export into the batch.
func (g *ingest) line(ctx context.Context, line int, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rec, err := g.db.importRecord(data)
	if err != nil {
		g.report.Skipped = append(g.report.Skipped, Skip{Path: "-", Line: line, Reason: err.Error()})
		return nil
	}
	return g.addRecord(ctx, rec)
}

// importRecord decodes a document and, if they can be used, its vectors.
func (db *DB) importRecord(data []byte) (*record, error) {
	var d Document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, err
	}
	rec, err := newRecord(d)
	if err != nil {
		return nil, err
	}
	var exported struct {
		Embedding *embedding `json:"_embedding"`
	}
	if err := json.Unmarshal(data, &exported); err != nil {
		return nil, fmt.Errorf("%w %.40q: %s: %v", ErrInvalidDocument, d.ID, keyEmbedding, err)
	}
	if e, m := exported.Embedding, db.model(); e != nil && e.Model == m.Fingerprint() {
		return rec, rec.setVectors(*e, m.Dimension())
	}
	return rec, nil
}

// setVectors gives the record the passages and vectors of an export.
func (r *record) setVectors(e embedding, dimension int) error {
	r.vectors, r.madeBy = make([][]float32, len(e.Passages)), e.Model
	for i, p := range e.Passages {
		v, err := decodeVector(p.Vector)
		if err == nil {
			err = checkImported(p, v, len(r.Text), dimension)
		}
		if err != nil {
			return fmt.Errorf("%w %.40q: %s: passage %d: %v", ErrInvalidDocument, r.ID, keyEmbedding, i, err)
		}
		r.Passages = append(r.Passages, store.Passage{Start: p.Start, End: p.End})
		r.vectors[i] = v
	}
	return nil
}

// checkImported reports a passage or a vector that our own export cannot have.
func checkImported(p exportedPassage, v []float32, text, dimension int) error {
	const slack = 1e-3
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	switch {
	case p.Start < 0 || p.Start > p.End || p.End > text:
		return fmt.Errorf("[%d,%d) is outside of the text's %d bytes", p.Start, p.End, text)
	case len(v) != dimension:
		return fmt.Errorf("the vector has %d values, want %d", len(v), dimension)
	case !(math.Abs(square-1) < slack):
		return fmt.Errorf("the vector's length is %.4g, want 1", math.Sqrt(square))
	}
	return nil
}
