package kernel

import "testing"

func TestPeak(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		switch peak := Peak(); {
		case active >= AVX2 && peak < 1:
			t.Errorf("%v reaches %v GFLOPS", active, peak)
		case active < AVX2 && peak != 0:
			t.Errorf("%v has no loop, but reaches %v GFLOPS", active, peak)
		}
	})
}
