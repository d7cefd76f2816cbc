package bertsearch

import (
	"context"
	"hash/fnv"
	"math"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
)

// wordModel is an embedder whose vectors are sums of one random direction a
// word: texts that share words are near each other. It cuts a passage every
// passageWords words.
type wordModel struct {
	fingerprint  string
	dimension    int
	passageWords int
	embedded     atomic.Int64 // passages embedded
	fail         error
}

func newWordModel() *wordModel {
	return &wordModel{fingerprint: "words-1", dimension: 64, passageWords: 20}
}

func (m *wordModel) Name() string        { return "words" }
func (m *wordModel) Dimension() int      { return m.dimension }
func (m *wordModel) Fingerprint() string { return m.fingerprint }

func (m *wordModel) Embed(ctx context.Context, kind embed.Kind, texts []string) ([][]float32, error) {
	if m.fail != nil {
		return nil, m.fail
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = m.vector(text)
	}
	if kind == embed.Passage {
		m.embedded.Add(int64(len(texts)))
	}
	return vectors, nil
}

func (m *wordModel) vector(text string) []float32 {
	v := make([]float32, m.dimension)
	for _, word := range strings.Fields(strings.ToLower(text)) {
		h := fnv.New64a()
		h.Write([]byte(strings.Trim(word, ".,?")))
		state := h.Sum64()
		for i := range v {
			state = state*6364136223846793005 + 1442695040888963407
			v[i] += float32(int32(state>>32)) / math.MaxInt32
		}
	}
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if square == 0 {
		v[0] = 1
		return v
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

func (m *wordModel) Passages(_, text string) []embed.Span {
	var spans []embed.Span
	start, words := 0, 0
	for i, r := range text {
		if r != ' ' {
			continue
		}
		if words++; words == m.passageWords {
			spans = append(spans, embed.Span{Start: start, End: i})
			start, words = i+1, 0
		}
	}
	return append(spans, embed.Span{Start: start, End: len(text)})
}

// openTest opens a new database that is closed, and whose Check must be clean,
// at the end of the test.
func openTest(t *testing.T, o *Options) *DB {
	t.Helper()
	return reopenTest(t, filepath.Join(t.TempDir(), "test.db"), newWordModel(), o)
}

func reopenTest(t *testing.T, dir string, m *wordModel, o *Options) *DB {
	t.Helper()
	db, err := OpenWith(dir, m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if db.closed {
			return
		}
		mustBeSound(t, db)
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func mustBeSound(t *testing.T, db *DB) {
	t.Helper()
	report, err := db.Check(t.Context())
	if err != nil && t.Context().Err() != nil {
		report, err = db.Check(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK || len(report.Repaired) > 0 {
		t.Errorf("check: problems %q, repaired %q", report.Problems, report.Repaired)
	}
}

func mustPut(t *testing.T, db *DB, docs ...Document) {
	t.Helper()
	if err := db.Put(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
}

// searchIDs returns the ids of the hits of a query.
func searchIDs(t *testing.T, db *DB, q Query) []string {
	t.Helper()
	hits, err := db.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return ids
}
