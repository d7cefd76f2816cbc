package tokenizer

import "unicode/utf8"

// word is the normalised word that is being read.
type word struct {
	text   []byte
	places []Span // for each byte of text, where its character comes from
	count  int    // of characters, also those beyond the longest word, which are not stored
	bounds Span   // of the whole word in the original
	chars  []char // what the normaliser writes to
}

func (s *word) reset() { s.text, s.places, s.count = s.text[:0], s.places[:0], 0 }

// append stores a character.
func (s *word) append(c char) {
	size := len(s.text)
	s.text = utf8.AppendRune(s.text, c.r)
	for range len(s.text) - size {
		s.places = append(s.places, Span{c.start, c.end})
	}
}

// mixed encodes a stretch that is not all ASCII from text[i] on, through the normaliser, and returns where ASCII can
// go on.
func (w *wordPiece) mixed(e *Encoding, text string, base, i, limit int) int {
	s := w.words.Get().(*word)
	s.reset()
	for first := i; i < len(text) && len(e.IDs) < limit; {
		if i > first && s.count == 0 && w.class[text[i]] != other {
			break
		}
		if c := text[i]; w.class[c] == letter {
			w.put(s, e, char{rune(w.fold[c]), base + i, base + i + 1})
			i++
			continue
		}
		s.chars, i = w.normalizer.next(s.chars[:0], text, i)
		for _, c := range s.chars {
			w.put(s, e, char{c.r, base + c.start, base + c.end})
		}
	}
	w.flush(s, e)
	w.release(s)
	return i
}

// encodeNormalized encodes a text in whose normalised form added tokens are looked for. It holds all of that form.
func (w *wordPiece) encodeNormalized(e *Encoding, text string, base, limit int) {
	s := w.words.Get().(*word)
	s.reset()
	var all word
	for i := 0; i < len(text); {
		s.chars, i = w.normalizer.next(s.chars[:0], text, i)
		for _, c := range s.chars {
			all.append(char{c.r, base + c.start, base + c.end})
		}
	}
	whole := string(all.text)
	done := 0
	for c := w.normal.cursor(whole); len(e.IDs) < limit; {
		m, ok := c.next()
		if !ok {
			m.start = len(whole)
		}
		for done < m.start {
			r, size := utf8.DecodeRuneInString(whole[done:])
			w.put(s, e, char{r, all.places[done].Start, all.places[done].End})
			done += size
		}
		w.flush(s, e)
		if !ok {
			break
		}
		e.add(m.id, all.places[m.start].Start, all.places[m.end-1].End)
		done = m.end
	}
	w.release(s)
}

// normalize is the normalised form of a text.
func (w *wordPiece) normalize(text string) string {
	var out []byte
	var chars []char
	for i := 0; i < len(text); {
		chars, i = w.normalizer.next(chars[:0], text, i)
		for _, c := range chars {
			out = utf8.AppendRune(out, c.r)
		}
	}
	return string(out)
}

// release gives a word's memory back unless one odd text made it large.
func (w *wordPiece) release(s *word) {
	if cap(s.chars)+cap(s.text) <= 1<<16 {
		w.words.Put(s)
	}
}

// put adds a normalised character to the word, or ends it.
func (w *wordPiece) put(s *word, e *Encoding, c char) {
	p := w.normalizer.properties(c.r)
	if p&(isSpace|isPunct) != 0 {
		w.flush(s, e)
		if p&isSpace != 0 {
			return
		}
	}
	if s.count == 0 {
		s.bounds.Start = c.start
	}
	s.bounds.End = c.end
	if s.count++; s.count <= w.maxChars {
		s.append(c)
	}
	if p&isPunct != 0 {
		w.flush(s, e)
	}
}

// flush encodes the word, if there is one.
func (w *wordPiece) flush(s *word, e *Encoding) {
	if s.count > 0 {
		mark := len(e.IDs)
		if s.count > w.maxChars || !w.pieces(s, e) {
			e.IDs, e.Offsets = e.IDs[:mark], e.Offsets[:mark]
			e.add(w.unknown, s.bounds.Start, s.bounds.End)
		}
	}
	s.reset()
}

// pieces appends the tokens of a word, the longest from the left each time; false if some part of it has none.
func (w *wordPiece) pieces(s *word, e *Encoding) bool {
	n := w.trie.root
	for start := 0; start < len(s.text); {
		end, id := start, int32(-1)
		for k := start; k < len(s.text); k++ {
			next, ok := w.trie.step(n, s.text[k])
			if !ok {
				break
			}
			n = next
			if v := n.id(); v >= 0 {
				end, id = k+1, v
			}
		}
		if id < 0 {
			return false
		}
		e.add(id, s.places[start].Start, s.places[end-1].End)
		start, n = end, w.more
	}
	return true
}
