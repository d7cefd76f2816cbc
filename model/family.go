package model

import "slices"

// family is a kind of model that computes what BERT does.
type family struct {
	modelType    string // in config.json
	architecture string // of the bare encoder
	prefix       string // under which a model with a head keeps the encoder's tensors
	shifted      bool   // positions are counted from pad_token_id+1, and pad_token_id is 1 unless said otherwise
}

// families are the kinds that can be run. RoBERTa (Liu et al., arXiv:1907.11692) and XLM-RoBERTa (Conneau et al.,
// arXiv:1911.02116) differ from BERT in nothing but names and where positions begin.
var families = []family{
	{"bert", "BertModel", "bert.", false},
	{"xlm-roberta", "XLMRobertaModel", "roberta.", true},
	{"roberta", "RobertaModel", "roberta.", true},
	{"camembert", "CamembertModel", "roberta.", true},
}

// family is the kind of c's model; ok is false for one that cannot be run.
func (c Config) family() (f family, ok bool) {
	i := slices.IndexFunc(families, func(f family) bool { return f.modelType == c.ModelType })
	if i < 0 {
		return family{}, false
	}
	return families[i], true
}

// firstPosition is the row of the position table that a text's first token takes.
func (c Config) firstPosition() int {
	if f, _ := c.family(); f.shifted {
		return c.PadTokenID + 1
	}
	return 0
}

// Positions is the number of tokens that a text may have: rows of the position table that can be used.
func (c Config) Positions() int { return c.MaxPositionEmbeddings - c.firstPosition() }
