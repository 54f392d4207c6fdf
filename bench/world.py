#!/usr/bin/env python3
"""How fast the procedural world is drawn: frames per CPU second on one core at 256 x 160, JPEG encoding and
writing included. Prints one line of JSON. The program is build/release/spotter, or $SPOTTER_BUILD/spotter."""
import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ.get("SPOTTER_BUILD", ROOT / "build/release")) / "spotter"
SCENES = 100
FRAMES = 4


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    with tempfile.TemporaryDirectory() as folder:
        before = cpu_seconds()
        subprocess.run([PROGRAM, "world", "--quiet", "--out", f"{folder}/world", "--scenes", str(SCENES),
                        "--frames", str(FRAMES), "--seed", "3", "--weeks", "8"],
                       env=dict(os.environ, SPOTTER_THREADS="1"), stdout=subprocess.DEVNULL, check=True)
        spent = cpu_seconds() - before
    frames = SCENES * FRAMES
    print(json.dumps({"bench": "world", "frames": frames, "cpu_seconds": round(spent, 2),
                      "frames_per_cpu_second": round(frames / spent, 1)}))


if __name__ == "__main__":
    main()
