package train

import (
	"errors"
	"strings"
)

// An Example is a query and the passage that answers it.
type Example struct {
	Query    string `json:"query"`
	Positive string `json:"positive"`
	// Negatives are passages that look right and are not.
	Negatives []string `json:"negatives,omitempty"`
	// Document names the document of the positive, and NegativeDocuments those
	// of the negatives, so that no batch takes a passage of a document for the
	// negative of a query which that document answers. "" is a document of its own.
	Document          string   `json:"document,omitempty"`
	NegativeDocuments []string `json:"negative_documents,omitempty"`
	// Targets are grades or a teacher's scores, for the losses that read them.
	Targets []float64 `json:"targets,omitempty"`
}

// Validate reports an example that nothing can be learnt from.
func (e Example) Validate() error {
	switch {
	case strings.TrimSpace(e.Query) == "":
		return errors.New("the query is empty")
	case strings.TrimSpace(e.Positive) == "":
		return errors.New("the positive is empty")
	case len(e.NegativeDocuments) != 0 && len(e.NegativeDocuments) != len(e.Negatives):
		return errors.New("there must be a document for each negative, or for none")
	}
	for _, n := range e.Negatives {
		if strings.TrimSpace(n) == "" {
			return errors.New("a negative is empty")
		}
	}
	return nil
}

// negativeDocument names the document of negative i.
func (e Example) negativeDocument(i int) string {
	if i < len(e.NegativeDocuments) {
		return e.NegativeDocuments[i]
	}
	return ""
}
