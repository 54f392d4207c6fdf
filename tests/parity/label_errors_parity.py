#!/usr/bin/env python3
"""`spotter label-errors` against cleanlab 2.9.0: known answers on real labels, every filter on seeded labels
when cleanlab is installed, and what the findings are worth against the votes of five people.

cleanlab breaks ties among equal remainders as its sort happens to, which depends on the processor; it is held
to a stable sort here, so that the answers must agree row by row. Prints `N passed, N failed, N skipped`.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SPOTTER = str(Path(os.environ["SPOTTER_BUILD"]) / "spotter")
SHARED = Path(os.environ["SPOTTER_SHARED"])
SHARED = next((p for p in (SHARED / "label-errors", SHARED / "data" / "label-errors") if p.exists()), SHARED / "label-errors")
FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given",
           "low_self_confidence", "low_normalized_margin"]
outcome = {"passed": 0, "failed": 0, "skipped": 0}


def check(name, good, said):
    outcome["passed" if good else "failed"] += 1
    print(f"{'ok' if good else 'FAILED'} {name}: {said}")


def spotter(labels, probabilities, *words):
    done = subprocess.run([SPOTTER, "label-errors", "--labels", labels, "--probs", probabilities, "--json", *words],
                          capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else (done.returncode, done.stderr)


def precision(found, votes, row_of):
    """votes: rows that five people voted on; a label is wrong when fewer than three confirm it."""
    wrong = {row_of(v["id"]): v["mturk"]["given"] < 3 for v in votes}
    seen = [row for row in found if row in wrong]
    return sum(wrong[row] for row in seen), len(seen), sum(wrong.values()), len(wrong)


def mnist():
    folder = SHARED / "mnist"
    answer = spotter(folder / "given_labels.npy", folder / "pred_probs.npy")
    check("mnist count", answer["count"] == 15 == len(answer["indices"]), answer["count"])
    lowest = np.argsort(answer["scores"], kind="stable")[:5].tolist()
    check("mnist lowest", lowest == [2597, 947, 9729, 3520, 1681], lowest)
    joint = np.array(answer["confident_joint"])
    check("mnist joint", (joint.trace(), joint.sum()) == (9453, 9468), f"{joint.trace()} of {joint.sum()}")
    probabilities, labels = np.load(folder / "pred_probs.npy"), np.load(folder / "given_labels.npy")
    own = probabilities[np.arange(len(labels)), labels]
    check("mnist scores", answer["scores"] == own.tolist(), "self-confidence of every row, to the last digit")
    votes = json.loads((folder / "mturk.json").read_text())
    right, seen, wrong, voted = precision(answer["indices"], votes, int)
    check("mnist verified", right == 7, f"{right} of the {wrong} verified errors are among the {answer['count']} found")
    print(f"   precision against the votes: {right}/{seen} = {right / seen:.3f} of the findings that were voted on, "
          f"recall {right}/{wrong} = {right / wrong:.3f}; {wrong}/{voted} = {wrong / voted:.3f} of all voted on are wrong")


def imdb():
    folder = SHARED / "imdb"
    files = folder / "given_labels.npy", folder / "pred_probs.npy"
    refused = spotter(*files)
    check("imdb refused", isinstance(refused, tuple) and refused[0] == 2 and "row" in refused[1], refused)
    answer = spotter(*files, "--normalise")
    check("imdb count", answer["count"] == 1309, answer["count"])
    index = json.loads((folder / "index_to_filename.json").read_text())
    row_of = {name: row for row, name in enumerate(index)} if isinstance(index, list) else \
        {name: int(row) for row, name in index.items()}
    votes = json.loads((folder / "mturk.json").read_text())
    right, seen, wrong, voted = precision(answer["indices"], votes,
                                          lambda name: row_of[name.removeprefix("test/") + ".txt"])
    print(f"   precision against the votes: {right}/{seen} = {right / seen:.3f} of the findings that were voted on; "
          f"{wrong}/{voted} = {wrong / voted:.3f} of all voted on are wrong")


def noisy(rng, rows, classes, kind):
    truth = rng.integers(0, classes, rows)
    given = np.where(rng.random(rows) < .2, rng.integers(0, classes, rows), truth)
    logits = rng.normal(0, 1, (rows, classes))
    logits[np.arange(rows), truth] += rng.normal(2, 1.5, rows)
    probabilities = np.exp(logits)
    return given, (probabilities / probabilities.sum(1, keepdims=True)).astype(kind)


def beside_cleanlab():
    try:
        import cleanlab.filter
        import cleanlab.internal.util
        from cleanlab.count import compute_confident_joint
    except ImportError:
        outcome["skipped"] += 1
        print("skipped: cleanlab is not installed here")
        return

    class StableNumpy:
        def __getattr__(self, name):
            return getattr(np, name)

        @staticmethod
        def argsort(values):
            return np.argsort(values, kind="stable")

    cleanlab.filter.np = cleanlab.internal.util.np = StableNumpy()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "labels.npy", Path(folder) / "probs.npy"
        for seed, (rows, classes, kind) in enumerate([(3000, 3, "f4"), (2500, 11, "f8"), (4000, 40, "f4"), (900, 26, "f8")]):
            labels, probabilities = noisy(np.random.default_rng(seed), rows, classes, kind)
            if seed == 3:
                labels = np.where(labels == 7, 8, labels)  # a class without labels
            np.save(files[0], labels)
            np.save(files[1], probabilities)
            for name in FILTERS:
                wanted = np.flatnonzero(cleanlab.filter.find_label_issues(labels, probabilities, filter_by=name, n_jobs=1))
                answer = spotter(*files, "--filter", name)
                same = sorted(answer["indices"]) == wanted.tolist()
                check(f"{rows} x {classes} {kind} {name}", same, f"{answer['count']} and {len(wanted)}")
            joint = compute_confident_joint(labels, probabilities, calibrate=False)
            check(f"{rows} x {classes} {kind} joint", answer["confident_joint"] == joint.tolist(), "equal")


def main():
    if SHARED.exists():
        mnist()
        imdb()
    else:
        outcome["skipped"] += 1
        print("skipped: shared data label-errors is not there")
    beside_cleanlab()
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**outcome))
    return 1 if outcome["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
