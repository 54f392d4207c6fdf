"""What the tests of bad input share: a folder with a project and the commands to use it, files to feed it, and the
loop that runs every test of a file. Only the Python standard library is used."""
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SPOTTER_BUILD", ROOT / "build" / "release"))


class Skip(Exception):
    pass


def png(width, height, grey=64, rows=None):
    """A grey PNG; `rows` fewer than `height` makes it truncated inside its data."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    raw = b"".join(b"\0" + bytes([grey]) * width for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class Bench:
    """A folder with a project in it and the commands to use it."""

    def __init__(self, folder):
        self.folder = folder
        self.project = folder / "project"

    def init(self):
        self.run("init", self.project, "--task", "detection", "--classes", "car,bus", project=False)
        return self

    def run(self, *words, code=0, project=True):
        command = [BUILD / "spotter", *words] + (["--project", self.project] if project else [])
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, cwd=self.folder,
                              env=os.environ | {"SPOTTER_USER": "tester", "LC_ALL": "C.UTF-8"})
        codes = code if isinstance(code, tuple) else (code,)
        assert done.returncode in codes, (
            f"exit {done.returncode}, not {codes}: {' '.join(map(str, words))}\n{done.stdout[-800:]}\n{done.stderr[-800:]}")
        return done

    def import_(self, *words, code=0):
        return json.loads(self.run("import", *words, "--json", code=code).stdout)

    def total(self):
        return json.loads(self.run("query", "true", "--limit", "1", "--json").stdout)["total"]

    def sql(self, text):
        return json.loads(self.run("sql", text, "--json").stdout)["rows"]


def run_tests(names):
    """Runs what is called test_* in `names` (those named on the command line, if any), each on a bench of its own;
    prints the closing line that tools/test.py reads and returns the exit code."""
    tests = [(n, f) for n, f in names.items() if n.startswith("test_") and (len(sys.argv) < 2 or n in sys.argv[1:])]
    passed = failed = skipped = 0
    for name, test in tests:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="spotter-bad-input-") as folder:
            try:
                test(Bench(Path(folder).resolve()))
                passed += 1
                print(f"ok      {name}  {time.monotonic() - started:.1f} s")
            except Skip as reason:
                skipped += 1
                print(f"skipped {name}: {reason}")
            except (AssertionError, KeyError, ValueError, IndexError, subprocess.TimeoutExpired) as fault:
                failed += 1
                print(f"FAILED  {name}: {fault!r}"[:12000])
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0
