package nn

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// TestYieldBetweenPieces: a product in pieces has the bits of the whole, and
// there are so many pieces that none takes long.
func TestYieldBetweenPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	values := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = r.Float32() - 0.5
		}
		return v
	}
	const in, out = 256, 1024
	p := Projection{Out: out, In: in, Weight: values(out * in), Bias: values(out)}
	p.Refresh(Share{})
	for _, rows := range []int{1, 15, 400} {
		x, residual := values(rows*in), values(rows*out)
		want, got := make([]float32, rows*out), make([]float32, rows*out)
		p.Forward(Share{}, want, x, rows, residual)
		yields := 0
		p.Forward(Alone(func() { yields++ }), got, x, rows, residual)
		if !slices.Equal(got, want) {
			t.Errorf("%d rows: another result with yields", rows)
		}
		if least := rows * in * out / pieceWork; yields < max(least, 1) {
			t.Errorf("%d rows: %d yields, want %d", rows, yields, least)
		}
	}
}

// TestTeamYields: members that wait for one who has yielded do so in yield too,
// where they use no processor.
func TestTeamYields(t *testing.T) {
	const members = 3
	team := NewTeam(members)
	defer team.Close()
	var waiting atomic.Int32
	open := make(chan struct{})
	team.YieldTo(func() {
		waiting.Add(1)
		<-open
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		team.Do(func(s Share) {
			if s.Index() == 0 {
				s.Yield() // the others go on to the end of the round
			}
		})
	}()
	for deadline := time.Now().Add(10 * time.Second); waiting.Load() < members; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d of %d members yield", waiting.Load(), members)
			break
		}
	}
	close(open)
	<-done
}
