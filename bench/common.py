"""What the benches share: measuring whole processes by turns, and the table they print."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path


class Run:
    """One finished process: seconds of CPU over all its threads and children, wall seconds, peak memory, output."""

    def __init__(self, command, env=None):
        started = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=os.environ | (env or {}))
        self.output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.perf_counter() - started
        self.cpu = usage.ru_utime + usage.ru_stime
        self.megabytes = usage.ru_maxrss / 1024
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}")


def by_turns(contenders, repeats):
    """Runs every contender `repeats` times, one after the other each round, so that load hits all alike.

    contenders: {name: (function giving a Run, rounds it takes part in at most)}. Gives {name: [Run, …]}.
    """
    runs = {name: [] for name in contenders}
    for turn in range(repeats):
        for name, (make, rounds) in contenders.items():
            if turn < rounds:
                runs[name].append(make())
    return runs


def median(runs, field):
    return statistics.median(getattr(r, field) for r in runs)


def options(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    return parser.parse_args()


def report(title, rows, path=None):
    """rows: dicts with the same keys; the first is the name. Prints a table, writes JSON when asked."""
    print(f"\n{title}")
    heads = list(rows[0])
    cells = [[f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
    widths = [max(len(h), *(len(c[i]) for c in cells)) for i, h in enumerate(heads)]
    for line in [heads, *cells]:
        print("  " + line[0].ljust(widths[0]) + "".join("  " + c.rjust(w) for c, w in zip(line[1:], widths[1:])))
    sys.stdout.flush()
    if path:
        path.write_text(json.dumps({"title": title, "rows": rows}, indent=1))


def importable(module):
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0
