#!/usr/bin/env python3
"""A disk that fills up while a world is drawn: exit 75 with the path in the message, and nothing is left, neither
a half world nor the earlier one harmed. Needs a right to mount a small tmpfs; says so and skips otherwise."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("SPOTTER_BUILD", ROOT / "build/release")).resolve() / "spotter"


def world(folder, scenes, *more):
    return subprocess.run([PROGRAM, "world", "--quiet", "--out", folder, "--scenes", str(scenes), "--frames", "1",
                           "--size", "128x80", *more], capture_output=True, text=True, check=False)


def content(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def check(disk):
    full = world(disk / "streets", 3000)
    assert full.returncode == 75, full
    assert "streets" in full.stderr and "free space" in full.stderr, full.stderr
    assert list(disk.iterdir()) == [], "a failed world left something behind"
    assert world(disk / "streets", 3).returncode == 0
    before = content(disk / "streets")
    assert world(disk / "streets", 3000, "--yes").returncode == 75
    assert content(disk / "streets") == before, "the earlier world was harmed"


def main():
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True,
                                 check=False)
        if mounted.returncode != 0:
            print("skipped: no right to mount a small disk here\n0 passed, 0 failed, 1 skipped")
            return 0
        try:
            check(Path(folder))
        finally:
            subprocess.run(["umount", folder], check=True)
    print("1 passed, 0 failed, 0 skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
