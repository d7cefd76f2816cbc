package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

const pageSize = 1024

// build writes a bbolt file with nested and inline buckets, values that
// overflow their page, and free pages.
func build(t testing.TB, keys int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.bolt")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: pageSize, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("bucket"))
			if err != nil {
				return err
			}
			for i := range keys {
				if err := b.Put(fmt.Appendf(nil, "key %d", i), bytes.Repeat([]byte("v"), i*7%3000)); err != nil {
					return err
				}
				nested, err := b.CreateBucketIfNotExists(fmt.Appendf(nil, "nested %d", i%5))
				if err != nil {
					return err
				}
				if err := nested.Put(fmt.Appendf(nil, "%d", i), []byte("value")); err != nil {
					return err
				}
			}
			inline, err := b.CreateBucketIfNotExists([]byte("tiny"))
			if err != nil {
				return err
			}
			return inline.Put([]byte("k"), []byte("v"))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func openBytes(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSoundFile(t *testing.T) {
	for _, keys := range []int{0, 1, 20, 700} {
		f := openBytes(t, build(t, keys))
		if err := f.Verify(); err != nil || f.MetaError != nil {
			t.Errorf("%d keys: %v, %v", keys, err, f.MetaError)
		}
		if lost, err := f.VerifyFreelist(); lost != 0 || err != nil {
			t.Errorf("%d keys: %d pages lost: %v", keys, lost, err)
		}
	}
}

// firstBranch returns where the first branch page reachable from the root is.
func firstBranch(t *testing.T, data []byte) int {
	t.Helper()
	f := openBytes(t, data)
	w := newWalk(f)
	level := []link{{id: f.Root}}
	for len(level) > 0 {
		l := level[0]
		w.next = nil
		if err := w.visit(l); err != nil {
			t.Fatal(err)
		}
		if w.page.flags == branchPage {
			return int(l.id) * pageSize
		}
		level = append(level[1:], w.next...)
	}
	t.Fatal("no branch page")
	return 0
}

func TestDamage(t *testing.T) {
	good := build(t, 700)
	branch := firstBranch(t, good)
	list := int(openBytes(t, good).Freelist) * pageSize
	for name, test := range map[string]struct {
		damage func(data []byte)
		want   string
	}{
		"child is the page itself": {func(b []byte) { order.PutUint64(b[branch+24:], uint64(branch/pageSize)) }, "in use twice"},
		"child past the end":       {func(b []byte) { order.PutUint64(b[branch+24:], 1<<40) }, "page 1099511627776 of"},
		"child is a meta page":     {func(b []byte) { order.PutUint64(b[branch+24:], 1) }, "page 1 of"},
		"wrong id":                 {func(b []byte) { b[branch]++ }, "says it is page"},
		"wrong kind":               {func(b []byte) { b[branch+8] = 4 }, "flags 0x4"},
		"too many elements":        {func(b []byte) { order.PutUint16(b[branch+10:], 60000) }, "60000 elements"},
		"no elements":              {func(b []byte) { order.PutUint16(b[branch+10:], 0) }, "is empty"},
		"overflows the file":       {func(b []byte) { order.PutUint32(b[branch+12:], 1<<30) }, "over the end"},
		"overflows the next page":  {func(b []byte) { order.PutUint32(b[branch+12:], 8) }, "in use twice"},
		"key out of bounds":        {func(b []byte) { order.PutUint32(b[branch+16:], 5000) }, "out of bounds"},
		"key before the elements":  {func(b []byte) { order.PutUint32(b[branch+16:], 3) }, "out of bounds"},
		"empty key":                {func(b []byte) { order.PutUint32(b[branch+20:], 0) }, "out of bounds"},
		"other first key":          {func(b []byte) { b[branch+16+int(order.Uint32(b[branch+16:]))]-- }, "another key"},
		"freelist of another kind": {func(b []byte) { b[list+8] = 4 }, "want a freelist"},
		"freelist too long":        {func(b []byte) { order.PutUint16(b[list+10:], 50000) }, "50000 entries"},
		"freelist far too long":    {func(b []byte) { order.PutUint16(b[list+10:], 0xFFFF); order.PutUint64(b[list+16:], 1<<61) }, "entries in"},
		"freelist names a page":    {func(b []byte) { order.PutUint64(b[list+16:], uint64(branch/pageSize)) }, "in use"},
		"freelist names no page":   {func(b []byte) { order.PutUint64(b[list+16:], 1<<50) }, "past the end"},
		"freelist names one twice": {func(b []byte) { copy(b[list+16:list+24], b[list+24:]) }, "listed twice"},
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Clone(good)
			test.damage(data)
			err := openBytes(t, data).Verify()
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// One meta page may be lost: the other one is used and the loss is told.
func TestDamagedMeta(t *testing.T) {
	good := build(t, 20)
	whole := openBytes(t, good)
	for slot := range 2 {
		data := bytes.Clone(good)
		data[slot*pageSize+headerSize+20] ^= 1
		f := openBytes(t, data)
		if f.MetaError == nil || f.PageSize != pageSize {
			t.Errorf("slot %d: %+v", slot, f)
		}
		if newest := slot == whole.slot; newest == (f.TxID == whole.TxID) {
			t.Errorf("slot %d damaged: transaction %d, the newest is %d", slot, f.TxID, whole.TxID)
		}
		if err := f.Verify(); err != nil {
			t.Errorf("slot %d: %v", slot, err)
		}
		data[(1-slot)*pageSize+headerSize] ^= 1
		if _, err := Open(bytes.NewReader(data), int64(len(data))); !errors.Is(err, ErrDamaged) {
			t.Errorf("both damaged: %v", err)
		}
	}
}

func TestTruncated(t *testing.T) {
	good := build(t, 20)
	for _, n := range []int{0, 1, 100, pageSize, 2*pageSize + 1, int(openBytes(t, good).HighWater-1) * pageSize} {
		if _, err := Open(bytes.NewReader(good[:n]), int64(n)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// FuzzVerify feeds whole files; patches keep the fuzzer near valid ones, whose
// meta checksum it would hardly ever hit.
func FuzzVerify(f *testing.F) {
	good := build(f, 60)
	f.Add([]byte{}, uint32(0))
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 0}, uint32(3*pageSize+24))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, uint32(4*pageSize+8))
	f.Add(good[:4*pageSize], uint32(0))
	f.Fuzz(func(t *testing.T, patch []byte, at uint32) {
		data := bytes.Clone(good)
		copy(data[int(at)%len(data):], patch)
		for _, data := range [][]byte{data, patch} {
			file, err := Open(bytes.NewReader(data), int64(len(data)))
			if err == nil {
				err = file.Verify()
			}
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
		}
	})
}
