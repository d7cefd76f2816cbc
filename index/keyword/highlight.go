package keyword

import "slices"

// Span is a range of bytes in a text.
type Span struct{ Start, End int }

// Highlights returns where in text the words of the query stand, in order and
// apart. Words are compared as the analyzer sees them, so that
// "rotating" is marked for "rotate".
func (x *Index) Highlights(query, text string) []Span {
	wanted := make(map[string]bool)
	for _, token := range analyse(x.analyzer, cutQuery(query)) {
		wanted[string(token.Term)] = true
	}
	if len(wanted) == 0 {
		return nil
	}
	var spans []Span
	for _, token := range analyse(x.analyzer, text) {
		inside := token.Start >= 0 && token.Start < token.End && token.End <= len(text)
		if inside && wanted[string(token.Term)] {
			spans = append(spans, Span{token.Start, token.End})
		}
	}
	return merge(spans)
}

// merge joins spans that overlap or touch.
func merge(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	out := spans[:0]
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.Start <= out[last].End {
			out[last].End = max(out[last].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}
