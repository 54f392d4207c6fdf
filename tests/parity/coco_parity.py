#!/usr/bin/env python3
"""`spotter eval coco` against pycocotools: known numbers of shared data, and a seeded case of 5,000 pictures.

Prints `N passed, N failed, N skipped`.
"""
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SPOTTER = str(Path(os.environ["SPOTTER_BUILD"]) / "spotter")
SHARED = Path(os.environ["SPOTTER_SHARED"]) / "eval-coco"
SHARED = SHARED if SHARED.exists() else Path(os.environ["SPOTTER_SHARED"]) / "data" / "eval-coco"
NAMES = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
# Published with the data (see its README).
KNOWN = {
    ("cocoapi", "bbox"): [.504581, .696973, .572982, .585626, .519400, .501398,
                          .386813, .593680, .595353, .639811, .566421, .564291],
    ("cocoapi", "segm"): [.319545, .562288, .298927, .387374, .310183, .326934,
                          .268230, .415449, .416839, .469450, .376759, .381472],
    ("tiny", "bbox"): [.694719, .694719, .694719, -1, .792079, 0, .666667, .75, .75, -1, None, 0],
    ("tiny", "segm"): [.694719, .694719, .694719, -1, .792079, 0, .666667, .75, .75, -1, None, 0],
}


def spotter(truth, results, kind):
    out = subprocess.run([SPOTTER, "eval", "coco", "--gt", truth, "--dt", results, "--iou", kind, "--json"],
                         capture_output=True, text=True, check=True).stdout
    document = json.loads(out)
    return [document[n] for n in NAMES]


def reference(truth, results, kind):
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO(str(truth))
        run = COCOeval(gt, gt.loadRes(str(results)), kind)
        run.evaluate()
        run.accumulate()
        run.summarize()
    return list(run.stats)


def files_of(case, kind):
    if case == "tiny":
        return SHARED / case / "gt_dataset.json", SHARED / case / "dt_dataset.json"
    return SHARED / case / "instances_val2014_100.json", SHARED / case / f"instances_val2014_fake{kind}100_results.json"


def seeded_case(folder, pictures=5000, categories=20, seed=20261124):
    """Crowds, ties in score, tiny and huge boxes, empty pictures, classes without truths, ids with gaps."""
    rng = np.random.default_rng(seed)
    truth = {"info": {}, "images": [], "annotations": [],
             "categories": [{"id": 3 * k + 1, "name": f"c{k}"} for k in range(categories)]}
    results = []
    for i in range(pictures):
        image = 7 * i + 2
        truth["images"].append({"id": image, "file_name": f"{i}.jpg", "width": 640, "height": 480})
        for _ in range(rng.integers(0, 12)):
            category = 3 * int(rng.integers(0, categories - 2)) + 1
            size = np.exp(rng.uniform(np.log(4), np.log(400), 2))
            box = [float(v) for v in (*rng.uniform(0, (640, 480)), *size)]
            crowd = int(rng.random() < .03)
            truth["annotations"].append({"id": len(truth["annotations"]) + 1, "image_id": image, "category_id": category,
                                         "bbox": box, "area": box[2] * box[3] * float(rng.uniform(.5, 1)), "iscrowd": crowd})
            for _ in range(rng.integers(0, 4)):
                jitter = rng.normal(0, .12, 4) * np.array([box[2], box[3], box[2], box[3]])
                moved = [float(v) for v in np.array(box) + jitter]
                moved[2:] = [max(1.0, v) for v in moved[2:]]
                results.append({"image_id": image, "bbox": moved, "score": round(float(rng.random()), 2),
                                "category_id": category if rng.random() < .9 else 3 * int(rng.integers(0, categories)) + 1})
    paths = folder / "gt.json", folder / "dt.json"
    for path, value in zip(paths, (truth, results)):
        path.write_text(json.dumps(value))
    return paths


def compare(name, mine, wanted, tolerance):
    worst = max(abs(a - b) for a, b in zip(mine, wanted) if b is not None)
    if worst <= tolerance:
        print(f"ok {name}: largest difference {worst:.1e}")
        return True
    print(f"FAILED {name}: largest difference {worst:.3e}\n  spotter {mine}\n  wanted  {wanted}")
    return False


def main():
    good, skipped = [], 0
    for (case, kind), wanted in KNOWN.items():
        if not SHARED.exists():
            skipped += 1
            print(f"skipped: shared data eval-coco is not there, case {case} {kind}")
            continue
        paths = files_of(case, kind)
        mine = spotter(*paths, kind)
        good.append(compare(f"{case} {kind} as published", mine, wanted, 1e-6))
        good.append(compare(f"{case} {kind} as pycocotools", mine, reference(*paths, kind), 1e-9))
    with tempfile.TemporaryDirectory() as folder:
        paths = seeded_case(Path(folder))
        good.append(compare("5,000 seeded pictures", spotter(*paths, "bbox"), reference(*paths, "bbox"), 1e-9))
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed, {skipped} skipped")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
