package dataset

import (
	"slices"
	"strings"
)

// Columns names the keys, or the columns, of a file; "" is the first of the
// usual names that is there. Where all that are given are numbers, they count
// the columns of a table from 1, and the table has no line of names.
type Columns struct{ Text, Pair, Label, Score string }

// The usual names of what an example has, in lower case. Texts that usually come
// with a second one stand first.
var (
	textNames = []string{
		"query", "question", "anchor", "sentence1", "question1", "text1", "premise", "sentence_a", "text_a", "#1 string", "source",
		"text", "sentence", "content", "body", "review", "utterance", "message", "tweet",
	}
	pairNames = []string{
		"pair", "sentence2", "question2", "text2", "hypothesis", "sentence_b", "text_b", "#2 string", "passage", "context", "document", "target",
	}
	// afterQuestion are names of a second text beside a question.
	afterQuestion = []string{"text", "sentence", "content", "body"}
	labelNames    = []string{
		"label_text", "label", "labels", "gold_label", "category", "class", "intent", "sentiment", "is_duplicate", "quality",
	}
	scoreNames = []string{"score", "similarity", "similarity_score", "relatedness_score", "relatedness", "grade"}
)

// roles says which of a list of names are what; -1 is none.
type roles struct{ text, pair, label, score int }

// among finds the roles of names: those that c gives, then the usual ones of
// what is left.
func (c Columns) among(names []string) roles {
	r := roles{-1, -1, -1, -1}
	for _, given := range c.each(&r) {
		if *given.at = slices.Index(names, given.name); given.name == "" {
			*given.at = -1
		}
	}
	usual := func(at *int, wanted string, usual []string) {
		for _, name := range usual {
			if *at >= 0 || wanted != "" {
				return
			}
			if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) }); i >= 0 && !r.has(i) {
				*at = i
			}
		}
	}
	usual(&r.text, c.Text, textNames)
	usual(&r.pair, c.Pair, pairNames)
	if r.text >= 0 && slices.Contains(textNames[:3], strings.ToLower(names[r.text])) {
		usual(&r.pair, c.Pair, afterQuestion)
	}
	usual(&r.label, c.Label, labelNames)
	usual(&r.score, c.Score, scoreNames)
	if c.Label == "" && c.Score != "" {
		r.label = -1
	}
	return r
}

// has reports whether a name has a role.
func (r roles) has(i int) bool { return i == r.text || i == r.pair || i == r.label || i == r.score }

// given is a name of Columns and the place of its role.
type given struct {
	name string
	at   *int
}

// each lists the roles with the names that c gives them.
func (c Columns) each(r *roles) []given {
	return []given{{c.Text, &r.text}, {c.Pair, &r.pair}, {c.Label, &r.label}, {c.Score, &r.score}}
}
