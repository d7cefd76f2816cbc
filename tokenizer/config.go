package tokenizer

// Config says how text becomes tokens: what Hugging Face's tokenizer.json states beside the vocabulary. Start from
// Uncased or Cased for WordPiece. With Unigram set, the fields from CleanText to MaxWordChars say nothing but for
// Unknown.
type Config struct {
	CleanText    bool // drop control characters and U+FFFD, turn white space into blanks
	ChineseChars bool // every Chinese character is a word
	StripAccents bool // decompose (NFD) and drop nonspacing marks
	Lowercase    bool
	Unknown      string // token of a word that the vocabulary cannot spell
	Prefix       string // begins the tokens that continue a word
	MaxWordChars int    // a longer word becomes Unknown
	Added        []AddedToken
	Single, Pair []Piece // what stands around one text and around two
	MaxLength    int     // the truncation that the model's files ask for; 0 if none. Encode takes its own.
	Roles        Roles
	Unigram      *Unigram `json:",omitempty"` // of a SentencePiece Unigram tokenizer; nil is WordPiece
}

// Roles names the tokens that have a task; "" where the model has none.
type Roles struct{ CLS, SEP, PAD, MASK string }

// AddedToken is found in the raw text, before anything else looks at it.
type AddedToken struct {
	Content    string
	ID         int32 // the vocabulary's id of Content counts if there is one
	Special    bool
	SingleWord bool // only where no word character touches it
	LStrip     bool // takes the white space on its left
	RStrip     bool // takes the white space on its right
	Normalized bool // looked for in the normalised text, and normalised itself
}

// Piece is one part of an encoding: a special token, or one of the texts.
type Piece struct {
	Special  string // "" for a text
	Sequence int8   // 0 for the text, 1 for its pair; -1 for a special token
	Type     uint8  // token type id
	IDs      []int32
}

// Uncased is the configuration of BERT's uncased models: [CLS] text [SEP] pair [SEP].
func Uncased() Config {
	c := Cased()
	c.Lowercase, c.StripAccents = true, true
	return c
}

// Cased is the configuration of BERT's cased models.
func Cased() Config {
	cls := Piece{Special: "[CLS]", Sequence: -1}
	sep := Piece{Special: "[SEP]", Sequence: -1}
	second := Piece{Special: "[SEP]", Sequence: -1, Type: 1}
	c := Config{
		CleanText: true, ChineseChars: true,
		Unknown: "[UNK]", Prefix: "##", MaxWordChars: 100,
		Single: []Piece{cls, {Sequence: 0}, sep},
		Pair:   []Piece{cls, {Sequence: 0}, sep, {Sequence: 1, Type: 1}, second},
		Roles:  Roles{CLS: "[CLS]", SEP: "[SEP]", PAD: "[PAD]", MASK: "[MASK]"},
	}
	for _, s := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		c.Added = append(c.Added, AddedToken{Content: s, ID: -1, Special: true})
	}
	return c
}
