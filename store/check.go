package store

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/bertsearch/bertsearch/store/internal/boltfile"
)

// Problem is one thing that Check found wrong.
type Problem struct {
	Where      string // the part of the store, with the key
	What       string
	Repairable bool // whether Repair, or RepairFile for pages, can put it right
}

// String returns the problem as one line.
func (p Problem) String() string {
	return p.Where + ": " + p.What
}

// checker walks one snapshot and reports what does not hold.
type checker struct {
	*Reader
	ctx    context.Context
	report func(Problem)

	textLengths map[uint32]int // of each readable document, by number
	heads       int            // of documents, unreadable ones included
}

// Check verifies everything the store holds: pages, checksums, and that
// documents, ids, texts, fields, passages, vectors, counters and the change log
// agree. It calls report for each problem and returns an error only when it
// could not go on. It needs some ten bytes of memory a document.
func (s *Store) Check(ctx context.Context, report func(Problem)) error {
	sound, err := s.checkPages(report)
	if err != nil || !sound {
		return err
	}
	err = s.View(func(r *Reader) error {
		c := &checker{Reader: r, ctx: ctx, report: report, textLengths: map[uint32]int{}}
		return c.run()
	})
	if errors.Is(err, ErrCorrupt) { // the snapshot's own records
		report(Problem{Where: "store", What: err.Error()})
		return nil
	}
	return err
}

func (c *checker) run() error {
	parts := []func() error{c.settings, c.documents, c.ids, c.texts, c.fields, c.changes, c.generations}
	for _, part := range parts {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// problem reports something that only the user can put right.
func (c *checker) problem(where, format string, args ...any) {
	c.report(Problem{Where: where, What: fmt.Sprintf(format, args...)})
}

// repairable reports something that Repair puts right.
func (c *checker) repairable(where, format string, args ...any) {
	c.report(Problem{Where: where, What: fmt.Sprintf(format, args...), Repairable: true})
}

// counter reports a counter that is not what was counted.
func (c *checker) counter(where string, stored, counted uint64) {
	if stored != counted {
		c.repairable(where, "the counter says %d, counted %d", stored, counted)
	}
}

// each calls fn with every readable entry of a bucket and reports the others,
// as well as what fn returns. It returns how many entries there are and how
// many of them were reported, and an error only when cancelled.
func (c *checker) each(t tree, fn func(key, payload []byte) error) (n, bad int, err error) {
	cur := t.from(nil)
	for ; cur.key != nil; cur.next() {
		if n++; n%256 == 0 && c.ctx.Err() != nil {
			return n, bad, c.ctx.Err()
		}
		payload, err := cur.payload()
		if err == nil {
			err = fn(cur.key, payload)
		}
		if err != nil {
			bad++
			c.problem(t.name, "%v", err)
		}
	}
	if cur.err != nil {
		bad++
		c.problem(t.name, "%v", cur.err)
	}
	return n, bad, nil
}

// eachNumber is each for buckets whose keys are numbers.
func (c *checker) eachNumber(t tree, fn func(number uint32, payload []byte) error) (n, bad int, err error) {
	return c.each(t, func(key, payload []byte) error {
		number, ok := parseNumber(key)
		if !ok {
			return corrupt(t.name, "key %s is no number", printKey(key))
		}
		return fn(number, payload)
	})
}

// checkPages checks the pages of the file, or of our bucket in a host's file,
// and says whether bbolt can read them. The update lock keeps the file as it
// is meanwhile.
func (s *Store) checkPages(report func(Problem)) (sound bool, err error) {
	if s.attached {
		err = s.transact(false, func(tx *bbolt.Tx) (err error) {
			defer guard(&err)
			return verifyAttached(tx, tx.Bucket(s.bucket))
		})
	} else {
		err = s.transact(!s.readOnly, func(*bbolt.Tx) error {
			if err := s.checkFile(report); err != nil {
				return err
			}
			return errUnchanged
		})
	}
	if errors.Is(err, ErrCorrupt) {
		report(Problem{Where: "pages", What: err.Error()})
		return false, nil
	}
	return err == nil, err
}

// checkFile reports what is wrong with a file of our own and can be put right;
// damaged trees are an error.
func (s *Store) checkFile(report func(Problem)) error {
	raw := s.file.Load().raw
	info, err := raw.Stat()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	pages, err := boltfile.Open(raw, info.Size())
	if err == nil {
		err = pages.VerifyTree(pages.Root)
	}
	if err != nil {
		return pageError(s.path, err)
	}
	if pages.MetaError != nil {
		report(Problem{"pages", fmt.Sprintf("%v: the last update may be lost", pages.MetaError), true})
	}
	lost, err := pages.VerifyFreelist()
	if errors.Is(err, boltfile.ErrDamaged) {
		report(Problem{"pages", err.Error(), true})
	} else if err != nil {
		return pageError(s.path, err)
	}
	if lost > 0 {
		report(Problem{"pages", fmt.Sprintf("%d pages are neither in use nor free", lost), true})
	}
	return nil
}
