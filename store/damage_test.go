package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bertsearch/bertsearch/internal/unprivileged"
	"github.com/bertsearch/bertsearch/store/internal/boltfile"
)

const smallPage = 1024

// smallStore writes a store of a few hundred pages, with free ones among them,
// and returns the file's bytes and what it should hold.
func smallStore(t testing.TB, rng *rand.Rand) ([]byte, *model) {
	t.Helper()
	path := temp(t)
	s := open(t, path, Options{})
	m := newModel()
	for range 12 {
		update(t, s, func(w *Writer) error {
			for range 12 {
				if err := m.step(rng, w); err != nil {
					return err
				}
			}
			return w.SetMeta("model", []byte("a fingerprint"))
		})
	}
	mustCheck(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, m
}

// survive opens a damaged file and does with it all that a program would. It
// fails the test if that panics, hangs, or gives wrong data without a word.
func survive(t testing.TB, path string, data []byte, m *model, what string) (harmless bool) {
	t.Helper()
	watch := time.AfterFunc(30*time.Second, func() { panic(what + ": hangs") })
	defer watch.Stop()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s: panic: %v", what, p)
		}
	}()
	s, err := Open(path, &Options{ReadOnly: true})
	if err != nil {
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrForeign) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: open: %v", what, err)
		}
		return false
	}
	found := problems(t, s)
	err = m.compare(s)
	if err != nil && len(found) == 0 {
		t.Errorf("%s: Check finds nothing, but: %v", what, err)
	}
	if closeErr := s.Close(); closeErr != nil {
		t.Errorf("%s: close: %v", what, closeErr)
	}
	writeOn(t, path, what)
	return err == nil && len(found) == 0
}

// writeOn updates a damaged store; it may fail, but no worse.
func writeOn(t testing.TB, path, what string) {
	s, err := Open(path, nil)
	if err != nil {
		return
	}
	for i := range 3 {
		err := s.Update(func(w *Writer) error {
			d, v := sample(fmt.Sprint("id", i), "some words")
			for j := range v {
				v[j] = v[j][:3]
			}
			if _, err := w.Put(d, v); err != nil {
				return err
			}
			_, err := w.Delete(fmt.Sprint("id", 10+i))
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		})
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: update: %v", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("%s: close after update: %v", what, err)
	}
}

// TestBitFlips flips single bits all over a file, more of them where pages keep
// their structure.
func TestBitFlips(t *testing.T) {
	flips := 1500
	if testing.Short() {
		flips = 300
	}
	rng := seed(t)
	good, m := smallStore(t, rng)
	path := temp(t)
	harmless := 0
	for range flips {
		at := rng.IntN(len(good))
		if rng.IntN(2) == 0 {
			at = at/smallPage*smallPage + rng.IntN(96)
		}
		bit := rng.IntN(8)
		data := bytes.Clone(good)
		data[at] ^= 1 << bit
		what := fmt.Sprintf("bit %d of byte %d (page %d, offset %d)", bit, at, at/smallPage, at%smallPage)
		if survive(t, path, data, m, what) {
			harmless++
		}
	}
	t.Logf("%d bytes, %d of %d flips hit nothing in use", len(good), harmless, flips)
}

// TestOverwrittenPages replaces pages by others, by zeros and by noise.
func TestOverwrittenPages(t *testing.T) {
	rng := seed(t)
	good, m := smallStore(t, rng)
	path := temp(t)
	pages := len(good) / smallPage
	for range 300 {
		data := bytes.Clone(good)
		at := rng.IntN(pages)
		page := data[at*smallPage : (at+1)*smallPage]
		kind := rng.IntN(4)
		switch kind {
		case 0:
			copy(page, good[rng.IntN(pages)*smallPage:])
		case 1: // another page that claims to be this one
			copy(page, good[rng.IntN(pages)*smallPage:])
			binary.NativeEndian.PutUint64(page, uint64(at))
		case 2:
			clear(page)
		case 3:
			for i := range page {
				page[i] = byte(rng.Uint32())
			}
		}
		survive(t, path, data, m, fmt.Sprintf("page %d replaced in way %d", at, kind))
	}
}

func TestTruncations(t *testing.T) {
	rng := seed(t)
	good, m := smallStore(t, rng)
	path := temp(t)
	for range 200 {
		n := 1 + rng.IntN(len(good)-1)
		survive(t, path, good[:n], m, fmt.Sprintf("truncated to %d of %d bytes", n, len(good)))
	}
}

