package store

import (
	"errors"
	"fmt"
)

// settings reads all settings; their content is the caller's.
func (c *checker) settings() error {
	t, err := c.tree(bucketSettings, tagSettings)
	if err != nil {
		return err
	}
	_, _, err = c.each(t, func([]byte, []byte) error { return nil })
	return err
}

// documents checks each document with its id, text and fields.
func (c *checker) documents() error {
	t, err := c.tree(bucketDocuments, tagDocuments)
	if err != nil {
		return err
	}
	var textBytes, fieldBytes uint64
	n, _, err := c.eachNumber(t, func(number uint32, payload []byte) error {
		h, err := decodeHead(number, payload)
		if err != nil {
			return err
		}
		c.textLengths[number] = h.TextLength
		textBytes += uint64(h.TextLength)
		fieldBytes += uint64(h.FieldsLength)
		return c.document(h)
	})
	c.heads = n
	if err != nil || len(c.textLengths) != n {
		return err // counters cannot be told when some are unreadable
	}
	c.counter("documents", c.state.documents, uint64(n))
	c.counter("text bytes", c.state.textBytes, textBytes)
	c.counter("field bytes", c.state.fieldBytes, fieldBytes)
	return nil
}

// document checks what one readable head refers to.
func (c *checker) document(h Head) error {
	where := fmt.Sprintf("document %d", h.Number)
	if uint64(h.Number) >= c.state.nextDocument || h.Number == 0 {
		c.repairable(where, "the next number is %d", c.state.nextDocument)
	}
	if number, err := c.Lookup(h.ID); err != nil {
		c.repairable(where, "its id: %v", err)
	} else if number != h.Number {
		c.repairable(where, "its id leads to document %d", number)
	}
	if found, err := c.Head(h.Number); err != nil || found != h {
		c.problem(where, "a search for it finds something else (%v)", err)
	}
	_, err := c.complete(h)
	return err
}

// ids checks that each id leads to a document that has it.
func (c *checker) ids() error {
	t, err := c.tree(bucketIDs, tagIDs)
	if err != nil {
		return err
	}
	_, _, err = c.each(t, func(key, payload []byte) error {
		number, err := decodeNumber(string(key), payload)
		if err != nil {
			return err
		}
		h, err := c.Head(number)
		if errors.Is(err, ErrCorrupt) {
			return nil // reported with the documents
		}
		if err != nil || h.ID != string(key) {
			c.repairable("ids", "id %s leads to document %d, which does not have it", printKey(key), number)
		}
		return nil
	})
	return err
}

// texts checks that each text has a document.
func (c *checker) texts() error {
	return c.owned(bucketTexts, tagTexts)
}

// fields checks that all fields have a document.
func (c *checker) fields() error {
	return c.owned(bucketFields, tagFields)
}

func (c *checker) owned(name string, tag byte) error {
	t, err := c.tree(name, tag)
	if err != nil {
		return err
	}
	_, _, err = c.eachNumber(t, func(number uint32, _ []byte) error {
		if !c.known(number) {
			c.problem(name, "number %d has no document", number)
		}
		return nil
	})
	return err
}

// known says whether a document's head exists, be it readable or not.
func (c *checker) known(number uint32) bool {
	if _, ok := c.textLengths[number]; ok {
		return true
	}
	_, err := c.Head(number)
	return !isNotFound(err)
}
