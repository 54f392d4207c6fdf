#!/usr/bin/env python3
"""The rehearsal turns the whole loop on a pinch of data: on the small generated project, on two real sets with
the built-in networks, and it turns red when the trainer is broken on purpose."""
import os
import sys
import tempfile
import time
from pathlib import Path

import small_project as small
import tally
from tally import expect

SHARED = Path(os.environ.get("SPOTTER_SHARED", small.ROOT.parent / "shared"))
STEPS = "ingest checks triage curate label version train evaluate gate deploy monitor".split()
SECONDS_MAX = 60  # for both real sets, on two quiet cores


def rehearse(project):
    began = time.monotonic()
    code, cycle = small.spotter("cycle", "run", "--rehearsal", "--project", str(project), check=False)
    return code, cycle, time.monotonic() - began


def expect_green(project, what):
    code, cycle, seconds = rehearse(project)
    states = {step["name"]: step["state"] for step in cycle.get("steps", [])}
    why = [step["error"] or step["reason"] for step in cycle.get("steps", []) if step["state"] != "done"]
    expect(code == 0 and cycle.get("state") == "done", f"{what}: exit {code}, {states}, {cycle.get('why')}")
    expect(all(states.get(step) == "done" for step in STEPS), f"{what}: every step does its work: {states} {why}")
    expect(not (project / "deployed").exists(), f"{what}: nothing was deployed in the real project")
    _, models = small.spotter("models", "--project", str(project))
    expect(models["models"] == [], f"{what}: the real project has no model of the rehearsal")
    print(f"{what}: {seconds:.1f} s")
    return seconds


def expect_red(project, what, words):
    code, cycle, _ = rehearse(project)
    expect(code == 1 and cycle["state"] == "failed", f"{what}: exit {code}, {cycle['state']}")
    expect(cycle["failed_step"] == "train", f"{what}: the failed step is {cycle['failed_step']}")
    expect(words in cycle["why"], f"{what}: it says why: {cycle['why']}")


def small_one(folder):
    project = small.make(folder)
    source = str(folder / "start" / "samples.jsonl")
    small.spotter("import", "jsonl", source, "--project", str(project))
    expect_green(project, "generated")
    small.configure(project, train={**trainer(), "parameters": {"fail": 3}})
    expect_red(project, "a trainer that fails", "the trainer is broken on purpose")
    small.configure(project, train={"command": ["no-such-trainer", "{data}"], "infer_command": ["no-such-trainer"]})
    expect_red(project, "a trainer that is not there", "no-such-trainer")
    small.configure(project)
    expect_green(project, "mended again")


def trainer():
    words = [sys.executable, str(small.HERE / "tiny_trainer.py")]
    common = ["--data", "{data}", "--out", "{out}", "--config", "{config}"]
    return {"command": words + ["train", "--init", "{init}"] + common,
            "infer_command": words + ["infer", "--model", "{model}"] + common}


def real_one(folder, name):
    project = folder / name
    small.spotter("init", str(project))
    data = SHARED / "data" / name
    small.spotter("import", "voc", str(data / "train" if (data / "train").is_dir() else data), "--project", str(project))
    return expect_green(project, name)


def main():
    with tempfile.TemporaryDirectory(prefix="spotter-rehearsal-") as text:
        folder = Path(text)
        (folder / "small").mkdir()
        small_one(folder / "small")
        if (SHARED / "data" / "det-bccd").exists() and (small.BUILD / "spotter-nn").exists():
            seconds = sum(real_one(folder, name) for name in ("det-bccd", "det-cards"))
            print(f"both real sets: {seconds:.1f} s (aim {SECONDS_MAX} s on two quiet cores)")
        elif os.environ.get("CI") == "true":
            expect(False, f"shared data {SHARED}/data or spotter-nn is not there")
        else:
            tally.skip(f"shared data {SHARED}/data or spotter-nn is not there")
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
