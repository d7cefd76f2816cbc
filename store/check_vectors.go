package store

import "fmt"

// generations checks the passages and vectors of all generations.
func (c *checker) generations() error {
	numbers, err := c.Generations()
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if uint64(number) >= c.state.nextGeneration {
			c.problem(fmt.Sprintf("generation %d", number), "the next number is %d", c.state.nextGeneration)
		}
		g, err := c.generation(number)
		if err != nil {
			return err
		}
		if err := c.checkGeneration(g); err != nil {
			return err
		}
	}
	return nil
}

// checkGeneration checks that each document has its passages, each passage its
// vector, and that there are no vectors beyond those.
func (c *checker) checkGeneration(g *generation) error {
	where := fmt.Sprintf("generation %d", g.number)
	var passages uint64
	documents, bad, err := c.eachNumber(g.passages, func(number uint32, payload []byte) error {
		list, err := decodePassages(number, payload)
		passages += uint64(len(list))
		c.passages(g, number, list)
		return err
	})
	if err != nil {
		return err
	}
	vectors, err := c.vectors(g)
	if err != nil {
		return err
	}
	if g.number == c.Generation() && documents != c.heads {
		c.problem(where, "passages of %d documents, want %d", documents, c.heads)
	}
	if bad > 0 {
		return nil // what cannot be read cannot be counted
	}
	if uint64(vectors) != passages {
		c.problem(where, "%d passages and %d vectors", passages, vectors)
	}
	c.counter(where+": documents", g.state.documents, uint64(documents))
	c.counter(where+": passages", g.state.passages, passages)
	return nil
}

// passages checks one document's passages against its text and their vectors.
func (c *checker) passages(g *generation, document uint32, list []Passage) {
	where := fmt.Sprintf("passages of document %d", document)
	if !c.known(document) {
		c.problem(where, "there is no such document")
	}
	length, readable := c.textLengths[document]
	var v Vector
	for i, p := range list {
		if readable && p.End > length {
			c.problem(where, "[%d,%d) of a text of %d bytes", p.Start, p.End, length)
		}
		if p.Number == 0 || uint64(p.Number) >= c.state.nextPassage {
			c.repairable(where, "passage %d, the next number is %d", p.Number, c.state.nextPassage)
		}
		if err := g.vector(p.Number, &v); err != nil {
			c.problem(where, "%v", err)
		} else if v.Document != document || v.Index != i {
			c.problem(where, "vector %d is of passage %d of document %d", p.Number, v.Index, v.Document)
		}
	}
}

// vectors reads all vectors of a generation in order and counts them.
func (c *checker) vectors(g *generation) (int, error) {
	var v Vector
	n, _, err := c.eachNumber(g.vectors, func(number uint32, payload []byte) error {
		if err := decodeVector(&v, number, int(g.state.dimension), payload); err != nil {
			return err
		}
		return checkVectors([][]float32{v.Values}, int(g.state.dimension))
	})
	return n, err
}
