#!/usr/bin/env python3
"""The house style as a test: layers, fences, sizes, header comments, words, documents. Prints each breach
with its place and the rule; exit 1 if there is any. STYLE.md says which rule is held by which tool."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Ranks from left to right: a file includes only files of lower rank or of its own folder.
RANKS = [{"base"}, {"domain"}, {"kernels"}, {"media"},
         {"store/catalog", "store/lake", "store/blobs", "exec", "formats", "world", "nn"},
         {"project"}, {"trainer"},
         {f"loop/{s}" for s in ("ingest", "checks", "triage", "curate", "label", "version", "train",
                                "evaluate", "gate", "deploy", "monitor")},
         {"loop/cycle"}, {"loop/demo"}, {"server"}, {"cli"}, {"main"}]
RANK = {folder: rank for rank, folders in enumerate(RANKS) for folder in folders}
# Third-party headers and the only places that may include them (in .cc files).
FENCES = [ ("duckdb", ("store/lake/",)),
          ("sqlite3", ("store/catalog/",)), ("libpq", ("store/catalog/",)), ("boost/", ("server/",)),
          ("curl/", ("base/http_client",)), ("hnswlib/", ("kernels/knn",)), ("cblas", ("kernels/",)),
          ("CLI/", ("cli/",)), ("yaml-cpp/", ("project/", "formats/")), ("pugixml", ("formats/",)),
          ("simdjson", ("formats/", "base/")), ("turbojpeg", ("media/",)), ("png.h", ("media/",)),
          ("webp/", ("media/",)), ("libexif/", ("media/",))]
# Headers too: spotter-nn is one program whose parts all speak tensors.
HEADER_FENCES = [("torch/", ("nn/",)), ("ATen/", ("nn/",))]
LINES_MAX = 500
SOURCES = (".cc", ".h", ".py", ".ts", ".tsx", ".css", ".sh", ".mjs")
UNFINISHED = re.compile(r"\b(TODO(?!\(#\d+\))|FIXME|XXX|HACK)\b")
breaches = []


def breach(path, line, text):
    breaches.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                         text=True, check=True).stdout
    return [ROOT / p for p in out.splitlines() if (ROOT / p).is_file()]


def folder_of(include):
    """The layer folder that an include such as "store/lake/lake.h" belongs to."""
    parts = include.split("/")
    for depth in (2, 1):
        name = "/".join(parts[:depth])
        if len(parts) > depth and name in RANK:
            return name
    return "main" if include == "main.cc" else None


def check_includes(path, lines):
    inside = str(path.relative_to(ROOT / "src"))
    mine = folder_of(inside)
    if mine is None:
        breach(path, 1, "this folder is in no layer: add it to RANKS in tools/tidy.py and to ARCHITECTURE.md")
        return
    for number, line in enumerate(lines, 1):
        own = re.match(r'#include "([^"]+)"', line)
        if own:
            other = folder_of(own.group(1))
            if other is None:
                breach(path, number, f'"{own.group(1)}" is in no layer')
            elif other != mine and RANK[other] >= RANK[mine] and not path.name.endswith("_test.cc"):
                breach(path, number, f"{mine} must not include {other}: includes go only to lower layers")
        foreign = re.match(r"#include <([^>]+)>", line)
        if foreign:
            for header, places in FENCES + HEADER_FENCES:
                allowed = path.suffix == ".cc" or (header, places) in HEADER_FENCES
                if foreign.group(1).startswith(header) and not (inside.startswith(places) and allowed):
                    breach(path, number, f"<{foreign.group(1)}> may be included only in .cc of {', '.join(places)}")


def check_source(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > LINES_MAX:
        breach(path, len(lines), f"{len(lines)} lines; the limit is {LINES_MAX}: split it")
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line) and path.name != "tidy.py":
            breach(path, number, "unfinished work: finish it or name an issue, TODO(#12)")
    if path.suffix == ".h":
        if not lines or not lines[0].startswith("//"):
            breach(path, 1, "a header opens with one to four sentences: what it is for")
        if "#pragma once" not in lines[:12]:
            breach(path, 1, "#pragma once is missing")
    if (ROOT / "src") in path.parents and path.suffix in (".cc", ".h"):
        check_includes(path, lines)


def check_documents(paths):
    for path in (p for p in paths if p.suffix == ".md"):
        text = path.read_text(encoding="utf-8")
        prose = re.sub(r"```.*?```", "", text, flags=re.S)
        if len(re.findall(r"^# ", prose, flags=re.M)) != 1:
            breach(path, 1, "a document has exactly one `# Title`")
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
            if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists():
                breach(path, 1, f"the link {link} leads nowhere")


def check_words(paths):
    """The Avoid column of docs/concepts.md must not be used as identifiers."""
    glossary = ROOT / "docs" / "concepts.md"
    if not glossary.exists():
        return
    avoid = {}
    for row in re.findall(r"^\|([^|]+)\|([^|]+)\|([^|]+)\|\s*$", glossary.read_text(), flags=re.M):
        for word in re.findall(r"`([a-z_]+)`", row[2]):
            avoid[word] = row[0].strip()
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, avoid)) + r")\b") if avoid else None
    for path in paths:
        if pattern and (ROOT / "src") in path.parents and path.suffix in (".h", ".sql"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                for word in pattern.findall(re.sub(r"//.*|--.*", "", line)):
                    breach(path, number, f"`{word}`: the word here is {avoid[word]} (docs/concepts.md)")


def check_plugins():
    """Each plug-in of a registry has a test that names it."""
    tests = "\n".join(p.read_text(errors="replace") for pattern in ("tests/**/*", "src/**/*_test.cc")
                      for p in ROOT.glob(pattern) if p.is_file() and p.suffix in (".test", ".py", ".cc", ".sh"))
    for registry in ROOT.glob("src/**/registry.cc"):
        for name in re.findall(r"^\s*X\((\w+)\)", registry.read_text(), flags=re.M):
            words = name.replace("_", "[ _-]")
            if not re.search(rf"\b{words}\b", tests):
                breach(registry, 1, f"plug-in {name} has no test that names it")


def main():
    paths = tracked()
    for path in paths:
        if path.suffix in SOURCES and "package-lock" not in path.name and not path.name.endswith(".d.ts"):
            check_source(path)
    check_documents(paths)
    check_words(paths)
    check_plugins()
    print("\n".join(sorted(breaches)) or f"{len(paths)} files are tidy")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
