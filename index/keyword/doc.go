// Package keyword finds the documents that hold the words of a query.
//
// It keeps an inverted index of document numbers in a folder, in the segment
// format of Bleve's scorch, and ranks with BM25 (Robertson and Zaragoza, 2009;
// k1 1.2, b 0.75, Lucene's idf) over one field made of title and text.
//
// Bleve supplies the analyzers, the postings, the atomic batches and the
// merging. The scores are computed here from the postings, for three reasons:
// Bleve's BM25 takes the square root of the term frequency, takes the number of
// distinct terms for the average document length, so that a score changes when
// segments merge, and cannot say what a document of our choice scores. With the
// formula as published, the same documents give the same scores whatever order
// they came in, a filter costs no recall, and the bound of a query's score is known.
//
// The index is derived data. It remembers the last change of the store that it
// holds; a caller that gets ErrCorrupt calls Destroy and fills it again.
package keyword
