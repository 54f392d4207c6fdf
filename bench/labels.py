#!/usr/bin/env python3
"""Label errors: Spotter beside cleanlab, on the same files, by turns.

Classes: a million examples of 100 classes, 5 % of the labels wrong (float32 probabilities, .npy). Boxes: 200 pictures
for both, and 5,000 for Spotter alone. The answers are compared before the times. CPU seconds are of the whole process,
reading included; `inside` leaves out the start of Python and the imports for the peer.
"""
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path

import numpy as np

from coco import make_files
from common import Run, by_turns, importable, median, options, report

CLOCK = """
import json, os, resource, sys
import numpy as np
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)
"""
CLASSES = CLOCK + """
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
started = cpu()
labels, probabilities = np.load(sys.argv[1]), np.load(sys.argv[2])
found = find_label_issues(labels, probabilities, n_jobs=1)
scores = get_label_quality_scores(labels, probabilities)
print(json.dumps({"indices": np.flatnonzero(found).tolist(), "total": float(scores.sum(dtype=float)), "inside": cpu() - started}))
"""
BOXES = CLOCK + """
from cleanlab.object_detection.filter import find_label_issues
from cleanlab.object_detection.rank import get_label_quality_scores
started = cpu()
truth, results = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
images, classes = len(truth["images"]), len(truth["categories"])
labels = [([], []) for _ in range(images)]
found = [[[] for _ in range(classes)] for _ in range(images)]
for row in truth["annotations"]:
    x, y, w, h = row["bbox"]
    labels[row["image_id"] - 1][0].append([x, y, x + w, y + h])
    labels[row["image_id"] - 1][1].append(row["category_id"] - 1)
for row in results:
    x, y, w, h = row["bbox"]
    found[row["image_id"] - 1][row["category_id"] - 1].append([x, y, x + w, y + h, row["score"]])
labels = [{"bboxes": np.array(b, float).reshape(-1, 4), "labels": np.array(c, int)} for b, c in labels]
predictions = []
for by_class in found:
    predictions.append(np.empty(classes, dtype=object))
    for k, rows in enumerate(by_class):
        predictions[-1][k] = np.array(rows, float).reshape(-1, 5)
scores = get_label_quality_scores(labels, predictions, verbose=False)
flagged = find_label_issues(labels, predictions)
print(json.dumps({"count": int(flagged.sum()), "mean_score": float(scores.mean()), "inside": cpu() - started}))
"""


def make_probabilities(folder, rows, classes=100, seed=2):
    """A model that is unsure now and then, and confusable classes: half of the wrong labels are the next class."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    wrong = rng.random(rows) < 0.05
    step = 1 + (rng.random(rows) < 0.5) * rng.integers(0, classes - 1, rows)
    labels = np.where(wrong, (truth + step) % classes, truth)
    logits = rng.standard_normal((rows, classes), np.float32)
    margin = rng.normal(6, 1.8, rows).astype(np.float32)
    logits[np.arange(rows), truth] += margin
    logits[np.arange(rows), (truth + 1) % classes] += 0.45 * margin
    np.exp(logits - logits.max(1, keepdims=True), out=logits)
    logits /= logits.sum(1, keepdims=True)
    np.save(folder / "labels.npy", labels)
    np.save(folder / "probs.npy", logits)


def in_a_child(function, *arguments):
    """In a process of its own, for a child's peak memory starts from its parent's."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, arguments)


def table(name, runs, difference):
    rows = []
    for peer, done in runs.items():
        inside = sorted(json.loads(r.output).get("inside", r.cpu) for r in done)
        rows.append({name: peer, "runs": len(done), "CPU s": median(done, "cpu"), "inside": inside[len(inside) // 2],
                     "wall s": median(done, "wall"), "peak MB": round(median(done, "megabytes")),
                     "difference": difference.get(peer, "")})
    return rows


def classes(words, folder, with_peer):
    rows = 100_000 if words.quick else 1_000_000
    in_a_child(make_probabilities, folder, rows)
    files = [folder / "labels.npy", folder / "probs.npy"]
    contenders = {"spotter": (lambda: Run([words.build / "spotter", "label-errors", "--labels", files[0], "--probs",
                                           files[1], "--json"]), words.repeats)}
    if with_peer:
        contenders["cleanlab"] = (lambda: Run([sys.executable, "-c", CLASSES, *files]), words.repeats)
    runs = by_turns(contenders, words.repeats)
    difference, good = {}, True
    if with_peer:
        mine, peer = json.loads(runs["spotter"][0].output), json.loads(runs["cleanlab"][0].output)
        apart = len(set(mine["indices"]) ^ set(peer["indices"]))
        difference["cleanlab"] = f"{apart} of {len(peer['indices'])} findings"
        # cleanlab's ties are broken by the processor's sort; see tests/parity/label_errors_parity.py.
        good = apart <= 0.02 * len(peer["indices"]) and abs(sum(mine["scores"]) - peer["total"]) < 1e-6 * rows
    return table("classes", runs, difference), f"Label errors among {rows:,} x 100 probabilities", good


def boxes(words, folder, with_peer):
    small, large = folder / "small", folder / "large"
    for place, pictures in ((small, 50 if words.quick else 200), (large, 500 if words.quick else 5000)):
        place.mkdir()
        in_a_child(make_files, place, pictures)

    def spotter(place, method):
        return lambda: Run([words.build / "spotter", "label-errors", "--gt", place / "gt.json", "--dt",
                            place / "dt.json", "--method", method, "--json"])
    contenders = {"spotter, ObjectLab": (spotter(small, "objectlab"), words.repeats),
                  "spotter, calibrated": (spotter(small, "calibrated"), words.repeats),
                  "spotter, calibrated, 25 times the pictures": (spotter(large, "calibrated"), words.repeats)}
    if with_peer:
        contenders["cleanlab"] = (lambda: Run([sys.executable, "-c", BOXES, small / "gt.json", small / "dt.json"]), 1)
    runs = by_turns(contenders, words.repeats)
    difference, good = {}, True
    if with_peer:
        mine, peer = json.loads(runs["spotter, ObjectLab"][0].output), json.loads(runs["cleanlab"][0].output)
        difference["cleanlab"] = f"{abs(mine['mean_score'] - peer['mean_score']):.1e}"
        good = mine["count"] == peer["count"] and abs(mine["mean_score"] - peer["mean_score"]) < 1e-9
    return table("boxes", runs, difference), "Label errors among boxes", good


def main():
    words = options(__doc__)
    with_peer = importable("cleanlab")
    if not with_peer:
        print("skipped: cleanlab cannot be imported here")
    results = []
    for part in (boxes, classes):  # this order: the answers of the latter make this process large
        with tempfile.TemporaryDirectory() as name:
            rows, title, good = part(words, Path(name), with_peer)
        results.append(good)
        report(title, rows, words.json.with_stem(f"{words.json.stem}_{part.__name__}") if words.json else None)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
