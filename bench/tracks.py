#!/usr/bin/env python3
"""Tracking metrics: Spotter beside TrackEval and py-motmetrics, on the same files, by turns.

20 sequences of 1,000 frames with up to 20 objects; a tracker that misses, jitters, invents and switches. The answers
are compared before the times: a mismatch is a failure. CPU seconds are of the whole process, reading included;
`inside` leaves out the start of Python for the peers.
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from common import Run, by_turns, importable, median, options, report

PEER = """
import contextlib, json, os, resource, sys
import numpy as np
for name, kind in dict(float=float, int=int, bool=bool).items():  # names that numpy gave up and the peers use
    if name not in np.__dict__:
        setattr(np, name, kind)
np.asfarray = getattr(np, "asfarray", lambda a, dtype=float: np.asarray(a, dtype))
{imports}
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started, out = cpu(), os.dup(1)
os.dup2(2, 1)  # what the peer prints is not the answer
root, names = sys.argv[1], sys.argv[2:]
{work}
os.dup2(out, 1)
print(json.dumps({{"figures": {{k: float(v) for k, v in figures.items()}}, "inside": cpu() - started}}))
"""
TRACKEVAL = PEER.format(imports="import trackeval", work="""
dataset = trackeval.datasets.MotChallenge2DBox.get_default_dataset_config()
dataset.update(GT_FOLDER=root + "/gt", TRACKERS_FOLDER=root + "/trackers", BENCHMARK="SYN", SPLIT_TO_EVAL="train",
               DO_PREPROC=False, PRINT_CONFIG=False, SEQMAP_FILE=root + "/gt/seqmaps/SYN-train.txt")
evaluator = trackeval.Evaluator.get_default_eval_config()
evaluator.update(USE_PARALLEL=False, PRINT_CONFIG=False, PRINT_RESULTS=False, TIME_PROGRESS=False, OUTPUT_SUMMARY=False,
                 OUTPUT_DETAILED=False, PLOT_CURVES=False, OUTPUT_EMPTY_CLASSES=False)
config = dict(METRICS=["HOTA", "CLEAR", "Identity"], THRESHOLD=0.5, PRINT_CONFIG=False)
metrics = [trackeval.metrics.HOTA(config), trackeval.metrics.CLEAR(config), trackeval.metrics.Identity(config)]
result, _ = trackeval.Evaluator(evaluator).evaluate([trackeval.datasets.MotChallenge2DBox(dataset)], metrics)
all_of = result["MotChallenge2DBox"]["sim"]["COMBINED_SEQ"]["pedestrian"]
figures = {k: np.mean(all_of["HOTA"][k]) for k in ("HOTA", "DetA", "AssA", "LocA")}
figures |= {k: all_of["CLEAR"][k] for k in ("MOTA", "MOTP", "IDSW", "Frag", "MT", "PT", "ML")}
figures |= {"FP": all_of["CLEAR"]["CLR_FP"], "FN": all_of["CLEAR"]["CLR_FN"]}
figures |= {k: all_of["Identity"][k] for k in ("IDF1", "IDP", "IDR")}
""")
MOTMETRICS = PEER.format(imports="import motmetrics as mm", work="""
mm.lap.default_solver = "scipy"
accumulators = []
for name in names:
    truth = mm.io.loadtxt(f"{root}/gt/SYN-train/{name}/gt/gt.txt", fmt="mot15-2D", min_confidence=1)
    said = mm.io.loadtxt(f"{root}/trackers/SYN-train/sim/data/{name}.txt", fmt="mot15-2D")
    accumulators.append(mm.utils.compare_to_groundtruth(truth, said, "iou", distth=0.5))
fields = dict(mota="MOTA", motp="MOTP", idf1="IDF1", idp="IDP", idr="IDR", num_switches="IDSW", num_false_positives="FP",
              num_misses="FN", num_fragmentations="Frag", mostly_tracked="MT", partially_tracked="PT", mostly_lost="ML")
