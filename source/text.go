package source

import "github.com/bertsearch/bertsearch"

// text reads plain text: one document with the file's name as its title.
func (r *reader) text(content, path, id string) error {
	return r.document(bertsearch.Document{ID: id, Title: fileTitle(id), Text: content}, path, 0)
}
