#!/usr/bin/env python3
"""Once round the loop by the command line alone where a sample has one class, and where it is a track: a first model
that does not know part of the world, what it fails at found, labelled (by people, or by what happened next), a second
model that the gate finds better, and the failure mode closed. Generated data; prints `N passed, N failed`.

Usage: rounds_test.py [classes|paths …]
"""
import json
import math
import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

import journeys

SPOTTER = str(Path(os.environ.get("SPOTTER_BUILD", "build/release")).resolve() / "spotter")
SIDE = 32  # pixels
SCENES, FRAMES = 24, 6
STEP = 10  # of UCY files: frames from one position to the next


class Round:
    def __init__(self, work):
        self.work, self.project = work, work / "p"

    def run(self, *words, code=0):
        done = subprocess.run([SPOTTER, *map(str, words), "--json", "--quiet"], capture_output=True, text=True,
                              cwd=self.project if self.project.exists() else self.work, check=False,
                              env=os.environ | {"SPOTTER_USER": "tester"})
        assert done.returncode == code, (f"`spotter {' '.join(map(str, words))}` ended with {done.returncode}:\n"
                                         f"{done.stderr[-2000:]}\n{done.stdout[-1000:]}")
        return json.loads(done.stdout)

    def init(self, task, classes, **more):
        self.run("init", self.project, "--task", task, "--classes", classes)
        config = {"name": "round", "task": task, "classes": classes.split(","), **more}
        (self.project / "spotter.yaml").write_text(json.dumps(config))

    def first_model(self):
        """The first turn: nothing to check yet, and a person decides."""
        cycle = self.run("cycle", "run")
        assert cycle["state"] == "waiting" and "approve" in cycle["next"], cycle["next"]
        self.run("approve", "--note", "the first")
        cycle = self.run("cycle", "resume")
        assert cycle["state"] == "done", cycle
        steps = {s["name"]: s["state"] for s in cycle["steps"]}
        assert (steps["checks"], steps["train"], steps["deploy"]) == ("skipped", "done", "done"), steps

    def shipped(self):
        """The second decision: the gate is for it, a person says so, the model is at work."""
        gate = self.run("gate", "show")
        assert gate["verdict"] == "pass", (gate["verdict"], gate["reasons"], gate["slices"])
        whole = gate["slices"][0]
        assert whole["name"] == "all" and whole["delta"] > 0 and whole["low"] > 0, whole
        self.run("approve", "--note", "better")
        cycle = self.run("cycle", "resume")
        assert cycle["state"] == "done", cycle
        now = [m for m in self.run("models")["models"] if "champion" in m["aliases"]]
        assert [m["id"] for m in now] == [gate["challenger"]["id"]], now
        assert self.run("verify")["problems"] == []
        return whole


