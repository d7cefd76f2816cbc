"""index/hnsw beside hnswlib, FAISS and USearch on the same vectors.

Each index is built once, on two threads, and kept in FOLDER, as are the recalls
at each effort. Then rounds of queries take turns: in every round each engine
answers all queries at the efforts next to each recall asked for. Speeds at a
recall are interpolated within a round; what is printed are medians over the
rounds, and of the ratio to the best peer of the same round.

    go build -o FOLDER/hnswserve ./scripts/index/hnswserve
    python scripts/index/peers.py BASE.npy QUERIES.npy FOLDER build [ENGINE...]
    python scripts/index/peers.py BASE.npy QUERIES.npy FOLDER query [ROUNDS]
"""
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

M, EF_CONSTRUCTION, K = 16, 200, 10
EFFORTS = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256]
RECALLS = [0.95, 0.99]
PEERS = ["hnswlib", "faiss-flat", "faiss-sq8", "usearch-f32", "usearch-i8"]


class Ours:
    """A process of hnswserve; NAME is ours-EFCONSTRUCTION."""

    def __init__(self, name, base, queries, folder):
        path = os.path.join(folder, name)
        self.process = subprocess.Popen(
            [os.path.join(folder, "hnswserve"), base, queries, path, name.split("-")[1]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = json.loads(self.process.stdout.readline())
        self.built, self.bytes = self.about["build_s"], self.about["bytes"]

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def answers(self, ef):
        return self.ask(f"answers {ef}")

    def seconds(self, ef, threads):
        return self.ask(f"time {ef} {threads}")


class Peer:
    """An index of a peer in this process."""

    def __init__(self, name, base, queries, folder):
        self.name, self.queries = name, np.load(queries).astype(np.float32)
        path, self.built = os.path.join(folder, name), 0.0
        if not os.path.exists(path):
            vectors = np.ascontiguousarray(np.load(base).astype(np.float32))
            self.index = self.empty(*vectors.shape)
            start = time.time()
            self.fill(vectors)
            self.built = time.time() - start
            self.save(path)
        self.index = self.load(path)
        self.bytes = self.index.memory_usage if name.startswith("usearch") else os.path.getsize(path)

    def empty(self, count, dimension):
        if self.name == "hnswlib":
            import hnswlib
            index = hnswlib.Index("ip", dimension)
            index.init_index(count, M=M, ef_construction=EF_CONSTRUCTION)
            index.set_num_threads(2)
        elif self.name.startswith("usearch"):
            from usearch.index import Index
            index = Index(ndim=dimension, metric="cos", dtype=self.name.split("-")[1], connectivity=M,
                          expansion_add=EF_CONSTRUCTION)
        else:
            import faiss
            faiss.omp_set_num_threads(2)
            index = faiss.IndexHNSWFlat(dimension, M, faiss.METRIC_INNER_PRODUCT)
            if self.name == "faiss-sq8":
                index = faiss.IndexHNSWSQ(dimension, faiss.ScalarQuantizer.QT_8bit, M, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = EF_CONSTRUCTION
        return index

    def fill(self, vectors):
        if self.name == "hnswlib":
            self.index.add_items(vectors)
        elif self.name.startswith("usearch"):
            self.index.add(np.arange(len(vectors)), vectors, threads=2)
        else:
            self.index.train(vectors)
            self.index.add(vectors)

    def save(self, path):
        if self.name == "hnswlib":
            self.index.save_index(path)
        elif self.name.startswith("usearch"):
            self.index.save(path)
        else:
            import faiss
            faiss.write_index(self.index, path)

    def load(self, path):
        if self.name == "hnswlib":
            import hnswlib
            index = hnswlib.Index("ip", self.queries.shape[1])
            index.load_index(path)
            return index
        if self.name.startswith("usearch"):
            from usearch.index import Index
            return Index.restore(path)
        import faiss
        return faiss.read_index(path)

    def search(self, ef, threads):
        if self.name == "hnswlib":
            self.index.set_ef(ef)
            return self.index.knn_query(self.queries, K, num_threads=threads)[0]
        if self.name.startswith("usearch"):
            self.index.expansion_search = ef
            return self.index.search(self.queries, K, threads=threads).keys.reshape(-1, K)
        import faiss
        faiss.omp_set_num_threads(threads)
        self.index.hnsw.efSearch = ef
        return self.index.search(self.queries, K)[1]

    def answers(self, ef):
        return self.search(ef, 1)

    def seconds(self, ef, threads):
        start = time.perf_counter()
        self.search(ef, threads)
        return time.perf_counter() - start


def engine(name, base, queries, folder):
    return (Ours if name.startswith("ours") else Peer)(name, base, queries, folder)


def build(base, queries, folder, names):
    """Builds what FOLDER lacks and notes the seconds and bytes."""
    for name in names:
        e = engine(name, base, queries, folder)
        if e.built:
            with open(os.path.join(folder, "built.jsonl"), "a") as notes:
                line = {"engine": name, "build_s": round(e.built, 1), "bytes": e.bytes}
                print(json.dumps(line), flush=True)
                notes.write(json.dumps(line) + "\n")


def exact(base, queries):
    vectors, q = np.load(base).astype(np.float32), np.load(queries).astype(np.float32)
    return [set(row) for row in np.argpartition(-(q @ vectors.T), K, axis=1)[:, :K]]


def measured(engines, base, queries, folder):
    """The recall of each engine at each effort, kept in a file."""
    path = os.path.join(folder, "recalls.json")
    recalls = json.load(open(path)) if os.path.exists(path) else {}
    truth = None
    for name, e in engines.items():
        if name in recalls:
            continue
        truth = truth or exact(base, queries)
        recalls[name] = [float(np.mean([len(t.intersection(map(int, a))) / K for t, a in zip(truth, e.answers(ef))]))
                         for ef in EFFORTS]
        json.dump(recalls, open(path, "w"))
    return recalls


def beside(recall, recalls):
    """The places of two neighbouring efforts that a recall lies between, None beyond the end."""
    for i in range(len(recalls) - 1):
        if recalls[i] <= recall <= recalls[i + 1]:
            return i, i + 1
    return None


def speed(e, count, recall, recalls):
    """The queries a second at a recall."""
    places = beside(recall, recalls)
    if places is None:
        return None
    (r0, s0), (r1, s1) = [(recalls[i], count / e.seconds(EFFORTS[i], 1)) for i in places]
    return s0 + (s1 - s0) * (recall - r0) / (r1 - r0)


def query(base, queries, folder, rounds):
    names = sorted(n for n in os.listdir(folder) if n in PEERS or n.startswith("ours-"))
    engines = {n: engine(n, base, queries, folder) for n in names}
    recalls = measured(engines, base, queries, folder)
    count = len(np.load(queries, mmap_mode="r"))
    speeds = {n: {r: [] for r in RECALLS} for n in names}
    scaling = {n: [] for n in names}
    for _ in range(rounds):
        for n, e in engines.items():
            for r in RECALLS:
                speeds[n][r].append(speed(e, count, r, recalls[n]))
            scaling[n].append(e.seconds(64, 1) / e.seconds(64, 2))
    for n in names:
        line = {"engine": n, "rounds": rounds, "recall": dict(zip(EFFORTS, (round(r, 4) for r in recalls[n]))),
                "two_threads": round(statistics.median(scaling[n]), 2)}
        for r in RECALLS:
            if None not in speeds[n][r]:
                line[f"qps@{r}"] = round(statistics.median(speeds[n][r]))
                if n.startswith("ours"):
                    best = [max(speeds[p][r][i] or 0 for p in names if p in PEERS) for i in range(rounds)]
                    line[f"times_best@{r}"] = round(statistics.median(s / b for s, b in zip(speeds[n][r], best)), 2)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    BASE, QUERIES, FOLDER, WHAT, *REST = sys.argv[1:]
    if WHAT == "build":
        build(BASE, QUERIES, FOLDER, REST or ["ours-200", *PEERS])
    else:
        query(BASE, QUERIES, FOLDER, int(REST[0]) if REST else 5)
