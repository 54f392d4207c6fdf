#!/usr/bin/env python3
"""Projects that this program or this person may not change, over every command: one that a newer Spotter wrote
is refused with exit 2, and one whose folder is read-only is read by what only reads; what would write says
what, where and why with exit 75 and leaves nothing half done. A command without a row here is a failure."""
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from bench import BUILD, Skip, png, run_tests, write

NOBODY = 65534
# What a row expects of a read-only project. OUTSIDE commands open no project.
READS, WRITES, OUTSIDE, SERVES = "reads", "writes", "outside", "serves"
UNKNOWN = "names what is not there"
EITHER = "writes when there is something to write"


def rows(bench):
    """The commands by name: what they do to a project, and words that are right for the project made below."""
    data = bench.folder / "data"
    out = bench.folder / "out"
    return {
        "about": (OUTSIDE,), "formats": (OUTSIDE,), "convert": (OUTSIDE,), "init": (OUTSIDE,), "demo": (OUTSIDE,),
        "eval coco": (OUTSIDE,), "eval mot": (OUTSIDE,), "eval tags": (OUTSIDE,), "eval trajectories": (OUTSIDE,),
        "label-errors": (OUTSIDE,), "neighbours": (OUTSIDE,), "select": (OUTSIDE,), "duplicates": (OUTSIDE,),
        "drift": (OUTSIDE,), "world": (OUTSIDE,), "config options": (OUTSIDE,), "doctor": (OUTSIDE,),
        "openapi": (OUTSIDE,), "check list": (OUTSIDE,),
        "config check": (READS,),
        "query": (READS, "weather = 'rain'", "--objects"),
        "sql": (READS, "SELECT count(*) FROM samples"),
        "export": (READS, "jsonl", out / "all.jsonl"),
        "evaluations": (READS,), "compare": (READS, "m1", "m2"),
        "gate list": (READS,), "gate show": (READS,),
        "version log": (READS,), "version show": (READS, "v1"), "version diff": (READS, "v1", "v2"),
        "version checkout": (READS, "v1", out / "v1", "--format", "jsonl"),
        "deployments": (READS,), "models": (READS,), "findings": (READS,), "modes": (READS,), "doubts": (READS,),
        "modes show": (UNKNOWN, "nothing-known"), "campaign list": (READS,), "campaign show": (READS, "rain"),
        "monitor status": (READS,), "batch list": (READS,), "batch status": (READS, "rain-1"),
        "queue": (READS,), "channels": (READS,), "slices list": (READS,), "slices find": (EITHER, "--model", "m1"),
        "verify": (READS,), "runs": (READS,), "runs show": (UNKNOWN, "run_nothing"), "jobs": (READS,),
        "jobs show": (UNKNOWN, "job_nothing"), "jobs cancel": (UNKNOWN, "job_nothing"),
        "jobs logs": (UNKNOWN, "job_nothing"), "cycle status": (UNKNOWN,), "cycle history": (READS,),
        "ledger": (READS,), "gc": (READS, "--dry-run"),
        "batch export": (WRITES, "rain-1", "--format", "coco", "--out", out / "batch"),
        "import": (WRITES, "images", bench.folder / "more"),
        "flag": (WRITES, "s0-0", "--reason", "odd"),
        "evaluate": (WRITES, "--model", "m2", "--version", "v1"),
        "gate": (WRITES, "--champion", "m2", "--challenger", "m1", "--version", "v1"),
        "approve": (WRITES, "--hold", "--note", "wait", "--yes"),
        "version commit": (WRITES, "-m", "more"),
        "deploy": (WRITES, "m1", "--to", "production", "--force", "--reason", "try", "--yes"),
        "rollback": (UNKNOWN, "production", "--reason", "worse", "--yes"),
        "alias": (WRITES, "candidate", "m1"),
        "check run": (WRITES, "flags"),
        "verdict": (WRITES, bench.finding, "label_error"),
        "modes update": (EITHER,),
        "modes merge": (UNKNOWN, "nothing-known", "neither"),
        "modes set": (UNKNOWN, "nothing-known", "--weight", "2"),
        "modes split": (UNKNOWN, "nothing-known", "--where", "weather = 'rain'"),
        "slices add": (WRITES, "wet", "--where", "weather = 'rain'"), "slices remove": (UNKNOWN, "nothing-known"),
        "campaign create": (WRITES, "more-rain", "--where", "weather = 'rain'", "--budget", "2"),
        "campaign run": (WRITES, "dry"),
        "monitor run": (EITHER, "--model", "m1"),
        "batch create": (WRITES, "rain-2", "--where", "weather = 'dry'"),
        "batch import": (WRITES, "rain-1", data / "batch.json", "--format", "coco"),
        "batch simulate": (WRITES, "rain-1", "--truth", data / "batch.jsonl"),
        "train": (WRITES, "--version", "v1"),
        "cycle run": (WRITES,), "cycle resume": (UNKNOWN,), "cycle cancel": (UNKNOWN,),
        "worker": (WRITES, "--once"),
        "serve": (SERVES, "--bind", "127.0.0.1:0"),
    }


