#!/usr/bin/env python3
"""k-centre selection: Spotter beside lightly-mundig, on the same file, by turns. Where the sequences part, by rounding
of near ties, Spotter's choice must be the one that is truly farther.

1,000 of 100,000 vectors of 512 dimensions: clusters on a manifold, and the hard case, independent normal numbers.
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import Run, by_turns, importable, median, options, report
from vectors_data import apart, make

LIGHTLY = """
import json, resource, sys
import numpy as np
from lightly_mundig import Selection
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started = cpu()
vectors = np.load(sys.argv[1])
selection = Selection()
selection.add_diversifying_strategy(vectors, 1.0)
loaded = cpu()
chosen = selection.run_selection([], len(vectors), int(sys.argv[2]))
print(json.dumps({"indices": [int(i) for i in chosen], "inside": cpu() - started, "work": cpu() - loaded}))
"""


def normal(path, rows):
    np.save(path, np.random.default_rng(4).normal(size=(rows, 512)).astype("f4"))


def distance(path, chosen, step):
    """From the choice at `step` to the nearest one before, in double precision."""
    vectors = np.load(path, mmap_mode="r")
    return np.sqrt(((vectors[chosen[:step]].astype("f8") - vectors[chosen[step]].astype("f8")) ** 2).sum(1).min())


def main():
    words = options(__doc__)
    count, wanted = (10_000, 200) if words.quick else (100_000, 1000)
    rows, right = [], True
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "v.npy"
        for data, write in (("manifold", lambda: apart(make, path, count, 2)), ("normal", lambda: apart(normal, path, count))):
            write()
            contenders = {"spotter": (lambda: Run([words.build / "spotter", "select", path, "--count", str(wanted), "--json"]),
                                      words.repeats)}
            if importable("lightly_mundig"):
                contenders["lightly-mundig"] = (lambda: Run([sys.executable, "-c", LIGHTLY, path, str(wanted)]), 1)
            else:
                print("skipped: lightly-mundig cannot be imported here")
            runs = by_turns(contenders, words.repeats)
            mine = json.loads(runs["spotter"][0].output)["indices"]
            for peer, done in runs.items():
                answer = json.loads(done[0].output)
                theirs = answer["indices"]
                agree = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a != b), len(mine))
                # Where they part, the row that is truly farther (in double precision) is the right one.
                right = right and (agree == len(mine) or
                                   apart(distance, path, mine, agree) >= apart(distance, path, theirs, agree))
                rows.append({"k-centre": f"{peer}, {data}", "runs": len(done), "CPU s": median(done, "cpu"),
                             "selection": answer.get("work", median(done, "cpu")), "wall s": median(done, "wall"),
                             "peak MB": round(median(done, "megabytes")), "parts at": agree,
                             "in both": len(set(mine) & set(theirs))})
    report(f"{wanted} of {count} x 512 by k-centre", rows, words.json)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
