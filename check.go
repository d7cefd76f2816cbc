package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/index/snapshot"
	"github.com/bertsearch/bertsearch/store"
)

// A CheckReport says what [DB.Check] found and mended.
type CheckReport struct {
	// OK: no problem remains.
	OK bool `json:"ok"`
	// Problems that remain, each with its place.
	Problems []string `json:"problems"`
	// Repaired says what was wrong and is right again.
	Repaired []string `json:"repaired"`
}

// Check verifies every invariant of the database: every page and checksum of
// the store, that documents, ids, passages, vectors and the change log agree,
// and that the derived indexes hold what the store holds. A derived index that
// does not is rebuilt, and counters and the like are put right, unless the
// database is open for reading only. It reads everything once.
func (db *DB) Check(ctx context.Context) (CheckReport, error) {
	report := CheckReport{Problems: []string{}, Repaired: []string{}}
	if err := db.enter(); err != nil {
		return report, fmt.Errorf("check: %w", err)
	}
	defer db.leave()
	for _, part := range []func(context.Context, *CheckReport) error{db.checkStore, db.checkVectors, db.checkWords} {
		if err := part(ctx, &report); err != nil {
			return report, fmt.Errorf("check: %w", err)
		}
	}
	report.OK = len(report.Problems) == 0
	return report, nil
}

// Repair mends what keeps the database in the folder dir from being opened, if
// it can be derived from sound data, and says what it did.
func Repair(dir string) ([]string, error) {
	done, err := store.RepairFile(filepath.Join(dir, storeFile), nil)
	if err != nil {
		return done, fmt.Errorf("repair %s: %w", dir, err)
	}
	return done, nil
}

// checkStore checks the store, repairs it, and reports what is left.
func (db *DB) checkStore(ctx context.Context, report *CheckReport) error {
	if !db.options.ReadOnly {
		done, err := db.repairStore(ctx)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return err
		}
		report.Repaired = append(report.Repaired, done...)
	}
	return db.store.Check(ctx, func(p store.Problem) {
		report.Problems = append(report.Problems, p.String())
	})
}

func (db *DB) repairStore(ctx context.Context) ([]string, error) {
	db.writing.Lock()
	defer db.writing.Unlock()
	return db.store.Repair(ctx)
}

// checkVectors compares the vector index with the store.
func (db *DB) checkVectors(ctx context.Context, report *CheckReport) error {
	damage := snapshot.Verify(db.vectors.index.path)
	if errors.Is(damage, fs.ErrNotExist) {
		damage = nil // it is made when the database is closed
	}
	count := func() (string, error) {
		vectors, err := db.vectors.get(ctx)
		if err != nil {
			return "", err
		}
		return db.compareCount("vectors", vectors.stats().Vectors, func(c store.Counts) int { return c.Passages })
	}
	return mend(ctx, db.vectors, damage, count, report)
}

// checkWords compares the keyword index with the store.
func (db *DB) checkWords(ctx context.Context, report *CheckReport) error {
	count := func() (string, error) {
		words, err := db.words.get(ctx)
		if err != nil {
			return "", err
		}
		var n uint64
		if err := words.with(func(x *keyword.Index) error { n, err = x.Count(); return err }); err != nil {
			return "", err
		}
		return db.compareCount("documents", int(n), func(c store.Counts) int { return c.Documents })
	}
	return mend(ctx, db.words, nil, count, report)
}

// compareCount says how an index differs from the store, or nothing.
func (db *DB) compareCount(what string, got int, want func(store.Counts) int) (string, error) {
	db.writing.Lock() // so that a writer is not between the two
	defer db.writing.Unlock()
	difference := ""
	err := db.store.View(func(r *store.Reader) error {
		c, err := r.Counts()
		if n := want(c); err == nil && n != got {
			difference = fmt.Sprintf("it holds %d %s, the store %d", got, what, n)
		}
		return err
	})
	return difference, err
}

// mend rebuilds an index that is damaged, or that differs from the store, and
// reports it.
func mend[T derived](ctx context.Context, f *follower[T], damage error, differs func() (string, error), report *CheckReport) error {
	problem := ""
	if damage != nil {
		problem = damage.Error()
	} else {
		difference, err := differs()
		if err != nil {
			return err
		}
		problem = difference
	}
	if problem == "" {
		return nil
	}
	if f.db.options.ReadOnly {
		report.Problems = append(report.Problems, f.name+": "+problem)
		return nil
	}
	if err := f.renew(ctx); err != nil {
		return err
	}
	if difference, err := differs(); err != nil || difference != "" {
		report.Problems = append(report.Problems, f.name+": "+problem)
		return err
	}
	report.Repaired = append(report.Repaired, f.name+" rebuilt: "+problem)
	return nil
}
