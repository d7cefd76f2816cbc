package store

import (
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"github.com/bertsearch/bertsearch/store/internal/boltfile"
)

// verifyAttached checks the pages of our bucket in a host's file, as Open does
// for a whole file. The open transaction keeps those pages from being reused
// while they are read.
func verifyAttached(tx *bbolt.Tx, root *bbolt.Bucket) error {
	if root.Root() == 0 {
		return nil // small enough to lie in the host's own page
	}
	path := tx.DB().Path()
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	size := tx.DB().Info().PageSize
	pages := boltfile.Snapshot(f, size, uint64(tx.Size())/uint64(size))
	err = pageError(path, pages.VerifyTree(uint64(root.Root())))
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("store: %w", closeErr)
	}
	return err
}
