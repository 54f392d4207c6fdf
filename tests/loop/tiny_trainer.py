#!/usr/bin/env python3
"""A detector of coloured rectangles for tests of the loop: learns the colours of the labelled boxes and
finds them again. Honours the trainer contract (docs/internals/trainer.md) with the standard library alone.
`params.fail` makes it exit with that code; each start leaves a line in the file $TINY_TRAINER_LOG."""
import argparse
import json
import os
import struct
import sys
import time
import zlib
from pathlib import Path


def read_png(path):
    """Width, height and rows of RGB bytes of an 8-bit PNG whose rows are not filtered, as the test writes."""
    data = Path(path).read_bytes()
    at, packed, width, height = 8, b"", 0, 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            packed += body
        at += 12 + size
    raw = zlib.decompress(packed)
    stride = 3 * width + 1
    return width, height, [raw[y * stride + 1:(y + 1) * stride] for y in range(height)]


def pixel(row, x):
    return row[3 * x], row[3 * x + 1], row[3 * x + 2]


def near(a, b, limit):
    return sum(abs(p - q) for p, q in zip(a, b)) <= limit


def write_json(path, value):
    temporary = Path(str(path) + ".tmp")
    temporary.write_text(json.dumps(value))
    temporary.rename(path)


def progress(fraction, message):
    write_json(Path(os.environ["SPOTTER_JOB_DIR"]) / "progress.json", {"fraction": fraction, "message": message})


def train(a, lines, params):
    if params.get("fail"):
        print("the trainer is broken on purpose", file=sys.stderr)
        sys.exit(params["fail"])
    colours = json.loads((Path(a.init) / "colours.json").read_text()) if a.init else []
    for number, line in enumerate(lines):
        _, _, rows = read_png(line["path"])
        for item in line["objects"]:
            x1, y1, x2, y2 = item["box"]
            colour = pixel(rows[int((y1 + y2) / 2)], int((x1 + x2) / 2))
            if not any(c == item["class"] and near(colour, known, 40) for c, known in colours):
                colours.append([item["class"], colour])
        if number % 20 == 0:
            progress(number / len(lines), f"picture {number} of {len(lines)}")
    write_json(a.out / "colours.json", colours)
    write_json(a.out / "model.json", {"runtime": "command", "task": "detection", "classes": a.settings["classes"],
                                      "seed": a.settings["seed"], "files": ["colours.json"]})
    return {"steps": len(lines), "metrics": {"colours": len(colours)}}


def find(rows, width, colour):
    """The box around all pixels of about this colour, and how much of it they fill."""
    hits = [(x, y) for y, row in enumerate(rows) for x in range(width) if near(pixel(row, x), colour, 40)]
    if len(hits) < 6:
        return None, 0
    xs, ys = [x for x, _ in hits], [y for _, y in hits]
    box = [min(xs), min(ys), max(xs) + 1, max(ys) + 1]
    return box, len(hits) / ((box[2] - box[0]) * (box[3] - box[1]))


def infer(a, lines, params):
    colours = json.loads((Path(a.model) / "colours.json").read_text())
    embeddings = []
    with open(a.out / "predictions.jsonl", "w", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            width, height, rows = read_png(line["path"])
            found = []
            for name, colour in colours:
                box, share = find(rows, width, colour)
                if box:
                    found.append({"class": name, "score": round(0.05 + 0.9 * share, 6), "box": box})
            record = {"key": line["key"], "embedding_row": number, "predictions": found}
            if "objects" in line:
                record["loss"] = abs(len(line["objects"]) - len(found)) + 0.1 * len(found)
            out.write(json.dumps(record) + "\n")
            middle = rows[height // 2]
            embeddings.append([sum(middle) / len(middle), middle[0], middle[1], len(found)])
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 4), }" % len(lines)
    head = head.ljust(117) + "\n"
    with open(a.out / "embeddings.npy", "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for row in embeddings:
            out.write(struct.pack("<4f", *row))
    return {"count": len(lines)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["train", "infer"])
    for name in ("--data", "--val", "--init", "--model", "--out", "--config"):
        parser.add_argument(name, default="")
    a = parser.parse_args()
    if os.environ.get("TINY_TRAINER_LOG"):
        with open(os.environ["TINY_TRAINER_LOG"], "a", encoding="utf-8") as log:
            log.write(f"{a.verb} {os.environ['SPOTTER_JOB_DIR']}\n")
    a.out = Path(a.out)
    a.out.mkdir(parents=True, exist_ok=True)
    a.settings = json.loads(Path(a.config).read_text())
    lines = [json.loads(line) for line in Path(a.data).read_text(encoding="utf-8").splitlines()]
    began = time.process_time()
    done = (train if a.verb == "train" else infer)(a, lines, a.settings["params"])
    done["cpu_seconds"] = time.process_time() - began
    write_json(a.out / "done.json", done)


if __name__ == "__main__":
    main()
