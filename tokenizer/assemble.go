package tokenizer

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"
)

// vocabularyTrie is the trie of a vocabulary's tokens, whose ids are their indexes; empty ones are left out.
func vocabularyTrie(vocab []string) (trie, error) {
	entries := make([]entry, 0, len(vocab))
	for i, s := range vocab {
		if !utf8.ValidString(s) {
			return trie{}, fmt.Errorf("tokenizer: token %d of the vocabulary, %q, is not UTF-8", i, s)
		}
		if s != "" {
			entries = append(entries, entry{s, int32(i)})
		}
	}
	if len(entries) == 0 {
		return trie{}, fmt.Errorf("tokenizer: the vocabulary is empty")
	}
	tr, err := newTrie(entries)
	if err != nil {
		return trie{}, fmt.Errorf("tokenizer: %d tokens: %w", len(vocab), err)
	}
	return tr, nil
}

// finish puts a tokenizer together, with its added tokens and templates.
func finish(v vocabulary, m model, c Config) (*Tokenizer, error) {
	if c.MaxLength < 0 {
		return nil, fmt.Errorf("tokenizer: negative length of texts in the settings: %d", c.MaxLength)
	}
	t := &Tokenizer{config: c, vocab: v, model: m, scratch: &sync.Pool{New: func() any { return new(Encoding) }}}
	if err := t.setAdded(); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	var err error
	if t.config.Single, err = resolve(c.Single, 1, t.ID); err != nil {
		return nil, fmt.Errorf("tokenizer: single text: %w", err)
	}
	if t.config.Pair, err = resolve(c.Pair, 2, t.ID); err != nil {
		return nil, fmt.Errorf("tokenizer: pair of texts: %w", err)
	}
	return t, nil
}

// setAdded gives the added tokens their ids, in whose order they stand from then on. One without an id that is
// not in the vocabulary is left out: the model has no vector for it.
func (t *Tokenizer) setAdded() error {
	var tokens []AddedToken
	for _, a := range t.config.Added {
		if id := t.model.find(a.Content); id >= 0 {
			a.ID = id
		}
		if a.ID >= 0 && a.Content != "" {
			tokens = append(tokens, a)
		}
	}
	slices.SortStableFunc(tokens, func(a, b AddedToken) int { return int(a.ID) - int(b.ID) })
	t.config.Added = tokens
	var raw, normal []AddedToken
	var rawText, normalText []string
	for _, a := range tokens {
		if a.Normalized {
			normal, normalText = append(normal, a), append(normalText, t.model.normalize(a.Content))
		} else {
			raw, rawText = append(raw, a), append(rawText, a.Content)
		}
	}
	var err error
	if t.added, err = newMatcher(raw, rawText); err != nil {
		return err
	}
	watched, err := newMatcher(normal, normalText)
	if err != nil {
		return err
	}
	t.model.watch(watched)
	return nil
}
