#!/usr/bin/env python3
"""Drift of 50 columns, a million rows a side: Spotter beside scipy's KS and chi-square, on the same Parquet files, by turns.

40 numeric and 10 categorical columns, 10 of them drifted. Both read the files; both must find the planted columns.
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import Run, by_turns, importable, median, options, report
from vectors_data import apart

SCIPY = """
import json, resource, sys
import numpy as np
import pandas as pd
from scipy import stats
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started = cpu()
a, b = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
found = {}
for name in a:
    if name.startswith("n"):
        found[name] = float(stats.ks_2samp(a[name], b[name], method="asymp").statistic)
    else:
        table = pd.concat([a[name].value_counts(), b[name].value_counts()], axis=1).fillna(0).to_numpy().T
        found[name] = float(stats.chi2_contingency(table, correction=False).statistic)
print(json.dumps({"statistics": found, "inside": cpu() - started}))
"""


def write(path, rows, drifted):
    import pandas as pd
    rng = np.random.default_rng(8 if drifted else 7)
    columns = {}
    for i in range(40):
        columns[f"n{i}"] = rng.normal(size=rows) + (.3 if drifted and i < 8 else 0)
    for i in range(10):
        share = np.array([.3, .3, .2, .1, .1]) if not (drifted and i < 2) else np.array([.1, .3, .2, .2, .2])
        columns[f"c{i}"] = np.array(["sun", "rain", "fog", "snow", "night"])[rng.choice(5, rows, p=share)]
    pd.DataFrame(columns).to_parquet(path)


def main():
    words = options(__doc__)
    rows_count = 100_000 if words.quick else 1_000_000
    if not (importable("pandas") and importable("pyarrow") and importable("scipy")):
        print("skipped: pandas, pyarrow and scipy make the tables and cannot be imported here")
        return 0
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / "a.parquet", Path(name) / "b.parquet"]
        for path, drifted in zip(files, (False, True)):
            apart(write, path, rows_count, drifted)
        runs = by_turns({"spotter": (lambda: Run([words.build / "spotter", "drift", "--reference", files[0], "--current", files[1],
                                                  "--json"]), words.repeats),
                         "scipy": (lambda: Run([sys.executable, "-c", SCIPY, *files]), words.repeats)}, words.repeats)
    answers = {peer: json.loads(done[0].output) for peer, done in runs.items()}
    mine = {row["column"]: row for row in answers["spotter"]["columns"]}
    worst = max(abs(mine[c]["statistic"] - v) / max(v, 1e-9) for c, v in answers["scipy"]["statistics"].items())
    right = {c for c, row in mine.items() if row["drifted"]} == {*(f"n{i}" for i in range(8)), "c0", "c1"}
    rows = [{"drift": peer, "runs": len(done), "CPU s": median(done, "cpu"),
             "inside": answers[peer].get("inside", median(done, "cpu")), "wall s": median(done, "wall"),
             "peak MB": round(median(done, "megabytes"))} for peer, done in runs.items()]
    report(f"drift of 50 columns, {rows_count} rows a side; statistics differ by at most {worst:.1e} of their size, "
           f"the ten planted columns {'are' if right else 'ARE NOT'} found", rows, words.json)
    return 0 if right and worst < 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())
