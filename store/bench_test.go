package store

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// bench fills a store with documents of 1 KB and three vectors of 384 values.
func bench(b *testing.B, s *Store, from, documents int) {
	b.Helper()
	text := strings.Repeat("twelve bytes", 85)
	vectors := make([][]float32, 3)
	for i := range vectors {
		vectors[i] = make([]float32, 384)
		vectors[i][i] = 1
	}
	const batch = 256
	for i := from; i < from+documents; i += batch {
		update(b, s, func(w *Writer) error {
			for j := i; j < min(i+batch, from+documents); j++ {
				d := &Document{ID: fmt.Sprint("document ", j), Title: "a title", Text: text, Fields: make([]byte, 40)}
				d.Passages = []Passage{{End: 400}, {Start: 350, End: 750}, {Start: 700, End: 1020}}
				if _, err := w.Put(d, vectors); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func benchStore(b *testing.B, documents int) (*Store, string) {
	b.Helper()
	path := temp(b)
	s, err := Open(path, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	bench(b, s, 0, documents)
	return s, path
}

// BenchmarkPut puts new documents, 256 in an update.
func BenchmarkPut(b *testing.B) {
	s, path := benchStore(b, 0)
	b.ResetTimer()
	bench(b, s, 0, b.N)
	b.StopTimer()
	if info, err := os.Stat(path); err == nil {
		b.ReportMetric(float64(info.Size())/float64(b.N), "file-bytes/op")
	}
}

// BenchmarkPutOne puts one document in an update, replacing one of 2000.
func BenchmarkPutOne(b *testing.B) {
	s, _ := benchStore(b, 2000)
	b.ResetTimer()
	for i := range b.N {
		bench(b, s, i%2000, 1)
	}
}

// BenchmarkVectors scans 15000 vectors.
func BenchmarkVectors(b *testing.B) {
	s, _ := benchStore(b, 5000)
	b.SetBytes(15000 * 384 * 4)
	b.ResetTimer()
	for range b.N {
		view(b, s, func(r *Reader) error {
			for _, err := range r.Vectors() {
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkFields scans the fields of 5000 documents.
func BenchmarkFields(b *testing.B) {
	s, _ := benchStore(b, 5000)
	b.ResetTimer()
	for range b.N {
		view(b, s, func(r *Reader) error {
			for _, err := range r.AllFields() {
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkDocument reads documents by id.
func BenchmarkDocument(b *testing.B) {
	s, _ := benchStore(b, 5000)
	b.ResetTimer()
	for i := range b.N {
		view(b, s, func(r *Reader) error {
			_, err := r.Document(fmt.Sprint("document ", i%5000))
			return err
		})
	}
}

// BenchmarkOpen opens a store of 5000 documents, which reads all its pages.
func BenchmarkOpen(b *testing.B) {
	s, path := benchStore(b, 5000)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if info, err := os.Stat(path); err == nil {
		b.SetBytes(info.Size())
	}
	b.ResetTimer()
	for range b.N {
		s, err := Open(path, &Options{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
