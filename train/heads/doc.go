// Package heads trains models with a head: labels of texts and of pairs,
// entities, answers, masked words, next sentences, and how well a passage
// answers a query. Examples come from package dataset; the result is a
// model.TaskModel, which package task runs on text.
//
// A run is a function of its inputs and its seed: the same weights come out on
// any number of cores, and after any number of interruptions.
package heads
