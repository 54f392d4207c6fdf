#!/usr/bin/env python3
"""How long a command takes before it does anything: `spotter --version` and the list of commands."""
import sys

from common import Run, by_turns, median, options, report


def main():
    words = options(__doc__)
    commands = {"--version": ["--version"], "about --json": ["about", "--json"]}
    repeats = 5 * words.repeats
    runs = by_turns({name: (lambda args=args: Run([words.build / "spotter", *args]), repeats)
                     for name, args in commands.items()}, repeats)
    report("Start-up", [{"command": name, "runs": len(done), "wall ms": round(1000 * median(done, "wall")),
                         "CPU ms": round(1000 * median(done, "cpu")), "peak MB": round(median(done, "megabytes"))}
                        for name, done in runs.items()], words.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