// A file that shrinks while it is open faults when read; that must not end the
// program, and the store must still close.
func TestTruncatedWhileOpen(t *testing.T) {
	for _, write := range []bool{false, true} {
		t.Run(fmt.Sprint("write=", write), func(t *testing.T) {
			path := temp(t)
			s := open(t, path, Options{})
			update(t, s, func(w *Writer) error {
				for i := range 200 {
					d, v := sample(fmt.Sprint(i), strings.Repeat("word ", 20))
					if _, err := w.Put(d, v); err != nil {
						return err
					}
				}
				return nil
			})
			if err := os.Truncate(path, 8<<10); err != nil {
				t.Fatal(err)
			}
			if write {
				err := s.Update(func(w *Writer) error {
					d, v := sample("5", "other")
					_, err := w.Put(d, v)
					return err
				})
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("update: %v", err)
				}
			}
			err := s.View(func(r *Reader) error {
				for _, err := range r.Documents(0) {
					if err != nil {
						return err
					}
				}
				return nil
			})
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("view: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// A list of free pages that names a page in use is noticed before it can do
// harm, and RepairFile derives it anew.
func TestDamagedFreelist(t *testing.T) {
	rng := seed(t)
	data, m := smallStore(t, rng)
	path := temp(t)
	pages, err := boltfile.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	list := data[int(pages.Freelist)*smallPage:]
	if binary.NativeEndian.Uint16(list[10:]) == 0 {
		t.Fatal("no free pages to test with")
	}
	binary.NativeEndian.PutUint64(list[16:], pages.Root)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("open for writing: %v", err)
	}
	done, err := RepairFile(path, nil)
	if err != nil || len(done) != 1 {
		t.Fatalf("repair: %v, %v", done, err)
	}
	s := open(t, path, Options{})
	mustCheck(t, s)
	if err := m.compare(s); err != nil {
		t.Error(err)
	}
	if done, err := s.Repair(context.Background()); err != nil || len(done) != 0 {
		t.Errorf("nothing is left to repair: %v, %v", done, err)
	}
}

// Repair puts counters and ids right and nothing else.
func TestRepair(t *testing.T) {
	rng := seed(t)
	data, m := smallStore(t, rng)
	path := temp(t)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	update(t, s, func(w *Writer) error {
		w.state.documents += 3
		w.state.textBytes--
		g, err := w.active()
		g.state.passages, g.dirty = 1, true
		for id := range m.documents {
			return errors.Join(err,
				w.remove(bucketIDs, tagIDs, []byte(id)),
				w.put(bucketIDs, tagIDs, []byte("nobody"), encodeNumber(9999)))
		}
		return err
	})
	for _, p := range problems(t, s) {
		if !p.Repairable {
			t.Errorf("not repairable: %v", p)
		}
	}
	done, err := s.Repair(context.Background())
	if err != nil || len(done) != 3 {
		t.Errorf("repaired %q: %v", done, err)
	}
	mustCheck(t, s)
	if err := m.compare(s); err != nil {
		t.Error(err)
	}
}

// Check reports what it cannot repair, with the key, and Repair leaves it.
func TestCheckReportsDamagedRecords(t *testing.T) {
	for _, name := range []string{bucketSettings, bucketDocuments, bucketTexts, bucketFields, bucketChanges, bucketPassages, bucketVectors} {
		t.Run(name, func(t *testing.T) {
			s := open(t, temp(t), Options{})
			put(t, s, "a", "one two three")
			update(t, s, func(w *Writer) error { return w.SetMeta("k", []byte("v")) })
			spoil(t, s, name)
			found := problems(t, s)
			if len(found) == 0 {
				t.Fatal("nothing found")
			}
			for _, p := range found {
				if p.Repairable {
					t.Errorf("called repairable: %v", p)
				}
			}
			if done, err := s.Repair(context.Background()); err != nil || len(done) != 0 {
				t.Errorf("repaired %v: %v", done, err)
			}
		})
	}
}

// spoil changes a bit of the first value in a bucket.
func spoil(t testing.TB, s *Store, name string) {
	t.Helper()
	err := s.file.Load().db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(s.bucket)
		if name == bucketPassages || name == bucketVectors {
			b = b.Bucket([]byte(bucketGenerations)).Bucket(numberKey(1))
		}
		b = b.Bucket([]byte(name))
		k, v := b.Cursor().First()
		v = bytes.Clone(v)
		v[len(v)/2] ^= 4
		return b.Put(k, v)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormat(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	update(t, s, func(w *Writer) error {
		w.dirty = true
		f := newFormat()
		f.version = FormatVersion + 1
		return w.root.put([]byte(keyFormat), append(f.encode(), "and more"...))
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, nil)
	if !errors.Is(err, ErrNewerFormat) || !strings.Contains(err.Error(), "newer bertsearch") {
		t.Errorf("got %v", err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	unprivileged.Do(t, func() {
		if _, err := Open(filepath.Join(folder, "store.bolt"), nil); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	})
}
