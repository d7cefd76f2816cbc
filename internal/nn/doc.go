// Package nn holds the operations that a BERT encoder is made of, one a file,
// each with its shapes above it. The heavy loops are internal/kernel's.
//
// Texts are packed: a batch of texts with lengths n₀, n₁, … is one matrix of
// n₀+n₁+… rows, one a token, with no padding; starts holds the first row of
// each text and the number of rows at the end. Matrices are dense, row-major
// float32.
//
// Every operation takes a [Share], its part of the work: with the zero value
// it does all of it, and in a [Team] each member does its own part. How the
// work is shared never changes a bit of the result.
package nn
