#!/usr/bin/env python3
"""Trains a head on an encoder with PyTorch and transformers, by the recipe that `bertsearch train` has: AdamW (weight
decay .01, none on biases and LayerNorm), linear warm-up over a tenth of the steps and decay to 0, gradients clipped at
length 1, dropout as the model's files say, the best epoch on --dev. Prints a JSON line an epoch and one at the end.

usage: torch_heads.py --model DIR --task classify|pair|ner|qa --data FILE --dev FILE [--epochs 3 --batch 16 --rate 2e-5 ...]
Classification reads CSV/TSV with a label in the last column, --score the column of a number; ner reads CoNLL; qa SQuAD."""
import argparse, collections, csv, json, math, random, re, string, time

import torch
from transformers import (AutoTokenizer, BertForQuestionAnswering, BertForSequenceClassification,
                          BertForTokenClassification)


def arguments():
    p = argparse.ArgumentParser()
    for name in ("model", "task", "data", "dev"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--score")
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--rate", type=float, default=2e-5)
    p.add_argument("--length", type=int, default=0)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


# Each reader returns examples; each task: how they become tensors, the loss, and the figure on held-out ones.

def read_table(path):
    with open(path, newline="", encoding="utf-8") as f:
        # a quote means nothing in SST-2's and SICK's tabs
        rows = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE) if path.endswith((".tsv", ".txt")) else csv.reader(f))
    return [dict(zip(rows[0], r)) for r in rows[1:]]


class Labels:
    """Labels of a text, or a number for two texts."""

    def __init__(self, a, tokens):
        self.score, self.tokens, self.length = a.score, tokens, a.length or 128
        self.train, self.dev = read_table(a.data), read_table(a.dev)
        self.names = [] if a.score else sorted({self.label(r) for r in self.train})
        self.figure = "spearman" if a.score else "accuracy"

    def label(self, r):
        return list(r.values())[-1].strip()

    def model(self, dir):
        return BertForSequenceClassification.from_pretrained(dir, num_labels=len(self.names) or 1)

    def batch(self, rows):
        if self.score:
            enc = self.tokens([r["sentence_A"] for r in rows], [r["sentence_B"] for r in rows], truncation=True, max_length=self.length, padding=True, return_tensors="pt")
            enc["labels"] = torch.tensor([float(r[self.score]) for r in rows])
        else:
            enc = self.tokens([list(r.values())[0] for r in rows], truncation=True, max_length=self.length, padding=True, return_tensors="pt")
            enc["labels"] = torch.tensor([self.names.index(self.label(r)) for r in rows])
        return enc, None

    def judge(self, outputs):
        got, want = [], []
        for enc, _, _, out in outputs:
            got += (out.logits[:, 0] if self.score else out.logits.argmax(-1)).tolist()
            want += enc["labels"].tolist()
        if not self.score:
            return sum(g == w for g, w in zip(got, want)) / len(want)
        return pearson(ranks(got), ranks(want))


def ranks(x):
    order = sorted(range(len(x)), key=x.__getitem__)
    out, i = [0.0] * len(x), 0
    while i < len(order):
        j = i
        while j < len(order) and x[order[j]] == x[order[i]]:
            j += 1
        for k in order[i:j]:
            out[k] = (i + j - 1) / 2
        i = j
    return out


