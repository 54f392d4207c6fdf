#!/usr/bin/env python3
"""Classification and trajectory prediction by the documented commands on real data: hands that show digits, and
pedestrians of UCY. In the tests the training is short; `--full` trains as long as the defaults say, to state
figures. Prints `N passed, N failed, N skipped`.

Usage: tasks_test.py [--full] [signs|paths …]
"""
import json
import os
import re
import subprocess
from pathlib import Path

import journeys

SPOTTER = str(Path(os.environ["SPOTTER_BUILD"]) / "spotter")
SHARED = Path(os.environ["SPOTTER_SHARED"])
SHARED = SHARED / "data" if (SHARED / "data").exists() else SHARED
NEEDS = {"signs": SHARED / "cls-sign-digits", "paths": SHARED / "trajectories-ucy"}
BLOCK_PICTURES = 20  # of the camera's counter: neighbours show one person
CUT_FRAME = 6500  # until here zara01 is known to the first model


class Journey:
    def __init__(self, full, work):
        self.full, self.work, self.project = full, work, work / "p"

    def run(self, *words, code=0):
        done = subprocess.run([SPOTTER, *map(str, words), "--json", "--quiet"], capture_output=True, text=True,
                              cwd=self.project if self.project.exists() else self.work,
                              env=os.environ | {"SPOTTER_USER": "tester"})
        if done.returncode not in (code if isinstance(code, tuple) else (code,)):
            raise AssertionError(f"`spotter {' '.join(map(str, words))}` ended with {done.returncode}:\n"
                                 f"{done.stderr[-2000:]}\n{done.stdout[-1000:]}")
        return json.loads(done.stdout)

    def init(self, task, classes, parameters, warm):
        self.run("init", self.project, "--task", task, "--classes", classes)
        config = self.project / "spotter.yaml"
        config.write_text(config.read_text() + "\ntrain:\n  parameters: " + json.dumps(parameters) +
                          "\n  warm_parameters: " + json.dumps(warm) + "\n")
        self.run("config", "check")

    def imported_once(self, *words):
        first = self.run("import", *words)
        again = self.run("import", *words)
        assert (again["samples_added"], again["labels_added"]) == (0, 0), again
        return first

    def second_model(self):
        """Trains on from the first and lets the gate compare them."""
        self.run("train", "--name", "next", "--from", "base")
        gate = self.run("gate", "--challenger", "next", code=(0, 3))
        assert gate["verdict"] in ("pass", "inconclusive", "fail", "hold"), gate
        assert [s["name"] for s in gate["slices"]][0] == "all", gate["slices"]
        assert self.run("verify")["problems"] == []
        return gate


class Signs(Journey):
    """Ten classes of photographs, split by blocks of the camera's counter so that few people are on both sides."""

    def table(self):
        rows = ["image,class,sequence,frame"]
        for picture in sorted(NEEDS["signs"].glob("*/IMG_*.JPG")):
            counter = int(re.search(r"IMG_(\d+)", picture.name).group(1))
            name = picture.relative_to(NEEDS["signs"]).as_posix()
            rows.append(f"{name},{picture.parent.name},block{counter // BLOCK_PICTURES},{counter % BLOCK_PICTURES}")
        path = self.work / "signs.csv"
        path.write_text("\n".join(rows) + "\n")
        return path

    def go(self):
        digits = ",".join(str(d) for d in range(10))
        self.init("classification", digits, {} if self.full else {"steps": 240, "input_width": 64, "input_height": 64},
                  {"steps": 400 if self.full else 30})
        folders = self.run("import", "class_folders", NEEDS["signs"], "--dry-run")
        assert (folders["samples_added"], folders["labels_added"]) == (1300, 1300), folders
        first = self.imported_once("csv", self.table(), "--images", NEEDS["signs"])
        assert (first["samples_added"], first["labels_added"], first["reject_count"]) == (1300, 1300, 0), first
        version = self.run("version", "commit", "-m", "signs")
        assert version["counts"]["scenes"] == 72 and set(version["counts"]["classes"]) == set("0123456789"), version
        trained = self.run("train", "--name", "base")
        base = self.run("evaluate", "--model", "base")
        overall, whole = base["overall"], base["slices"][0]
        assert base["metric"] == "accuracy" and whole["value"] == overall["accuracy"], base
        assert whole["low"] <= whole["value"] <= whole["high"] and 0.1 <= whole["baseline"] < 0.2, whole
        assert sum(map(sum, base["confusion"])) == whole["truths"] == base["samples"], whole
        assert overall["accuracy"] > (0.9 if self.full else 0.4), overall
        assert 0 < overall["log_loss"] < 3 and set(base["classes"]) == set("0123456789")
        self.run("deploy", "base")
        checks = self.run("check", "run")
        ran = {r["check"] for r in checks["runs"] if "skipped" not in r}
        assert {"label_loss", "error_types"} <= ran and "sensor_disagreement" not in ran, checks
        findings = self.run("findings")["findings"]
        assert any(f["error"] in ("wrong_class", "label_class") for f in findings), findings[:3]
        self.run("modes", "update")
        probabilities = self.run("sql", "SELECT len(probabilities), list_sum(probabilities) FROM predictions LIMIT 1")
        gate = self.second_model()
        return {"cpu_seconds": trained["cpu_seconds"], "base": overall, "interval": [whole["low"], whole["high"]],
                "scenes": base["scenes"], "verdict": gate["verdict"], "probabilities": probabilities}


