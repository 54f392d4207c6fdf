#!/usr/bin/env python3
"""Runs every test of the repository and closes with `N passed, N failed, N skipped`.

A suite is a command. Suites are found, not listed: the gtest programs of the build, the transcripts of
tests/spec, the style test, every tests/*/*_test.py, tests/*/test_*.py and examples/*/test_*.py, the web's
unit tests and browser journeys. A suite that prints `N passed, N failed[, N skipped]` as its last such line
counts as that many tests, any other as one. See docs/internals/testing.md.

Usage: test.py [--build DIR] [--list] [NAME…]   (NAME: part of a suite's name)
"""
import argparse
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPS = Path(os.environ.get("SPOTTER_DEPS", ROOT / ".deps"))
TIMEOUT_SECONDS = 1500
COUNTS = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)
# Suites that measure or load the whole machine run alone, after the others.
ALONE = ("crash", "journey", "e2e", "demo", "rehearsal")


class Suite:
    def __init__(self, name, command, folder=ROOT):
        self.name, self.command, self.folder = name, [str(c) for c in command], folder
        self.passed = self.failed = self.skipped = 0
        self.seconds = 0.0


def find_suites(build):
    python = DEPS / "python" / "bin" / "python"
    python = python if python.exists() else Path(sys.executable)
    suites = [Suite(p.name, [p, "--gtest_brief=1"]) for p in sorted(build.glob("spotter*_tests"))]
    suites.append(Suite("tidy", [python, ROOT / "tools" / "tidy.py"]))
    suites.append(Suite("spec", [python, ROOT / "tools" / "run_spec.py", "--build", build]))
    scripts = sorted({*ROOT.glob("tests/*/*_test.py"), *ROOT.glob("tests/*/test_*.py"),
                      *ROOT.glob("examples/*/test_*.py"), *ROOT.glob("tests/parity/*_parity.py")})
    suites += [Suite(str(p.relative_to(ROOT)), [python, p]) for p in scripts]
    if (ROOT / "web" / "package.json").exists():
        suites.append(Suite("web unit", ["npm", "test", "--silent"], ROOT / "web"))
    if (ROOT / "web" / "e2e" / "run.mjs").exists():
        suites.append(Suite("web e2e", ["node", "e2e/run.mjs"], ROOT / "web"))
    return suites


def gtest_counts(text):
    """What a gtest program printed as (passed, failed, skipped), or None."""
    ran = re.search(r"\[==========\] (\d+) tests? from", text)
    if not ran:
        return None
    failed = re.search(r"(\d+) FAILED TESTS?", text)
    skipped = re.search(r"\[  SKIPPED \] (\d+) tests?", text)
    bad, left = int(failed.group(1)) if failed else 0, int(skipped.group(1)) if skipped else 0
    return int(ran.group(1)) - bad - left, bad, left


def run(suite, env, lock):
    started = time.monotonic()
    try:
        done = subprocess.run(suite.command, cwd=suite.folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_SECONDS)
        code, text = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as e:
        code, text = 124, (e.stdout or b"").decode(errors="replace") + f"\ntimed out after {TIMEOUT_SECONDS} s"
    except OSError as e:
        code, text = 127, str(e)
    suite.seconds = time.monotonic() - started
    found = COUNTS.findall(text)
    counts = gtest_counts(text) or (tuple(int(n or 0) for n in found[-1]) if found else None)
    suite.passed, suite.failed, suite.skipped = counts or (int(code == 0), int(code != 0), 0)
    if code == 77 and not counts:  # the usual code for "skipped"
        suite.passed, suite.failed, suite.skipped = 0, 0, 1
    elif code != 0 and suite.failed == 0:
        suite.failed = 1
    if suite.skipped and os.environ.get("CI") == "true" and "shared data" in text:
        suite.failed += suite.skipped
        suite.skipped = 0
    with lock:
        print(f"{'FAILED' if suite.failed else 'ok':6} {suite.name:44} {suite.seconds:7.1f} s   "
              f"{suite.passed} passed, {suite.failed} failed, {suite.skipped} skipped", flush=True)
        if suite.failed:
            print("\n".join("    " + line for line in text.splitlines()[-150:]), flush=True)
        elif suite.skipped:
            print("\n".join("    " + line for line in text.splitlines() if "skip" in line.lower()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    build = options.build.resolve()
    suites = [s for s in find_suites(build)
              if not options.names or any(n in s.name for n in options.names)]
    if options.list:
        print("\n".join(s.name for s in suites))
        return 0
    env = os.environ | {"SPOTTER_BUILD": str(build), "OMP_WAIT_POLICY": "passive", "LC_ALL": "C.UTF-8",
                        "SPOTTER_SHARED": os.environ.get("SPOTTER_SHARED", str(ROOT.parent / "shared"))}
    lock = threading.Lock()
    together = [s for s in suites if not any(word in s.name for word in ALONE)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda s: run(s, env, lock), together))
    for suite in suites:
        if suite not in together:
            run(suite, env, lock)
    totals = [sum(getattr(s, k) for s in suites) for k in ("passed", "failed", "skipped")]
    print("{} passed, {} failed, {} skipped".format(*totals))
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
