"""Writes ../testdata/heads: tiny random models with every head, and what PyTorch computes of them:
outputs and gradients.

Usage: python heads.py   (needs torch and transformers; made with 2.15.0 and 5.23.0)
"""
import json, os, random

import torch, transformers as T
from safetensors.torch import save_file

OUT = os.path.join(os.path.dirname(__file__), "../testdata/heads")
SIZES = dict(vocab_size=31, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, max_position_embeddings=20, initializer_range=0.5)
TEXTS = [[5, 9, 30, 2, 7], [3], [12, 13, 14, 15, 16, 17, 18, 19, 20]]
TYPES = [[0, 0, 1, 1, 1], [0], [0, 0, 0, 0, 0, 1, 1, 1, 1]]
LABELS = {"id2label": {0: "O", 1: "B-PER", 2: "I-PER"}, "label2id": {"O": 0, "B-PER": 1, "I-PER": 2}}


def write(name, config, cls, fields, types=True):
    torch.manual_seed(len(name))
    m = cls(config).eval()
    for p in m.parameters():  # biases and normalisations are random too, so that none goes unread
        p.data += 0.1 * torch.randn_like(p)
    outputs = {f: [] for f in fields}
    with torch.no_grad():
        for ids, kinds in zip(TEXTS, TYPES):
            o = m(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([kinds if types else [0] * len(ids)]))
            for f in fields: outputs[f].append([float(f"{x:.8g}") for x in o[f].flatten().tolist()])
    m.save_pretrained(f"{OUT}/{name}")
    with open(f"{OUT}/{name}/golden.json", "w") as w: json.dump({"ids": TEXTS, "types": TYPES if types else None, "outputs": outputs}, w)
    gradients(name, m, fields, types)


def gradients(name, m, fields, types):
    """Those of the sum of all outputs, value i of a field weighted by sin(i + 1)."""
    loss, seen = 0, {f: 0 for f in fields}
    for ids, kinds in zip(TEXTS, TYPES):
        o = m(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([kinds if types else [0] * len(ids)]))
        for f in fields:
            x = o[f].flatten()
            loss = loss + (x * torch.sin(torch.arange(seen[f] + 1, seen[f] + len(x) + 1))).sum()
            seen[f] += len(x)
    m.zero_grad()
    loss.backward()
    tied = {"lm_head.decoder.weight": "roberta.embeddings.word_embeddings.weight"}
    save_file({tied.get(n, n): p.grad.contiguous() for n, p in m.named_parameters() if p.grad is not None}, f"{OUT}/{name}/gradients.safetensors")


bert, roberta = lambda **k: T.BertConfig(**SIZES, **k), lambda **k: T.XLMRobertaConfig(**SIZES, type_vocab_size=1, pad_token_id=1, **k)
write("bert-sequence", bert(**LABELS), T.BertForSequenceClassification, ["logits"])
write("bert-cross", bert(num_labels=1), T.BertForSequenceClassification, ["logits"])
write("bert-token", bert(**LABELS), T.BertForTokenClassification, ["logits"])
write("bert-answer", bert(), T.BertForQuestionAnswering, ["start_logits", "end_logits"])
write("bert-masked", bert(hidden_act="gelu_new"), T.BertForMaskedLM, ["logits"])
write("bert-next", bert(), T.BertForNextSentencePrediction, ["logits"])
write("bert-pretraining", bert(), T.BertForPreTraining, ["prediction_logits", "seq_relationship_logits"])
write("xlm-sequence", roberta(**LABELS, problem_type="multi_label_classification"), T.XLMRobertaForSequenceClassification, ["logits"], False)
write("xlm-token", roberta(**LABELS), T.XLMRobertaForTokenClassification, ["logits"], False)
write("xlm-answer", roberta(), T.XLMRobertaForQuestionAnswering, ["start_logits", "end_logits"], False)
write("xlm-masked", roberta(), T.XLMRobertaForMaskedLM, ["logits"], False)
