#!/usr/bin/env python3
"""A question about 1,000,000 samples with 10,000,000 boxes, from disk: Spotter beside DuckDB on Parquet files
that were laid out by hand for it.

Which rainy night samples have a green cone predicted with a score below 0.3, and no green cone among their labels?
Spotter answers with `spotter sql` over its lake and, for the part that the filter language can say, with `spotter
query`. The lake is filled through DuckLake, as the lake API does, in a project that `spotter init` made. Answers are
compared before the times. CPU seconds are of the whole process; for the peer `inside` leaves out Python's start.
"""
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from common import Run, by_turns, importable, median, options, report

ROOT = Path(__file__).resolve().parent.parent
EXTENSIONS = Path(os.environ.get("SPOTTER_DEPS", ROOT / ".deps"))
PEER = """
import json, resource, sys
import duckdb
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
started = cpu()
rows = duckdb.connect().execute(sys.argv[1]).fetchall()
print(json.dumps({"rows": rows, "inside": cpu() - started}))
"""
# One row a sample, one a box; `kind` 0 is a label, 1 a prediction. Random by hash: the same on every machine.
SAMPLES = """
SELECT i AS sample_id, ['clear', 'rain', 'fog', 'snow', 'overcast'][1 + least(4, hash(i, 1) % 100 // 20)::INT] AS weather,
       ['day', 'night', 'dawn', 'dusk'][1 + least(3, hash(i, 2) % 100 // 40)::INT] AS time_of_day
FROM range({count}) t(i)"""
BOXES = """
SELECT i // {per} AS sample_id, (i % {per} >= {labels})::TINYINT AS kind,
       CASE WHEN hash(i, 3) % 100 < 9 THEN 'cone' ELSE 'class_' || (hash(i, 3) % 15) END AS label,
       ['orange', 'green', 'blue', 'yellow', 'red', 'white'][1 + (hash(i, 4) % 6)::INT] AS color,
       CASE WHEN i % {per} >= {labels} THEN (hash(i, 5) % 10000 / 10000)::FLOAT END AS confidence,
       (hash(i, 6) % 500)::FLOAT AS x1, (hash(i, 7) % 300)::FLOAT AS y1, (10 + hash(i, 8) % 90)::FLOAT AS w,
       (10 + hash(i, 9) % 90)::FLOAT AS h
FROM range({per} * {count}) t(i)"""
KEY = "printf('s%07d', sample_id)"


def make_files(db, folder, count):
    """Parquet as a person would lay it out for this question: narrow columns, samples in order."""
    words = {"count": count, "per": 10, "labels": 4}
    for name, rows in (("samples", SAMPLES), ("boxes", BOXES)):
        db.execute(f"COPY ({rows.format(**words)} ORDER BY sample_id) TO '{folder / name}.parquet' (FORMAT parquet)")


def fill_lake(db, folder, project):
    """The same rows as a project's samples, labels and predictions."""
    extensions = next(EXTENSIONS.glob("duckdb-*/extensions"))
    for name in ("sqlite_scanner", "ducklake"):
        db.execute(f"LOAD '{extensions / name}.duckdb_extension'")
    lake = project / ".spotter" / "lake"
    db.execute(f"ATTACH 'ducklake:sqlite:{lake}/catalog.sqlite' AS lake (DATA_PATH '{lake}/data/', "
               "OVERRIDE_DATA_PATH true)")
    samples, boxes = (f"'{folder / name}.parquet'" for name in ("samples", "boxes"))
    colour = """'{"colour":"' || color || '"}'"""
    box = "x1::DOUBLE, y1::DOUBLE, (x1 + w)::DOUBLE, (y1 + h)::DOUBLE"
    place = "row_number() OVER (PARTITION BY sample_id ORDER BY confidence DESC) - 1"
    db.execute(f"""
        INSERT INTO lake.samples SELECT {KEY}, sha256({KEY}), 'image/jpeg', {KEY} || '.jpg', 640, 480, '', 0, 0, '',
          '{{"time_of_day":"' || time_of_day || '","weather":"' || weather || '"}}' FROM {samples};
        INSERT INTO lake.label_sets SELECT {KEY}, 'labels', 1, 'bench', '', 1, 4 FROM {samples};
        INSERT INTO lake.prediction_sets SELECT 'model_bench', {KEY}, -1, -1, '', '', 6 FROM {samples};
        INSERT INTO lake.labels SELECT {KEY}, 'labels', 1, {place}, ({place})::VARCHAR, label, {box}, false, false, '',
          {colour} FROM {boxes} WHERE kind = 0 ORDER BY sample_id;
        INSERT INTO lake.predictions SELECT 'model_bench', {KEY}, {place}, label, confidence::DOUBLE, {box}, NULL, NULL,
          NULL, -1, '', -1, {colour} FROM {boxes} WHERE kind = 1 ORDER BY sample_id""")
    db.execute("DETACH lake")


