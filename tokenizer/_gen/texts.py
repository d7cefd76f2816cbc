"""Hard texts, and Hugging Face's tokens of them as TestParityFresh reads them: for goldens.py and unigrams.py."""
import gzip, json, random, unicodedata

R = random.Random()
ALL = [chr(c) for c in range(0x20000) if not 0xD800 <= c < 0xE000]
MARKS = [c for c in ALL if unicodedata.category(c)[0] == "M"]
ORDERED = [c for c in MARKS if unicodedata.combining(c)]
KEPT = [c for c in ORDERED if unicodedata.category(c) == "Mc"] + [chr(c) for c in [*range(0x8D4, 0x8E2), *range(0x1E000, 0x1E02B), *range(0x1E944, 0x1E94B), *range(0x1D15E, 0x1D173), *range(0x1D1BB, 0x1D1C1)]]
COMPOSED = [c for c in ALL if unicodedata.normalize("NFD", c) != c and not 0xAC00 <= ord(c) < 0xD7A4]
WORDS = "the of running Unbelievable naïve İstanbul ΟΔΥΣΣΕΥΣ Straße don't C++ 3.14159 antidisestablishmentarianism 東京 서울 한국어 привет ЁЛКА 日本語テキスト भारत हिन्दी العربية עברית ไทย ஃ Việt résumé ﬁ Ǆ ǅ K Å Ω ≠ ≮ ; ` ·".split()
SPECIAL = ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", " [MASK] ", "[mask]", "[[MASK]]", "[MASK", "##ing", "<mask>", " <mask>"]


def any_char():
    ranges = [(0, 0x110000), (0, 0x10000), (0, 0x3000), (0x10000, 0x20000), (0xE0000, 0xE0200), (0x2F800, 0x2FA20)]
    while True:
        c = R.randrange(*R.choices(ranges, [20, 30, 30, 15, 2, 3])[0])
        if not 0xD800 <= c < 0xE000: return chr(c)


KINDS = [
    any_char,
    lambda: R.choice([R.choice("ae é中") + any_char(), R.choice(ORDERED), R.choice(KEPT), R.choice(MARKS)]),
    lambda: R.choice(WORDS) + R.choice([" ", "", "", ".", "\u0301"]),
    lambda: R.choice(SPECIAL) + R.choice(["", " ", "x"]),
    lambda: R.choice(COMPOSED) + R.choice(["", "", R.choice(KEPT), R.choice(MARKS)]),
    lambda: R.choice([chr(R.randrange(0x20, 0x7F))] * 5 + ["\u200b", "\u00ad", "\0", "\t", "\u0085", "\u00a0", "\ufeff"]),
    lambda: R.choice(["x" * R.randrange(90, 110), "é" * R.randrange(95, 105), "가" * R.randrange(30, 55), "a\u0301" * R.randrange(95, 105), "a\u200b" * R.randrange(48, 102), " ", "the"]),
]


def text():
    kinds = [R.choice(KINDS)] if R.random() < 0.85 else KINDS
    return "".join(R.choice(kinds)() for _ in range(R.randrange(1, 50)))


def make(seed, n):
    """n texts, the same for a seed."""
    R.seed(seed)
    return [text() for _ in range(n)]


def in_bytes(offsets, s):
    at = [0]
    for c in s: at.append(at[-1] + len(c.encode()))
    return [[at[a], at[b]] for a, b in offsets]


def dump(out, name, t, texts, seed):
    t.no_truncation()
    t.no_padding()
    t.save(f"{out}/tokenizer-{name}.json")
    pick = random.Random(seed + 1)
    with gzip.open(f"{out}/tokens-{name}.jsonl.gz", "wt", compresslevel=1) as w:
        def line(**fields): w.write(json.dumps(fields) + "\n")
        for s, e in zip(texts, t.encode_batch(texts)): line(text=s, ids=e.ids, offsets=in_bytes(e.offsets, s))
        for _ in range(len(texts) // 3):
            a, b, limit = pick.choice(texts), pick.choice(texts), pick.randrange(5, 100)
            t.enable_truncation(limit, strategy="longest_first")
            one, two = t.encode(a), t.encode(a, b)
            t.no_truncation()
            line(text=a, max=limit, ids=one.ids, offsets=in_bytes(one.offsets, a))
            spans = [o for k, s in ((0, a), (1, b)) for o in in_bytes([x for x, q in zip(two.offsets, two.sequence_ids) if q == k], s)]
            line(text=a, pair=b, max=limit, ids=two.ids, types=two.type_ids, offsets=spans)
