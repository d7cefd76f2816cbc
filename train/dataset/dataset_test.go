package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// show prints what an example has.
func show(e Example) string {
	s := fmt.Sprintf("%d %s|%s", e.Line, e.Text, e.Pair)
	if e.Labels != nil {
		s += fmt.Sprintf(" %v", e.Labels)
	}
	if e.Score != nil {
		s += fmt.Sprintf(" %g", *e.Score)
	}
	for _, x := range e.Entities {
		s += fmt.Sprintf(" <%s:%s>", e.Text[x.Start:x.End], x.Label)
	}
	for _, x := range e.Answers {
		s += fmt.Sprintf(" <%s:%s>", e.Pair[x.Start:x.End], x.Label)
	}
	return s
}

const squad = `{"version": "1.1", "data": [
 {"title": "x", "paragraphs": [
  {"context": "Größe: 3 m.", "qas": [
    {"id": "a", "question": "How long?", "answers": [{"text": "3 m", "answer_start": 7}]},
    {"id": "b", "question": "Why?", "is_impossible": true, "answers": []}]},
  {"context": "No.", "qas": [{"id": "c", "question": "Yes?", "answers": [{"text": "Yes", "answer_start": 0}]}]}
 ]}]}`

func TestRead(t *testing.T) {
	for _, test := range []struct {
		format      Format
		columns     Columns
		text, wants string
	}{
		{CSV, Columns{}, "text,category\n\"a, b\",x\nc,y\n", "2 a, b| [x]; 3 c| [y]"},
		{CSV, Columns{}, "text,category\n\"a\nb\",x\nc\n", "f:4: 1 columns, the first line has 2"},
		{CSV, Columns{}, "text,category\n\"a,x\n", "f:2: column 6: extraneous or missing \" in quoted-field"},
		{TSV, Columns{}, "id\tsentence_A\tsentence_B\trelatedness_score\n1\tit's \"a\tb\t4.5\r\n", `2 it's "a|b 4.5`},
		{TSV, Columns{}, "\xef\xbb\xbfsentence\tlabel\na\t1\nb\t\n", "f:3: the label is empty"},
		{TSV, Columns{Text: "body"}, "sentence\tlabel\na\t1\n", `f:1: there is no column "body" among ["sentence" "label"]`},
		{TSV, Columns{Score: "n"}, "text\tn\na\tx\n", `f:2: the score is "x", want a number`},
		{CoNLL, Columns{}, "Ada NNP B-PER\nLovelace NNP I-PER\nsang VB O\n\t\nIn O\nRome LOC", "1 Ada Lovelace sang| <Ada Lovelace:PER>; 5 In Rome| <Rome:LOC>"},
		{CoNLL, Columns{}, "a\tB-X\nb\tB-X\n\nc", `f:4: "c": want a word and its tag`},
		{CoNLL, Columns{}, "a\tQ-X\n", `f:1: the tag "Q-X": want O, B-X, I-X, or those of BIOES or BILOU`},
		{Lines, Columns{}, `{"text":"a","label":1}` + "\n\n" + `{"Text":"b","labels":["x","y"]}`, "1 a| [1]; 3 b| [x y]"},
		{Lines, Columns{}, `{"text":"Ada sang","entities":[{"start":0,"end":3,"label":"PER"}]}`, "1 Ada sang| <Ada:PER>"},
		{Lines, Columns{}, "{}\n", "f:1: there is no text among []"},
		{Lines, Columns{}, `{"text":"ä","entities":[{"start":0,"end":1,"label":"X"}]}`, "f:1: entity 0: bytes 0 to 1 cut a character in two: offsets are bytes of UTF-8"},
		{Lines, Columns{}, `{"tokens":["Ada","sang"],"tags":["B-P","O"]}`, "1 Ada sang| <Ada:P>"},
		{Lines, Columns{}, `{"tokens":["Ada"],"tags":[]}`, "f:1: 1 tokens and 0 tags"},
		{Lines, Columns{}, `{"question":"q","passage":"yes no","answers":[{"text":"no"}]}`, "1 q|yes no <no:>"},
		{Lines, Columns{}, `{"question":"q","passage":"yes","answers":[{"text":"no"}]}`, `f:1: the answer "no" does not stand in the passage`},
		{Lines, Columns{}, `{"query":"q","positive":"p","negatives":["n","m"]}`, "1 q|n 0; 1 q|m 0; 1 q|p 1"},
		{Lines, Columns{}, `{"text":"a"`, "f:1: unexpected end of JSON input"},
		{Plain, Columns{}, "a\nb\n\nc\n", "1 a|; 2 b|; 4 c|"},
		{Plain, Columns{}, "\n", "f: there is no example"},
		{SQuAD, Columns{}, squad, `f:6: question "c": the answer "Yes" does not stand in the passage`},
		{SQuAD, Columns{}, strings.Replace(squad, "No.", "Yes.", 1), "3 How long?|Größe: 3 m. <3 m:>; 3 Why?|Größe: 3 m.; 6 Yes?|Yes. <Yes:>"},
		{SQuAD, Columns{}, "{\n\"data\": 3}", `f:2: 3 where [ should be: want {"data": [{"paragraphs": [{"context", "qas"}]}]}`},
	} {
		if got := readShown(t, test.format, test.columns, test.text); got != test.wants {
			t.Errorf("%s %q:\n%s, want\n%s", test.format, test.text, got, test.wants)
		}
	}
}

