//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// detect lists the levels of arm64, where vectors are part of the architecture.
func detect() []Level { return []Level{Generic, NEON} }

// hasDotProduct tells that the processor has SDOT.
var hasDotProduct = cpu.ARM64.HasASIMDDP
