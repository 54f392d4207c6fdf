#!/usr/bin/env python3
"""Runs transcript tests: commands in, text out. The format is in docs/internals/testing.md.

Usage: run_spec.py [--build DIR] [--update] [FILE.test …]   (default: every tests/spec/**/*.test)
"""
import argparse
import concurrent.futures
import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 120


class Step:
    """One command of a transcript with the text that it must print."""

    def __init__(self, command, must):
        self.command = command
        self.must = must  # exit code; None = any but 0
        self.expected = []


def parse(path):
    header, steps = [], []
    for line in path.read_text().splitlines():
        match = re.match(r"\$ (?:!(\d*) )?(.*)", line)
        if match:
            code = match.group(1)
            steps.append(Step(match.group(2), 0 if code is None else int(code) if code else None))
        elif steps and line.startswith("> ") and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        elif steps:
            steps[-1].expected.append(line)
        else:
            header.append(line)
    for step in steps:
        while step.expected and not step.expected[-1]:
            step.expected.pop()
    return header, steps


def line_matches(expected, actual):
    if expected.startswith("<REGEX>: "):
        return re.fullmatch(expected[9:], actual) is not None
    return expected == actual


def text_matches(expected, actual):
    """Line by line; a line `...` stands for any number of lines, also none."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(text_matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and line_matches(expected[0], actual[0]) and text_matches(expected[1:], actual[1:])


def environment(build, home):
    shared = os.environ.get("SPOTTER_SHARED", str(ROOT.parent / "shared"))
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SPOTTER_")}
    return clean | {
        "PATH": f"{build}:{os.environ['PATH']}", "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "SPOTTER_USER": "tester", "SPOTTER_THREADS": "2", "OMP_WAIT_POLICY": "passive",
        "DATA": str(ROOT / "tests" / "data"), "SHARED": shared, "ROOT": str(ROOT)}


def run_file(path, build, update):
    """Returns (path, None) or (path, what differs)."""
    header, steps = parse(path)
    problems = []
    with tempfile.TemporaryDirectory(prefix="spec-") as folder:
        env = environment(build, folder)
        for step in steps:
            try:
                done = subprocess.run(["bash", "-o", "pipefail", "-c", step.command], cwd=folder, env=env,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, timeout=TIMEOUT_SECONDS)
                code, out = done.returncode, done.stdout.decode(errors="replace").replace(folder, "$PWD")
            except subprocess.TimeoutExpired:
                code, out = 124, f"timed out after {TIMEOUT_SECONDS} s"
            lines = [line.rstrip() for line in out.rstrip("\n").split("\n")] if out.strip() else []
            wrong_code = code == 0 if step.must is None else code != step.must
            if wrong_code:
                problems.append(f"$ {step.command}\n  exit code {code}, expected "
                                f"{'a failure' if step.must is None else step.must}\n  " + "\n  ".join(lines))
            elif not text_matches(step.expected, lines):
                if update:
                    step.expected = lines
                else:
                    diff = difflib.unified_diff(step.expected, lines, "expected", "printed", lineterm="")
                    problems.append(f"$ {step.command}\n  " + "\n  ".join(diff))
            if problems:
                break
    if update and not problems:
        path.write_text(render(header, steps))
    return path, "\n".join(problems) or None


def render(header, steps):
    blocks = ["\n".join(header).rstrip()] if header else []
    for step in steps:
        mark = "" if step.must == 0 else "! " if step.must is None else f"!{step.must} "
        first, *rest = step.command.split("\n")
        blocks.append("\n".join([f"$ {mark}{first}", *(f"> {r}" for r in rest), *step.expected]))
    return "\n\n".join(blocks) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files or folders")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--update", action="store_true", help="rewrite what the commands print")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    places = options.files or [ROOT / "tests" / "spec"]
    files = [f for p in places for f in (sorted(p.rglob("*.test")) if p.is_dir() else [p])]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda f: run_file(f.resolve(), options.build.resolve(), options.update), files)
        for path, problem in results:
            if problem:
                failed += 1
                print(f"FAILED {path.relative_to(ROOT)}\n{problem}\n")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
