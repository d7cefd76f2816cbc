// Package heads trains models with a head: labels of texts and of pairs,
// entities, answers, masked words, next sentences, and how well a passage
// answers a query. Examples come from package dataset; the result is a
// model.TaskModel, which package task runs on text. Two kinds have no head: one
// makes a model.Seq2Seq, that writes texts, and one a model.Sentence, that has
// learnt texts without labels.
//
// A run is a function of its inputs and its seed: the same weights come out on
// any number of cores, and after any number of interruptions.
package heads