def make_project(bench):
    """Two versions, two models with predictions, an evaluation, a gate report, findings, a campaign, a batch."""
    bench.init()
    for extra in ("tmp", "out"):
        (bench.folder / extra).mkdir()
    data = bench.folder / "data"
    lines, said = [], []
    for scene in range(8):
        for frame in range(2):
            key, name = f"s{scene}-{frame}", f"s{scene}-{frame}.png"
            write(data / name, png(64, 48, grey=10 + scene * 20 + frame))
            box = [5 + frame, 5, 30, 30]
            lines.append({"key": key, "image": name, "sequence": f"s{scene}", "frame": frame,
                          "attributes": {"weather": "rain" if scene % 2 else "dry"},
                          "objects": [{"class": "car", "box": box}] if scene < 6 else None})
            said.append({"key": key, "predictions": [{"class": "car", "score": 0.9, "box": box}]})
    lines = [{k: v for k, v in line.items() if v is not None} for line in lines]
    bench.import_("jsonl", write(data / "first.jsonl", "\n".join(map(json.dumps, lines[:10]))))
    bench.run("version", "commit", "-m", "first")
    bench.import_("jsonl", write(data / "all.jsonl", "\n".join(map(json.dumps, lines))))
    bench.run("version", "commit", "-m", "second")
    predictions = write(data / "said.jsonl", "\n".join(map(json.dumps, said)))
    for model in ("m1", "m2"):
        bench.import_("jsonl", predictions, "--as", "predictions", "--model", model)
    for model in ("m1", "m2"):
        bench.run("evaluate", "--model", model, "--version", "v2")
    bench.run("gate", "--challenger", "m1", "--version", "v1", code=(0, 3))
    bench.run("flag", "s6-0", "--reason", "missed a car")
    bench.run("check", "run", "flags")
    bench.run("flag", "s7-0", "--reason", "missed another")
    for name in ("rain", "dry"):
        bench.run("campaign", "create", name, "--where", f"weather = '{name}'", "--budget", "2")
    bench.run("campaign", "run", "rain")
    bench.run("batch", "create", "rain-1", "--campaign", "rain")
    write(data / "batch.jsonl", "\n".join(json.dumps({"key": line["key"], "objects": []}) for line in lines[12:]))
    bench.run("batch", "export", "rain-1", "--format", "coco", "--out", data / "exported")
    exported = next((data / "exported").rglob("*.json"))
    shutil.copy(exported, data / "batch.json")
    bench.import_("jsonl", write(data / "late.jsonl", json.dumps({"key": "s6-1", "objects": []})))
    write(bench.folder / "more" / "x.png", png(20, 20, grey=3))
    bench.finding = json.loads(bench.run("findings", "--json").stdout)["findings"][0]["id"]


def commands():
    about = subprocess.run([BUILD / "spotter", "about", "--json"], capture_output=True, text=True, check=True)
    return [c["name"] for c in json.loads(about.stdout)["commands"]]


def checked_table(bench):
    table = rows(bench)
    missing = sorted(set(commands()) - set(table)) + sorted(set(table) - set(commands()))
    assert not missing, f"give these commands a row, or take it away: {missing}"
    return {name: row for name, row in table.items() if row[0] != OUTSIDE}


def state_of(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "folder"
            for p in sorted(folder.rglob("*"))}


def expect_unchanged(folder, before):
    after = state_of(folder)
    changed = sorted(name for name in before | after if before.get(name) != after.get(name))
    assert not changed, f"the project changed: {changed[:10]}"


def run_as(bench, words, user=None):
    command = [BUILD / "spotter", *words, "--project", bench.project]
    if user is not None:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    env = os.environ | {"SPOTTER_USER": "tester", "LC_ALL": "C.UTF-8", "TMPDIR": str(bench.folder / "tmp"),
                        "HOME": str(bench.folder / "tmp")}
    process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd=bench.folder / "tmp", env=env)
    try:
        out, errors = process.communicate(timeout=8 if "serve" in words else 120)
    except subprocess.TimeoutExpired:
        process.terminate()
        out, errors = process.communicate(timeout=60)
        return None, out, errors  # it was at work
    return process.returncode, out, errors


