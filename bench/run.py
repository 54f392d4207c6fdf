#!/usr/bin/env python3
"""Runs every bench/*.py, each in the environment with the peers, and gathers their rows in build/bench/.

Usage: run.py [--build DIR] [--quick] [NAME…]   (NAME: part of a bench's name)
Peers come from bench/requirements.txt into .deps/bench, once; one that cannot be installed is skipped there.
"""
import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "bench"
DEPS = Path(os.environ.get("SPOTTER_DEPS", ROOT / ".deps"))
SHARED_FILES = {"run.py", "common.py", "vectors_data.py"}


def environment():
    """The Python with the peers; made again when the requirements change."""
    wanted = [line.split("#")[0].strip() for line in (HERE / "requirements.txt").read_text().splitlines()]
    wanted = [line for line in wanted if line]
    home = DEPS / "bench"
    stamp = DEPS / f"bench-{hashlib.sha256(chr(10).join(wanted).encode()).hexdigest()[:8]}.stamp"
    python = home / "bin" / "python"
    if stamp.exists() and python.exists():
        return python
    print("bench: installing peers", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    for package in wanted:
        if subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package]).returncode != 0:
            print(f"bench: {package} cannot be installed here and is skipped", file=sys.stderr)
    stamp.touch()
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--quick", action="store_true")
    words = parser.parse_args()
    out = words.build.resolve().parent / "bench"
    out.mkdir(parents=True, exist_ok=True)
    python = environment()
    failed = []
    for script in sorted(HERE.glob("*.py")):
        if script.name in SHARED_FILES or (words.names and not any(n in script.stem for n in words.names)):
            continue
        command = [python, script, "--build", words.build.resolve(), "--json", out / f"{script.stem}.json"]
        env = os.environ | {"SPOTTER_BUILD": str(words.build.resolve())}
        if subprocess.run([str(c) for c in command] + ["--quick"] * words.quick, env=env).returncode != 0:
            failed.append(script.stem)
    print(f"\nrows are in {out}")
    if failed:
        print("failed: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
