package snapshot

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/index"
)

// example is a snapshot of two sections, one of several blocks.
func example(t testing.TB) (data, small, large []byte) {
	t.Helper()
	small, large = []byte("some bytes"), make([]byte, 3*BlockSize+17)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range large {
		large[i] = byte(r.Uint32())
	}
	section := func(name string, data []byte) Section {
		return Section{Name: name, Size: int64(len(data)), Write: func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		}}
	}
	var b bytes.Buffer
	h := Header{Engine: "example", Dimension: 3, Rows: 4, LastChange: 1 << 40}
	if err := Write(&b, h, []Section{section("small", small), section("large", large)}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), small, large
}

func write(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRoundTrip(t *testing.T) {
	data, small, large := example(t)
	f, err := Open(write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if f.Engine != "example" || f.Dimension != 3 || f.Rows != 4 || f.LastChange != 1<<40 {
		t.Errorf("header %+v", f.Header)
	}
	if err := f.CheckAll(); err != nil {
		t.Error(err)
	}
	for name, want := range map[string][]byte{"small": small, "large": large} {
		if got, err := f.Section(name, int64(len(want))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("section %s differs, error %v", name, err)
		}
	}
	if _, err := f.Section("small", 3); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("a section of another size: error %v", err)
	}
	if _, err := f.Section("none", 0); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("a missing section: error %v", err)
	}
	if err := f.Expect("other", 3); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("another engine: error %v", err)
	}
}

// TestDamageIsFoundWhereItIs leaves the rest of the file usable.
func TestDamageIsFoundWhereItIs(t *testing.T) {
	data, _, large := example(t)
	data[len(data)-BlockSize] ^= 1
	f, err := Open(write(t, data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := f.CheckRange("large", 0, 100); err != nil {
		t.Error(err)
	}
	for range 2 { // the damage is not forgotten
		if err := f.CheckRange("large", 0, int64(len(large))); !errors.Is(err, index.ErrCorrupt) {
			t.Errorf("damaged section: error %v", err)
		}
	}
	if err := f.Check("small", "large"); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("damaged sections: error %v", err)
	}
}

func TestVerifyFindsEveryFlippedByte(t *testing.T) {
	data, _, _ := example(t)
	for at := 0; at < len(data); at += 1 + len(data)/2000 {
		data[at] ^= 0x10
		if err := Verify(write(t, data)); !errors.Is(err, index.ErrCorrupt) {
			t.Fatalf("byte %d of %d: error %v", at, len(data), err)
		}
		data[at] ^= 0x10
	}
}

func TestNewerVersion(t *testing.T) {
	data, _, _ := example(t)
	data[16] = Version + 1
	var b bytes.Buffer
	w := &blockWriter{w: &b}
	body := data[:len(data)-4-4*((len(data)+BlockSize-1)/BlockSize)]
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.trailer(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(write(t, b.Bytes())); !errors.Is(err, index.ErrNewer) {
		t.Errorf("error %v", err)
	}
}

// TestFileCutShort reads a mapping whose file is gone: an error, not a crash.
func TestFileCutShort(t *testing.T) {
	data, _, large := example(t)
	path := write(t, data)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if f.Mapped() == 0 {
		t.Skip("this system does not map files")
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	read := func() (err error) {
		defer f.Guard(func(fault error) { err = fault })()
		return f.CheckRange("large", 0, int64(len(large)))
	}
	if err := read(); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	data, _, _ := example(f)
	f.Add(data)
	f.Add(data[:200])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		// With a trailer of its own a header can say anything.
		var b bytes.Buffer
		w := &blockWriter{w: &b}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.trailer(); err != nil {
			t.Fatal(err)
		}
		for _, input := range [][]byte{data, b.Bytes()} {
			s, err := Parse(bytes.Clone(input))
			if err != nil {
				continue
			}
			for name, where := range s.sections {
				if part, err := s.Section(name, where.length); err != nil || int64(len(part)) != where.length {
					t.Fatalf("section %q: %d bytes of %d, error %v", name, len(part), where.length, err)
				}
			}
			_ = s.CheckAll()
		}
	})
}
