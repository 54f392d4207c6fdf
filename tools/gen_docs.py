#!/usr/bin/env python3
"""Writes docs/reference/ from the program itself, so that help, checks, formats and routes cannot drift
from their pages. With --check nothing is written and a difference is a failure (a test does this).

Usage: gen_docs.py [--build DIR] [--check]
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by tools/gen_docs.py from the program; change the source, not this page. -->\n"


EXIT_CODES = [
    (0, "done"),
    (1, "failed: something is in the way that is not the input, such as a conflict or damaged bytes"),
    (2, "bad input: wrong usage, a word or path that is not UTF-8, a file that cannot be read, a name that is not there, a project of a newer Spotter"),
    (3, "the gate, a person or an open question said no"),
    (75, "the machine is in the way: in use, full, unreachable or read-only for you; try again when that is mended"),
]


class Program:
    def __init__(self, build):
        self.path = str(build / "spotter")

    def text(self, *arguments):
        done = subprocess.run([self.path, *arguments], capture_output=True, text=True, cwd="/",
                              env=os.environ | {"COLUMNS": "100", "LC_ALL": "C.UTF-8"})
        if done.returncode != 0:
            raise SystemExit(f"`spotter {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.text(*arguments, "--json"))


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]) + "\n"


def commands_page(program):
    commands = program.json("about")["commands"]
    parts = [f"# Commands\n\n{NOTE}", table(["command", "what it does"], [
        (f"`spotter {c['name']}`", c["summary"]) for c in commands])]
    parts.append("## Exit codes\n\n" + table(["code", "meaning"], EXIT_CODES))
    for command in commands:
        usage = program.text(*command["name"].split(), "--help").strip()
        parts.append(f"## spotter {command['name']}\n\n```\n{usage}\n```\n")
    return "\n".join(parts)


def checks_page(program):
    return program.text("check", "list", "--markdown")


def formats_page(program):
    rows = [(f"`{f['name']}`", f["summary"], f["layout"], "yes" if f["writes"] else "no")
            for f in program.json("formats")["formats"]]
    return f"# Interchange formats\n\n{NOTE}\n" + table(["name", "what it is", "PATH", "written"], rows)


def configuration_page(program):
    rows = [(f"`{o['name']}`", f"`{json.dumps(o['default'])}`", o["help"])
            for o in program.json("config", "options")["options"]]
    return f"# Configuration: spotter.yaml\n\n{NOTE}\n" + table(["key", "default", "meaning"], rows)


def routes_page(program):
    api = json.loads(program.text("openapi"))
    rows = [(f"`{method.upper()} {path}`", operation.get("summary", ""))
            for path, methods in api["paths"].items() for method, operation in methods.items()]
    return f"# REST API\n\n{NOTE}\n`openapi.json` has the schemas.\n\n" + table(["route", "what it does"], rows)


PAGES = {"commands.md": commands_page, "checks.md": checks_page, "formats.md": formats_page,
         "configuration.md": configuration_page, "rest.md": routes_page}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path(os.environ.get("SPOTTER_BUILD", ROOT / "build/release")))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    program, stale = Program(options.build.resolve()), []
    folder = ROOT / "docs" / "reference"
    for name, page in PAGES.items():
        text = page(program).rstrip() + "\n"
        path = folder / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not options.check:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale and options.check:
        print(f"docs/reference is stale: {', '.join(stale)}; run tools/gen_docs.py")
        return 1
    print(f"{'wrote ' + ', '.join(stale) if stale else 'docs/reference is up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