table = mm.metrics.create().compute_many(accumulators, names=names, metrics=list(fields), generate_overall=True)
figures = {fields[k]: v for k, v in table.loc["OVERALL"].items()}
""")
PEERS = {"TrackEval": ("trackeval", TRACKEVAL), "py-motmetrics": ("motmetrics", MOTMETRICS)}


def make_sequence(rng, frames, objects, width=1920, height=1080):
    """Rows of truth and of a tracker: frame, id, left, top, width, height."""
    place, speed = rng.random((objects, 2)) * [width, height], rng.normal(0, 3, (objects, 2))
    size = np.stack([rng.uniform(30, 90, objects), rng.uniform(80, 220, objects)], 1)
    first = np.where(np.arange(objects) < objects // 2, 0, rng.integers(0, frames // 3, objects))
    last = first + rng.integers(frames // 2, frames, objects)
    track, fresh = np.arange(1, objects + 1), objects + 1
    truth, said = [], []
    for f in range(frames):
        place += speed
        speed *= np.where((place < 0) | (place > [width, height] - size), -1, 1)
        here = np.flatnonzero((first <= f) & (f < last))
        for o in here:
            truth.append((f + 1, o + 1, *place[o], *size[o]))
            if rng.random() < 0.004:
                track[o], fresh = fresh, fresh + 1
            if rng.random() < 0.86:
                e = rng.normal(0, 0.05, 4)
                said.append((f + 1, track[o], *(place[o] + e[:2] * size[o]), *(size[o] * np.exp(e[2:]))))
        if rng.random() < 0.04 and len(here) > 1:
            a, b = rng.choice(here, 2, replace=False)
            track[[a, b]] = track[[b, a]]
        for _ in range(rng.poisson(1.2)):
            said.append((f + 1, fresh, *(rng.random(2) * [width - 100, height - 200]), rng.uniform(30, 90),
                         rng.uniform(80, 220)))
            fresh += 1
    return truth, said


def make_files(root, sequences, frames, seed=20261128):
    rng = np.random.default_rng(seed)
    names, boxes = [], 0
    (root / "gt" / "seqmaps").mkdir(parents=True)
    (root / "trackers" / "SYN-train" / "sim" / "data").mkdir(parents=True)
    for s in range(sequences):
        names.append(f"SYN-{s + 1:02}")
        truth, said = make_sequence(rng, frames, 20)
        folder = root / "gt" / "SYN-train" / names[-1]
        (folder / "gt").mkdir(parents=True)
        (folder / "seqinfo.ini").write_text(f"[Sequence]\nname={names[-1]}\nimDir=img1\nframeRate=30\nseqLength={frames}\n"
                                            "imWidth=1920\nimHeight=1080\nimExt=.jpg\n")
        (folder / "gt" / "gt.txt").write_text("".join("%d,%d,%.2f,%.2f,%.2f,%.2f,1,1,1\n" % row for row in truth))
        (root / "trackers" / "SYN-train" / "sim" / "data" / f"{names[-1]}.txt").write_text(
            "".join("%d,%d,%.2f,%.2f,%.2f,%.2f,0.9,-1,-1,-1\n" % row for row in said))
        boxes += len(truth) + len(said)
    (root / "gt" / "seqmaps" / "SYN-train.txt").write_text("name\n" + "\n".join(names) + "\n")
    return names, boxes


def main():
    words = options(__doc__)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        names, boxes = make_files(root, 20, 100 if words.quick else 1000)
        contenders = {}
        for rules in ("trackeval", "motmetrics"):
            command = [words.build / "spotter", "eval", "mot", "--gt", root / "gt" / "SYN-train", "--dt",
                       root / "trackers" / "SYN-train" / "sim", "--rules", rules, "--json"]
            contenders[f"spotter ({rules})"] = (lambda command=command: Run(command), words.repeats)
        for peer, (module, script) in PEERS.items():
            if not importable(module):
                print(f"skipped: {module} cannot be imported here")
                continue
            rounds = 1 if module == "motmetrics" else words.repeats
            contenders[peer] = (lambda script=script: Run([sys.executable, "-c", script, root, *names]), rounds)
        runs = by_turns(contenders, words.repeats)
    rows = []
    for peer, done in runs.items():
        answer = json.loads(done[0].output)
        rules = PEERS[peer][0] if peer in PEERS else None
        mine = json.loads(runs[f"spotter ({rules})"][0].output)["overall"] if rules else answer["overall"]
        inside = sorted(json.loads(r.output).get("inside", r.cpu) for r in done)
        rows.append({"tracking": peer, "runs": len(done), "CPU s": median(done, "cpu"), "inside": inside[len(inside) // 2],
                     "wall s": median(done, "wall"), "peak MB": round(median(done, "megabytes")),
                     "difference": f"{max(abs(v - mine[k]) for k, v in answer.get('figures', mine).items()):.1e}"
                     if rules else "0"})
    report(f"Tracking metrics of {len(names)} sequences, {boxes} boxes", rows, words.json)
    return 0 if all(float(row["difference"]) < 1e-9 for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
