//go:build !purego

package kernel

// detect lists the levels of arm64, where vectors are part of the architecture.
func detect() []Level { return []Level{Generic, NEON} }
