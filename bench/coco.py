#!/usr/bin/env python3
"""COCO evaluation: Spotter beside pycocotools and hotcoco, on the same files, by turns.

5,000 pictures, 80 classes, about 7 objects and 80 detections a picture; then ten times as many, without the
slowest peer. The answers are compared before the times: a mismatch is a failure. CPU seconds are of the whole
process, reading included; `inside` leaves out the start of Python for the peers; `growth` is the cost at ten
times the pictures over the cost of the first table.
"""
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import Run, by_turns, importable, median, options, report

PEER = """
import contextlib, io, json, os, resource, sys
{imports}
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started, out = cpu(), os.dup(1)
os.dup2(2, 1)  # what the peer prints is not the answer
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[1])
    run = COCOeval(truth, truth.{load}(sys.argv[2]), "bbox")
    run.evaluate(); run.accumulate(); run.summarize()
os.dup2(out, 1)
print(json.dumps({{"stats": [float(v) for v in run.stats], "inside": cpu() - started}}))
"""
PEERS = {
    "hotcoco": PEER.format(imports="from hotcoco import COCO, COCOeval", load="load_res"),
    "pycocotools": PEER.format(imports="from pycocotools.coco import COCO\nfrom pycocotools.cocoeval import COCOeval",
                               load="loadRes"),
}
NAMES = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]


def boxes(rng, count):
    side = np.exp(rng.normal(np.log(60), 0.95, count)).clip(4, 500)
    aspect = np.exp(rng.normal(0, 0.45, count))
    size = np.stack([side * np.sqrt(aspect), side / np.sqrt(aspect)], 1).clip(2, 600)
    return np.concatenate([rng.random((count, 2)) * (640 - size).clip(1), size], 1)


def make_files(folder, pictures, classes=80, seed=7):
    """Detections: jittered truths, doubles, wrong classes and inventions, with scores that follow their quality."""
    rng = np.random.default_rng(seed)
    weight = 1 / (np.arange(classes) + 2.5) ** 0.9
    weight /= weight.sum()
    counts = np.minimum(rng.geometric(1 / 7.3, pictures), 60)
    image = np.repeat(np.arange(pictures), counts)
    truth, kind = boxes(rng, len(image)), rng.choice(classes, len(image), p=weight)
    rows = []
    for copies, jitter, wrong, score in ((0.8, 0.06, 0.08, (5, 2)), (2.2, 0.2, 0.4, (1.1, 6.5))):
        pick = np.repeat(np.arange(len(image)), rng.poisson(copies, len(image)))
        moved = truth[pick] + rng.normal(0, jitter, (len(pick), 4)) * np.tile(truth[pick][:, 2:], 2)
        moved[:, 2:] = moved[:, 2:].clip(2)
        label = np.where(rng.random(len(pick)) < wrong, rng.choice(classes, len(pick), p=weight), kind[pick])
        rows.append((image[pick], label, moved, rng.beta(*score, len(pick))))
    invented = np.repeat(np.arange(pictures), rng.integers(30, 75, pictures))
    rows.append((invented, rng.choice(classes, len(invented), p=weight), boxes(rng, len(invented)),
                 rng.beta(0.75, 9, len(invented))))
    found = [np.concatenate(column) for column in zip(*rows)]
    order = np.argsort(found[0], kind="stable")
    found = [column[order] for column in found]
    number = lambda values: [round(float(v), 2) for v in values]
    (folder / "gt.json").write_text(json.dumps({
        "info": {},
        "images": [{"id": i + 1, "file_name": f"{i}.jpg", "width": 640, "height": 640} for i in range(pictures)],
        "categories": [{"id": k + 1, "name": f"class {k}"} for k in range(classes)],
        "annotations": [{"id": n + 1, "image_id": int(image[n]) + 1, "category_id": int(kind[n]) + 1,
                         "bbox": number(truth[n]), "area": round(float(truth[n][2] * truth[n][3] * 0.7), 2),
                         "iscrowd": int(rng.random() < 0.011)} for n in range(len(image))]}))
    (folder / "dt.json").write_text(json.dumps([
        {"image_id": int(i) + 1, "category_id": int(k) + 1, "bbox": number(b), "score": round(float(s), 6)}
        for i, k, b, s in zip(*found)]))
    return len(image), len(found[0])


def measure(pictures, peers, words):
    """Runs Spotter and the peers on files of so many pictures; the rows of the table, and how many objects."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own, for a child's peak memory starts from its parent's.
        with multiprocessing.get_context("fork").Pool(1) as pool:
            truths, detections = pool.apply(make_files, (folder, pictures))
        files = [folder / "gt.json", folder / "dt.json"]
        contenders = {"spotter": (lambda: Run([words.build / "spotter", "eval", "coco", "--gt", files[0], "--dt", files[1],
                                               "--json"]), words.repeats)}
        for peer in peers:
            if not importable(peer):
                print(f"skipped: {peer} cannot be imported here")
                continue
            rounds = 1 if peer == "pycocotools" else words.repeats
            contenders[peer] = (lambda script=PEERS[peer]: Run([sys.executable, "-c", script, *files]), rounds)
        runs = by_turns(contenders, words.repeats)
    answers = {peer: json.loads(done[0].output) for peer, done in runs.items()}
    mine = [answers["spotter"][n] for n in NAMES]
    rows = []
    for peer, done in runs.items():
        inside = [json.loads(r.output).get("inside", r.cpu) for r in done]
        stats = answers[peer].get("stats", mine)
        rows.append({"COCO": peer, "runs": len(done), "CPU s": median(done, "cpu"), "inside": sorted(inside)[len(inside) // 2],
                     "wall s": median(done, "wall"), "peak MB": round(median(done, "megabytes")),
                     "difference": f"{max(abs(a - b) for a, b in zip(mine, stats)):.1e}"})
    return rows, f"{truths} objects, {detections} detections"


def main():
    words = options(__doc__)
    pictures = 500 if words.quick else 5000
    rows, size = measure(pictures, list(PEERS), words)
    report(f"COCO evaluation of {size}", rows, words.json)
    tenfold, size = measure(10 * pictures, ["hotcoco"], words)
    before = {row["COCO"]: row["CPU s"] for row in rows}
    for row in tenfold:
        row["growth"] = row["CPU s"] / before[row["COCO"]]
    report(f"COCO evaluation of {size}", tenfold, words.json and words.json.with_stem(words.json.stem + "-tenfold"))
    return 0 if all(float(row["difference"]) < 1e-9 for row in rows + tenfold) else 1


if __name__ == "__main__":
    sys.exit(main())
