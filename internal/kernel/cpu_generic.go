//go:build purego || !(amd64 || arm64)

package kernel

// detect lists the levels of a build without assembly.
func detect() []Level { return []Level{Generic} }
