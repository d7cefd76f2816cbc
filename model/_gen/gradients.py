"""What PyTorch makes of training, to compare with: gradients of one batch, and losses and weights of some steps.

Usage: python gradients.py                   writes ../testdata/gradients: tiny random models, one an activation
       python gradients.py MODEL OUT STEPS   the same of the encoder in MODEL, and STEPS steps of AdamW
Needs torch, transformers and safetensors (made with 2.15.0 and 5.23.0).

The loss is that of in-batch negatives, scale 20, over normalised means; texts 2i and 2i+1 are a pair.
"""
import json, os, random, sys

import torch, transformers as T
from safetensors.torch import save_file

F = torch.nn.functional


def batch(r, vocab, lengths, types):
    ids = [[r.randrange(1, vocab) for _ in range(n)] for n in lengths]  # 0 is padding, whose row PyTorch does not train
    return {"ids": ids, "types": [[r.randrange(types) for _ in x] for x in ids]}


def vectors(m, b):
    """One text at a time: no padding."""
    rows = [m(input_ids=torch.tensor([i]), token_type_ids=torch.tensor([t])).last_hidden_state[0].mean(0) for i, t in zip(b["ids"], b["types"])]
    return F.normalize(torch.stack(rows), dim=1)


def loss_of(v):
    scores = v[0::2] @ v[1::2].T * 20
    return F.cross_entropy(scores, torch.arange(len(scores)))


def used(m): return {n: p for n, p in m.named_parameters() if not n.startswith("pooler.")}


def gradients(m, b, out):
    v = vectors(m, b)
    v.retain_grad()
    loss = loss_of(v)
    m.zero_grad()
    loss.backward()
    grads = {n: p.grad.clone() for n, p in used(m).items()}
    save_file({"vectors": v.detach().contiguous(), "vectors.grad": v.grad.contiguous(), **grads}, f"{out}/gradients.safetensors")


def steps(m, batches, out, rate=2e-5, decay=0.01):
    ps = used(m)
    plain = [p for n, p in ps.items() if n.endswith(".bias") or "LayerNorm" in n]
    other = [p for n, p in ps.items() if not (n.endswith(".bias") or "LayerNorm" in n)]
    opt = torch.optim.AdamW([{"params": other, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}], lr=rate)
    warm, losses = max(1, len(batches) // 10), []
    for s, b in enumerate(batches):
        for g in opt.param_groups: g["lr"] = rate * min((s + 1) / warm, max(0.0, (len(batches) - s) / max(1, len(batches) - warm)))
        loss = loss_of(vectors(m, b))
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(ps.values(), 1.0)
        opt.step()
        losses.append(loss.item())
    save_file({n: p.detach().clone() for n, p in ps.items()}, f"{out}/weights.safetensors")
    return losses


def tiny(act):
    out = os.path.join(os.path.dirname(__file__), "../testdata/gradients", act)
    os.makedirs(out, exist_ok=True)
    torch.manual_seed(7)
    c = T.BertConfig(vocab_size=23, hidden_size=12, num_hidden_layers=2, num_attention_heads=2, intermediate_size=20,
                     max_position_embeddings=12, initializer_range=0.3, hidden_act=act)
    m = T.BertModel(c, add_pooling_layer=False).eval()
    for p in m.parameters(): p.data += 0.1 * torch.randn_like(p)
    m.save_pretrained(out)
    b = batch(random.Random(3), 23, [3, 9, 1, 12, 5, 7], 2)
    gradients(m, b, out)
    json.dump(b, open(f"{out}/batch.json", "w"))
    if act != "gelu": return
    r = random.Random(4)
    batches = [batch(r, 23, [r.randrange(1, 12) for _ in range(8)], 1) for _ in range(50)]
    json.dump({"batches": batches, "losses": steps(m, batches, out, rate=1e-3)}, open(f"{out}/steps.json", "w"))


def real(model, out, count):
    torch.set_num_threads(2)
    m, r = T.BertModel.from_pretrained(model, add_pooling_layer=False).eval(), random.Random(5)
    batches = [batch(r, m.config.vocab_size, [r.randrange(4, 20) if i % 2 == 0 else r.randrange(20, 90) for i in range(16)], 1) for _ in range(max(count, 1))]
    gradients(m, batches[0], out)
    losses = steps(m, batches, out) if count else []
    json.dump({"batches": batches, "losses": losses}, open(f"{out}/steps.json", "w"))


if len(sys.argv) > 1: real(sys.argv[1], sys.argv[2], int(sys.argv[3]))
else:
    for act in ["gelu", "gelu_new", "relu"]: tiny(act)
