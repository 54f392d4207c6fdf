#!/usr/bin/env python3
"""A trainer of your own in one file of plain Python: the folder contract of docs/internals/trainer.md, complete.

It learns where objects of each class usually are: boxes that cover the most training pictures, each with the
share of pictures it covers as its score. It never opens a picture, so it is the floor that a network must beat.
"""
import argparse
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

BOXES_MAX, TEMPLATES_MAX, SAME_IOU = 400, 5, 0.5
stop_wanted = []


def write(path, value):
    """By temporary file and rename: a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(value if isinstance(value, str) else json.dumps(value))
    os.replace(partial, path)


def refuse(code, message):
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def read(path, code=65):
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        refuse(code, f"{error}: {path}")


def read_lines(path):
    try:
        lines = [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        refuse(65, f"{error}: {path}")
    return lines or refuse(65, f"the manifest names no picture: {path}")


def report(fraction, message):
    if os.environ.get("SPOTTER_JOB_DIR"):
        write(Path(os.environ["SPOTTER_JOB_DIR"]) / "progress.json", {"fraction": fraction, "message": message})


def iou(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def learn(boxes, pictures):
    """Greedy cover: the box that stands for the most others, without them the next one, and so on."""
    templates = []
    while boxes and len(templates) < TEMPLATES_MAX:
        like = {b: [c for c in boxes if iou(b, c) >= SAME_IOU] for b in boxes}
        best = max(boxes, key=lambda b: len(like[b]))
        mean = [sum(side) / len(like[best]) for side in zip(*like[best])]
        templates.append({"box": mean, "score": min(1.0, len(like[best]) / pictures)})
        boxes = [b for b in boxes if iou(best, b) < SAME_IOU]
    return templates


def train(options, config, began):
    seed, classes = int(os.environ.get("SPOTTER_SEED", config.get("seed", 1))), config["classes"]
    lines = read_lines(options.data)
    start = read(Path(options.init) / "templates.json") if options.init else {}
    folder = os.environ.get("SPOTTER_CKPT_DIR")
    checkpoint = Path(folder) / "templates.json" if folder else None
    learnt = read(checkpoint) if checkpoint and checkpoint.exists() else {}
    for number, name in enumerate(classes):
        if name not in learnt:
            boxes = sorted([tuple(x / s for x, s in zip(o["box"], (line["width"], line["height"]) * 2))
                            for line in lines for o in line.get("objects", [])
                            if o["class"] == name and not (o.get("ignore") or o.get("crowd"))])
            chosen = random.Random(f"{seed} {name}").sample(boxes, min(len(boxes), BOXES_MAX))
            share = len(chosen) / len(boxes) if boxes else 1
            learnt[name] = learn(chosen, max(1, len(lines) * share)) or start.get(name, [])
        report((number + 1) / len(classes), f"class {number + 1} of {len(classes)}")
        if stop_wanted and number + 1 < len(classes):
            if checkpoint:
                write(checkpoint, learnt)
            sys.exit(75)
    out, count = Path(options.out), sum(map(len, learnt.values()))
    write(out / "metrics.jsonl", json.dumps({"step": 1, "templates": count}) + "\n")
    write(out / "templates.json", learnt)
    write(out / "model.json", {"runtime": "command", "task": "detection", "classes": classes, "seed": seed,
                               "files": ["templates.json"]})
    write(out / "done.json", {"steps": 1, "seconds": time.time() - began, "cpu_seconds": time.process_time(),
                              "metrics": {"templates": count}})


def infer(options, config, began):
    templates, lines = read(Path(options.model) / "templates.json"), read_lines(options.data)
    minimum, rows = config.get("params", {}).get("score_min", 0.0), []
    for number, line in enumerate(lines):
        size = (line["width"], line["height"]) * 2
        found = [{"class": name, "score": t["score"], "box": [x * s for x, s in zip(t["box"], size)]}
                 for name, all_of_it in templates.items() for t in all_of_it if t["score"] >= minimum]
        rows.append({"key": line["key"], "predictions": sorted(found, key=lambda p: -p["score"])})
        if number % 1000 == 999 or number + 1 == len(lines):
            report((number + 1) / len(lines), f"{number + 1} of {len(lines)} pictures")
    write(Path(options.out) / "predictions.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write(Path(options.out) / "done.json", {"count": len(rows), "seconds": time.time() - began,
                                            "cpu_seconds": time.process_time()})


def main():
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("verb", choices=["train", "infer"])
    for name in ("data", "val", "init", "model", "out", "config"):
        parser.add_argument(f"--{name}", default="", required=name in ("data", "out", "config"))
    try:
        options = parser.parse_args()
    except (argparse.ArgumentError, SystemExit) as error:
        refuse(64, f"wrong usage: {error}")
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda *_: stop_wanted.append(True))
    config = read(options.config, 64)
    if options.verb == "train" and not config.get("classes"):
        refuse(64, f"the configuration names no classes: {options.config}")
    try:
        (train if options.verb == "train" else infer)(options, config, time.time())
    except (KeyError, TypeError, ZeroDivisionError) as error:
        refuse(65, f"the manifest or the model is not as the contract says ({type(error).__name__} {error})")


if __name__ == "__main__":
    main()
