"""Writes hard texts with Hugging Face's tokens of them in many settings of Unigram, for TestParityFresh.

Usage: python unigrams.py SEED N OUT TOKENIZER_JSON [CHARSMAP]
       BERTSEARCH_TOKENS=OUT go test -run ParityFresh ./tokenizer
TOKENIZER_JSON is a Unigram tokenizer's; of its vocabulary the first pieces are used. CHARSMAP is the
precompiled_charsmap of a SentencePiece model, as it stands in normalizer_spec.
"""
import os, sys

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as N, pre_tokenizers as P, processors
import json

import texts

SEED, COUNT, OUT, BASE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
RULES = open(sys.argv[5], "rb").read() if len(sys.argv) > 5 else None
PIECES = [tuple(x) for x in json.load(open(BASE))["model"]["vocab"]][:30000]
BYTES = [(f"<0x{b:02X}>", -12.0) for b in range(256)]
TEXTS = texts.make(SEED, COUNT)
NFKC = N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")])
META = P.Metaspace()


def make(normalizer=NFKC, pre=META, vocab=PIECES, fallback=False, roberta=False, added=()):
    t = Tokenizer(models.Unigram(vocab, unk_id=3, byte_fallback=fallback))
    if normalizer is not None: t.normalizer = normalizer
    t.pre_tokenizer = pre
    if roberta: t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False)
    else: t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)])
    t.add_special_tokens([AddedToken(c, normalized=False, special=True) for c in ("<s>", "<pad>", "</s>", "<unk>")])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    t.add_tokens(list(added))
    return t


SETTINGS = {
    "plain": make(),
    "none": make(normalizer=None),
    "bytes": make(vocab=PIECES + BYTES, fallback=True),
    "somebytes": make(vocab=PIECES + BYTES[100:], fallback=True),
    "nobytes": make(fallback=True),
    "first": make(pre=P.Metaspace(prepend_scheme="first")),
    "never": make(pre=P.Metaspace(prepend_scheme="never")),
    "whole": make(pre=P.Metaspace(split=False)),
    "wholefirst": make(pre=P.Metaspace(split=False, prepend_scheme="first")),
    "mark": make(pre=P.Metaspace(replacement="_")),
    "words": make(pre=P.Sequence([P.WhitespaceSplit(), P.Metaspace()])),
    "wordsfirst": make(pre=P.Sequence([P.WhitespaceSplit(), P.Metaspace(prepend_scheme="first")])),
    "wordsnone": make(normalizer=None, pre=P.Sequence([P.WhitespaceSplit(), P.Metaspace()])),
    "wordsnever": make(pre=P.Sequence([P.WhitespaceSplit(), P.Metaspace(prepend_scheme="never")])),
    "roberta": make(roberta=True),
    "nfc": make(normalizer=N.NFC()), "nfd": make(normalizer=N.NFD()), "nfkd": make(normalizer=N.NFKD()), "nfkc": make(normalizer=N.NFKC()),
    "lower": make(normalizer=N.Sequence([N.NFKC(), N.Lowercase(), N.Strip(), N.Replace("ab", "")])),
    "strip": make(normalizer=N.Sequence([N.Strip(left=False), N.Replace(Regex(" {2,}"), "▁"), N.Replace("e", "xyz")])),
    "blanks": make(normalizer=N.Sequence([N.Replace(" ", "▁"), N.Replace(Regex("x+"), "")])),
    "added": make(added=[AddedToken("The", lstrip=True, rstrip=True), AddedToken("naïve", single_word=True), AddedToken("中", normalized=False, single_word=True),
                         AddedToken("ing", normalized=False, lstrip=True), AddedToken("ﬁ")]),
}
if RULES:
    P_ = N.Precompiled(RULES)
    SETTINGS |= {
        "rules": make(normalizer=P_, pre=P.Sequence([P.WhitespaceSplit(), P.Metaspace()])),
        "rulesmeta": make(normalizer=N.Sequence([P_, N.Strip(left=False, right=True), N.Replace(Regex(" {2,}"), "▁")])),
        "rulesalone": make(normalizer=P_),
    }
os.makedirs(OUT, exist_ok=True)
for name, t in SETTINGS.items(): texts.dump(OUT, name, t, TEXTS, SEED)
