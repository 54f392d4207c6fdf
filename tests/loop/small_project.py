"""A small project for tests of the loop, with the standard library alone: pictures of a red and a blue
rectangle, dry ones that are labelled and a second delivery of production in which half of it rains (the
colours are darker), which the model of the dry ones does not know."""
import json
import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = Path(os.environ.get("SPOTTER_BUILD", ROOT / "build" / "release")).resolve()
SPOTTER = str(BUILD / "spotter")
WIDTH, HEIGHT = 48, 36
COLOURS = {"red": (220, 40, 40), "blue": (40, 60, 220)}


def png(rows):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    raw = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def picture(rng, rain):
    """A picture and its objects."""
    dim = 0.45 if rain else 1.0
    canvas = [bytearray(bytes([int(150 * dim) + rng.randrange(8)] * 3 * WIDTH)) for _ in range(HEIGHT)]
    objects = []
    for number, (name, colour) in enumerate(COLOURS.items()):
        w, h = rng.randrange(8, 14), rng.randrange(8, 14)
        x, y = rng.randrange(1, WIDTH // 2 - w) + number * WIDTH // 2, rng.randrange(1, HEIGHT - h - 1)
        for row in canvas[y:y + h]:
            row[3 * x:3 * (x + w)] = bytes(int(c * dim) for c in colour) * w
        objects.append({"id": str(number), "class": name, "box": [x, y, x + w, y + h]})
    return png(canvas), objects


def deliver(folder, prefix, scenes, rain_share, labelled, seed):
    """Writes pictures, samples.jsonl and truth.jsonl; returns how many samples."""
    rng = random.Random(seed)
    (folder / "images").mkdir(parents=True)
    samples, truth = [], []
    for scene in range(scenes):
        rain = scene < rain_share * scenes
        for frame in range(2):
            key = f"{prefix}/s{scene:02}/{frame}"
            name = f"images/{prefix}_{scene:02}_{frame}.png"
            data, objects = picture(rng, rain)
            (folder / name).write_bytes(data)
            row = {"key": key, "image": name, "width": WIDTH, "height": HEIGHT, "sequence": f"{prefix}/s{scene:02}",
                   "frame": frame, "source": prefix, "attributes": {"weather": "rain" if rain else "dry"}}
            truth.append({"key": key, "objects": objects})
            if labelled:
                row["objects"] = [{"object": o["id"], "class": o["class"], "box": o["box"]} for o in objects]
            elif rain and frame == 0:
                row["flags"] = [{"reason": "saw nothing in the rain"}]
            samples.append(row)
    (folder / "samples.jsonl").write_text("".join(json.dumps(r) + "\n" for r in samples))
    (folder / "truth.jsonl").write_text("".join(json.dumps(r) + "\n" for r in truth))
    return len(samples)


def configure(project, **changes):
    """Writes spotter.yaml (JSON is YAML) with `changes` laid over the small project's settings."""
    trainer = [sys.executable, str(HERE / "tiny_trainer.py")]
    common = ["--data", "{data}", "--out", "{out}", "--config", "{config}"]
    config = {"name": "small", "task": "detection", "classes": list(COLOURS),
              "sources": [{"format": "jsonl", "path": str(project.parent / "start" / "samples.jsonl"), "as": "labels"}],
              "curate": {"budget": 10},
              "label": {"team": "simulated", "truth": str(project.parent / "production" / "truth.jsonl"),
                        "error_rate": 0.0},
              "train": {"command": trainer + ["train", "--init", "{init}"] + common,
                        "infer_command": trainer + ["infer", "--model", "{model}"] + common},
              "gate": {"approval": "auto", "resamples": 200, "suspicious_gain": 1.0},
              "schedule": {"rehearsal": ""}}
    config.update(changes)
    (project / "spotter.yaml").write_text(json.dumps(config, indent=1))


def production(project):
    return [{"format": "jsonl", "path": str(project.parent / folder / "samples.jsonl"), "as": "labels"}
            for folder in ("start", "production")]


def spotter(*arguments, check=True, env=None):
    """Runs the program and returns its exit code and its JSON."""
    run = subprocess.run([SPOTTER, *arguments, "--json"], capture_output=True, text=True, check=False,
                         env={**os.environ, "SPOTTER_USER": "tester", **(env or {})})
    if check and run.returncode != 0:
        raise AssertionError(f"spotter {' '.join(arguments)}: exit {run.returncode}\n{run.stdout}\n{run.stderr}")
    return run.returncode, json.loads(run.stdout) if run.stdout.strip() else {}


def make(folder):
    """The project in folder/project with its deliveries beside it."""
    project = folder / "project"
    deliver(folder / "start", "start", 14, 0, True, 1)
    deliver(folder / "production", "production", 14, 0.5, False, 2)
    spotter("init", str(project), "--classes", ",".join(COLOURS))
    configure(project)
    return project
