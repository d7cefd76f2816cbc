package heads

import (
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/train/dataset"
)

// Split sets a share of the examples aside, drawn at random; those of a group
// stay together.
func Split(examples []dataset.Example, share float64, seed uint64) (train, held []dataset.Example) {
	groups := map[string]int{}
	var of []int // the group of each example
	n := 0
	for _, e := range examples {
		g, known := groups[e.Group]
		if e.Group == "" || !known {
			g = n
			groups[e.Group] = g
			n++
		}
		of = append(of, g)
	}
	aside := make([]bool, n)
	for i, g := range rand.New(rand.NewPCG(seed, 0x401d)).Perm(n) {
		aside[g] = float64(i) < share*float64(n)
	}
	for i, e := range examples {
		if aside[of[i]] {
			held = append(held, e)
		} else {
			train = append(train, e)
		}
	}
	return train, held
}
