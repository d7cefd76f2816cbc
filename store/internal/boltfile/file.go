package boltfile

import "io"

// File is a bbolt file as of its newest valid meta page.
type File struct {
	Meta
	// MetaError is set when one of the two meta pages is unreadable. A power
	// cut during a commit leaves that behind, and nothing acknowledged is lost
	// then; but if the page rotted later, the last transaction is lost.
	MetaError error

	r    io.ReaderAt
	size int64 // bytes
}

// Open reads the meta pages of a file of the given size in bytes. Nobody may
// write the file meanwhile.
func Open(r io.ReaderAt, size int64) (*File, error) {
	found, errs := metas(r)
	f := &File{r: r, size: size}
	switch {
	case errs[0] != nil && errs[1] != nil:
		return nil, damaged("both meta pages are unreadable (%v; %v)", errs[0], errs[1])
	case errs[0] != nil:
		f.Meta, f.MetaError = found[1], errs[0]
	case errs[1] != nil:
		f.Meta, f.MetaError = found[0], errs[1]
	case found[1].TxID > found[0].TxID:
		f.Meta = found[1]
	default:
		f.Meta = found[0]
	}
	if f.HighWater > uint64(size)/uint64(f.PageSize) {
		return nil, damaged("file of %d bytes should hold %d pages of %d bytes", size, f.HighWater, f.PageSize)
	}
	return f, nil
}

// Snapshot describes a file whose current state is known from elsewhere: a
// bbolt transaction that is open on it.
func Snapshot(r io.ReaderAt, pageSize int, highWater uint64) *File {
	return &File{
		Meta: Meta{PageSize: pageSize, HighWater: highWater, Freelist: NoFreelist},
		r:    r,
		size: int64(highWater) * int64(pageSize),
	}
}

// Verify checks all pages that the file's state reaches, and that the freelist
// names none of them. It returns the first damage found, wrapping ErrDamaged.
func (f *File) Verify() error {
	w := newWalk(f)
	if err := w.tree(f.Root); err != nil {
		return err
	}
	return w.freelist()
}

// VerifyTree checks the tree of one bucket and of the buckets nested in it.
func (f *File) VerifyTree(root uint64) error {
	return newWalk(f).tree(root)
}

// VerifyFreelist checks the freelist against trees that are known to be sound,
// and counts the pages that neither holds: space that is lost until the list is
// rebuilt, but no danger.
func (f *File) VerifyFreelist() (lost int, err error) {
	w := newWalk(f)
	if err := w.tree(f.Root); err != nil {
		return 0, err
	}
	if err := w.freelist(); err != nil || f.Freelist == NoFreelist {
		return 0, err
	}
	return w.unseen(), nil
}

// DropFreelist makes bbolt rebuild the list of free pages when the file is
// next opened for writing, by giving it up in the newest meta page. It changes
// nothing unless all trees are sound.
func (f *File) DropFreelist(w io.WriterAt) error {
	if err := f.VerifyTree(f.Root); err != nil {
		return err
	}
	_, err := w.WriteAt(f.withoutFreelist(), int64(f.slot)*int64(f.PageSize)+headerSize)
	return err
}
