package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A trie finds what a map does, over few bytes so that keys share prefixes and over all so that nodes are wide.
func TestTrieAgainstMap(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			alphabet := []int{2, 5, 256}[seed%3]
			key := func() string {
				b := make([]byte, r.IntN(6))
				for i := range b {
					b[i] = byte(r.IntN(alphabet))
				}
				return string(b)
			}
			want := map[string]int32{}
			var entries []entry
			for id := range int32(3000) {
				k := key()
				want[k] = id
				entries = append(entries, entry{k, id})
			}
			tr, err := newTrie(entries)
			if err != nil {
				t.Fatal(err)
			}
			if !tr.checked(1 << 20) {
				t.Fatal("a node points outside")
			}
			for k, id := range want {
				if got := tr.find(k); got != id {
					t.Fatalf("%q has id %d, want %d", k, got, id)
				}
			}
			for range 3000 {
				k := key() + key()
				if _, ok := want[k]; !ok && tr.find(k) >= 0 {
					t.Fatalf("%q has an id", k)
				}
			}
		})
	}
}
