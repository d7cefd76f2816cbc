"""Writes ../testdata/seq2seq: a tiny random encoder and decoder, and what PyTorch makes of some texts.

Usage: python seq2seq.py               (needs torch, transformers and safetensors; made with 2.15.0 and 5.23.0)
       python seq2seq.py gradients     only the gradients of the model that is there
       python seq2seq.py rebuild       only what it takes to rebuild texts from vectors, as TSDAE does
"""
import json, os, sys

import torch, transformers as T
from safetensors.torch import save_file

OUT = os.path.join(os.path.dirname(__file__), "../testdata/seq2seq")
SIZES = dict(vocab_size=23, hidden_size=8, num_attention_heads=2, intermediate_size=12, max_position_embeddings=20, initializer_range=0.6)
TEXTS = [[5, 9, 22, 2, 7], [3], [12, 13, 14, 15, 16, 17]]
START, END = 1, 4


def model(seed):
    """Weights for which the texts are not one word over and over."""
    torch.manual_seed(seed)
    reads = T.BertConfig(num_hidden_layers=1, **SIZES)
    writes = T.BertConfig(num_hidden_layers=2, is_decoder=True, add_cross_attention=True, **SIZES)
    m = T.EncoderDecoderModel(encoder=T.BertModel(reads), decoder=T.BertLMHeadModel(writes)).eval()
    for p in m.parameters(): p.data += 0.1 * torch.randn_like(p)
    words = m.decoder.bert.embeddings.word_embeddings.weight  # of one length, so that none wins always
    words.data = torch.nn.functional.normalize(torch.randn_like(words), dim=1) * 2
    m.decoder.bert.embeddings.position_embeddings.weight.data = torch.randn(SIZES["max_position_embeddings"], 8) * 2
    m.decoder.cls.predictions.bias.data[END] = 2
    m.config.decoder_start_token_id, m.config.eos_token_id, m.config.pad_token_id = START, END, 0
    return m


def generate(m, ids, beams):
    c = T.GenerationConfig(max_new_tokens=12, num_beams=beams, do_sample=False, decoder_start_token_id=START, eos_token_id=END, pad_token_id=0)
    return m.generate(torch.tensor([ids]), generation_config=c)[0].tolist()[1:]


def golden(m):
    out = []
    with torch.no_grad():
        for ids in TEXTS:
            written = [START, 6, 20, 3, 3, 10]
            scores = m(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([written])).logits[0]
            out.append({"ids": ids, "written": written, "scores": [float(f"{v:.8g}") for v in scores.flatten().tolist()],
                        "greedy": generate(m, ids, 1), "beams": generate(m, ids, 3)})
    return out


def gradients():
    """Scores and gradients of a batch: each text is to become the next one of TEXTS. One text at a time: no padding."""
    m = T.EncoderDecoderModel.from_pretrained(OUT).eval()
    rows = []
    for ids, words in zip(TEXTS, TEXTS[1:] + TEXTS[:1]):
        scores = m(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([[START] + words])).logits[0]
        scores.retain_grad()
        rows.append((scores, torch.tensor(words + [END])))
    torch.nn.functional.cross_entropy(torch.cat([s for s, _ in rows]), torch.cat([y for _, y in rows])).backward()
    out = {n: p.grad for n, p in m.named_parameters() if p.grad is not None}
    out["scores"], out["scores.grad"] = torch.cat([s for s, _ in rows]).detach(), torch.cat([s.grad for s, _ in rows])
    save_file({n: v.contiguous() for n, v in out.items()}, f"{OUT}/gradients")  # no .safetensors: weights would be looked for in it


def rebuild():
    """Loss and gradients of rebuilding TEXTS from the mean of every second token, with the encoder's tables in both halves."""
    m = T.EncoderDecoderModel.from_pretrained(OUT).eval()
    m.decoder.bert.embeddings = m.encoder.embeddings
    m.decoder.cls.predictions.decoder.weight = m.encoder.embeddings.word_embeddings.weight
    scores, classes = [], []
    for ids in TEXTS:
        vector = m.encoder(input_ids=torch.tensor([ids[::2]])).last_hidden_state.mean(1, keepdim=True)
        scores.append(m.decoder(input_ids=torch.tensor([[START] + ids]), encoder_hidden_states=vector).logits[0])
        classes.append(torch.tensor(ids + [END]))
    loss = torch.nn.functional.cross_entropy(torch.cat(scores), torch.cat(classes))
    loss.backward()
    out = {n: p.grad for n, p in m.named_parameters() if p.grad is not None}
    out["scores"], out["loss"] = torch.cat(scores).detach(), loss.detach().reshape(1)
    save_file({n: v.clone().contiguous() for n, v in out.items()}, f"{OUT}/rebuild")


only = {"gradients": gradients, "rebuild": rebuild}
if sys.argv[1:]:
    only[sys.argv[1]]()
    raise SystemExit
for seed in range(100):
    m = model(seed)
    g = golden(m)
    words, differ = sum(len(set(x["greedy"])) for x in g), sum(x["greedy"] != x["beams"] for x in g)
    if words > 7 and differ > 1 and any(END in x["beams"] for x in g) and any(END in x["greedy"] for x in g): break
else:
    raise SystemExit("no seed writes texts that vary")
m.save_pretrained(OUT)
json.dump(g, open(f"{OUT}/golden.json", "w"))
gradients()
rebuild()
