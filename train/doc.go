// Package train adapts a sentence encoder to a corpus: losses over the vectors
// of a batch, batches without false negatives, the training loop with its
// checkpoints, and the choice of how much of the result to keep.
//
// It knows texts and models, not databases: where pairs come from and what is
// done with the model is the business of its caller, [Run]'s examples and
// result. A run is a function of its inputs and its seed: the same weights come
// out on any number of cores, and after any number of interruptions.
package train
