package embed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// open returns the built-in model with options o.
func open(t testing.TB, o *Options) *BERT {
	t.Helper()
	b, err := Default(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectorsOf(t testing.TB, e Embedder, texts ...string) [][]float32 {
	t.Helper()
	v, err := e.Embed(context.Background(), Passage, texts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mixedTexts have lengths from nothing to over the model's, and bad bytes.
var mixedTexts = []string{
	"", " ", "a", "rotate the keys", "\xff\xfe not UTF-8 \x00", "東京は日本の首都です。",
	strings.Repeat("The quick brown fox jumps over the lazy dog. ", 40),
	strings.Repeat("x", 5000), "a tired dog", strings.Repeat("one two three ", 20), "rotate the keys",
}

// TestBitsDoNotDependOnTheBatch embeds texts alone, together, in other orders
// and on other numbers of cores, in each precision.
func TestBitsDoNotDependOnTheBatch(t *testing.T) {
	for _, precision := range []Precision{F32, Int8} {
		want := vectorsOf(t, open(t, &Options{Precision: precision, Workers: 1}), mixedTexts...)
		for _, workers := range []int{1, 2, 3} {
			b := open(t, &Options{Precision: precision, Workers: workers})
			for i, text := range mixedTexts {
				if got := vectorsOf(t, b, text)[0]; !slices.Equal(got, want[i]) {
					t.Errorf("%s, %d workers: %.20q has other bits alone", precision, workers, text)
				}
			}
			reversed := slices.Clone(mixedTexts)
			slices.Reverse(reversed)
			for i, got := range vectorsOf(t, b, reversed...) {
				if !slices.Equal(got, want[len(want)-1-i]) {
					t.Errorf("%s, %d workers: %.20q has other bits in another order", precision, workers, reversed[i])
				}
			}
		}
	}
}

// TestInt8IsClose compares int8 with f32, which it must not be confused with.
func TestInt8IsClose(t *testing.T) {
	f32, int8 := open(t, &Options{Precision: F32}), open(t, &Options{Precision: Int8})
	if f32.Fingerprint() == int8.Fingerprint() || int8.Precision() != Int8 {
		t.Errorf("fingerprints %s and %s, precision %s", f32.Fingerprint(), int8.Fingerprint(), int8.Precision())
	}
	want := vectorsOf(t, f32, mixedTexts...)
	for i, got := range vectorsOf(t, int8, mixedTexts...) {
		if c := cosine(got, want[i]); c < 0.995 {
			t.Errorf("%.20q: cosine to f32 %.5f", mixedTexts[i], c)
		}
	}
}

func TestVectors(t *testing.T) {
	b := open(t, nil)
	v := vectorsOf(t, b, mixedTexts...)
	for i := range v {
		if len(v[i]) != b.Dimension() || math.Abs(cosine(v[i], v[i])-1) > 1e-6 {
			t.Errorf("%.20q: %d values", mixedTexts[i], len(v[i]))
		}
		norm := 0.0
		for _, x := range v[i] {
			norm += float64(x) * float64(x)
		}
		if math.Abs(norm-1) > 1e-5 {
			t.Errorf("%.20q: length %g", mixedTexts[i], math.Sqrt(norm))
		}
	}
	meaning := vectorsOf(t, b, "How do I change my password?", "steps to reset login credentials", "recipe for apple pie")
	if near, far := cosine(meaning[0], meaning[1]), cosine(meaning[0], meaning[2]); near < far+0.2 {
		t.Errorf("related texts have similarity %.3f, unrelated ones %.3f", near, far)
	}
	if none, err := b.Embed(context.Background(), Query, nil); err != nil || len(none) != 0 {
		t.Errorf("no texts: %v, %v", none, err)
	}
	if _, err := b.Embed(context.Background(), Kind(7), []string{"a"}); err == nil {
		t.Error("no error for an unknown kind")
	}
}

// TestBulkAllocatesNothingForEachText embeds many texts: what is allocated are
// the vectors and what starting the workers takes.
func TestBulkAllocatesNothingForEachText(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector empties pools")
	}
	b := open(t, nil)
	texts := slices.Repeat([]string{"a tired dog sleeps"}, 300)
	if n := testing.AllocsPerRun(3, func() { vectorsOf(t, b, texts...) }); n > 60 {
		t.Errorf("%g allocations for %d texts", n, len(texts))
	}
}

// TestQueryAllocatesItsVector embeds a query in each precision: what is allocated
// is the result, and what the team on all cores calls.
func TestQueryAllocatesItsVector(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector empties pools")
	}
	for _, precision := range []Precision{F32, Int8} {
		b := open(t, &Options{Precision: precision, Workers: 2})
		if n := testing.AllocsPerRun(10, func() { vectorsOf(t, b, "how to rotate the keys") }); n > 4 {
			t.Errorf("%s: %g allocations a query", precision, n)
		}
	}
}

func TestPrompts(t *testing.T) {
	b := open(t, &Options{Precision: F32})
	s := *b.Model()
	s.Prompts.Named = map[string]string{"query": "query: ", "document": "passage: "}
	prompted, err := New(&s, b.Tokenizer(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := prompted.Embed(context.Background(), Query, []string{"keys"})
	if err != nil || !slices.Equal(got[0], vectorsOf(t, b, "query: keys")[0]) {
		t.Errorf("a query is not embedded with its prompt (%v)", err)
	}
	if !slices.Equal(vectorsOf(t, prompted, "keys")[0], vectorsOf(t, b, "passage: keys")[0]) {
		t.Error("a passage is not embedded with its prompt")
	}
	if prompted.Fingerprint() == b.Fingerprint() {
		t.Error("prompts do not change the fingerprint")
	}
	s.Pooling.ExcludePrompt = true
	without, err := New(&s, b.Tokenizer(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if without.prompts[Query].skip != 3 { // [CLS] query :
		t.Errorf("pooling leaves out %d tokens of the prompt, want 3", without.prompts[Query].skip)
	}
}

func TestCancel(t *testing.T) {
	b := open(t, &Options{Workers: 2})
	texts := slices.Repeat([]string{strings.Repeat("word ", 250)}, 200)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var batches atomic.Int32
	ctx = WithProgress(ctx, func(int, int) {
		if batches.Add(1) == 2 {
			cancel()
		}
	})
	if _, err := b.Embed(ctx, Passage, texts); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Embed returns %v", err)
	}
	if n := batches.Load(); n > 6 {
		t.Errorf("%d batches ran after the cancellation", n-2)
	}
	if _, err := b.Embed(ctx, Query, []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a single text with a cancelled context returns %v", err)
	}
}

func TestProgress(t *testing.T) {
	b := open(t, nil)
	var texts, tokens atomic.Int64
	ctx := WithProgress(context.Background(), func(n, m int) { texts.Add(int64(n)); tokens.Add(int64(m)) })
	if _, err := b.Embed(ctx, Passage, mixedTexts); err != nil {
		t.Fatal(err)
	}
	if texts.Load() != int64(len(mixedTexts)) || tokens.Load() < 300 {
		t.Errorf("progress of %d texts and %d tokens", texts.Load(), tokens.Load())
	}
}

func TestConcurrentUse(t *testing.T) {
	b := open(t, &Options{Workers: 2})
	want := vectorsOf(t, b, mixedTexts...)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range mixedTexts {
				j := (i + g) % len(mixedTexts)
				v, err := b.Embed(context.Background(), Passage, mixedTexts[j:j+1])
				if err != nil || !slices.Equal(v[0], want[j]) {
					t.Errorf("text %d differs when others embed (%v)", j, err)
				}
			}
		})
	}
	wait.Wait()
}

func TestSaveThenLoad(t *testing.T) {
	b := open(t, &Options{Precision: F32})
	dir := filepath.Join(t.TempDir(), "saved")
	if err := b.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"rotate the keys", "a tired dog"}
	got, want := vectorsOf(t, again, texts...), vectorsOf(t, b, texts...)
	for i := range texts {
		if !slices.Equal(got[i], want[i]) { // binary16 is exact in float32
			t.Errorf("%q has other bits after Save and Load", texts[i])
		}
	}
	if again.MaxTokens() != b.MaxTokens() || again.Name() != "saved" {
		t.Errorf("loaded length %d, name %q", again.MaxTokens(), again.Name())
	}
	twin, err := Load(dir, nil)
	if err != nil || twin.Fingerprint() != again.Fingerprint() {
		t.Errorf("one folder has two fingerprints (%v)", err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []*Options{{Precision: "f8"}, {Precision: "F32"}} {
		if _, err := Default(o); err == nil || !strings.Contains(err.Error(), string(o.Precision)) {
			t.Errorf("precision %q: %v", o.Precision, err)
		}
	}
	b := open(t, nil)
	if b.options.PassageTokens != 256 || b.options.Overlap != 32 {
		t.Errorf("defaults: %+v", b.options)
	}
	s := *b.Model()
	s.Digest = ""
	if _, err := New(&s, b.Tokenizer(), nil); err == nil {
		t.Error("no error for weights that nothing identifies")
	}
}

func ExampleEmbedder() {
	var e Embedder
	e, err := Default(nil)
	if err != nil {
		panic(err)
	}
	vectors, err := e.Embed(context.Background(), Query, []string{"rotate the keys"})
	fmt.Println(len(vectors), e.Dimension(), err)
	// Output: 1 384 <nil>
}
