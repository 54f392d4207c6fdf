"""What the journeys share: which ones are asked for, a folder each, and the line of counts that the runner reads."""
import argparse
import json
import sys
import tempfile
from pathlib import Path


def main(doc, folders, go):
    """folders: {name: the shared data that the journey needs, None = none}. go(name, full, work) takes one journey in
    the empty folder `work` and gives what is printed of it; an AssertionError fails it. Ends the process: 1 if any did."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=list(folders))
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    passed = failed = skipped = 0
    for name in options.sets:
        if folders[name] is not None and not folders[name].exists():
            print(f"skipped: shared data {folders[name].name} is not there")
            skipped += 1
            continue
        with tempfile.TemporaryDirectory(prefix="journey-") as work:
            try:
                print(f"ok {name} {json.dumps(go(name, options.full, Path(work)))}")
                passed += 1
            except AssertionError as e:
                print(f"FAILED {name}: {e}")
                failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
