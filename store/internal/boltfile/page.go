package boltfile

import "bytes"

const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	bucketFlag = 0x01 // of a leaf element: the value is a nested bucket
	bucketSize = 16   // of a nested bucket's header: root page u64, sequence u64

	maxKeySize = 32768

	// bigFreelist in place of a freelist's count says that the count is the
	// first entry of the list.
	bigFreelist = 0xFFFF
)

// page is a node of a tree or the freelist: one page and those it overflows to.
type page struct {
	id       uint64
	flags    uint16
	count    int
	overflow uint32
	extent   int64  // bytes of all its pages
	buf      []byte // its first bytes: header and elements at least
	scratch  [2][]byte
}

// read loads a page's header and elements and checks that they lie in it.
func (p *page) read(f *File, id uint64) error {
	if id < 2 || id >= f.HighWater {
		return damaged("page %d of %d", id, f.HighWater)
	}
	if err := p.fill(f, id, f.PageSize); err != nil {
		return err
	}
	p.id = id
	p.flags = order.Uint16(p.buf[8:])
	p.count = int(order.Uint16(p.buf[10:]))
	p.overflow = order.Uint32(p.buf[12:])
	p.extent = (int64(p.overflow) + 1) * int64(f.PageSize)
	switch {
	case order.Uint64(p.buf) != id:
		return damaged("page %d says it is page %d", id, order.Uint64(p.buf))
	case uint64(p.overflow) >= f.HighWater-id:
		return damaged("page %d runs over the end of the file", id)
	case p.flags != branchPage && p.flags != leafPage:
		return nil // a freelist, or what the caller will refuse
	}
	table := headerSize + p.count*elementSize
	if int64(table) > p.extent {
		return damaged("page %d has %d elements in %d bytes", id, p.count, p.extent)
	}
	if table > len(p.buf) {
		return p.fill(f, id, table)
	}
	return nil
}

// fill reads the first n bytes of the page.
func (p *page) fill(f *File, id uint64, n int) error {
	if cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	p.buf = p.buf[:n]
	if _, err := f.r.ReadAt(p.buf, int64(id)*int64(f.PageSize)); err != nil {
		return readError(err, "page %d", id)
	}
	return nil
}

// bytes returns n bytes at an offset of the page that was found to be inside.
// They stay valid until the next read or the next call but one.
func (p *page) bytes(f *File, offset, n int64) ([]byte, error) {
	if offset+n <= int64(len(p.buf)) {
		return p.buf[offset : offset+n], nil
	}
	p.scratch[0], p.scratch[1] = p.scratch[1], p.scratch[0]
	if int64(cap(p.scratch[0])) < n {
		p.scratch[0] = make([]byte, n)
	}
	b := p.scratch[0][:n]
	if _, err := f.r.ReadAt(b, int64(p.id)*int64(f.PageSize)+offset); err != nil {
		return nil, readError(err, "page %d", p.id)
	}
	return b, nil
}

// element is one entry of a node. Offsets are from the start of the page.
type element struct {
	key, keySize     int64
	value, valueSize int64  // of a leaf's element
	child            uint64 // of a branch's element: page of the next level
	bucket           bool   // of a leaf's element: the value is a nested bucket
}

func (e element) end() int64 {
	return e.value + e.valueSize
}

// element reads entry i, whose key must begin at the given offset: bbolt writes
// keys and values back to back, and only so is the work of reading them bounded
// by the size of the page.
func (p *page) element(i int, start int64) (element, error) {
	b := p.buf[headerSize+i*elementSize:]
	var e element
	pos, flags := order.Uint32(b), uint32(0)
	if p.flags == branchPage {
		e.keySize, e.child = int64(order.Uint32(b[4:])), order.Uint64(b[8:])
	} else {
		flags, pos = pos, order.Uint32(b[4:])
		e.keySize, e.valueSize = int64(order.Uint32(b[8:])), int64(order.Uint32(b[12:]))
	}
	e.key = int64(headerSize+i*elementSize) + int64(pos)
	e.value = e.key + e.keySize
	e.bucket = flags == bucketFlag
	if flags > bucketFlag || e.keySize == 0 || e.keySize > maxKeySize || e.key != start || e.end() > p.extent {
		return element{}, damaged("page %d: element %d is out of bounds", p.id, i)
	}
	return e, nil
}

// elements calls fn with each entry and its key, after checking that the keys
// ascend.
func (p *page) elements(f *File, fn func(e element, key []byte) error) error {
	var last []byte
	start := int64(headerSize + p.count*elementSize)
	for i := range p.count {
		e, err := p.element(i, start)
		if err != nil {
			return err
		}
		start = e.end()
		key, err := p.bytes(f, e.key, e.keySize)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return damaged("page %d: key %d is out of order", p.id, i)
		}
		if err := fn(e, key); err != nil {
			return err
		}
		last = key
	}
	return nil
}

// nested returns the root page of the bucket in a leaf element, or 0 for a
// bucket that lies, checked, within the element itself.
func (p *page) nested(f *File, e element) (root uint64, err error) {
	if e.valueSize < bucketSize {
		return 0, damaged("page %d: a bucket of %d bytes", p.id, e.valueSize)
	}
	value := make([]byte, min(e.valueSize, int64(f.PageSize)))
	if _, err := f.r.ReadAt(value, int64(p.id)*int64(f.PageSize)+e.value); err != nil {
		return 0, readError(err, "page %d", p.id)
	}
	if root := order.Uint64(value); root != 0 {
		return root, nil
	}
	if e.valueSize > int64(len(value)) || e.valueSize < bucketSize+headerSize {
		return 0, damaged("page %d: an inline bucket of %d bytes", p.id, e.valueSize)
	}
	return 0, p.inline(f, value[bucketSize:])
}

// inline checks the page of a bucket that is stored within its parent.
func (p *page) inline(f *File, b []byte) error {
	in := page{
		id:     p.id,
		flags:  order.Uint16(b[8:]),
		count:  int(order.Uint16(b[10:])),
		extent: int64(len(b)),
		buf:    b,
	}
	if in.flags != leafPage || headerSize+in.count*elementSize > len(b) {
		return damaged("page %d: an inline bucket without a leaf", p.id)
	}
	return in.elements(f, func(e element, _ []byte) error {
		if e.bucket {
			return damaged("page %d: an inline bucket with a bucket in it", p.id)
		}
		return nil
	})
}

// freeIDs returns the entries of a freelist, 8 bytes each.
func (p *page) freeIDs(f *File) ([]byte, error) {
	count, start := uint64(p.count), uint64(headerSize)
	if p.count == bigFreelist {
		count, start = order.Uint64(p.buf[headerSize:]), headerSize+8
	}
	if count > (uint64(p.extent)-start)/8 {
		return nil, damaged("freelist on page %d has %d entries in %d bytes", p.id, count, p.extent)
	}
	end := int(start + 8*count)
	if end > len(p.buf) {
		if err := p.fill(f, p.id, end); err != nil {
			return nil, err
		}
	}
	return p.buf[start:end], nil
}
