package keyword

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

func TestFilterIsExact(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	var docs []Doc
	for i := range uint32(2000) {
		docs = append(docs, Doc{i, "", strings.Repeat("apple ", 1+int(i%7)) + "pear"})
	}
	mustApply(t, x, docs, nil, 1)
	for _, size := range []uint32{1, 5, 900, 1990} {
		filter := roaring.New()
		filter.AddRange(uint64(2000-size), 3000)
		got, err := x.Search(t.Context(), "apple", 10, filter)
		if err != nil || len(got) != min(10, int(size)) {
			t.Fatalf("filter of %d: %d matches, %v", size, len(got), err)
		}
		if !slices.IsSortedFunc(got, compareMatches) || !filter.Contains(got[len(got)-1].Number) {
			t.Errorf("filter of %d: %v", size, got)
		}
	}
	if got, err := x.Search(t.Context(), "apple", 0, nil); len(got) != 0 || err != nil {
		t.Errorf("k of 0: %v, %v", got, err)
	}
}

// A query of ten thousand words costs no more than its heaviest terms.
func TestLongQuery(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	var docs []Doc
	for i := range uint32(3000) {
		docs = append(docs, Doc{i, "", fmt.Sprintf("common word%d other%d third%d", i, i%100, i%7)})
	}
	mustApply(t, x, docs, nil, 1)
	var query strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&query, "word%d common ", i)
	}
	start := time.Now()
	if got := mustSearch(t, x, query.String(), 5); len(got) != 5 {
		t.Errorf("%d matches", len(got))
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	s, err := x.Statistics(t.Context(), query.String())
	if err != nil || len(s.Terms) != maxQueryTerms {
		t.Errorf("%d terms, %v", len(s.Terms), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, query.String(), 5, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestDocumentsOfAnySize(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	docs := []Doc{
		{1, "unbroken", strings.Repeat("x", 10<<20)},
		{2, "", ""},
		{3, "many", strings.Repeat("needle hay ", 1<<17)},
		{4, "bytes \xff\xfe\x00", "\xc3\x28 torn \xe2\x82"},
		{^uint32(0), "last number", "needle"},
	}
	mustApply(t, x, docs, nil, 1)
	for query, want := range map[string][]uint32{
		"unbroken": {1}, "many": {3}, "torn": {4}, "needle": {3, ^uint32(0)},
		strings.Repeat("x", 10<<20): {}, strings.Repeat("é", maxQueryBytes): {},
	} {
		if got := found(t, x, query); !slices.Equal(got, want) {
			t.Errorf("%.20q finds %v, want %v", query, got, want)
		}
	}
	if n, _ := x.Count(); n != 5 {
		t.Errorf("%d documents", n)
	}
	mustApply(t, x, nil, []uint32{1, 3}, 2)
	s, err := x.Statistics(t.Context(), "needle")
	if err != nil || s.Documents != 3 || s.AverageLength > 3 {
		t.Errorf("after the large ones are gone: %+v, %v", s, err)
	}
}

func TestSearchWhileApplying(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	mustApply(t, x, bread, nil, 1)
	stop := make(chan struct{})
	done := make(chan error)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				m, err := x.Search(context.Background(), "bread keys", 10, nil)
				if err == nil && len(m) < 2 {
					err = fmt.Errorf("%d matches", len(m))
				}
				if err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for i := range uint64(20) {
		mustApply(t, x, bread, []uint32{77}, i+2)
	}
	close(stop)
	for range runtime.GOMAXPROCS(0) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestHighlights(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	text := "Rotating the KEYS; rotate-keys, ÄÖ keyed."
	var got []string
	for _, s := range x.Highlights("how do I rotate the key", text) {
		got = append(got, text[s.Start:s.End])
	}
	if want := []string{"Rotating", "KEYS", "rotate", "keys", "keyed"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := x.Highlights("the", text); got != nil {
		t.Errorf("a stop word: %v", got)
	}
}

func FuzzSearch(f *testing.F) {
	x := openTest(f, f.TempDir(), nil)
	mustApply(f, x, bread, nil, 1)
	f.Add("rotate the keys")
	f.Add("+a -b \"c d\"~2 field:x* /re/ \xff\x00")
	f.Fuzz(func(t *testing.T, query string) {
		s, err := x.Statistics(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		matches, err := x.Search(t.Context(), query, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range matches {
			if m.Score <= 0 || m.Score >= s.Bound() {
				t.Fatalf("score %v, bound %v", m.Score, s.Bound())
			}
		}
		for _, span := range x.Highlights(query, query) {
			_ = query[span.Start:span.End]
		}
	})
}

// No analyzer fails on any bytes.
func FuzzAnalyse(f *testing.F) {
	for i, text := range []string{"Das Brot", "كتاب", "東京タワー", "l'été", "किताब", "\xff\xd9\x84 \xe0\xa4", "İstanbul ǅ ﬁ"} {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		language := languages[int(which)%len(languages)]
		a, err := newAnalyzer(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range analyse(a, text) {
			if len(token.Term) == 0 || len(token.Term) > maxTermBytes {
				t.Fatalf("%s: a term of %d bytes", language, len(token.Term))
			}
		}
	})
}
