#!/usr/bin/env python3
"""Near-duplicates among 1,000,000 vectors of 512 dimensions in bounded memory, 10,000 copies planted. No peer does this
size in bounded memory; what counts is that every planted copy is found, the time and the peak memory.
"""
import json
import sys
import tempfile
from pathlib import Path

from common import Run, options, report
from vectors_data import apart, make


def main():
    words = options(__doc__)
    count, copies = (50_000, 500) if words.quick else (1_000_000, 10_000)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "v.npy"
        apart(make, path, count, 2, copies=copies)
        run = Run([words.build / "spotter", "duplicates", path, "--json"])
    answer = json.loads(run.output)
    report(f"near-duplicates of {count} x 512 ({count * 512 * 4 >> 20} MB), {copies} copies planted",
           [{"duplicates": "spotter", "found": answer["duplicates"], "groups": answer["group_count"],
             "CPU s": run.cpu, "wall s": run.wall, "peak MB": round(run.megabytes)}], words.json)
    return 0 if answer["duplicates"] == copies else 1


if __name__ == "__main__":
    sys.exit(main())
