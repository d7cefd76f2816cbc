package embed

import (
	"context"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	// windowTexts is how many texts are tokenised and sorted at a time.
	windowTexts = 4096
	// batchTokens is how many tokens of short texts are packed together: enough
	// rows for the matrix products to run at full speed, few enough for a
	// layer's values to stay in a core's cache.
	batchTokens = 256
	// encodeTexts is how many texts a worker tokenises at a time.
	encodeTexts = 16
)

// tokenised is one text of a window after tokenisation.
type tokenised struct {
	ids   []int32
	types []uint8
	index int // in the window
}

// embedWindow embeds texts on all cores: tokenises them, sorts them by length,
// longest first so that no core is left with a long text at the end, and packs
// short ones together.
func (b *BERT) embedWindow(ctx context.Context, kind Kind, texts []string, vectors [][]float32) error {
	encoded := make([]tokenised, len(texts))
	parts := (len(texts) + encodeTexts - 1) / encodeTexts
	err := b.parallel(ctx, parts, func(w *worker, part int) error {
		first := part * encodeTexts
		for i := first; i < min(first+encodeTexts, len(texts)); i++ {
			w.encode(b, kind, texts[i])
			encoded[i] = tokenised{slices.Clone(w.encoding.IDs), slices.Clone(w.encoding.Types), i}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(encoded, func(a, b tokenised) int { return len(b.ids) - len(a.ids) })
	groups := pack(encoded)
	return b.parallel(ctx, len(groups), func(w *worker, g int) error {
		w.batch.Reset()
		w.batch.Prompt = b.prompts[kind].skip
		out := make([][]float32, len(groups[g]))
		for i, t := range groups[g] {
			w.batch.Add(t.ids, t.types)
			out[i] = vectors[t.index]
		}
		if err := w.embed(b, out); err != nil {
			return err
		}
		progress(ctx, len(out), len(w.batch.IDs))
		return nil
	})
}

// pack cuts texts, longest first, into groups of at most batchTokens tokens, or
// one text. Texts that are too short for int8 have groups of their own.
func pack(texts []tokenised) [][]tokenised {
	var groups [][]tokenised
	first, tokens := 0, 0
	for i, t := range texts {
		if i > first && (tokens+len(t.ids) > batchTokens || tooShort(len(t.ids)) && !tooShort(len(texts[i-1].ids))) {
			groups = append(groups, texts[first:i])
			first, tokens = i, 0
		}
		tokens += len(t.ids)
	}
	if first < len(texts) {
		groups = append(groups, texts[first:])
	}
	return groups
}

// parallel calls do for 0 … n-1 on all cores, each with a worker of its own,
// until one fails or ctx ends.
func (b *BERT) parallel(ctx context.Context, n int, do func(w *worker, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(b.options.Workers, n) {
		group.Go(func() error {
			w := b.workers.Get().(*worker)
			defer b.workers.Put(w)
			for {
				i := int(next.Add(1) - 1)
				if i >= n {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := do(w, i); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}
