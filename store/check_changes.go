package store

// changes checks that the log has no gaps, names only numbers that were given
// out, and ends in the documents and passages that there are.
func (c *checker) changes() error {
	t, err := c.tree(bucketChanges, tagChanges)
	if err != nil {
		return err
	}
	latest := map[uint32]Change{} // by document, since the last swap
	next := c.state.trimmed + 1
	_, _, err = c.each(t, func(key, payload []byte) error {
		sequence := next
		next++
		if string(key) != string(sequenceKey(sequence)) {
			return corrupt("changes", "key %s, want %d", printKey(key), sequence)
		}
		change, err := decodeChange(sequence, payload)
		if err != nil {
			return err
		}
		c.change(change)
		switch {
		case change.Op == OpSwap:
			clear(latest)
		case change.Op != OpFields:
			latest[change.Document] = change
		}
		return nil
	})
	if err != nil {
		return err
	}
	if next != c.state.lastChange+1 {
		c.problem("changes", "the log ends at %d, want %d", next-1, c.state.lastChange)
	}
	for _, change := range latest {
		c.outcome(change)
	}
	return nil
}

// change checks the numbers that one change names.
func (c *checker) change(change Change) {
	end := func(r Range) uint64 { return uint64(r.First) + uint64(r.Count) }
	if uint64(change.Document) >= c.state.nextDocument || (change.Document == 0) != (change.Op == OpSwap) {
		c.problem("changes", "change %d is of document %d", change.Sequence, change.Document)
	}
	if max(end(change.Removed), end(change.Added)) > c.state.nextPassage {
		c.problem("changes", "change %d is of passages beyond %d", change.Sequence, c.state.nextPassage)
	}
}

// outcome checks that a document is as its last change left it.
func (c *checker) outcome(change Change) {
	if c.known(change.Document) != (change.Op != OpDelete) {
		c.problem("changes", "after change %d, %v, document %d should be otherwise", change.Sequence, change.Op, change.Document)
		return
	}
	passages, err := c.Passages(change.Document)
	if err == nil && rangeOf(passages) != change.Added {
		c.problem("changes", "document %d has passages %v, change %d added %v",
			change.Document, rangeOf(passages), change.Sequence, change.Added)
	}
}
