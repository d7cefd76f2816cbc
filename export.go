package bertsearch

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/bertsearch/bertsearch/store"
)

// ExportOptions change how [DB.Export] works; nil is fine.
type ExportOptions struct {
	// Vectors exports each document's passages with their vectors, so that an
	// import into a database with the same model has nothing to embed.
	Vectors bool
}

// embedding is a document's vectors in an export.
type embedding struct {
	// Model is the fingerprint of the model that made the vectors.
	Model    string            `json:"model"`
	Passages []exportedPassage `json:"passages"`
}

// exportedPassage is a byte range of the text and its vector: base64 of
// little-endian f32 values.
type exportedPassage struct {
	Start  int    `json:"start"`
	End    int    `json:"end"`
	Vector string `json:"vector"`
}

// Export writes every document as a JSON object a line, in the form that
// [DB.Import] and the index command read, and returns how many there were.
func (db *DB) Export(ctx context.Context, w io.Writer, o *ExportOptions) (int, error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	n := 0
	err := db.eachDocument(ctx, func(d *store.Document, r *store.Reader) error {
		line, err := db.exportLine(d, r, o != nil && o.Vectors)
		if err != nil {
			return fmt.Errorf("document %q: %w", d.ID, err)
		}
		n++
		_, err = buffered.Write(append(line, '\n'))
		return err
	})
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return n, fmt.Errorf("export: %w", err)
	}
	return n, nil
}

// exportLine is one document as JSON.
func (db *DB) exportLine(stored *store.Document, r *store.Reader, vectors bool) ([]byte, error) {
	d, err := newDocument(stored)
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(d)
	if err != nil || !vectors {
		return line, err
	}
	var made Model
	if err := readMeta(r, metaModel, &made); err != nil {
		return nil, err
	}
	e := embedding{Model: made.Fingerprint, Passages: make([]exportedPassage, len(stored.Passages))}
	var v store.Vector
	for i, p := range stored.Passages {
		if err := r.Vector(p.Number, &v); err != nil {
			return nil, err
		}
		e.Passages[i] = exportedPassage{Start: p.Start, End: p.End, Vector: encodeVector(v.Values)}
	}
	extra, err := json.Marshal(map[string]embedding{keyEmbedding: e})
	if err != nil {
		return nil, err
	}
	// {…} and {"_embedding":…} become one object.
	return append(append(line[:len(line)-1], ','), extra[1:]...), nil
}

func encodeVector(values []float32) string {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func decodeVector(text string) ([]float32, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(b)%4 != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of f32 values", len(b))
	}
	values := make([]float32, len(b)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values, nil
}