class Paths(Journey):
    """Pedestrians: the first model knows part of a recording, hindsight labels the rest."""

    def recordings(self, cut):
        folder = self.work / ("known" if cut else "later")
        folder.mkdir(exist_ok=True)
        for source in sorted(NEEDS["paths"].glob("*.txt")):
            lines = source.read_text().splitlines(keepends=True)
            if source.name.startswith("LICENSE") or (source.name.startswith("students") and not self.full):
                continue
            if cut and "zara01" in source.name:
                lines = [line for line in lines if float(line.split()[0]) <= CUT_FRAME]
            (folder / source.name).write_text("".join(lines))
        return folder

    def go(self):
        self.init("trajectory", "agent", {} if self.full else {"steps": 400}, {"steps": 1000 if self.full else 100})
        first = self.imported_once("ucy", self.recordings(cut=True))
        assert first["labels_added"] > 900 and first["samples_added"] > first["labels_added"], first
        self.run("version", "commit", "-m", "what is known")
        trained = self.run("train", "--name", "base")
        base = self.run("evaluate", "--model", "base")
        overall, whole = base["overall"], base["slices"][0]
        assert base["metric"] == "ADE" and abs(whole["value"] - overall["ADE"]) < 1e-9, base
        assert abs(whole["baseline"] - overall["constant_velocity_ADE"]) < 1e-9, whole
        assert overall["minADE_3"] <= overall["ADE"] < (1 if self.full else 1.2) * overall["constant_velocity_ADE"], overall
        assert overall["ADE"] < overall["FDE"] and 0 <= overall["miss_rate"] <= 1, overall
        self.run("deploy", "base")
        before = self.run("check", "run", "hindsight")["runs"][0]
        later = self.run("import", "ucy", self.recordings(cut=False))
        assert later["labels_added"] > 200 and later["reject_count"] == 0, later
        hindsight = self.run("check", "run", "hindsight")["runs"][0]
        assert hindsight["examined"] > before.get("examined", 0) + 150, (before, hindsight)
        findings = self.run("findings")["findings"]
        assert findings and all(f["error"] == "wrong_future" for f in findings), findings[:3]
        version = self.run("version", "commit", "-m", "hindsight labels")
        assert version["id"] == "v2", version
        gate = self.second_model()
        assert gate["lower_is_better"] and gate["metric"] == "ADE", gate
        whole = gate["slices"][0]
        assert abs(whole["delta"] - (whole["before"] - whole["after"])) < 1e-9, whole
        return {"cpu_seconds": trained["cpu_seconds"], "base": overall, "scenes": base["scenes"],
                "hindsight": {k: hindsight[k] for k in ("examined", "findings")},
                "next": {k: whole[k] for k in ("before", "after", "low", "high", "baseline")},
                "verdict": gate["verdict"]}


if __name__ == "__main__":
    journeys.main(__doc__, NEEDS, lambda name, full, work: {"signs": Signs, "paths": Paths}[name](full, work).go())
