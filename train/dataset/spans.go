package dataset

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// tagged reads words and their tags, and reports whether there are any.
func (o *object) tagged(e *Example) bool {
	var words []string
	var tags []any
	if !o.decode("tokens", o.first("tokens", "words"), &words) || !o.decode("tags", o.first("tags", "ner_tags", "labels"), &tags) {
		return false
	}
	if len(words) != len(tags) {
		o.err = fmt.Errorf("%d tokens and %d tags", len(words), len(tags))
		return true
	}
	s := &sentence{file: e.File, line: e.Line}
	for i, word := range words {
		tag, named := tags[i].(string)
		if !named {
			o.err = fmt.Errorf("token %d: the tag is %v: want its name, as B-person, for the file does not say what a number means", i, tags[i])
			return true
		}
		if err := s.add(word, tag); err != nil {
			o.err = fmt.Errorf("token %d: %w", i, err)
			return true
		}
	}
	*e = s.example()
	return true
}

// writtenSpan is an entity as files have it: {"start", "end", "label"} with bytes
// of the text, or, with characters, {"start_offset", "end_offset", "label"} or
// [start, end, label], as Doccano and spaCy write them. Where it has a "text",
// that must stand there.
type writtenSpan struct {
	Start, End             int
	First                  *int `json:"start_offset"`
	Last                   *int `json:"end_offset"`
	Label, Type            string
	Text                   *string
	characters, wrongShape bool
}

// UnmarshalJSON reads both forms.
func (w *writtenSpan) UnmarshalJSON(text []byte) error {
	type plain writtenSpan
	if text[0] == '[' {
		w.characters = true
		parts := []any{&w.Start, &w.End, &w.Label}
		err := json.Unmarshal(text, &parts)
		w.wrongShape = len(parts) != 3
		return err
	}
	err := json.Unmarshal(text, (*plain)(w))
	if w.First != nil && w.Last != nil {
		w.Start, w.End, w.characters = *w.First, *w.Last, true
	}
	if w.Label == "" {
		w.Label = w.Type
	}
	return err
}

// span is the bytes of text that w means.
func (w *writtenSpan) span(text string, starts func() []int) (Span, error) {
	if w.wrongShape {
		return Span{}, errors.New("want [start, end, label]")
	}
	s := Span{w.Start, w.End, w.Label}
	if w.characters {
		at := starts()
		if w.Start < 0 || w.End <= w.Start || w.End >= len(at) {
			return s, fmt.Errorf("characters %d to %d are not within the text of %d characters", w.Start, w.End, len(at)-1)
		}
		s.Start, s.End = at[w.Start], at[w.End]
	}
	if err := s.check(text); err != nil {
		return s, err
	}
	if w.Text != nil && text[s.Start:s.End] != *w.Text {
		return s, fmt.Errorf("at bytes %d to %d stands %q and not %q: offsets are bytes of UTF-8", s.Start, s.End, text[s.Start:s.End], *w.Text)
	}
	if s.Label == "" {
		return s, errors.New("it has no label")
	}
	return s, nil
}

// entities reads the entities of the text, and reports whether the object says
// anything of them. A label that is a list of lists is one of entities.
func (o *object) entities(e *Example) bool {
	value := o.first("entities", "spans")
	if label := o.at(o.roles.label); value == nil && strings.HasPrefix(strings.Join(strings.Fields(shortened(label)), ""), "[[") {
		value = label
	}
	var list []writtenSpan
	if !o.decode("entities", value, &list) {
		return false
	}
	var starts []int
	e.Entities = []Span{}
	for i := range list {
		s, err := list[i].span(e.Text, func() []int {
			if starts == nil {
				starts = characters(e.Text)
			}
			return starts
		})
		if err != nil {
			o.err = fmt.Errorf("entity %d: %w", i, err)
			return true
		}
		e.Entities = append(e.Entities, s)
	}
	return true
}

// writtenAnswer is an answer as files have it. Start counts bytes and
// CharacterStart characters; without either it is the first place of the text.
type writtenAnswer struct {
	Text           string
	Start          *int
	CharacterStart *int `json:"answer_start"`
}

// UnmarshalJSON reads an object or the text alone.
func (a *writtenAnswer) UnmarshalJSON(text []byte) error {
	type plain writtenAnswer
	if text[0] == '"' {
		return json.Unmarshal(text, &a.Text)
	}
	return json.Unmarshal(text, (*plain)(a))
}

// answers reads the answers to a question: one or a list of texts or of
// {"text", "start"?}, or Hugging Face's {"text": […], "answer_start": […]}.
func (o *object) answers(e *Example) {
	value := o.first("answers", "answer")
	var list []writtenAnswer
	var columns struct {
		Text  []string
		Start []int `json:"answer_start"`
	}
	switch {
	case value == nil || o.err != nil:
		return
	case json.Unmarshal(value, &columns) == nil && value[0] == '{':
		if len(columns.Text) != len(columns.Start) {
			o.err = fmt.Errorf("answers: %d texts and %d starts", len(columns.Text), len(columns.Start))
		}
		for i, text := range columns.Text[:min(len(columns.Text), len(columns.Start))] {
			list = append(list, writtenAnswer{Text: text, CharacterStart: &columns.Start[i]})
		}
	case value[0] == '[':
		o.decode("answers", value, &list)
	default:
		list = make([]writtenAnswer, 1)
		o.decode("answers", value, &list[0])
	}
	if o.err == nil {
		o.err = e.answer(list)
	}
}

// answer gives the question e its answers. One that does not stand where the
// file says, but elsewhere, is taken where it stands nearest to that; an empty
// one is none.
func (e *Example) answer(list []writtenAnswer) error {
	if e.Group == "" {
		e.Group = e.Pair
	}
	e.Answers = []Span{}
	var starts []int
	for _, a := range list {
		if a.Text == "" {
			continue
		}
		at := 0
		if a.Start != nil {
			at = *a.Start
		} else if a.CharacterStart != nil {
			if starts == nil {
				starts = characters(e.Pair)
			}
			at = starts[min(max(*a.CharacterStart, 0), len(starts)-1)]
		}
		at = nearest(e.Pair, a.Text, at)
		s := Span{Start: at, End: at + len(a.Text)}
		if at < 0 || s.check(e.Pair) != nil {
			return fmt.Errorf("the answer %q does not stand in the passage", a.Text)
		}
		e.Answers = append(e.Answers, s)
	}
	return nil
}

// nearest is where in text a part stands, nearest to a byte; -1 if nowhere.
func nearest(text, part string, at int) int {
	at = min(max(at, 0), len(text))
	before := strings.LastIndex(text[:min(at+len(part), len(text))], part)
	after := strings.Index(text[at:], part)
	if after >= 0 && (before < 0 || after <= at-before) {
		return at + after
	}
	return before
}
