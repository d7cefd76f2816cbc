package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Document is one entry of a collection.
type Document struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Query is one question of a collection.
type Query struct {
	ID   string `json:"_id"`
	Text string `json:"text"`
}

// Dataset is a collection in the layout of BEIR (Thakur et al., 2021): a folder
// with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv.
type Dataset struct {
	// Name is the folder's name.
	Name string
	// Split is the name of the judgements that were read: test, dev or train.
	Split string
	// Queries are those that have judgements, in the order of the file.
	Queries []Query
	// Qrels are the judgements of Queries.
	Qrels Qrels
	// Unmatched counts judged queries that queries.jsonl lacks. They are left
	// out of Qrels, since no system could answer them.
	Unmatched int

	corpus string
}

const (
	corpusFile  = "corpus.jsonl"
	queriesFile = "queries.jsonl"
)

// OpenBEIR reads the queries and judgements of the collection in dir: those of
// test, or of dev where there is no test, or of train. The documents stay in
// their file; see Corpus.
func OpenBEIR(dir string) (*Dataset, error) { return openBEIR(dir, "test", "dev", "train") }

// OpenBEIRSplit is [OpenBEIR] with the judgements of one split.
func OpenBEIRSplit(dir, split string) (*Dataset, error) { return openBEIR(dir, split) }

// openBEIR reads the first of splits that there is.
func openBEIR(dir string, splits ...string) (*Dataset, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	d := &Dataset{Name: filepath.Base(absolute), corpus: filepath.Join(dir, corpusFile)}
	if _, err := os.Stat(d.corpus); err != nil {
		return nil, fmt.Errorf("eval: %s is not a BEIR folder (corpus.jsonl, queries.jsonl, qrels/): %w", dir, err)
	}
	if err := d.readQrels(filepath.Join(dir, "qrels"), splits); err != nil {
		return nil, err
	}
	if err := d.readQueries(filepath.Join(dir, queriesFile)); err != nil {
		return nil, err
	}
	return d, nil
}

// readQrels reads the first of splits that dir has.
func (d *Dataset) readQrels(dir string, splits []string) error {
	for _, split := range splits {
		path := filepath.Join(dir, split+".tsv")
		qrels, err := readFile(path, readBEIRQrels)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		d.Split, d.Qrels = split, qrels
		return err
	}
	return fmt.Errorf("eval: no judgements: %s has no %s.tsv", dir, strings.Join(splits, ".tsv, "))
}

// readQueries keeps the queries that have judgements, and the judgements that
// have queries.
func (d *Dataset) readQueries(path string) error {
	judged := Qrels{}
	for query, err := range readJSONLines[Query](path) {
		switch {
		case err != nil:
			return err
		case d.Qrels[query.ID] == nil || judged[query.ID] != nil:
			continue
		}
		d.Queries = append(d.Queries, query)
		judged[query.ID] = d.Qrels[query.ID]
	}
	d.Unmatched = len(d.Qrels) - len(judged)
	d.Qrels = judged
	if len(d.Queries) == 0 {
		return fmt.Errorf("eval: %s: none of the %d judged queries is there", path, d.Unmatched)
	}
	return nil
}

// Corpus reads the documents one at a time, in the order of the file. It ends
// after the first error.
func (d *Dataset) Corpus() iter.Seq2[Document, error] {
	return readJSONLines[Document](d.corpus)
}

// identified is an entry of a JSON lines file.
type identified interface{ Document | Query }

// readJSONLines reads a file of one JSON object a line; blank lines are skipped.
func readJSONLines[T identified](path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		file, err := os.Open(path)
		if err != nil {
			yield(zero, fmt.Errorf("eval: %w", err))
			return
		}
		defer func() { _ = file.Close() }() // it was only read
		for line, err := range readLines(file, path) {
			var entry T
			if err == nil {
				err = parseEntry(line, &entry)
			}
			if err != nil {
				yield(zero, err)
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// parseEntry decodes a line and insists on an id.
func parseEntry[T identified](line textLine, entry *T) error {
	if err := json.Unmarshal(line.text, entry); err != nil {
		return line.fault("%w", err)
	}
	var id string
	switch e := any(entry).(type) {
	case *Document:
		id = e.ID
	case *Query:
		id = e.ID
	}
	if id == "" {
		return line.fault(`no "_id"`)
	}
	return nil
}
