#!/usr/bin/env python3
"""`spotter eval mot` against the figures that py-motmetrics and TrackEval give on the same files.

TUD-Campus is published with the data; the peers' twenty generated sequences are made again here, and their
figures are those that both programs printed. Prints `N passed, N failed, N skipped`.
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


def spotter(*words):
    done = subprocess.run([SPOTTER, *map(str, words), "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def digits_of(value):
    return len(repr(value).partition(".")[2])


def compare(name, mine, wanted):
    """Counts must be equal, shares equal in every digit that is stated."""
    wrong = [f"{k} {mine.get(k)} instead of {v}" for k, v in wanted.items()
             if mine.get(k) is None or abs(mine[k] - v) > (.5000001 * 10.0 ** -max(6, digits_of(v))
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


CASES = [(tud_campus, DATA / "mot-motmetrics"), (generated, SHARED / "bench" / "peers" / "gen.py")]


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