def png(rows):
    """Bytes of a grey PNG."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))


def drawing(rng, kind, night):
    """A cross or a ring, light on dark; by night dark on light and faint."""
    x0, y0, size = SIDE // 2 + rng.randrange(-4, 5), SIDE // 2 + rng.randrange(-4, 5), rng.randrange(7, 11)
    rows = []
    for y in range(SIDE):
        row = bytearray()
        for x in range(SIDE):
            dx, dy = abs(x - x0), abs(y - y0)
            cross = min(dx, dy) <= 1 and max(dx, dy) <= size
            on = cross if kind == "cross" else abs(math.hypot(dx, dy) - size) < 1.5
            level = (70 if on else 120) if night else (220 if on else 40)
            row.append(level + rng.randrange(-10, 11))
        rows.append(bytes(row))
    return png(rows)


class Classes(Round):
    """Crosses and rings: the first model knows them by day only."""

    def deliver(self, name, nights, known, seed):
        """Pictures in folder `name` and their table, with the class where `known(scene)`; returns the truth."""
        rng, folder, truth = random.Random(seed), self.work / name, {}
        folder.mkdir()
        lines = ["image,class,sequence,frame,light,split"]
        for scene in range(SCENES):
            night = scene < nights
            for frame in range(FRAMES):
                kind = rng.choice(("cross", "ring"))
                file = f"{name}_{scene:02}_{frame}.png"
                (folder / file).write_bytes(drawing(rng, kind, night))
                truth[f"{name}_{scene:02}_{frame}"] = kind
                said = kind if known(scene) else ""
                lines.append(f"{file},{said},{name}{scene},{frame},{'night' if night else 'day'},"
                             f"{'test' if scene % 3 == 0 else 'train'}")
        (folder / "table.csv").write_text("\n".join(lines) + "\n")
        return truth

    def label(self, batch, truth):
        """What people do with the table that goes out."""
        out = self.work / "out"
        self.run("batch", "export", batch, "--out", out)
        rows = [line.split(",") for line in (out / "labels.csv").read_text().splitlines()]
        assert rows[0] == ["image", "class"] and all(row[1] == "" for row in rows[1:]), rows[:3]
        for row in rows[1:]:
            row[1] = truth[Path(row[0]).stem[6:]]
        (out / "labels.csv").write_text("\n".join(map(",".join, rows)) + "\n")
        back = self.run("batch", "import", batch, out / "labels.csv", "--minutes", "5", "--yes")
        assert back["changed"] == len(rows) - 1 and back["missing"] == [], back

    def go(self):
        self.init("classification", "cross,ring",
                  train={"parameters": {"steps": 250, "input_width": SIDE, "input_height": SIDE, "width": 12},
                         "warm_parameters": {"steps": 150}},
                  curate={"budget": 60}, gate={"resamples": 200, "suspicious_gain": 1.0})
        self.deliver("start", 0, lambda scene: True, 1)
        self.run("import", "csv", self.work / "start" / "table.csv")
        self.first_model()
        # In the field it gets dark; what tests is labelled, the rest is not.
        truth = self.deliver("field", SCENES * 3 // 4, lambda scene: scene % 3 == 0, 2)
        self.run("import", "csv", self.work / "field" / "table.csv")
        cycle = self.run("cycle", "run")
        assert cycle["state"] == "waiting" and "batch" in cycle["next"], cycle["next"]
        modes = self.run("modes")["modes"]
        wrong = [m for m in modes if m["error"] == "wrong_class"]
        assert wrong, [(m["title"], m["error"]) for m in modes]
        self.label("cycle-2", truth)
        cycle = self.run("cycle", "resume")
        assert cycle["state"] == "waiting" and "approve" in cycle["next"], cycle["next"]
        whole = self.shipped()
        states = {m["name"]: m["state"] for m in self.run("modes", "--all")["modes"]}
        assert any(states[m["name"]] == "fixed" for m in wrong), states
        assert self.run("ledger")["total"]["human_minutes"] >= 5
        return {"before": whole["before"], "after": whole["after"], "modes": states}


class Paths(Round):
    """Walkers: the first model knows those who go straight on, and later ones turn."""

    def recording(self, name, turn, seed):
        """A file of UCY's layout in `folder name`: each minute other walkers, who turn by so many degrees a step."""
        rng, lines = random.Random(seed), []
        for block in range(20):
            for agent in range(8):
                first, heading = 60 * block + rng.randrange(25), rng.uniform(0, 2 * math.pi)
                x, y, speed = rng.uniform(0, 12), rng.uniform(0, 12), rng.uniform(0.3, 0.6)
                for step in range(first, first + 30):
                    lines.append((step, f"{float(STEP * step)}\t{float(100 * block + agent)}\t{x:.3f}\t{y:.3f}"))
                    heading += math.radians(turn + rng.gauss(0, 1.5))
                    x, y = x + speed * math.cos(heading), y + speed * math.sin(heading)
        folder = self.work / name
        folder.mkdir()
        (folder / f"{name}.txt").write_text("\n".join(line for _, line in sorted(lines)) + "\n")
        return folder

    def go(self):
        self.init("trajectory", "agent", train={"parameters": {"steps": 400}, "warm_parameters": {"steps": 400}},
                  gate={"resamples": 200, "suspicious_gain": 5.0})
        self.run("import", "ucy", self.recording("straight", 0, 1))
        self.first_model()
        self.run("import", "ucy", self.recording("turning", 9, 2))
        cycle = self.run("cycle", "run")
        assert cycle["state"] == "waiting" and "approve" in cycle["next"], cycle["next"]
        steps = {s["name"]: s["state"] for s in cycle["steps"]}
        assert (steps["checks"], steps["curate"], steps["label"]) == ("done", "skipped", "skipped"), steps
        wrong = [m for m in self.run("modes", "--all")["modes"] if m["error"] == "wrong_future"]
        assert wrong, self.run("modes", "--all")
        assert self.run("queue")["items"][0]["error"] == "wrong_future"
        self.run("batch", "create", "b", "--where", "true", code=2)
        whole = self.shipped()
        assert whole["after"] < whole["baseline"], whole
        states = {m["name"]: m["state"] for m in self.run("modes", "--all")["modes"]}
        assert "fixed" in states.values(), states
        return {"before": whole["before"], "after": whole["after"], "straight on": whole["baseline"], "modes": states}


if __name__ == "__main__":
    kinds = {"classes": Classes, "paths": Paths}
    journeys.main(__doc__, dict.fromkeys(kinds), lambda name, full, work: kinds[name](work).go())
