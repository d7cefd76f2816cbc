// Package tokenizer turns text into the ids that a BERT model reads, exactly as Hugging Face's fast tokenizers do,
// and says which bytes of the text each id came from.
//
// A text passes four stages: added tokens such as [MASK] are found in it as it stands; the rest is normalised
// (controls dropped, accents stripped, lowered, as the model asks); it is split at white space and punctuation; and
// each word is spelt with the fewest, longest tokens from the left (WordPiece: Schuster and Nakajima 2012). A
// template puts [CLS] and [SEP] around the result. ASCII goes through all stages in one walk over the bytes.
//
// Multilingual models of XLM-RoBERTa's kind have SentencePiece's stages instead: other rules of normalisation, words
// that begin with a mark for the blank before them, and for each word the most probable tokens (Unigram: Kudo 2018).
// Words that no rule would change go to the model as they stand.
package tokenizer
