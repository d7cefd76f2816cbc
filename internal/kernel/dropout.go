package kernel

// Dropout decides which elements training leaves out (Srivastava et al.,
// "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014).
// What happens to an element depends only on the seed and the element's row and
// column, so the way back makes the mask of the way there again, on any number
// of goroutines. The zero value keeps everything.
type Dropout struct {
	seed  uint64
	limit uint64  // of 65536: below it an element is left out
	scale float32 // of what is kept
}

// NewDropout leaves out a share rate of all elements, 0 ≤ rate < 1, to the
// nearest 1/65536, and scales the others so that the mean stays.
func NewDropout(rate float32, seed uint64) Dropout {
	limit := min(uint64(max(rate, 0)*65536+0.5), 65535)
	return Dropout{seed: mix(seed), limit: limit, scale: 65536 / float32(65536-limit)}
}

// Active tells whether anything is left out.
func (d Dropout) Active() bool { return d.limit > 0 }

// Stream returns the dropout of part i of the network: of the same rate, with
// decisions of its own.
func (d Dropout) Stream(i int) Dropout {
	d.seed = mix(d.seed + uint64(i)*0x9e3779b97f4a7c15)
	return d
}

// Apply drops elements of x, which are those of the given row from column 0 on.
func (d Dropout) Apply(x []float32, row int) {
	if !d.Active() {
		return
	}
	seed := mix(d.seed + uint64(row)*0xd1b54a32d192ed03)
	factors := [2]float32{d.scale, 0}
	var bits uint64
	for i := range x {
		if i%4 == 0 {
			bits = mix(seed + uint64(i)*0x9e3779b97f4a7c15)
		}
		x[i] *= factors[(bits&0xffff-d.limit)>>63] // no branch: nothing could predict it
		bits >>= 16
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable
// Pseudorandom Number Generators", 2014): every bit of x changes about half of
// the result's.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
