"""Writes hard texts with Hugging Face's tokens of them, in many settings, for TestParityFresh.

Usage: python goldens.py SEED N OUT TOKENIZER_JSON [VOCAB.txt ...]
       BERTSEARCH_TOKENS=OUT go test -run ParityFresh ./tokenizer
Needs tokenizers (tables.py says which version). TOKENIZER_JSON is an uncased BERT's; a VOCAB.txt is taken as cased
unless its name says uncased or chinese.
"""
import os, sys

from tokenizers import AddedToken, BertWordPieceTokenizer, Tokenizer, normalizers

import texts

SEED, N, OUT, BASE, VOCABS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
TEXTS = texts.make(SEED, N)


def dump(name, t): texts.dump(OUT, name, t, TEXTS, SEED)


os.makedirs(OUT, exist_ok=True)
dump("base", Tokenizer.from_file(BASE))
for path in VOCABS:
    name = os.path.basename(path).split(".")[0]
    low = "uncased" in name or "chinese" in name
    dump(name, BertWordPieceTokenizer(path, lowercase=low, strip_accents=None)._tokenizer)
for bits in range(16):
    t = Tokenizer.from_file(BASE)
    t.normalizer = normalizers.BertNormalizer(bool(bits & 1), bool(bits & 2), bool(bits & 4), bool(bits & 8))
    dump(f"settings{bits}", t)
t = Tokenizer.from_file(BASE)
t.add_tokens([AddedToken("The", lstrip=True, rstrip=True), AddedToken("naïve", single_word=True), AddedToken("中", normalized=False, single_word=True),
              AddedToken("x x"), AddedToken("don", normalized=False, rstrip=True), AddedToken("ing", normalized=False, lstrip=True)])
t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False), AddedToken("[MASK][", normalized=False)])
dump("added", t)
