"""Makes the files beside it: random judgements and a random run, and what
trec_eval (through pytrec-eval-terrier 0.5.11) says of them, one line a query and measure.
Scores are coarse so that there are ties, some of them only in single precision.
Usage: make.py DIR"""
import random, sys
import pytrec_eval

rnd, dir = random.Random(11), sys.argv[1]
qrels, run = {}, {}
for q in range(30):
    documents = [f"d{i}" for i in rnd.sample(range(400), 120)]
    qrels[f"q{q}"] = {d: rnd.choice([-1, 0, 0, 0, 1, 1, 2, 3]) for d in rnd.sample(documents, rnd.choice([1, 5, 60]))}
    run[f"q{q}"] = {d: round(rnd.uniform(0, 8)) / 4 + rnd.choice([0, 1e-9]) for d in rnd.sample(documents, rnd.choice([3, 40, 110]))}
run["q30"] = {"d1": 1.0}
measures = {"map", "recip_rank", "ndcg_cut.5,10,100", "recall.5,10,100", "P.5,10,100"}
values = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
with open(f"{dir}/qrels.txt", "w") as f:
    f.writelines(f"{q} 0 {d} {g}\n" for q, ds in qrels.items() for d, g in ds.items())
with open(f"{dir}/run.txt", "w") as f:
    f.writelines(f"{q} Q0 {d} 0 {s!r} random\n" for q, ds in run.items() for d, s in ds.items())
with open(f"{dir}/values.txt", "w") as f:
    f.writelines(f"{q} {m} {v:.6f}\n" for q in sorted(values) for m, v in sorted(values[q].items()))
