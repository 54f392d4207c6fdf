#!/usr/bin/env python3
"""Nearest neighbours: Spotter beside faiss (exact) and hnswlib (approximate), on the same files, by turns.

100,000 vectors of 512 dimensions and 1,000 queries; 30,000 all against all. CPU seconds are of the whole process with
reading; `inside` leaves out Python's start. The exact answers are compared, the approximate ones give their recall.
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import Run, by_turns, importable, median, options, report
from vectors_data import apart, make

HEAD = """
import json, os, resource, sys
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import numpy as np
{imports}
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started = cpu()
base, queries = np.load(sys.argv[1]), np.load(sys.argv[2])
{work}
np.save(sys.argv[3], ids)
print(json.dumps({{"inside": cpu() - started}}))
"""
FAISS = HEAD.format(imports="import faiss", work="""
index = faiss.IndexFlatL2(base.shape[1])
index.add(base)
ids = index.search(queries, 10)[1]
""")
HNSWLIB = HEAD.format(imports="import hnswlib", work="""
index = hnswlib.Index(space="l2", dim=base.shape[1])
index.init_index(max_elements=len(base), M=16, ef_construction=100)
index.add_items(base)
index.set_ef(100)
ids = index.knn_query(queries, k=10)[0]
""")


def agreement(a, b):
    return np.mean([len(set(x) & set(y)) / 10 for x, y in zip(np.load(a), np.load(b))])


def work(words, folder, title, base, queries, contenders, rounds):
    """contenders: {name: (options of spotter or None, script)}. Gives rows; the first contender is Spotter, exact."""
    makes = {}
    for name, (flags, script) in contenders.items():
        out = folder / f"{name.replace(' ', '_')}.npy"
        command = ([words.build / "spotter", "neighbours", base, "--queries", queries, "--out", out, "--json", *flags]
                   if script is None else [sys.executable, "-c", script, base, queries, out])
        makes[name] = (lambda command=command: Run(command), rounds)
    runs = by_turns(makes, rounds)
    truth = folder / "spotter.npy"
    rows = []
    for name, done in runs.items():
        inside = [json.loads(r.output).get("inside", r.cpu) for r in done]
        rows.append({"neighbours": name, "runs": len(done), "CPU s": median(done, "cpu"), "inside": sorted(inside)[len(inside) // 2],
                     "wall s": median(done, "wall"), "peak MB": round(median(done, "megabytes")),
                     "same as exact": float(agreement(folder / f"{name.replace(' ', '_')}.npy", truth))})
    report(title, rows)
    return rows


def main():
    words = options(__doc__)
    count = 10_000 if words.quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base, queries = folder / "base.npy", folder / "queries.npy"
        apart(make, base, count, 2)
        apart(make, queries, 1000, 3)
        few = {"spotter": ([], None)}
        many = {"spotter": ([], None)}
        if importable("faiss"):
            few["faiss flat"] = many["faiss flat"] = ([], FAISS)
        else:
            print("skipped: faiss cannot be imported here")
        few["spotter graph"] = (["--approximate"], None)
        if importable("hnswlib"):
            few["hnswlib"] = ([], HNSWLIB)
        rows = work(words, folder, f"10 nearest of 1,000 queries among {count} x 512", base, queries, few, min(words.repeats, 3))
        # faiss takes minutes here: once, and fewer rows.
        fewer = folder / "fewer.npy"
        apart(make, fewer, count * 3 // 10, 4)
        rows += work(words, folder, f"10 nearest of each of {count * 3 // 10} x 512", fewer, fewer, many, 1)
    if words.json:
        words.json.write_text(json.dumps({"title": "neighbours", "rows": rows}, indent=1))
    return 0 if all(r["same as exact"] > .999 for r in rows if r["neighbours"] in ("spotter", "faiss flat")) else 1


if __name__ == "__main__":
    sys.exit(main())
