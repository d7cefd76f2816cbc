package dataset

import "testing"

// wild are files as other programs write them, and what they hold.
var wild = []struct {
	name        string
	format      Format
	columns     Columns
	text, wants string
}{
	{"Excel in Europe", CSV, Columns{}, "\xef\xbb\xbfText;Label\r\n\"a; \"\"b\"\"\nc\";x\r\n\r\nd;y\r\n", "2 a; \"b\"\nc| [x]; 5 d| [y]"},
	{"tabs in .csv", CSV, Columns{}, "text\tlabel\n\"a, b\tc\"\tx\n", "2 a, b\tc| [x]"},
	{"bars in .csv", CSV, Columns{}, "text|label\na|x\n", "2 a| [x]"},
	{"blanks before quotes", CSV, Columns{}, "label, text\nx, \"a, b\"\n", "2 a, b| [x]"},
	{"the index of a data frame", CSV, Columns{}, ",text,label\n0,a,x\n", "2 a| [x]"},
	{"commas without quotes", CSV, Columns{}, "text,label\na, b,x\n", "f:2: 3 columns, the first line has 2: a field with the mark between fields in it needs quotes"},
	{"Latin 1", CSV, Columns{}, "text,label\nGr\xf6\xdfe,x\n", "f:2: it is not UTF-8: convert the file, as with iconv -f latin1 -t utf-8"},
	{"UTF-16", TSV, Columns{}, "\xff\xfet\x00", "f:1: it is UTF-16: save it as UTF-8"},
	{"no names", CSV, Columns{Text: "2", Label: "1"}, "x,\"a, b\"\ny,c\n", "1 a, b| [x]; 2 c| [y]"},
	{"no names, too few", TSV, Columns{Text: "3"}, "x\ta\n", "f:1: there is no column 3: the first line has 2"},
	{"numbers as names", CSV, Columns{Text: "1", Label: "0"}, "0,1\nx,a\n", "2 a| [x]"},
	{"no names said", TSV, Columns{}, "good\t1\n", `f:1: no column of texts among ["good" "1"]: say which it is, by its name, or by its number if this line holds no names`},
	{"quotes in .tsv", TSV, Columns{}, "text\tlabel\n\"say \"\"a\"\"\"\tx\n\"b\" and \"c\"\ty\n\"d\tz\n", "2 say \"a\"| [x]; 3 \"b\" and \"c\"| [y]; 4 \"d| [z]"},
	{"line breaks in .tsv", TSV, Columns{}, "text\tlabel\n\"a\nb\"\tx\n", "f:2: 1 columns, the first line has 2: if its fields are quoted, read the file as csv"},
	{"IMDb", CSV, Columns{}, "review,sentiment\na,positive\n", "2 a| [positive]"},
	{"a label called target", CSV, Columns{Label: "target"}, "text,target\na,1\n", "2 a| [1]"},
	{"a missing label", CSV, Columns{Label: "topic"}, "text,label\na,1\n", `f:1: there is no column "topic" among ["text" "label"]`},
	{"STS-B", CSV, Columns{}, "sentence1,sentence2,similarity_score\na,b,4.5\n", "2 a|b 4.5"},
	{"no number", TSV, Columns{}, "sentence1\tsentence2\tscore\na\tb\tNaN\n", `f:2: the score is "NaN", want a number`},
	{"QQP", TSV, Columns{}, "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\ta\tb\t0\n", "2 a|b [0]"},
	{"QNLI", TSV, Columns{}, "index\tquestion\tsentence\tlabel\n1\ta\tb\tentailment\n", "2 a|b [entailment]"},
	{"MRPC", TSV, Columns{}, "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\ta \"x\tb\n", "2 a \"x|b [1]"},
	{"SNLI", Lines, Columns{}, `{"gold_label":"neutral","sentence1":"a","sentence2":"b"}` + "\n" + `{"gold_label":"-","sentence1":"a","sentence2":"c"}`, "1 a|b [neutral]"},
	{"SetFit", Lines, Columns{}, `{"text":"a","label":1,"label_text":"pos"}`, "1 a| [pos]"},
	{"a score that is null", Lines, Columns{}, `{"text":"a","score":null,"label":"x"}`, "1 a| [x]"},
	{"a list in .jsonl", Lines, Columns{}, "[\n{\"text\":\"a\"},\n{\"text\":\"b\",\n\"label\":[]}, {\"text\":1}]", "f:4: text: number is of the wrong kind"},
	{"lists a line", Lines, Columns{}, "\n[\"a\",\"b\"]", `f:2: ["a","b"]: want an object, as {"text": …}`},
	{"spaCy's list", Lines, Columns{}, `["Ada",{"entities":[]}]`, `f:1: "Ada": want an object, as {"text": …}`},
	{"lines in .json", SQuAD, Columns{}, "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":1}\n", "1 a| [x]; 2 b| [1]"},
	{"a list in .json", SQuAD, Columns{}, "[{\"text\":\"a\",\"label\":\"x\"},\n {\"text\":\"b\"}]\n", "1 a| [x]; 2 b|"},
	{"CoNLL-2003", CoNLL, Columns{}, "-DOCSTART- -X- -X- O\r\n\r\nEU NNP I-NP I-ORG\r\n. . O O\r\n\r\nAda NNP I-NP I-PER\r\n", "3 EU .| <EU:ORG>; 6 Ada| <Ada:PER>"},
	{"IOB1", CoNLL, Columns{}, "a I-X\nb B-X\nc I-Y\n", "1 a b c| <a:X> <b:X> <c:Y>"},
	{"BIOES", CoNLL, Columns{}, "New B-L\nYork I-L\nCity E-L\nRome S-L\nPau S-L\n", "1 New York City Rome Pau| <New York City:L> <Rome:L> <Pau:L>"},
	{"BILOU", CoNLL, Columns{}, "Ada B-P\nLovelace L-P\nRome U-L\n", "1 Ada Lovelace Rome| <Ada Lovelace:P> <Rome:L>"},
	{"comments", CoNLL, Columns{}, "# id = 1\nAda B-P\n# O\n#x O\n\n# text here\n#\tB-Y\n", "2 Ada # #x| <Ada:P>; 7 #| <#:Y>"},
	{"CoNLL of Hugging Face", Lines, Columns{}, `{"id":"0","words":["Ada","sang"],"ner_tags":["S-P","O"]}`, "1 Ada sang| <Ada:P>"},
	{"tags that are numbers", Lines, Columns{}, `{"tokens":["Ada","sang"],"ner_tags":[1,0]}`, "f:1: token 0: the tag is 1: want its name, as B-person, for the file does not say what a number means"},
	{"spans", Lines, Columns{}, `{"text":"é Ada","spans":[{"start":3,"end":6,"type":"P","text":"Ada"}]}`, "1 é Ada| <Ada:P>"},
	{"spans in characters", Lines, Columns{}, `{"text":"é Ada","spans":[{"start":2,"end":5,"label":"P","text":"Ada"}]}`, `f:1: entity 0: at bytes 2 to 5 stands " Ad" and not "Ada": offsets are bytes of UTF-8`},
	{"Doccano", Lines, Columns{}, `{"text":"é Ada","label":[ [2, 5, "P"] ]}` + "\n" + `{"text":"é Ada","entities":[{"id":1,"label":"P","start_offset":2,"end_offset":5}]}`, "1 é Ada| <Ada:P>; 2 é Ada| <Ada:P>"},
	{"half of a span", Lines, Columns{}, `{"text":"Ada","entities":[[0,"P"]]}`, "f:1: entities: string is of the wrong kind"},
	{"too long a span", Lines, Columns{}, `{"text":"é","entities":[[0,2,"P"]]}`, "f:1: entity 0: characters 0 to 2 are not within the text of 1 characters"},
	{"SQuAD of Hugging Face", Lines, Columns{}, `{"id":"1","title":"t","context":"Größe: 3 m","question":"q","answers":{"text":["3 m"],"answer_start":[7]}}` + "\n" +
		`{"context":"a","question":"q","answers":{"text":[],"answer_start":[]}}`, "1 q|Größe: 3 m <3 m:>; 2 q|a"},
	{"answers as texts", Lines, Columns{}, `{"context":"a b","question":"q","answers":["b","a"]}` + "\n" + `{"context":"a","question":"q","answer":"a"}`, "1 q|a b <b:> <a:>; 2 q|a <a:>"},
	{"a wrong offset", SQuAD, Columns{}, `{"data":[{"paragraphs":[{"context":"no, no: no","qas":[{"question":"q","answers":[{"text":"no","answer_start":5}]}]}]}]}`, "1 q|no, no: no <no:>"},
	{"no answer", SQuAD, Columns{}, `{"data":[{"paragraphs":[{"context":"no","qas":[{"question":"q","answers":[{"text":"","answer_start":-1}]}]}]}]}`, "1 q|no"},
	{"SQuAD, flat", SQuAD, Columns{}, "{\"version\":1,\"data\":[\n{\"context\":\"a\",\"question\":\"q\",\"answers\":{\"text\":[\"a\"],\"answer_start\":[0]}}]}", "2 q|a <a:>"},
	{"triples", TSV, Columns{}, "query\tpositive\tnegative\nq\ta\tb\n", "2 q|b 0; 2 q|a 1"},
	{"anchors", Lines, Columns{}, `{"anchor":"q","positive":"a","negative":"b"}`, "1 q|b 0; 1 q|a 1"},
	{"lists of passages", Lines, Columns{}, `{"query":"q","pos":["a"],"neg":["b","c"]}`, "1 q|b 0; 1 q|c 0; 1 q|a 1"},
	{"a list and its labels", Lines, Columns{}, `{"query":"q","document":["a","b"],"labels":[1,0]}`, "1 q|a 1; 1 q|b 0"},
	{"a list and too few", Lines, Columns{}, `{"query":"q","document":["a","b"],"labels":[1]}`, "f:1: 2 passages and 1 labels or scores"},
	{"a list without", Lines, Columns{}, `{"query":"q","document":["a","b"]}`, "f:1: a list of 2 passages needs a list of labels, 0 or 1, or of scores"},
	{"query and text", CSV, Columns{}, "query,text,label\nq,a,1\n", "2 q|a [1]"},
	{"nothing", CSV, Columns{}, "", "f: there is no example"},
	{"nothing in .json", SQuAD, Columns{}, "", "f: there is no example"},
}

func TestReadWild(t *testing.T) {
	for _, test := range wild {
		if got := readShown(t, test.format, test.columns, test.text); got != test.wants {
			t.Errorf("%s: %q:\n%s, want\n%s", test.name, test.text, got, test.wants)
		}
	}
}

// TestNearest finds the answer that an offset means.
func TestNearest(t *testing.T) {
	for at, wants := range []int{0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 8} {
		if got := nearest("no, no: no", "no", at); got != wants {
			t.Errorf("nearest to %d: %d, want %d", at, got, wants)
		}
	}
	if got := nearest("ab", "c", 1); got != -1 {
		t.Errorf("what is not there: %d", got)
	}
}
