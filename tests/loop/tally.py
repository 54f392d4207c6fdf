"""Counts what the tests of the loop expected, and ends them as tools/test.py reads it."""
counts = {"passed": 0, "failed": 0, "skipped": 0}


def expect(condition, what):
    counts["passed" if condition else "failed"] += 1
    if not condition:
        print(f"FAILED: {what}")


def skip(why):
    counts["skipped"] += 1
    print(f"skipped: {why}")


def end():
    """Prints the closing line and returns the exit code."""
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if counts["failed"] else 0
