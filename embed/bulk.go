package embed

import (
	"context"
	"slices"
	"sync"
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

// window is the memory of embedWindow, reused from one to the next.
type window struct {
	texts  []tokenised
	parts  []part // a worker tokenises into
	groups [][]tokenised
}

// part holds the tokens of encodeTexts texts, one after the other.
type part struct {
	ids   []int32
	types []uint8
}

var windows = sync.Pool{New: func() any { return new(window) }}

// reset makes room for n texts in parts.
func (w *window) reset(n, parts int) {
	w.texts = slices.Grow(w.texts[:0], n)[:n]
	w.parts = slices.Grow(w.parts[:0], parts)[:parts]
	w.groups = w.groups[:0]
}

// add appends the tokens of one text, and returns where they stand. They stay
// there when p grows elsewhere.
func (p *part) add(ids []int32, types []uint8) ([]int32, []uint8) {
	first := len(p.ids)
	p.ids, p.types = append(p.ids, ids...), append(p.types, types...)
	return p.ids[first:], p.types[first:]
}

// embedWindow embeds texts on all cores: tokenises them, sorts them by length,
// longest first so that no core is left with a long text at the end, and packs
// short ones together.
func (b *BERT) embedWindow(ctx context.Context, kind Kind, texts []string, vectors [][]float32) error {
	parts := (len(texts) + encodeTexts - 1) / encodeTexts
	all := windows.Get().(*window)
	defer windows.Put(all)
	all.reset(len(texts), parts)
	err := b.parallel(ctx, parts, func(w *worker, n int) error {
		p, first := &all.parts[n], n*encodeTexts
		p.ids, p.types = p.ids[:0], p.types[:0]
		for i := first; i < min(first+encodeTexts, len(texts)); i++ {
			w.encode(b, kind, texts[i])
			ids, types := p.add(w.encoding.IDs, w.encoding.Types)
			all.texts[i] = tokenised{ids, types, i}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all.texts, func(a, b tokenised) int { return len(b.ids) - len(a.ids) })
	all.groups = pack(all.groups, all.texts)
	return b.parallel(ctx, len(all.groups), func(w *worker, g int) error {
		w.batch.Reset()
		w.batch.Prompt = b.prompts[kind].skip
		w.out = w.out[:0]
		for _, t := range all.groups[g] {
			w.batch.Add(t.ids, t.types)
			w.out = append(w.out, vectors[t.index])
		}
		if err := w.embed(b, w.out); err != nil {
			return err
		}
		progress(ctx, len(w.out), len(w.batch.IDs))
		clear(w.out) // they are the caller's
		return nil
	})
}

// pack cuts texts, longest first, into groups of at most batchTokens tokens, or
// one text, which it appends to groups. Texts that are too short for int8 have
// groups of their own.
func pack(groups [][]tokenised, texts []tokenised) [][]tokenised {
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
	yield := yieldOf(ctx)
	var next atomic.Int64
	for range min(b.options.Workers, n) {
		group.Go(func() error {
			w := b.workers.Get().(*worker)
			defer b.workers.Put(w)
			w.space.Yield = yield
			for {
				if yield != nil {
					yield()
				}
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