def over_all(bench, table, problem_of, user=None, at_once=os.cpu_count()):
    """Runs every command of the table; fails with all that went wrong."""
    def one(item):
        name, (kind, *words) = item
        code, out, errors = run_as(bench, [*name.split(), *words], user)
        problem = problem_of(kind, code, errors)
        return problem and f"{name}: exit {code}, {problem}\n      {errors.strip()[-300:]} {out.strip()[-100:]}"
    with ThreadPoolExecutor(at_once) as pool:  # they change nothing, so they do not meet
        faults = [fault for fault in pool.map(one, table.items()) if fault]
    assert not faults, f"{len(faults)} of {len(table)} commands:\n    " + "\n    ".join(faults)


def open_to_everybody(folder):
    """Everybody may read; only the folders for output and temporary files may be written."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    for name in ("out", "tmp"):
        (folder / name).chmod(0o777)


def problem_with(kind, code, errors):
    """Why this outcome on a read-only project is wrong; empty if it is right."""
    if code is not None and (code < 0 or code > 127):
        return "it crashed"
    if "internal" in errors or "Traceback" in errors:
        return "it calls it a fault of its own"
    wanted = {READS: (0,), UNKNOWN: (0, 1, 2), WRITES: (75,), EITHER: (0, 2, 75),
              SERVES: (None, 75)}[kind]
    if code not in wanted:
        return f"not {wanted}"
    if code == 75 and not ("error:" in errors and ("read-only" in errors.lower() or "ermission" in errors)):
        return "the message does not say what is wrong"
    return ""


def check_read_only(bench, user=None):
    table = checked_table(bench)
    before = state_of(bench.project)
    over_all(bench, table, problem_with, user)
    expect_unchanged(bench.project, before)
    made = sorted(p.name for p in (bench.folder / "out").iterdir())
    assert made == ["all.jsonl", "v1"], f"a command that failed left files: {made}"
    left = [p for p in (bench.folder / "tmp").iterdir() if p.name.startswith("spotter")]
    assert not left, f"left behind: {left}"


def test_newer_project(bench):
    make_project(bench)
    table = checked_table(bench)
    with contextlib.closing(sqlite3.connect(bench.project / ".spotter" / "catalog.db")) as db:
        db.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
        db.commit()
    before = state_of(bench.project / ".spotter")
    # One by one: two that close an SQLite database in the same moment may each leave its log to the other.
    over_all(bench, table, lambda _, code, errors: "" if code == 2 and "newer Spotter" in errors and "999" in errors
             else "it does not say that the project is of a newer Spotter", at_once=1)
    expect_unchanged(bench.project / ".spotter", before)


def test_project_of_somebody_else(bench):
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise Skip("commands cannot be run as another user here (needs root and setpriv)")
    make_project(bench)
    open_to_everybody(bench.folder)
    if subprocess.run(["setpriv", f"--reuid={NOBODY}", "--clear-groups", BUILD / "spotter", "--version"],
                      capture_output=True, check=False).returncode != 0:
        raise Skip("another user may not run the program here")
    check_read_only(bench, NOBODY)


def test_read_only_mount(bench):
    make_project(bench)
    if os.geteuid() != 0 or subprocess.run(["mount", "--bind", bench.project, bench.project], capture_output=True,
                                           check=False).returncode != 0:
        raise Skip("a folder cannot be mounted here (needs root)")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", bench.project], check=True)
        check_read_only(bench)
    finally:
        subprocess.run(["umount", "-l", bench.project], check=False)


def test_while_its_owner_works(bench):
    """The owner's open catalog has a log beside it, with what is not in the file yet."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise Skip("commands cannot be run as another user here (needs root and setpriv)")
    make_project(bench)
    with contextlib.closing(sqlite3.connect(bench.project / ".spotter" / "catalog.db")) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE models SET name = 'renamed' WHERE name = 'm2'")
        db.commit()
        open_to_everybody(bench.folder)
        code, out, errors = run_as(bench, ["models", "--json"], NOBODY)
        assert code == 0 and "renamed" in out, (code, out[-300:], errors[-500:])
        code, out, errors = run_as(bench, ["alias", "candidate", "m1"], NOBODY)
        assert code == 75 and "read-only" in errors, (code, errors[-500:])


def test_list_of_files_out_of_date(bench):
    """A copy has other times, so that the lake's own list of its files is not taken for true."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise Skip("commands cannot be run as another user here (needs root and setpriv)")
    make_project(bench)
    (bench.project / ".spotter" / "lake" / "current.json").unlink()
    open_to_everybody(bench.folder)
    code, out, errors = run_as(bench, ["query", "true", "--json"], NOBODY)
    assert code == 0 and json.loads(out)["total"] == 16, (code, out[-200:], errors[-500:])


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
