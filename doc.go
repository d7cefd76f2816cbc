// Package bertsearch is a semantic-search database for Go programs: documents
// become BERT embeddings kept in bbolt, and are found again by meaning and by
// keyword. It needs no server, no network and no cgo; a model is built in.
//
//	db, err := bertsearch.Open("notes.db", nil)
//	if err != nil {
//		return err
//	}
//	defer db.Close()
//	err = db.Put(ctx, bertsearch.Document{ID: "1", Title: "Keys", Text: "Rotate the signing keys every ninety days."})
//	hits, err := db.Search(ctx, bertsearch.Query{Text: "change secrets regularly", K: 5})
//
// [Open] uses the built-in model (all-MiniLM-L6-v2, English). [OpenWith] takes
// any [embed.Embedder], such as a Hugging Face folder read by [embed.Load];
// a program that only calls OpenWith does not carry the built-in weights.
// [Attach] and [AttachWith] put the same database into one bucket of a bbolt
// file that the program already has.
//
// A database is a folder. store.bolt in it is the truth; the vector index
// (vectors.index) and the keyword index (keyword/) are derived from it, and are
// brought up to date or rebuilt when they are missing, old or damaged. A
// write that returned without error survives a crash of the process and of
// the machine.
//
// A [DB] may be used by many goroutines at once. Searches never wait for
// writers; writers wait for one another.
package bertsearch
