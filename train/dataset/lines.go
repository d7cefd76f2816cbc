package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// lines reads an object a line. Beside the texts, the label or labels and the
// score, which may have any of the usual names, it may hold
//
//	"entities": [{"start", "end", "label"}]          of the text, in bytes
//	"tokens": […], "tags": […]                       in place of the text
//	"answers": [{"text", "start"?}]                  of the pair, in bytes; none: there is no answer
//	"positive", "negative", "positives", "negatives" passages that answer the text as a query, or do not
//	"group"                                          examples that stay together
func (d *reader) lines() error {
	return d.each(func(text []byte) error {
		if len(bytes.TrimSpace(text)) == 0 {
			return nil
		}
		var o object
		if err := json.Unmarshal(text, &o.keys); err != nil {
			return d.failed(d.line, "%w", err)
		}
		if err := d.object(&o); err != nil {
			return d.failed(d.line, "%w", err)
		}
		return nil
	})
}

// object is a line whose keys are read one by one. The first error stays.
type object struct {
	keys map[string]json.RawMessage
	err  error
}

// find is the value of the wanted key, or of the first usual one.
func (o *object) find(wanted string, usual []string) json.RawMessage {
	if wanted != "" {
		return o.keys[wanted]
	}
	for _, name := range usual {
		for key, value := range o.keys {
			if strings.EqualFold(key, name) {
				return value
			}
		}
	}
	return nil
}

// decode reads a value into v, if it is there.
func (o *object) decode(what string, value json.RawMessage, v any) bool {
	if value == nil || o.err != nil {
		return false
	}
	if err := json.Unmarshal(value, v); err != nil {
		o.err = fmt.Errorf("%s: %w", what, err)
	}
	return o.err == nil
}

// object makes examples of a line.
func (d *reader) object(o *object) error {
	e := Example{Line: d.line}
	o.decode("text", o.find(d.columns.Text, textNames), &e.Text)
	o.decode("pair", o.find(d.columns.Pair, pairNames), &e.Pair)
	o.decode("group", o.keys["group"], &e.Group)
	o.labels(&e, o.find(d.columns.Label, labelNames))
	var score float64
	if o.decode("score", o.find(d.columns.Score, scoreNames), &score) {
		e.Score = &score
	}
	o.tagged(&e)
	o.entities(&e)
	o.answers(&e)
	if o.err != nil {
		return o.err
	}
	if strings.TrimSpace(e.Text) == "" {
		return errors.New("there is no text")
	}
	if judged, err := o.judged(e); judged != nil || err != nil {
		d.examples = append(d.examples, judged...)
		return err
	}
	d.examples = append(d.examples, e)
	return nil
}

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

// tagged reads words and their tags.
func (o *object) tagged(e *Example) {
	var words, tags []string
	if !o.decode("tokens", o.keys["tokens"], &words) || !o.decode("tags", o.keys["tags"], &tags) {
		return
	}
	if len(words) != len(tags) {
		o.err = fmt.Errorf("%d tokens and %d tags", len(words), len(tags))
		return
	}
	s := &sentence{line: e.Line}
	for i, word := range words {
		if err := s.add(word, tags[i]); err != nil {
			o.err = fmt.Errorf("token %d: %w", i, err)
			return
		}
	}
	*e = s.example()
}

func (o *object) entities(e *Example) {
	var list []struct {
		Start, End int
		Label      string
	}
	if !o.decode("entities", o.keys["entities"], &list) {
		return
	}
	e.Entities = []Span{}
	for i, x := range list {
		s := Span{x.Start, x.End, x.Label}
		if err := s.check(e.Text); err != nil {
			o.err = fmt.Errorf("entity %d: %w", i, err)
		} else if s.Label == "" {
			o.err = fmt.Errorf("entity %d has no label", i)
		}
		e.Entities = append(e.Entities, s)
	}
}

// answers reads the answers to a question. Without a start it is the first
// place where the passage has the answer.
func (o *object) answers(e *Example) {
	var list []struct {
		Text  string
		Start *int
	}
	if !o.decode("answers", o.keys["answers"], &list) {
		return
	}
	if e.Group == "" {
		e.Group = e.Pair
	}
	e.Answers = []Span{}
	for i, a := range list {
		at := strings.Index(e.Pair, a.Text)
		if a.Start != nil {
			at = *a.Start
		}
		s := Span{Start: at, End: at + len(a.Text)}
		if err := s.check(e.Pair); err != nil || e.Pair[s.Start:s.End] != a.Text {
			o.err = fmt.Errorf("answer %d: %q does not stand at byte %d of the passage", i, a.Text, at)
			return
		}
		e.Answers = append(e.Answers, s)
	}
}

// judged makes an example of each passage that a query is given with.
func (o *object) judged(query Example) ([]Example, error) {
	var out []Example
	for score, keys := range [][]string{{"negative", "negatives"}, {"positive", "positives"}} {
		for _, key := range keys {
			passages, err := texts(o.keys[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			for _, p := range passages {
				e, grade := query, float64(score)
				e.Pair, e.Score, e.Group = p, &grade, query.Text
				if strings.TrimSpace(p) == "" {
					return nil, fmt.Errorf("%s: a passage is empty", key)
				}
				out = append(out, e)
			}
		}
	}
	return out, nil
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
		d.examples = append(d.examples, Example{Text: text, Group: strconv.Itoa(document), Line: d.line})
		return nil
	})
}
