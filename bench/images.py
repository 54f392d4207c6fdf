#!/usr/bin/env python3
"""Duplicates among pictures: decode, perceptual hash and all pairs, Spotter beside imagehash, on the same files, by turns.

500 JPEG photographs of 1280 x 960 (noise over waves, quality 88), 50 of them again at another size and quality.
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import Run, by_turns, importable, median, options, report
from vectors_data import apart

IMAGEHASH = """
import json, pathlib, resource, sys
import numpy as np
import imagehash
from PIL import Image
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started = cpu()
names = sorted(p for p in pathlib.Path(sys.argv[1]).iterdir())
bits = np.array([imagehash.phash(Image.open(p)).hash.ravel() for p in names], dtype=np.uint8)
different = (bits[:, None, :] != bits[None, :, :]).sum(axis=2) if len(names) < 2000 else None
pairs = [(names[a].name, names[b].name) for a, b in zip(*np.nonzero(np.triu(different <= 6, 1)))]
print(json.dumps({"pairs": len(pairs), "inside": cpu() - started}))
"""


def write_pictures(folder, count, copies):
    from PIL import Image
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:960, 0:1280].astype("f4") / 960
    for i in range(count):
        grey = sum(rng.normal() * 30 * np.sin(rng.uniform(2, 25) * x + rng.uniform(2, 25) * y + rng.uniform(0, 6)) for _ in range(6))
        picture = (128 + grey[..., None] * rng.uniform(.5, 1, 3) + rng.normal(size=(960, 1280, 1)).astype("f4") * 12).clip(0, 255)
        picture = Image.fromarray(picture.astype(np.uint8))
        picture.save(folder / f"{i:04}.jpg", quality=88)
        if i < copies:
            picture.resize((960, 720)).save(folder / f"{i:04}_again.jpg", quality=70)


def main():
    words = options(__doc__)
    count, copies = (50, 5) if words.quick else (500, 50)
    if not importable("PIL"):
        print("skipped: Pillow makes the pictures and cannot be imported here")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(write_pictures, folder, count, copies)
        contenders = {"spotter": (lambda: Run([words.build / "spotter", "duplicates", folder, "--json", "--quiet"]), words.repeats)}
        if importable("imagehash"):
            contenders["imagehash"] = (lambda: Run([sys.executable, "-c", IMAGEHASH, folder]), words.repeats)
        else:
            print("skipped: imagehash cannot be imported here")
        runs = by_turns(contenders, words.repeats)
    rows = []
    for peer, done in runs.items():
        answer = json.loads(done[0].output)
        rows.append({"pictures": peer, "runs": len(done), "CPU s": median(done, "cpu"),
                     "inside": answer.get("inside", median(done, "cpu")), "wall s": median(done, "wall"),
                     "peak MB": round(median(done, "megabytes")), "found": answer.get("duplicates", answer.get("pairs"))})
    report(f"duplicates among {count + copies} pictures of 1280 x 960", rows, words.json)
    return 0 if rows[0]["found"] == copies else 1


if __name__ == "__main__":
    sys.exit(main())
