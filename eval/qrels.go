package eval

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ReadQrels reads judgements as trec_eval does: lines of a query id, an unused
// field, a document id and a grade, between white space. A pair judged twice
// with different grades is an error. file names r in errors.
func ReadQrels(r io.Reader, file string) (Qrels, error) {
	qrels := Qrels{}
	for line, err := range readLines(r, file) {
		if err != nil {
			return nil, err
		}
		columns := bytes.Fields(line.text)
		if len(columns) != 4 {
			return nil, line.fault("%d columns, want 4: query, unused, document, grade", len(columns))
		}
		if err := qrels.add(line, columns[0], columns[2], columns[3]); err != nil {
			return nil, err
		}
	}
	return qrels, nil
}

// LoadQrels reads a file of judgements in TREC's form; see ReadQrels.
func LoadQrels(path string) (Qrels, error) { return readFile(path, ReadQrels) }

// readBEIRQrels reads judgements as BEIR has them: a query id, a document id
// and a grade between tabs, perhaps below a line of column names.
func readBEIRQrels(r io.Reader, file string) (Qrels, error) {
	qrels := Qrels{}
	for line, err := range readLines(r, file) {
		if err != nil {
			return nil, err
		}
		columns := bytes.Split(bytes.TrimRight(line.text, "\r"), []byte("\t"))
		if len(columns) != 3 {
			return nil, line.fault("%d columns, want 3 between tabs: query, document, grade", len(columns))
		}
		if line.number == 1 && isHeader(columns[2]) {
			continue
		}
		if err := qrels.add(line, columns[0], columns[1], columns[2]); err != nil {
			return nil, err
		}
	}
	return qrels, nil
}

// isHeader reports whether the grade's column holds a name instead.
func isHeader(grade []byte) bool {
	return bytes.ContainsFunc(grade, unicode.IsLetter)
}

// add enters one judgement.
func (q Qrels) add(line textLine, query, document, grade []byte) error {
	g, err := strconv.Atoi(string(bytes.TrimSpace(grade)))
	if err != nil {
		return line.fault("grade %q is not an integer", grade)
	}
	if len(query) == 0 || len(document) == 0 {
		return line.fault("an empty id")
	}
	grades := q[string(query)]
	if grades == nil {
		grades = map[string]int{}
		q[string(query)] = grades
	}
	if before, again := grades[string(document)]; again && before != g {
		return line.fault("document %q is judged %d for query %q, and %d before", document, g, query, before)
	}
	grades[string(document)] = g
	return nil
}

// Write writes the judgements in the form that ReadQrels reads, sorted by query
// and document. An id that is empty or has white space in it has no such form.
func (q Qrels) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, query := range slices.Sorted(maps.Keys(q)) {
		for _, document := range slices.Sorted(maps.Keys(q[query])) {
			if err := checkColumns(query, document); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(b, "%s 0 %s %d\n", query, document, q[query][document]); err != nil {
				return writeError(err)
			}
		}
	}
	return writeError(b.Flush())
}

// checkColumns refuses what would not be one column of a TREC file.
func checkColumns(values ...string) error {
	for _, v := range values {
		if v == "" || strings.ContainsFunc(v, unicode.IsSpace) {
			return fmt.Errorf("eval: %q is empty or has white space, which a TREC file cannot hold", v)
		}
	}
	return nil
}

// writeError says where an error came from; nil stays nil.
func writeError(err error) error {
	if err != nil {
		return fmt.Errorf("eval: write: %w", err)
	}
	return nil
}
