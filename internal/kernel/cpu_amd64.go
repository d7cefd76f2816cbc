//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// detect lists the levels that the processor and the operating system offer.
func detect() []Level {
	x := &cpu.X86
	levels := []Level{Generic}
	// F16C has no flag of its own in x/sys/cpu; every processor with AVX2
	// and FMA has it.
	if !x.HasAVX2 || !x.HasFMA {
		return levels
	}
	levels = append(levels, AVX2)
	if !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL {
		return levels
	}
	levels = append(levels, AVX512)
	if !x.HasAVX512VNNI {
		return levels
	}
	return append(levels, AVX512VNNI)
}

// hasBF16 tells that the processor multiplies bfloat16.
var hasBF16 = cpu.X86.HasAVX512BF16
