#!/usr/bin/env python3
"""Tests of the example trainer by the folder contract; plain Python: `python3 examples/trainer/test_trainer.py`."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TRAINER = Path(__file__).resolve().parent / "trainer.py"


class Contract(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        rows = [{"key": f"k{i}", "path": "/not/opened.jpg", "width": 200, "height": 100, "objects": self.objects(i)}
                for i in range(20)]
        self.manifest("train", rows)
        self.manifest("data", [{k: v for k, v in row.items() if k != "objects"} for row in rows[:3]])
        self.config({"task": "detection", "classes": ["car", "cone", "bus"], "seed": 3, "params": {}})

    @staticmethod
    def objects(i):
        # A car in the same place in each picture, a cone at the left or the right, a crowd of buses.
        x = 10 if i % 4 else 150
        return [{"class": "car", "box": [80 + i % 3, 40, 120 + i % 3, 70]},
                {"class": "cone", "box": [x, 60, x + 10, 80]},
                {"class": "bus", "box": [0, 0, 50, 50], "crowd": True}]

    def manifest(self, name, rows):
        (self.root / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def config(self, value):
        (self.root / "config.json").write_text(json.dumps(value))

    def run_trainer(self, verb, *more, out="out", data="train"):
        command = [sys.executable, str(TRAINER), verb, "--data", str(self.root / f"{data}.jsonl"), "--out",
                   str(self.root / out), "--config", str(self.root / "config.json"), *map(str, more)]
        environment = dict(os.environ, SPOTTER_JOB_DIR=str(self.root / "job"),
                           SPOTTER_CKPT_DIR=str(self.root / f"{out}.ckpt"))
        environment.pop("SPOTTER_SEED", None)
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def read(self, *parts):
        return json.loads(self.root.joinpath(*parts).read_text())

    def test_learns_where_things_are(self):
        self.assertEqual(self.run_trainer("train").returncode, 0)
        model = self.read("out", "model.json")
        self.assertEqual((model["runtime"], model["files"]), ("command", ["templates.json"]))
        self.assertGreater(self.read("out", "done.json")["metrics"]["templates"], 2)
        self.assertEqual(self.read("job", "progress.json")["fraction"], 1.0)
        said = self.run_trainer("infer", "--model", self.root / "out", out="said", data="data")
        self.assertEqual(said.returncode, 0, said.stderr)
        rows = [json.loads(line) for line in (self.root / "said" / "predictions.jsonl").read_text().splitlines()]
        self.assertEqual([row["key"] for row in rows], ["k0", "k1", "k2"])
        best = rows[0]["predictions"][0]
        self.assertEqual(best["class"], "car")
        for got, expected in zip(best["box"], [81, 40, 121, 70]):
            self.assertAlmostEqual(got, expected, delta=1)
        cones = [p for p in rows[0]["predictions"] if p["class"] == "cone"]
        self.assertGreater(cones[0]["score"], cones[1]["score"])
        self.assertLess(cones[0]["box"][0], 20)
        self.assertFalse([p for p in rows[0]["predictions"] if p["class"] == "bus"], "a crowd is nothing to learn from")
        self.assertEqual(self.read("said", "done.json")["count"], 3)

    def test_same_seed_same_model(self):
        for out in ("one", "two"):
            self.assertEqual(self.run_trainer("train", out=out).returncode, 0)
        self.assertEqual(self.read("one", "templates.json"), self.read("two", "templates.json"))

    def test_warm_start_keeps_classes_without_new_objects(self):
        self.assertEqual(self.run_trainer("train", out="first").returncode, 0)
        self.manifest("train", [{"key": "k", "path": "x", "width": 10, "height": 10, "objects": []}])
        self.assertEqual(self.run_trainer("train", "--init", self.root / "first", out="second").returncode, 0)
        self.assertEqual(self.read("first", "templates.json"), self.read("second", "templates.json"))

    def test_stopped_it_goes_on_from_its_checkpoint(self):
        self.assertEqual(self.run_trainer("train", out="whole").returncode, 0)
        stopping = (f"import sys, os, signal; sys.path.insert(0, {str(TRAINER.parent)!r}); import trainer; "
                    "whole = trainer.learn\n"
                    "def learn(*a): os.kill(os.getpid(), signal.SIGUSR1); return whole(*a)\n"
                    "trainer.learn = learn; trainer.main()")
        command = [sys.executable, "-c", stopping, "train", "--data", str(self.root / "train.jsonl"), "--out",
                   str(self.root / "parts"), "--config", str(self.root / "config.json")]
        environment = dict(os.environ, SPOTTER_CKPT_DIR=str(self.root / "parts.ckpt"))
        self.assertEqual(subprocess.run(command, env=environment).returncode, 75)
        self.assertFalse((self.root / "parts" / "done.json").exists())
        self.assertEqual(list(self.read("parts.ckpt", "templates.json")), ["car"])
        self.assertEqual(self.run_trainer("train", out="parts").returncode, 0)
        self.assertEqual(self.read("whole", "templates.json"), self.read("parts", "templates.json"))

    def test_exit_codes(self):
        def refused(code, verb, *more, **named):
            result = self.run_trainer(verb, *more, out="x", **named)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn("error: ", result.stderr)
            self.assertFalse((self.root / "x" / "done.json").exists())

        refused(64, "dance")
        refused(64, "train", "--speed", "9")
        refused(65, "train", data="absent")
        refused(65, "infer", "--model", self.root / "absent", data="data")
        self.manifest("empty", [])
        refused(65, "train", data="empty")
        (self.root / "broken.jsonl").write_text("{nonsense\n")
        refused(65, "train", data="broken")
        self.manifest("odd", [{"key": "k", "path": "x", "objects": [{"class": "car", "box": [1, 2, 3, 4]}]}])
        refused(65, "train", data="odd")
        self.config({"classes": []})
        refused(64, "train")
        (self.root / "config.json").write_text("{nonsense")
        refused(64, "train")


if __name__ == "__main__":
    tests = unittest.main(exit=False, verbosity=0).result
    bad = len(tests.failures) + len(tests.errors)
    print(f"{tests.testsRun - bad} passed, {bad} failed, {len(tests.skipped)} skipped")
    sys.exit(bool(bad))