def pearson(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


class Names:
    """Names in a text: the first token of a word is learnt, entities are compared whole."""

    def __init__(self, a, tokens):
        self.tokens, self.length = tokens, a.length or 128
        self.train, self.dev = self.read(a.data), self.read(a.dev)
        self.names = sorted({t for _, tags in self.train for t in tags})
        self.figure = "f1"

    def read(self, path):
        out, words, tags = [], [], []
        for line in open(path, encoding="utf-8"):
            if not line.strip():
                if words:
                    out.append((words, tags))
                words, tags = [], []
                continue
            parts = line.split()
            words.append(parts[0])
            tags.append(parts[-1])
        return out + ([(words, tags)] if words else [])

    def model(self, dir):
        return BertForTokenClassification.from_pretrained(dir, num_labels=len(self.names))

    def batch(self, rows):
        enc = self.tokens([r[0] for r in rows], is_split_into_words=True, truncation=True, max_length=self.length, padding=True, return_tensors="pt")
        labels = torch.full(enc["input_ids"].shape, -100)
        firsts = []
        for i, (_, tags) in enumerate(rows):
            first = {}
            for at, w in enumerate(enc.word_ids(i)):
                if w is not None and w not in first:
                    first[w] = at
                    labels[i, at] = self.names.index(tags[w]) if tags[w] in self.names else self.names.index("O")
            firsts.append(first)
        enc["labels"] = labels
        return enc, firsts

    def judge(self, outputs):
        right = wanted = found = 0
        for _, rows, firsts, out in outputs:
            best = out.logits.argmax(-1).tolist()
            for i, (words, tags) in enumerate(rows):
                got = [self.names[best[i][firsts[i][w]]] if w in firsts[i] else "O" for w in range(len(words))]
                g, t = entities(got), entities(tags)
                right, wanted, found = right + len(g & t), wanted + len(t), found + len(g)
        return 2 * right / max(1, wanted + found)


def entities(tags):
    out, start, label = set(), None, None
    for i, t in enumerate(tags + ["O"]):
        if start is not None and (t[0] != "I" or t[2:] != label):
            out.add((start, i, label))
            start = None
        if t[0] == "B" or (t[0] == "I" and start is None):
            start, label = i, t[2:]
    return out


class Answers:
    """Where a passage answers a question: the first and the last token."""

    def __init__(self, a, tokens):
        self.tokens, self.length = tokens, a.length or 384
        self.train, self.dev = self.read(a.data), self.read(a.dev)
        self.figure = "f1"

    def read(self, path):
        return [(q["question"], p["context"], q["answers"]) for d in json.load(open(path, encoding="utf-8"))["data"] for p in d["paragraphs"] for q in p["qas"]]

    def model(self, dir):
        return BertForQuestionAnswering.from_pretrained(dir)

    def batch(self, rows):
        enc = self.tokens([r[0] for r in rows], [r[1] for r in rows], truncation="only_second", max_length=self.length, padding=True, return_tensors="pt", return_offsets_mapping=True)
        offsets = enc.pop("offset_mapping").tolist()
        starts, ends = [], []
        for i, (_, _, answers) in enumerate(rows):
            a = answers[0]
            s, e = a["answer_start"], a["answer_start"] + len(a["text"])
            inside = [k for k, q in enumerate(enc.sequence_ids(i)) if q == 1 and offsets[i][k][1] > s and offsets[i][k][0] < e]
            whole = inside and offsets[i][inside[-1]][1] >= e
            starts.append(inside[0] if whole else 0)
            ends.append(inside[-1] if whole else 0)
        enc["start_positions"], enc["end_positions"] = torch.tensor(starts), torch.tensor(ends)
        return enc, [(offsets[i], enc.sequence_ids(i)) for i in range(len(rows))]

    def judge(self, outputs):
        total = n = 0
        for _, rows, places, out in outputs:
            for i, (_, context, answers) in enumerate(rows):
                offsets, sequence = places[i]
                ks = [k for k, q in enumerate(sequence) if q == 1]
                s, e = out.start_logits[i].tolist(), out.end_logits[i].tolist()
                _, a, b = max((s[x] + e[y], x, y) for x in ks for y in range(x, min(x + 30, ks[-1] + 1)))
                got = answer_words(context[offsets[a][0]:offsets[b][1]])
                total += max(shared(got, answer_words(x["text"])) for x in answers)
                n += 1
        return total / n


def answer_words(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def shared(got, want):
    same = sum((collections.Counter(got) & collections.Counter(want)).values())
    return 2 * same / max(1, len(got) + len(want))


def main():
    a = arguments()
    random.seed(a.seed)
    torch.manual_seed(a.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    tokens = AutoTokenizer.from_pretrained(a.model)
    task = {"classify": Labels, "pair": Labels, "ner": Names, "qa": Answers}[a.task](a, tokens)
    model = task.model(a.model).to(device)
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": .01}, {"params": plain, "weight_decay": 0.}], lr=a.rate, eps=1e-8)
    epoch = math.ceil(len(task.train) / a.batch)
    total, warm = epoch * a.epochs, round(epoch * a.epochs * .1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: (s + 1) / warm if s < warm else max(0., (total - s) / max(1, total - warm)))

    def measure():
        model.eval()
        outputs = []
        with torch.no_grad():
            for at in range(0, len(task.dev), 64):
                rows = task.dev[at:at + 64]
                enc, extra = task.batch(rows)
                inputs = {k: v.to(device) for k, v in enc.items() if k not in ("labels", "start_positions", "end_positions")}
                out = model(**inputs)
                for k in ("logits", "start_logits", "end_logits"):
                    if k in out:
                        out[k] = out[k].cpu()
                outputs.append((enc, rows, extra, out))
        model.train()
        return task.judge(outputs)

    model.train()
    measured, losses, seen, spent = [], [], 0, 0.
    for n in range(a.epochs):
        order = list(range(len(task.train)))
        random.shuffle(order)
        for at in range(0, len(order), a.batch):
            began = time.time()
            enc, _ = task.batch([task.train[i] for i in order[at:at + a.batch]])
            seen += int(enc["attention_mask"].sum())
            loss = model(**{k: v.to(device) for k, v in enc.items()}).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            spent += time.time() - began
        measured.append(measure())
        print(json.dumps({"epoch": n + 1, "loss": sum(losses[-epoch:]) / epoch, task.figure: round(measured[-1], 4)}), flush=True)
    print(json.dumps({"task": a.task, "data": a.data, "seed": a.seed, "rate": a.rate, "batch": a.batch, "figure": task.figure, "best": round(max(measured), 4),
                      "last": round(measured[-1], 4), "steps": total, "tokens": seen, "seconds": round(spent, 1), "device": device}), flush=True)


main()
