// Package kernel holds the inner loops of the encoder and of vector search:
// matrix products, attention, softmax, layer normalisation, activations and
// conversions between number formats.
//
// Every operation exists as plain Go that compiles on every platform, and as
// assembly for the chips that have one; the fastest that the processor
// supports is chosen once, when the program starts (see Active). The plain Go
// is the reference that the tests compare the assembly with, within the bound
// stated at each function.
//
// For one level, results do not depend on the number of rows, on the number
// of goroutines, or on where a row stands in a matrix: each output element is
// one accumulation in a fixed order.
//
// Slices are dense and row-major. A slice that is too short for the stated
// shape is a programming error and panics before anything is written, as an
// index out of range does; the assembly never reads or writes past a slice.
package kernel
