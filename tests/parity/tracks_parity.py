#!/usr/bin/env python3
"""`spotter eval mot`, `trajectories` and `tags` against figures of other programs on the same files.

TUD-Campus is published with the data; the peers' twenty generated sequences are made again here, and their
figures are those that py-motmetrics and TrackEval printed; constant velocity on UCY and the tagging scores of
Scalabel are those of the data's README. Prints `N passed, N failed, N skipped`.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SPOTTER = str(Path(os.environ["SPOTTER_BUILD"]) / "spotter")
SHARED = Path(os.environ["SPOTTER_SHARED"])
DATA = SHARED / "data"

TUD_CAMPUS = {"IDF1": .557659, "IDP": .729730, "IDR": .451253, "recall": .582173, "precision": .941441,
              "truth_tracks": 8, "MT": 1, "PT": 6, "ML": 1, "FP": 13, "FN": 150, "IDSW": 7, "Frag": 7,
              "MOTA": .526462, "MOTP": .277201}
GENERATED = {"motmetrics": {"MOTA": .769810, "IDF1": .344493354927331, "FP": 23924, "FN": 40832, "IDSW": 2713,
                            "Frag": 35118},
             "trackeval": {"MOTA": .769796, "IDF1": .344493354927331, "FP": 23924, "FN": 40832, "IDSW": 2717,
                           "Frag": 35115, "HOTA": .340040, "DetA": .655996, "AssA": .176377, "LocA": .849060}}

UCY = {"crowds_zara01": (5153, 148, 2356, .4272, .9524), "students001": (21813, 415, 14295, .4582, 1.0221),
       "uni_examples": (2747, 118, 621, .5938, 1.3170)}
TAGS = {"precision": .8333333, "recall": .8055556, "F1": .8166667, "accuracy": .9, "AP": .8333333}


def spotter(*words):
    done = subprocess.run([SPOTTER, *map(str, words), "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def digits_of(value):
    return len(repr(value).partition(".")[2])


def compare(name, mine, wanted):
    """Counts must be equal, shares equal in every digit that is stated."""
    wrong = [f"{k} {mine.get(k)} instead of {v}" for k, v in wanted.items()
             if mine.get(k) is None or abs(mine[k] - v) > (.5000001 * 10.0 ** -digits_of(v)
                                                          if isinstance(v, float) else 0)]
    print(f"{'FAILED' if wrong else 'ok'} {name}: {', '.join(wrong) or f'{len(wanted)} figures'}")
    return not wrong


def tud_campus():
    folder = DATA / "mot-motmetrics" / "TUD-Campus"
    found = spotter("eval", "mot", "--gt", folder / "gt.txt", "--dt", folder / "test.txt")
    yield compare("TUD-Campus", found["overall"], TUD_CAMPUS)
    yield compare("TUD-Campus by folders", spotter("eval", "mot", "--gt", folder.parent, "--dt", folder.parent)
                  ["sequences"]["TUD-Campus"], TUD_CAMPUS)


def generated():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, SHARED / "bench" / "peers" / "gen.py", "mot"], check=True, capture_output=True,
                       env=os.environ | {"PEERS_DATA": folder})
        mot = Path(folder) / "mot"
        for rules, wanted in GENERATED.items():
            found = spotter("eval", "mot", "--gt", mot / "gt" / "SYN-train", "--dt",
                            mot / "trackers" / "SYN-train" / "sim", "--rules", rules)
            yield compare(f"20 generated sequences as {rules}", found["overall"], wanted)


def ucy():
    files = [DATA / "trajectories-ucy" / f"{name}.txt" for name in UCY]
    found = spotter("eval", "trajectories", "--format", "ucy", *files)
    for file, (rows, agents, windows, ade, fde) in zip(files, UCY.values()):
        mine = found["files"][str(file)]
        yield compare(f"UCY {file.stem}", mine | mine["constant_velocity"],
                      {"rows": rows, "agents": agents, "windows": windows, "uneven_windows": 0, "ADE": ade, "FDE": fde})
    total = sum(case[2] for case in UCY.values())
    mean = sum(found["files"][str(f)]["windows"] * found["files"][str(f)]["constant_velocity"]["ADE"] for f in files) / total
    yield compare("UCY overall", found["overall"] | found["overall"]["constant_velocity"],
                  {"windows": total, "ADE": round(mean, 9)})


def argoverse():
    file, = (DATA / "av2-NC" / "forecasting").glob("*.csv")
    found = spotter("eval", "trajectories", "--format", "argoverse", file)["overall"]
    yield compare("Argoverse 2 scenario", found, {"rows": 2434, "agents": 58, "windows": 7})


def tags():
    folder = DATA / "eval-scalabel" / "tagging"
    found = spotter("eval", "tags", "--gt", folder / "tag_gts.json", "--dt", folder / "tag_preds.json",
                    "--tags", "weather,scene")
    yield compare("Scalabel tags", found["overall"], TAGS)
    yield compare("Scalabel AP by tag", {n: t["AP"] for n, t in found["tags"].items()},
                  {"weather": .6666667, "scene": 1.0})


CASES = [(tud_campus, DATA / "mot-motmetrics"), (generated, SHARED / "bench" / "peers" / "gen.py"),
         (ucy, DATA / "trajectories-ucy"), (argoverse, DATA / "av2-NC"), (tags, DATA / "eval-scalabel")]


def main():
    good, skipped = [], 0
    for case, needs in CASES:
        if not needs.exists():
            skipped += 1
            print(f"skipped: shared data {needs.name} is not there, case {case.__name__}")
            continue
        good += case()
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed, {skipped} skipped")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
