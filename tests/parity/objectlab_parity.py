#!/usr/bin/env python3
"""`spotter label-errors --method objectlab` against cleanlab's object_detection on seeded boxes.

Prints `N passed, N failed, N skipped`.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from coco_parity import seeded_case

SPOTTER = str(Path(os.environ["SPOTTER_BUILD"]) / "spotter")


def inputs(truth, results):
    """The files in cleanlab's form: labels and predictions by image, predictions by class."""
    truth, results = json.loads(truth.read_text()), json.loads(results.read_text())
    place = {image["id"]: i for i, image in enumerate(sorted(truth["images"], key=lambda i: i["id"]))}
    number = {row["id"]: k for k, row in enumerate(sorted(truth["categories"], key=lambda c: c["id"]))}
    boxes, classes = [[] for _ in place], [[] for _ in place]
    found = [[[] for _ in number] for _ in place]
    for row in truth["annotations"]:
        x, y, w, h = row["bbox"]
        boxes[place[row["image_id"]]].append([x, y, x + w, y + h])
        classes[place[row["image_id"]]].append(number[row["category_id"]])
    for row in results:
        x, y, w, h = row["bbox"]
        found[place[row["image_id"]]][number[row["category_id"]]].append([x, y, x + w, y + h, row["score"]])
    labels = [{"bboxes": np.array(b, float).reshape(-1, 4), "labels": np.array(c, int)} for b, c in zip(boxes, classes)]
    predictions = []
    for by_class in found:
        row = np.empty(len(number), dtype=object)
        for k, rows in enumerate(by_class):
            row[k] = np.array(rows, float).reshape(-1, 5)
        predictions.append(row)
    return labels, predictions


def main():
    try:
        from cleanlab.object_detection.filter import find_label_issues
        from cleanlab.object_detection.rank import get_label_quality_scores
    except ImportError:
        print("skipped: cleanlab is not installed here\n0 passed, 0 failed, 1 skipped")
        return 0
    good = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in (1, 2):
            paths = seeded_case(Path(folder), pictures=60, categories=6, seed=seed)
            rows = json.loads(paths[1].read_text())
            for i, row in enumerate(rows):  # no ties, whose order cleanlab's sort decides; some sure
                row["score"] = min(0.999, row["score"] * 1.2) * (1 - 1e-7 * i)
            paths[1].write_text(json.dumps(rows))
            labels, predictions = inputs(*paths)
            wanted = get_label_quality_scores(labels, predictions, verbose=False)
            flagged = find_label_issues(labels, predictions)
            done = subprocess.run([SPOTTER, "label-errors", "--gt", paths[0], "--dt", paths[1], "--method", "objectlab",
                                   "--json"], capture_output=True, text=True, check=True)
            images = json.loads(done.stdout)["images"]
            worst = max(abs(i["score"] - w) for i, w in zip(images, wanted))
            same = [i["issue"] for i in images] == [bool(f) for f in flagged]
            good.append(worst < 1e-12 and same and len(images) == len(wanted))
            print(f"{'ok' if good[-1] else 'FAILED'} seed {seed}: largest difference {worst:.1e}, "
                  f"{int(np.sum(flagged))} of {len(images)} images flagged")
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed, 0 skipped")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
