package embed

import (
	"context"
	"fmt"
	"runtime"
)

// Precision says in which arithmetic the encoder's matrices are multiplied. It
// is part of the fingerprint, for it changes vectors slightly. See [BERT.Settle]
// for how Auto is decided.
type Precision string

const (
	Auto Precision = "auto" // the fastest that keeps the model's quality
	F32  Precision = "f32"
	Int8 Precision = "int8" // bytes, with bfloat16 in attention: fast where the chip has AVX-512 VNNI
)

// Options change how a model embeds. The zero value, and nil, are the model's
// own settings on all cores.
type Options struct {
	Precision Precision // "" is Auto

	// Workers is the number of cores used; 0 is GOMAXPROCS.
	Workers int

	// PassageTokens is the length at which a document is cut, special tokens
	// included; 0, or more than the model takes, is the model's own.
	PassageTokens int

	// Overlap is how many tokens of whole sentences a passage repeats from the
	// one before; 0 is an eighth of the length, negative is none.
	Overlap int
}

// auto says whether o leaves the precision open.
func (o *Options) auto() bool { return o == nil || o.Precision == "" || o.Precision == Auto }

// settled returns o with every default filled in for a model of length tokens;
// auto is the precision where o leaves it open.
func (o *Options) settled(length int, auto Precision) (Options, error) {
	var s Options
	if o != nil {
		s = *o
	}
	switch s.Precision {
	case "", Auto:
		s.Precision = auto
	case F32, Int8:
	default:
		return s, fmt.Errorf("embed: unknown precision %q, want %q, %q or %q", s.Precision, Auto, F32, Int8)
	}
	if s.Workers <= 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	if s.PassageTokens <= 0 || s.PassageTokens > length {
		s.PassageTokens = length
	}
	switch {
	case s.Overlap < 0:
		s.Overlap = 0
	case s.Overlap == 0:
		s.Overlap = s.PassageTokens / 8
	}
	s.Overlap = min(s.Overlap, s.PassageTokens/2)
	return s, nil
}

// progressKey is the context key of a progress function.
type progressKey struct{}

// WithProgress returns a context with which Embed calls f after each batch,
// with the number of texts and tokens that it had. Calls may come from several
// goroutines at once.
func WithProgress(ctx context.Context, f func(texts, tokens int)) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

// yieldKey is the context key of a yield function.
type yieldKey struct{}

// WithYield returns a context with which Embed is work that makes way: for
// several texts it calls yield on each core between pieces of about a
// millisecond, which may wait there while something more urgent is to be done.
func WithYield(ctx context.Context, yield func()) context.Context {
	return context.WithValue(ctx, yieldKey{}, yield)
}

// yieldOf is the yield function that ctx carries, or nil.
func yieldOf(ctx context.Context) func() {
	yield, _ := ctx.Value(yieldKey{}).(func())
	return yield
}

// progress reports to the function that ctx carries, if any.
func progress(ctx context.Context, texts, tokens int) {
	if f, ok := ctx.Value(progressKey{}).(func(texts, tokens int)); ok {
		f(texts, tokens)
	}
}
