#!/usr/bin/env python3
"""Which feedback channels find what the model drops: precision at 100 and enrichment, in the procedural world.

A model is trained on two dry weeks whose labels have 5 % injected errors (missing, wrong class, shifted); six
weeks of production follow, with rain and green cones, and a driver's few flags. Every channel's findings, and the
fused queue's items, are held against the world's truth: a miss is true where an object stands that the model does
not detect, a label error where one was injected, a finding on a whole frame where the frame is a failure (three or
more cones missed, or more than half of two or more, or three or more false ones) or, of labels, has an error.

Then a simulated person judges the first 100 items of the queue by the same truth, and the next 100 of the queue
are compared with the next 100 of each channel, what was judged left out of both.
Usage: discovery.py [--build DIR] [--seeds 21,22,23] [--keep FOLDER] [--quick] [--json FILE]
"""
import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from common import report

SCREEN = 30
JUDGED = 100
TOP = 100
ERROR_SHARE = 0.05
CLASSES = ["vehicle", "pedestrian", "cone"]
CONFIG = """name: street
task: detection
classes: [vehicle, pedestrian, cone]
train:
  parameters: {{steps: {steps}, batch: 16, input_width: 256, input_height: 160, scale_min: 1, scale_max: 1}}
"""


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def rows_of(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def spoil(rows, seed):
    """Injects label errors into `rows`; gives (spoilt rows, {key: [(kind, object, right box)]})."""
    rng, errors, spoilt = random.Random(seed), defaultdict(list), []
    for row in rows:
        objects = []
        for o in row["objects"]:
            o = dict(o)
            if not o.get("ignore") and rng.random() < ERROR_SHARE:
                kind = rng.choice(["missing", "class", "box"])
                errors[row["key"]].append((kind, o["id"], o["box"]))
                if kind == "missing":
                    continue
                if kind == "class":
                    o["class"] = rng.choice([c for c in CLASSES if c != o["class"]])
                else:
                    x1, y1, x2, y2 = o["box"]
                    dx, dy = (rng.choice([-1, 1]) * rng.uniform(0.3, 0.6) * side for side in (x2 - x1, y2 - y1))
                    o["box"] = [x1 + dx, y1 + dy, x2 + dx, y2 + dy]
            objects.append(o)
        spoilt.append(dict(row, objects=objects))
    return spoilt, errors


class Truth:
    """What is really in every frame, what the model said, and which labels are wrong."""

    def __init__(self, truth, attributes, errors):
        self.objects = {row["key"]: [o for o in row["objects"] if not o.get("ignore")] for row in truth}
        self.ignored = {row["key"]: [o for o in row["objects"] if o.get("ignore")] for row in truth}
        self.attributes, self.errors = attributes, errors

    def take(self, predictions):
        """predictions: {key: [(class, score, box)]}; matches them greedily by score, IoU 0.5, same class."""
        self.said, self.missed, self.false, self.failing = predictions, {}, {}, set()
        for key, objects in self.objects.items():
            said = [p for p in sorted(predictions.get(key, []), key=lambda p: -p[1]) if p[1] >= 0.3]
            free, false = list(objects), []
            for p in said:
                best = max((o for o in free if o["class"] == p[0]), key=lambda o: overlap(o["box"], p[2]), default=None)
                if best is not None and overlap(best["box"], p[2]) >= 0.5:
                    free.remove(best)
                elif not any(overlap(o["box"], p[2]) >= 0.5 for o in self.ignored[key]):
                    false.append(p)
            self.missed[key], self.false[key] = free, false
            cones = sum(o["class"] == "cone" for o in objects)
            lost = sum(o["class"] == "cone" for o in free)
            if lost >= 3 or (lost >= 2 and lost > cones / 2) or sum(p[0] == "cone" for p in false) >= 3:
                self.failing.add(key)

    def bad_label(self, key, kinds, object_id, box):
        return any(kind in kinds and (object_id == wrong or (box and overlap(box, right) >= 0.3))
                   for kind, wrong, right in self.errors.get(key, []))

    @staticmethod
    def is_at(missed, item):
        """Whether a finding points at a missed object. Another sensor's box of a narrow thing is a few pixels off, and a
        person who looks there sees what is meant: half the overlap will do for the same class."""
        return overlap(missed["box"], item["box"]) >= (0.15 if missed["class"] == item.get("class") else 0.3)

    def has_label_error(self, item):
        return self.bad_label(item["sample"], {"missing", "class", "box"}, item["object"], item.get("box"))

    def is_true(self, item):
        """Whether a finding, or any that an item of the queue unites, is worth a person's minute."""
        return any(self.is_so(item, error) for error in {c["error"] for c in item.get("channels", [item])})

    def is_so(self, item, error):
        key, box = item["sample"], item.get("box")
        kinds = {"label_missing": {"missing"}, "label_class": {"class"}, "label_box": {"box"},
                 "label_spurious": {"box", "class"}, "label_invalid": {"box", "class"}}.get(error)
        if kinds:
            return self.bad_label(key, kinds, item["object"], box)
        if not box:
            return key in self.failing or bool(self.errors.get(key))
        if error == "false_alarm":  # of the model, or an object whose label is missing or elsewhere
            return any(overlap(p[2], box) >= 0.5 for p in self.false[key]) or self.has_label_error(item)
        near = [o for o in self.missed[key] if self.is_at(o, item)]
        wrong = [p for p in self.false[key] if overlap(p[2], box) >= 0.5]
        return bool(near) or (error != "miss" and bool(wrong)) or self.bad_label(
            key, {"missing", "class", "box"}, item["object"], box)

    def is_worth(self, item):
        """Whether a person's answer would change something: the model's errors where people have labelled rightly are
        counted already, and only a wrong label there is worth a look."""
        return self.is_true(item) and (not item["sample"].startswith("base") or self.has_label_error(item))

    def is_green(self, item):
        box = item.get("box")
        return any(o.get("attributes", {}).get("colour") == "green" and (not box or self.is_at(o, item))
                   for o in self.missed[item["sample"]])

    def is_rain(self, item):
        return self.attributes[item["sample"]].get("weather") == "rain"


class Project:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *words, expect=(0,)):
        done = subprocess.run([self.program, *map(str, words), "--project", self.folder, "--json", "--quiet"],
                              capture_output=True, text=True)
        if done.returncode not in expect:
            raise RuntimeError(f"spotter {' '.join(map(str, words))}: {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout)


def worlds(program, folder, seed, quick):
    """Draws both worlds; gives (their folders)."""
    parts = {"base": ("1-2", 60 if quick else 250, 1), "production": ("3-8", 90 if quick else 450, 4)}
    for name, (weeks, scenes, number) in parts.items():
        subprocess.run([program, "world", "--out", folder / name, "--scenes", str(scenes), "--seed",
                        str(seed * 1000 + number), "--weeks", weeks, "--prefix", name, "--split", "train", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
    return folder / "base", folder / "production"


def prepare(program, folder, seed, quick):
    """World, project, first model, flags and checks; gives (project, truth, what `check run` said)."""
    base, production = worlds(program, folder, seed, quick)
    spoilt, errors = spoil(rows_of(base / "truth.jsonl"), seed)
    (base / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in spoilt))
    project = Project(program, folder / "project")
    subprocess.run([program, "init", project.folder, "--classes", ",".join(CLASSES), "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    (project.folder / "spotter.yaml").write_text(CONFIG.format(steps=160 if quick else 450))
    for place, file in ((base, "samples"), (base, "labels"), (production, "samples")):
        project.run("import", "jsonl", place / f"{file}.jsonl", "--images", place)
    project.run("version", "commit", "-m", "two dry weeks, labels with errors")
    model = project.run("train")["model"]
    project.run("deploy", model, "--force", "--reason", "the first model")
    truth = Truth(rows_of(base / "truth.jsonl") + rows_of(production / "truth.jsonl"),
                  {r["key"]: r["attributes"] for f in (base, production) for r in rows_of(f / "samples.jsonl")}, errors)
    checked = project.run("check", "run")
    said = defaultdict(list)
    for row in project.run("sql", "SELECT sample, class, score, x1, y1, x2, y2 FROM predictions WHERE score >= 0.3")["rows"]:
        said[row["sample"]].append((row["class"], row["score"], [row[side] for side in ("x1", "y1", "x2", "y2")]))
    truth.take(said)
    flag_some(project, truth, seed)
    checked["runs"] += project.run("check", "run", "flags")["runs"]
    return project, truth, checked


def flag_some(project, truth, seed, most=12):
    """A driver presses the button for a missed green cone, in a quarter of the scenes where one is."""
    rng, scenes = random.Random(seed), set()
    for key in sorted(truth.missed):
        scene = key.rsplit("/", 1)[0]
        green = [o for o in truth.missed[key] if o.get("attributes", {}).get("colour") == "green"]
        if green and scene not in scenes and len(scenes) < most and rng.random() < 0.25:
            scenes.add(scene)
            project.run("flag", key, "--reason", "missed a green cone", "--box", ",".join(map(str, green[0]["box"])))


def precision(items, test, top=TOP):
    """Of the first `top` items; a shorter list has nothing in the places that are left."""
    return sum(map(test, items[:top])) / top


def by_frame(items, true, among, top=TOP):
    """(precision of the first `top` frames, how many times that of frames drawn from `among`): a frame has its best
    item's place; frames outside of `among` are passed over."""
    frames = [key for key in dict.fromkeys(item["sample"] for item in items) if key in among][:top]
    here = sum(key in true for key in frames) / top
    return here, here * len(among) / len(true & among)


def channels_of(project, checked):
    found = {}
    for name in dict.fromkeys(run["check"] for run in checked["runs"] if "skipped" not in run):
        found[name] = project.run("findings", "--check", name, "--limit", 100_000)["findings"]
    return {name: rows for name, rows in found.items() if rows}


def measure(program, folder, seed, quick):
    project, truth, checked = prepare(program, folder, seed, quick)
    for run in checked["runs"]:
        if "skipped" in run:
            print(f"seed {seed}: {run['check']} skipped: {run['skipped']}", file=sys.stderr)
    channels = channels_of(project, checked)
    queue = project.run("queue", "--limit", 1000)["items"]
    screens = [i for i in queue[:2 * SCREEN] if truth.is_true(i)]
    judged = queue[:JUDGED]
    verdicts = folder / "verdicts.jsonl"
    verdicts.write_text("".join(json.dumps({"id": i["id"], "verdict": verdict_on(i, truth)}) + "\n" for i in judged))
    project.run("verdict", "--from", verdicts)
    later = project.run("queue", "--limit", 1000)["items"]
    known = {c["finding"] for i in judged for c in i["channels"]}
    rows = []
    lists = {name: (rows_, [f for f in rows_ if f["id"] not in known]) for name, rows_ in channels.items()}
    for name, (before, after) in {**lists, "QUEUE": (queue, later)}.items():
        failing = by_frame(before, truth.failing, {key for key in truth.objects if key.startswith("production")})
        wrong = by_frame(before, set(truth.errors), {key for key in truth.objects if key.startswith("base")})
        rows.append({"channel": name, "seed": seed, "items": len(before), "right": precision(before, truth.is_true), "worth": precision(before, truth.is_worth),
                     "next right": precision(after, truth.is_true), "next worth": precision(after, truth.is_worth), "failing frames": failing[0], "enriched": failing[1],
                     "label errors": sum(truth.has_label_error(i) for i in before[:TOP]) / TOP,
                     "frames with": wrong[0], "enriched ": wrong[1],
                     "rain": sum(map(truth.is_rain, before[:TOP])) / max(len(before[:TOP]), 1),
                     "green": sum(map(truth.is_green, before[:TOP])) / max(len(before[:TOP]), 1)})
    rows[-1] |= {"rain in two screens": sum(map(truth.is_rain, screens)),
                 "green in two screens": sum(map(truth.is_green, screens))}
    return rows


def verdict_on(item, truth):
    if not truth.is_true(item):
        return "ignore"
    return "label_error" if truth.has_label_error(item) else "model_error"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--seeds", default="21,22,23")
    parser.add_argument("--keep", type=Path, help="work here and leave everything; default: a temporary folder")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    words = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    program, rows = words.build.resolve() / "spotter", []
    for seed in map(int, words.seeds.split(",")[:1 if words.quick else None]):
        with tempfile.TemporaryDirectory() as name:
            folder = (words.keep or Path(name)) / f"seed{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            rows += measure(program, folder, seed, words.quick)
        alone = [r for r in rows if r["seed"] == seed and r["channel"] != "QUEUE"]
        best, right = (max(r[what] for r in alone) for what in ("next worth", "next right"))
        queue = next(r for r in rows if r["seed"] == seed and r["channel"] == "QUEUE")
        print(f"seed {seed}: after {JUDGED} verdicts the queue's next {TOP} are worth a look in {queue['next worth']:.2f}, "
              f"the best channel's in {best:.2f} (right in {queue['next right']:.2f} and {right:.2f}); "
              f"two screens: rain {queue['rain in two screens']}, green {queue['green in two screens']}; "
              f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} CPU s so far", file=sys.stderr)
    heads = [h for h in rows[0] if "screens" not in h]
    report("Which channel finds what the model drops", [{h: r[h] for h in heads} for r in rows], words.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
