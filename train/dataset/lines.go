package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// lines reads an object a line. Beside the texts, the label or labels and the
// score, which may have any of the usual names, it may hold
//
//	"entities" or "spans": see [writtenSpan]         of the text
//	"tokens" or "words": […], "tags", "ner_tags" or "labels": […] in place of the text
//	"answers" or "answer": see [object.answers]      of the pair; none: there is no answer
//	"positive", "positives" or "pos", "negative", "negatives" or "neg": passages that answer the text as a query, or do not
//	"group"                                          examples that stay together
//
// A list of passages as the pair has as many labels or scores.
func (d *reader) lines() error {
	if first, _ := d.in.Peek(1); string(first) == "[" {
		return d.squad() // a list of objects
	}
	return d.each(func(text []byte) error {
		if len(bytes.TrimSpace(text)) == 0 {
			return nil
		}
		return d.object(text, d.line)
	})
}

// object makes examples of a JSON object that begins in a line.
func (d *reader) object(text []byte, line int) error {
	o := object{}
	if text := bytes.TrimSpace(text); len(text) > 0 && text[0] != '{' {
		return d.failed(line, "%s: want an object, as {\"text\": …}", shortened(text))
	}
	if err := json.Unmarshal(text, &o.keys); err != nil {
		return d.failed(line, "%w", err)
	}
	if err := d.take(&o, line); err != nil {
		return d.failed(line, "%w", err)
	}
	return nil
}

// shortened is the beginning of text, for an error.
func shortened(text []byte) string {
	if len(text) > 20 {
		return fmt.Sprintf("%.20s…", text)
	}
	return string(text)
}

// object is one whose keys are read one by one. The first error stays.
type object struct {
	keys  map[string]json.RawMessage
	names []string // of the keys, in order
	roles roles
	err   error
}

// at is the value of a role; nil where it has none.
func (o *object) at(role int) json.RawMessage {
	if role < 0 {
		return nil
	}
	return o.keys[o.names[role]]
}

// first is the value of the first of the keys that is there.
func (o *object) first(keys ...string) json.RawMessage {
	for _, key := range keys {
		if value := o.keys[key]; value != nil {
			return value
		}
	}
	return nil
}

// decode reads a value into v, if it is there and not null.
func (o *object) decode(what string, value json.RawMessage, v any) bool {
	if value == nil || o.err != nil || string(value) == "null" {
		return false
	}
	if err := json.Unmarshal(value, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			err = fmt.Errorf("%s is of the wrong kind", wrong.Value)
		}
		o.err = fmt.Errorf("%s: %w", what, err)
	}
	return o.err == nil
}

// take makes examples of an object.
func (d *reader) take(o *object, line int) error {
	o.names = slices.Sorted(maps.Keys(o.keys))
	o.roles = d.columns.among(o.names)
	e := Example{File: d.file, Line: line}
	o.decode("text", o.at(o.roles.text), &e.Text)
	o.decode("group", o.keys["group"], &e.Group)
	if pairs, err := texts(o.at(o.roles.pair)); err == nil && len(pairs) > 0 && o.at(o.roles.pair)[0] == '[' {
		return d.list(o, e, pairs)
	}
	o.decode("pair", o.at(o.roles.pair), &e.Pair)
	if !o.tagged(&e) && !o.entities(&e) {
		o.labels(&e, o.at(o.roles.label))
	}
	var score float64
	if o.decode("score", o.at(o.roles.score), &score) {
		e.Score = &score
	}
	o.answers(&e)
	if o.err != nil {
		return o.err
	}
	if strings.TrimSpace(e.Text) == "" {
		return fmt.Errorf("there is no text among %q", o.names)
	}
	if undecided(e.Labels) {
		return nil
	}
	if some, err := d.judged(o, e); some || err != nil {
		return err
	}
	d.examples = append(d.examples, e)
	return nil
}

// undecided reports SNLI's mark of pairs that its readers did not agree on,
// which are no examples.
func undecided(labels []string) bool { return len(labels) == 1 && labels[0] == "-" }

// labels reads a label, which may be a number, or a list of them.
func (o *object) labels(e *Example, value json.RawMessage) {
	var one any
	if !o.decode("label", value, &one) {
		return
	}
	list, many := one.([]any)
	if !many {
		list = []any{one}
	}
	e.Labels = []string{}
	for _, l := range list {
		switch l := l.(type) {
		case string:
			e.Labels = append(e.Labels, l)
		case float64:
			e.Labels = append(e.Labels, strconv.FormatFloat(l, 'g', -1, 64))
		case bool:
			e.Labels = append(e.Labels, strconv.FormatBool(l))
		default:
			o.err = fmt.Errorf("label: %v is neither text nor a number", l)
		}
	}
	if slices.Contains(e.Labels, "") {
		o.err = errors.New("label: it is empty")
	}
}

// judged makes an example of each passage that a query is given with, and
// reports whether there are any.
func (d *reader) judged(o *object, query Example) (some bool, err error) {
	for grade, keys := range [][]string{{"negative", "negatives", "neg"}, {"positive", "positives", "pos"}} {
		for _, key := range keys {
			passages, err := texts(o.keys[key])
			if err != nil {
				return false, fmt.Errorf("%s: want a text or a list of texts", key)
			}
			for _, p := range passages {
				if err := d.judge(query, p, float64(grade)); err != nil {
					return false, fmt.Errorf("%s: %w", key, err)
				}
				some = true
			}
		}
	}
	return some, nil
}

// list makes an example of each of the passages that a query is given with as a
// list, beside a list of as many grades.
func (d *reader) list(o *object, query Example, passages []string) error {
	grades := []float64{}
	value := o.at(o.roles.score)
	if value == nil {
		value = o.at(o.roles.label)
	}
	switch {
	case !o.decode("grades", value, &grades) && o.err == nil:
		o.err = fmt.Errorf("a list of %d passages needs a list of labels, 0 or 1, or of scores", len(passages))
	case o.err == nil && len(grades) != len(passages):
		o.err = fmt.Errorf("%d passages and %d labels or scores", len(passages), len(grades))
	case o.err == nil && strings.TrimSpace(query.Text) == "":
		o.err = fmt.Errorf("there is no text among %q", o.names)
	}
	for i := range passages {
		if o.err == nil {
			o.err = d.judge(query, passages[i], grades[i])
		}
	}
	return o.err
}

// texts reads a text or a list of them.
func texts(value json.RawMessage) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	var one string
	if json.Unmarshal(value, &one) == nil {
		return []string{one}, nil
	}
	var list []string
	err := json.Unmarshal(value, &list)
	return list, err
}

// plain reads a text a line; an empty line ends a document.
func (d *reader) plain() error {
	document := 0
	return d.each(func(line []byte) error {
		text := strings.TrimSpace(string(line))
		if text == "" {
			document = d.line
			return nil
		}
		d.examples = append(d.examples, Example{Text: text, Group: strconv.Itoa(document), File: d.file, Line: d.line})
		return nil
	})
}