def prepare(spotter, folder, project, count):
    import duckdb
    db = duckdb.connect()
    make_files(db, folder, count)
    Run([spotter, "init", project, "--classes", "cone"])
    fill_lake(db, folder, project)
    Run([spotter, "query", "--limit", "1", "--project", project])  # lists the lake's files, once for all


def by_hand(folder, without_labels):
    samples, boxes = (f"'{folder / name}.parquet'" for name in ("samples", "boxes"))
    refused = "AND sample_id NOT IN (SELECT sample_id FROM g WHERE kind = 0)" if without_labels else ""
    return f"""
        WITH g AS (SELECT sample_id, kind, confidence FROM {boxes} WHERE label = 'cone' AND color = 'green')
        SELECT count(*), sum(sample_id)::BIGINT FROM {samples} WHERE weather = 'rain' AND time_of_day = 'night'
        AND sample_id IN (SELECT sample_id FROM g WHERE kind = 1 AND confidence < 0.3::FLOAT) {refused}"""


IN_LAKE = """
    SELECT count(*), sum(substr(key, 2)::BIGINT)::BIGINT FROM samples
    WHERE contains(attributes, 'rain') AND contains(attributes, 'night')
    AND (attributes->>'weather') = 'rain' AND (attributes->>'time_of_day') = 'night'
    AND key IN (SELECT sample FROM predictions WHERE class = 'cone' AND score < 0.3
                AND contains(attributes, 'green') AND (attributes->>'colour') = 'green')
    AND key NOT IN (SELECT sample FROM current_labels WHERE class = 'cone'
                    AND contains(attributes, 'green') AND (attributes->>'colour') = 'green')"""
FILTER = ("weather = 'rain' AND time_of_day = 'night' AND prediction.class = 'cone' AND prediction.colour = 'green' "
          "AND prediction.score < 0.3")


def peer(sql):
    return lambda: Run([sys.executable, "-c", PEER, sql])


def table(title, runs, answer, path):
    """answer: {name: function giving a comparable answer of a run's output}."""
    answers = {name: answer[name](json.loads(done[0].output)) for name, done in runs.items()}
    rows = []
    for name, done in runs.items():
        inside = sorted(json.loads(r.output).get("inside", r.cpu) for r in done)[len(done) // 2]
        rows.append({"query": name, "runs": len(done), "CPU s": median(done, "cpu"), "inside": inside,
                     "wall s": median(done, "wall"), "peak MB": round(median(done, "megabytes")),
                     "answer": str(answers[name])})
    report(title, rows, path)
    return len(set(row["answer"] for row in rows)) == 1


def main():
    words = options(__doc__)
    if not importable("duckdb"):
        print("skipped: duckdb cannot be imported here")
        return 0
    count = 100_000 if words.quick else 1_000_000
    spotter = words.build.resolve() / "spotter"
    with tempfile.TemporaryDirectory() as name:
        folder, project = Path(name), Path(name) / "project"
        # In a process of its own, for a child's peak memory starts from its parent's.
        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.apply(prepare, (spotter, folder, project, count))
        ask = lambda *more: (lambda: Run([spotter, *more, "--project", project, "--json"]))
        whole = by_turns({"spotter sql": (ask("sql", IN_LAKE), words.repeats),
                          "DuckDB by hand": (peer(by_hand(folder, True)), words.repeats)}, words.repeats)
        part = by_turns({"spotter query": (ask("query", FILTER, "--limit", "1"), words.repeats),
                         "DuckDB by hand": (peer(by_hand(folder, False)), words.repeats)}, words.repeats)
    same = table(f"The question, {count} samples, {10 * count} boxes", whole,
                 {"spotter sql": lambda a: list(a["rows"][0].values()), "DuckDB by hand": lambda a: a["rows"][0]}, words.json)
    same &= table("Without its last condition", part,
                  {"spotter query": lambda a: a["total"], "DuckDB by hand": lambda a: a["rows"][0][0]},
                  words.json and words.json.with_stem(words.json.stem + "-filter"))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
