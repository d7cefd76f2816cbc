package tokenizer

import "unicode/utf8"

// encodeDraft encodes the normalised stretch in s.draft. start says that it begins where the whole text does.
func (u *unigram) encodeDraft(s *sentence, e *Encoding, start bool, limit int) {
	chars := s.draft.chars
	first := s.draft.first
	if len(u.normal.tokens) == 0 {
		u.split(s, e, chars, first, start && first, limit)
		return
	}
	s.draft.text = s.draft.text[:0]
	for _, c := range chars {
		s.draft.text = utf8.AppendRune(s.draft.text, c.r)
	}
	whole := string(s.draft.text)
	done, bytes := 0, 0 // of chars, and of whole
	for c := u.normal.cursor(whole); len(e.IDs) < limit; {
		m, ok := c.next()
		if !ok {
			m.start, m.end = len(whole), len(whole)
		}
		from := done
		done += utf8.RuneCountInString(whole[bytes:m.start])
		if done > from {
			u.split(s, e, chars[from:done], true, start && chars[from].start == 0, limit)
		}
		if !ok {
			return
		}
		from = done
		done += utf8.RuneCountInString(whole[m.start:m.end])
		bytes = m.end
		e.add(m.id, chars[from].start, chars[done-1].end)
	}
}

// split cuts normalised characters at white space if it is dropped, and encodes the parts. first says that nothing
// of the stretch between added tokens stands before them, start that nothing of the text does.
func (u *unigram) split(s *sentence, e *Encoding, chars []char, first, start bool, limit int) {
	if !u.settings.DropSpace {
		u.mark(s, e, chars, first, start, limit)
		return
	}
	for len(chars) > 0 && len(e.IDs) < limit {
		n := 0
		for n < len(chars) && !within(spaces, chars[n].r) {
			n++
		}
		if n > 0 {
			u.mark(s, e, chars[:n], true, chars[0].start == 0, limit)
		}
		chars = chars[min(n+1, len(chars)):]
	}
}

// mark puts marks for blanks, cuts before each mark, and encodes the words.
func (u *unigram) mark(s *sentence, e *Encoding, chars []char, first, start bool, limit int) {
	if len(chars) == 0 {
		return
	}
	mark, _ := utf8.DecodeRuneInString(u.settings.Mark)
	isMark := func(r rune) bool { return r == ' ' || r == mark }
	s.text, s.places = s.text[:0], s.places[:0]
	if !isMark(chars[0].r) && u.marked(first, start) {
		s.put(mark, chars[0])
	}
	for _, c := range chars {
		if isMark(c.r) {
			if !u.settings.Whole && u.flush(s, e) >= limit {
				return
			}
			s.put(mark, c)
			continue
		}
		s.put(c.r, c)
	}
	u.flush(s, e)
}

// put appends a character that comes from where c does.
func (s *sentence) put(r rune, c char) {
	size := len(s.text)
	s.text = utf8.AppendRune(s.text, r)
	for range len(s.text) - size {
		s.places = append(s.places, Span{c.start, c.end})
	}
}

// flush encodes s.text, if there is any, and returns the number of tokens that e has then.
func (u *unigram) flush(s *sentence, e *Encoding) int {
	if len(s.text) > 0 {
		u.solve(s)
		for _, p := range s.pieces {
			u.emit(s, e, p, s.places[p.from].Start, s.places[p.to-1].End)
		}
	}
	s.text, s.places = s.text[:0], s.places[:0]
	return len(e.IDs)
}