// readShown reads a text as the file f, and prints its examples or the error.
func readShown(t *testing.T, format Format, columns Columns, text string) string {
	t.Helper()
	examples, err := Read(strings.NewReader(text), "f", Options{format, columns})
	if err != nil {
		return strings.TrimPrefix(err.Error(), "dataset: ")
	}
	var shown []string
	for _, e := range examples {
		if e.File != "f" {
			t.Errorf("an example of the file %q", e.File)
		}
		shown = append(shown, show(e))
	}
	return strings.Join(shown, "; ")
}

func TestLoadGoesByTheName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.TSV")
	if err := os.WriteFile(path, []byte("text\tlabel\na\tb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if e, err := Load(path, nil); err != nil || len(e) != 1 {
		t.Errorf("%v, %v", e, err)
	}
	if _, err := Load("data.bin", nil); err == nil || !strings.Contains(err.Error(), "does not tell the format") {
		t.Errorf("a name without a format: %v", err)
	}
}

// FuzzRead reads anything in every format: no panic, and spans that slice.
func FuzzRead(f *testing.F) {
	for i, text := range []string{
		"text,label\na,b\n", "text\tlabel\na\tb\n", "a B-X\nb I-X\n\n", squad, "a\n\nb",
		`{"text":"ab","entities":[{"start":0,"end":1,"label":"X"}],"answers":[{"text":"a"}],"pair":"a"}`,
		`{"tokens":["a"],"tags":["X"],"positive":["b"],"negative":"c"}`,
	} {
		f.Add([]byte(text), uint8(i))
	}
	for _, w := range wild {
		f.Add([]byte(w.text), uint8(slices.Index(Formats(), w.format)))
		f.Add([]byte(w.text), uint8(slices.Index(Formats(), w.format))|128)
	}
	f.Fuzz(func(t *testing.T, text []byte, kind uint8) {
		format, columns := Formats()[int(kind&127)%len(Formats())], Columns{}
		if kind&128 != 0 {
			columns = Columns{Text: "2", Label: "1"}
		}
		examples, err := Read(strings.NewReader(string(text)), "f", Options{format, columns})
		if err != nil && !strings.HasPrefix(err.Error(), "dataset: f") {
			t.Fatalf("%s: %v does not name the file", format, err)
		}
		for _, e := range examples {
			if e.Line < 1 || e.Text == "" || e.File != "f" || !utf8.ValidString(e.Text+e.Pair) {
				t.Fatalf("%+v", e)
			}
			show(e)
		}
	})
}
