#!/usr/bin/env python3
"""kill -9 of a cycle, at every step boundary and at random moments inside steps: resuming finishes it, no
finished step is repeated, no row is lost or doubled, and `spotter verify` is clean.

The undisturbed cycle says what is right; copies of the same project are then killed. A runner is killed the
moment it has printed that a step began or ended, or after a random time (seeded); in one round the training
job is killed with it, as when the machine goes down."""
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import small_project as small
import tally
from tally import expect

LAKE_TABLES = ("samples", "label_sets", "labels", "prediction_sets", "predictions", "matches", "findings",
               "version_items")
CATALOG_TABLES = ("check_runs", "failure_modes", "campaigns", "campaign_items", "batches", "tasks", "dataset_versions",
                  "models", "evaluations", "gate_reports", "deployments", "monitor_runs", "aliases", "flags", "steps")
STEPS = "ingest checks triage curate label version train evaluate gate deploy monitor".split()
RESUMES_MAX = 60


def counts(project):
    """Rows of every table that a cycle writes."""
    query = " UNION ALL ".join(f"SELECT '{t}' AS name, count(*) AS n FROM {t}" for t in LAKE_TABLES)
    _, lake = small.spotter("sql", query, "--project", str(project))
    result = {row["name"]: row["n"] for row in lake["rows"]}
    with sqlite3.connect(project / ".spotter" / "catalog.db") as db:
        for table in CATALOG_TABLES:
            result["catalog " + table] = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        result["catalog ledger jobs"] = db.execute("SELECT count(*) FROM ledger WHERE key LIKE 'job/%'").fetchone()[0]
    return result


def trainer_starts(project):
    log = project.parent / "trainer.log"
    return sorted(line.split()[0] for line in log.read_text().splitlines()) if log.exists() else []


def command(project, *words):
    environment = {**os.environ, "SPOTTER_USER": "tester", "TINY_TRAINER_LOG": str(project.parent / "trainer.log")}
    return subprocess.Popen([small.SPOTTER, "cycle", *words, "--project", str(project)], env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)


def boundary(line):
    words = line.split()
    return len(words) > 1 and words[0] in STEPS and words[1].rstrip(":") in ("running", "done", "skipped", "waiting")


def kill_at_next_boundary(project, words, seen):
    """Runs until the first boundary that was not seen before, then kills. True when it ended by itself."""
    process = command(project, *words)
    for line in process.stderr:
        place = " ".join(line.split()[:2]).rstrip(":")
        if boundary(line) and place not in seen:
            seen.add(place)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
    process.wait()
    return True


def kill_after(project, words, seconds, with_jobs):
    process = command(project, *words)
    try:
        process.communicate(timeout=seconds)
        return True
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if with_jobs:
            kill_jobs(project)
        return False


def kill_jobs(project):
    """Every runner and command of the project's jobs, as a power cut would."""
    for record in (project / ".spotter" / "jobs").glob("*/a*"):
        for pid in Path("/proc").glob("[0-9]*"):
            try:
                words = (pid / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(word.startswith(str(record).encode()) for word in words):
                try:
                    os.kill(int(pid.name), signal.SIGKILL)
                except ProcessLookupError:
                    pass


def check(project, what, expected, starts=None):
    _, cycle = small.spotter("cycle", "status", "--project", str(project))
    expect(cycle["state"] == "done", f"{what}: the cycle is {cycle['state']}")
    for step in cycle["steps"]:
        wanted = 1 if step["state"] == "done" else 0
        expect(step["state"] in ("done", "skipped") and step["finished_count"] == wanted,
               f"{what}: {step['name']} is {step['state']}, finished {step['finished_count']} times {step['error']}")
    got = counts(project)
    for table, count in expected.items():
        expect(got[table] == count, f"{what}: {table} has {got[table]} rows, undisturbed {count}")
    if starts is not None:
        expect(trainer_starts(project) == starts,
               f"{what}: the trainer started {trainer_starts(project)}, undisturbed {starts}")
    code, verify = small.spotter("verify", "--project", str(project), check=False)
    expect(code == 0, f"{what}: verify says {verify.get('problems')}")


def copy_of(base, folder, name):
    target = folder / name
    shutil.copytree(base, target, symlinks=True)
    project = target / "project"
    # A wide margin: few scenes decide little, and deploying is to be killed as well.
    small.configure(project, sources=small.production(project),
                    gate={"approval": "auto", "resamples": 200, "suspicious_gain": 1.0, "margin": 0.9})
    return project


def boundaries(base, folder, expected, starts):
    project = copy_of(base, folder, "boundaries")
    seen, kills, words = set(), 0, ("run",)
    while not kill_at_next_boundary(project, words, seen):
        kills += 1
        words = ("resume",) if started(project) else ("run",)
        expect(kills < RESUMES_MAX, "boundaries: it comes to an end")
        if kills >= RESUMES_MAX:
            return
    expect(kills >= 2 * len(STEPS) - 2, f"boundaries: {kills} kills reached every boundary: {sorted(seen)}")
    check(project, "boundaries", expected, starts)
    print(f"killed at {kills} step boundaries")


def started(project):
    """Whether the second cycle is in the journal: the kill may have come before."""
    with sqlite3.connect(project / ".spotter" / "catalog.db") as db:
        return db.execute("SELECT count(*) FROM cycles").fetchone()[0] > 1


def random_moments(base, folder, expected, seed, undisturbed_seconds):
    rng = random.Random(seed)
    name = f"random {seed}"
    project = copy_of(base, folder, f"random{seed}")
    kills, words, longest = 0, ("run",), undisturbed_seconds / 3
    while not kill_after(project, words, rng.uniform(0.05, longest), with_jobs=seed % 2 == 1):
        kills += 1
        longest *= 1.15  # so that even a slow machine gets through
        words = ("resume",) if started(project) else ("run",)
        expect(kills < RESUMES_MAX, f"{name}: it comes to an end")
        if kills >= RESUMES_MAX:
            return
    expected = {k: v for k, v in expected.items() if seed % 2 == 0 or k != "catalog ledger jobs"}
    check(project, name, expected)
    print(f"killed at {kills} random moments{', jobs too' if seed % 2 == 1 else ''}")


def main():
    with tempfile.TemporaryDirectory(prefix="spotter-crash-") as text:
        folder = Path(text)
        base = folder / "base"
        base.mkdir()
        project = small.make(base)
        _, first = small.spotter("cycle", "run", "--project", str(project))
        expect(first["state"] == "done" and first["deployed"] != "", f"the first cycle deploys: {first['state']}")
        clean = copy_of(base, folder, "undisturbed")
        began = time.monotonic()
        process = command(clean, "run")
        log = process.stderr.read()
        seconds = time.monotonic() - began
        expect(process.wait() == 0, f"the undisturbed cycle ends well:\n{log}")
        expect("deploy    done" in log, f"the undisturbed cycle deploys:\n{log}")
        expected, starts = counts(clean), trainer_starts(clean)
        check(clean, "undisturbed", expected, starts)
        print(f"undisturbed: {seconds:.1f} s, {expected}")
        boundaries(base, folder, expected, starts)
        for seed in (1, 2):
            random_moments(base, folder, expected, seed, seconds)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
