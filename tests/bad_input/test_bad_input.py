#!/usr/bin/env python3
"""Bad input at the command surface: each thing on the list is refused with exit 2 (or 1, 75 where the fault is
the machine's) or becomes a counted reject with file, place and reason; the project stays whole and nothing is
written outside it. Files are generated here; only the Python standard library is used."""
import base64
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import zlib

from bench import BUILD, Skip, png, run_tests, write

# A 16x16 picture of one colour, and the same in CMYK, both from libjpeg-turbo.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAx"
    "NDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy"
    "MjIyMjIyMjL/wAARCAAQABADAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
    "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
    "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
    "4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC"
    "AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm"
    "Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq"
    "8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDJr68/SAoAKACgD//Z")
CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSwwMTQ0"
    "NB8nOT04MjwuMzQy/9sAQwEJCQkMCwwYDQ0YMiEcITIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy"
    "MjIyMjIy/8AAFAgAEAAQBAERAAIRAQMRAQQRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMF"
    "BQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RV"
    "VldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh"
    "4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQQEAAECdwAB"
    "AgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2Rl"
    "ZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp"
    "6vLz9PX29/j5+v/aAA4EAQACEQMRBAAAPwD2ivyY7j0iigAooAKKACv/2Q==")


def expect_reject(report, file, reason):
    found = [r for r in report["rejects"] if file in r["file"] + r["where"] and reason in r["reason"]]
    assert found, f"no reject of {file} for {reason!r} in {json.dumps(report['rejects'], indent=1)[:2000]}"


def expect_refusal(bench, words, *texts):
    done = bench.run(*words, code=2)
    for text in texts:
        assert text in done.stderr, f"{text!r} is not in: {done.stderr}"


def coco(images, annotations, categories=({"id": 1, "name": "car"},)):
    return json.dumps({"images": list(images), "annotations": list(annotations), "categories": list(categories)})


def box_file(*boxes):
    return coco([{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
                [{"id": i + 1, "image_id": 1, "category_id": 1, "bbox": b} for i, b in enumerate(boxes)])


def test_pictures(bench):
    bench.init()
    data = bench.folder / "data"
    write(data / "good.jpg", JPEG)
    write(data / "cmyk.jpg", CMYK)
    write(data / "png_named.jpg", png(8, 8))
    write(data / "zero.jpg", b"")
    write(data / "text.jpg", "this is no picture")
    write(data / "cut.jpg", JPEG[: len(JPEG) * 3 // 4])
    write(data / "cut.png", png(64, 64, rows=9))
    write(data / "head.jpg", JPEG[:20])
    write(data / "huge.png", png(30000, 30000, rows=1))
    big = bytearray(JPEG)
    at = big.index(b"\xff\xc0")
    big[at + 5: at + 9] = struct.pack(">HH", 30000, 30000)
    write(data / "huge.jpg", bytes(big))
    report = bench.import_("images", data)
    assert report["samples_added"] == 3, report
    assert report["reject_count"] == 7, report
    for file, reason in (("zero.jpg", "empty"), ("text.jpg", "not a picture"), ("cut.jpg", "JPEG"), ("cut.png", "PNG"),
                         ("head.jpg", "JPEG"), ("huge.png", "30000x30000"), ("huge.jpg", "30000x30000")):
        expect_reject(report, file, reason)
    types = {r["key"]: r["media_type"] for r in bench.sql("SELECT key, media_type FROM samples")}
    assert types == {"good": "image/jpeg", "cmyk": "image/jpeg", "png_named": "image/png"}, types


def test_boxes(bench):
    bench.init()
    write(bench.folder / "a.png", png(64, 48))
    text = box_file([1, 2, 10, 10], [-20, 2, 30, 10], [1, 2, -3, 4], [5, 5, 0, 4], [60, 2, 30, 4], [100, 100, 5, 5],
                    "NAN").replace('"NAN"', "[NaN, 1, 2, 3]")
    report = bench.import_("coco", write(bench.folder / "boxes.json", text))
    assert (report["labels_added"], report["reject_count"]) == (1, 6), report
    for number, reason in ((2, "leaves the picture"), (3, "negative size"), (4, "no width or height"),
                           (5, "leaves the picture"), (6, "outside the picture"), (7, "finite")):
        expect_reject(report, f"annotation {number}", reason)
        assert all("boxes.json" in r["file"] for r in report["rejects"])
    clipped = bench.import_("coco", bench.folder / "boxes.json", "--clip")
    assert clipped["labels_added"] == 3 and clipped["reject_count"] == 4, clipped


def test_ids(bench):
    bench.init()
    for name in ("a", "b"):
        write(bench.folder / f"{name}.png", png(64, 48))
    image = {"id": 1, "file_name": "a.png", "width": 64, "height": 48}
    row = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}
    text = coco([image, image | {"file_name": "b.png"}, {"file_name": "b.png"}, image | {"id": 2}],
                [row, row, {**row, "id": 3, "image_id": 9}, {**row, "id": 4, "category_id": 9},
                 {k: v for k, v in row.items() if k != "id"}, {**row, "id": 5, "category_id": 2}],
                [{"id": 1, "name": "car"}, {"id": 2, "name": "tram"}, {"id": 1, "name": "van"}])
    report = bench.import_("coco", write(bench.folder / "ids.json", text))
    assert (report["samples_added"], report["labels_added"]) == (1, 1), report
    for place, reason in (("images[1]", "twice"), ("images[2]", "no \"id\""), ("images[3]", "has the id 1 already"),
                          ("annotation 1", "twice"), ("annotation 3", "no picture has the id 9"),
                          ("annotation 4", "no category has the id 9"), ("annotations[4]", "no \"id\""),
                          ("annotation 5", "unknown class \"tram\""), ("categories[2]", "twice")):
        expect_reject(report, place, reason)
    assert any("tram" in note for note in report["notes"]), report["notes"]


def test_json(bench):
    bench.init()
    for name, content, text in (("broken", '{"images": [}', "line 1"), ("cut", box_file([1, 2, 3, 4])[:60], "not valid JSON"),
                                ("deep", "[" * 200000, "nested"), ("latin", b'{"images": "\xe9"}', "not valid JSON"),
                                ("binary", bytes(range(256)), "not valid JSON"), ("empty", "", "not valid JSON"),
                                ("number", "7", "neither object nor list"), ("other", '{"a": 1}', "no list \"images\"")):
        file = write(bench.folder / f"{name}.json", content)
        expect_refusal(bench, ("import", "coco", file), text, f"{name}.json")
    write(bench.folder / "a.png", png(8, 8))
    lines = [b'{"key":"a","image":"a.png"}', b"{broken", b'{"key":"\xff"}', b"[" * 5000, b'{"image":"a.png"']
    report = bench.import_("jsonl", write(bench.folder / "rows.jsonl", b"\n".join(lines)))
    assert (report["samples_added"], report["reject_count"]) == (1, 4), report
    for number in range(2, 6):
        expect_reject(report, f"line {number}", "")


def test_xml(bench):
    bench.init()
    secret = write(bench.folder / "secret.txt", "hunter2")
    entity = (f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><annotation><filename>&x;</filename></annotation>')
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><annotations><image name="&b;"/></annotations>'
    deep = "<annotation>" + "<a>" * 100000 + "</a>" * 100000 + "</annotation>"
    for name, content, text in (("entity", entity, "entities are refused"), ("deep", deep, "levels deep"),
                                ("cut", "<annotation><filename>a", "truncated"),
                                ("latin", "<annotation>é</annotation>".encode("latin-1"), "not UTF-8")):
        file = write(bench.folder / f"{name}.xml", content)
        expect_refusal(bench, ("import", "voc", file), text, f"{name}.xml")
    expect_refusal(bench, ("import", "cvat", write(bench.folder / "bomb.xml", bomb)), "entities are refused")
    data = bench.folder / "voc"
    write(data / "entity.xml", entity)
    write(data / "a.png", png(8, 8))
    write(data / "good.xml", "<annotation><filename>a.png</filename></annotation>")
    report = bench.import_("voc", data)
    assert report["samples_added"] == 1, report
    expect_reject(report, "entity.xml", "entities are refused")
    assert "hunter2" not in json.dumps(report)


def test_names(bench):
    bench.init()
    write(bench.folder / "outside.png", png(8, 8, 1))
    data = bench.folder / "data"
    os.makedirs(data / "images")
    os.symlink(bench.folder / "outside.png", data / "images" / "link.png")
    names = ["../outside.png", "../../etc/passwd", str(bench.folder / "outside.png"), "/etc/passwd", "a/../../outside.png",
             "link.png", "missing.png", "C:\\a.png", "nul\0.png"]
    write(data / "a.json", coco([{"id": i, "file_name": n} for i, n in enumerate(names, 1)], []))
    report = bench.import_("coco", data / "a.json")
    assert report["samples_added"] == 0 and report["reject_count"] == len(names), report
    expect_reject(report, "image 6", "leads out")
    expect_reject(report, "image 7", "no picture \"missing.png\"")
    rows = [json.dumps({"key": k, "image": "x.png"}) for k in ("../up", "/abs", "a/../../b", "new\nline")]
    write(data / "images" / "x.png", png(8, 8))
    report = bench.import_("jsonl", write(data / "keys.jsonl", "\n".join(rows)), "--images", data / "images")
    assert report["samples_added"] == 0 and report["reject_count"] == 4, report
    assert sorted(p.name for p in bench.folder.iterdir()) == ["data", "outside.png", "project"]


def test_missing(bench):
    bench.init()
    expect_refusal(bench, ("import", "coco", bench.folder / "no.json"), "no such file", "no.json")
    expect_refusal(bench, ("import", "coko", bench.folder), "did you mean \"coco\"")
    file = write(bench.folder / "a.json", box_file([1, 2, 3, 4]))
    expect_refusal(bench, ("import", "coco", file, "--images", bench.folder / "nowhere"), "no such image folder")
    expect_refusal(bench, ("import", "coco", file, "--as", "predictions"), "--model")
    expect_refusal(bench, ("flag", "a", "--reason", "odd"), "no sample \"a\"")
    report = bench.import_("coco", file)
    assert report["samples_added"] == 0, report
    expect_reject(report, "image 1", "no picture \"a.png\"")


def test_again(bench):
    bench.init()
    write(bench.folder / "a.png", png(64, 48))
    first = write(bench.folder / "one.json", box_file([1, 2, 10, 10]))
    second = write(bench.folder / "two.json", box_file([1, 2, 10, 10], [20, 20, 9, 9]))
    dry = bench.import_("coco", first, "--dry-run")
    assert dry["samples_added"] == 1 and dry["dry_run"] and bench.total() == 0
    assert not list((bench.project / ".spotter" / "blobs").rglob("*")), "a dry run stored a blob"
    added = [bench.import_("coco", file)["labels_added"] for file in (first, first, second, second, first)]
    assert added == [1, 0, 2, 0, 1], added
    revisions = bench.sql("SELECT revision, label_count FROM label_sets ORDER BY 1")
    assert [(r["revision"], r["label_count"]) for r in revisions] == [(1, 1), (2, 2), (3, 1)], revisions
    write(bench.folder / "a.png", png(64, 48, grey=9))
    report = bench.import_("coco", first)
    expect_reject(report, "image 1", "other bytes")


def many(folder, count):
    rows = []
    for i in range(count):
        name = f"p{i:04}"
        write(folder / "many" / f"{name}.png", png(48, 40, grey=i % 251) + struct.pack(">I", i))
        rows.append(json.dumps({"image": f"{name}.png", "objects": [{"class": "car", "box": [1, 2, 30, 30 + i % 8]}],
                                "flags": [{"reason": "odd"}] if i % 50 == 0 else []}))
    return write(folder / "many" / "rows.jsonl", "\n".join(rows))


def expect_whole(bench, count):
    assert bench.total() == count, bench.total()
    sets = bench.sql("SELECT count(*) AS n, max(revision) AS r, sum(label_count) AS s FROM label_sets")[0]
    assert (sets["n"], sets["r"], int(sets["s"])) == (count, 1, count), sets
    assert bench.sql("SELECT count(*) AS n FROM labels")[0]["n"] == count
    with sqlite3.connect(bench.project / ".spotter" / "catalog.db") as db:
        flags = db.execute("SELECT count(*) FROM flags").fetchone()[0]
        assert flags == (count + 49) // 50, flags
    if "  verify " in bench.run("about", project=False).stdout:
        bench.run("verify", "--json")


def test_kill(bench):
    bench.init()
    count = 600
    rows = many(bench.folder, count)
    rng = random.Random(3)
    for _ in range(6):
        process = subprocess.Popen([BUILD / "spotter", "import", "jsonl", rows, "--project", bench.project, "--quiet"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=bench.folder,
                                   env=os.environ | {"SPOTTER_USER": "tester"})
        try:
            process.wait(timeout=rng.uniform(0.05, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    report = bench.import_("jsonl", rows)
    assert report["samples_added"] + report["samples_unchanged"] == count, report
    again = bench.import_("jsonl", rows)
    assert again["samples_added"] == again["labels_added"] == again["flags_added"] == 0, again
    expect_whole(bench, count)


def test_two_processes(bench):
    bench.init()
    count = 200
    rows = many(bench.folder, count)
    command = [str(c) for c in (BUILD / "spotter", "import", "jsonl", rows, "--project", bench.project, "--json")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    reports = []
    for process in both:
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        reports.append(json.loads(out))
    assert sum(r["samples_added"] for r in reports) == count, reports
    assert sum(r["labels_added"] for r in reports) == count, reports
    expect_whole(bench, count)


def mount_tmpfs(folder, size):
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode != 0:
        raise Skip("a small file system cannot be mounted here (needs root)")


def test_full_disk(bench):
    small = bench.folder / "small"
    mount_tmpfs(small, "24m")
    try:
        bench.project = small / "project"
        bench.init()
        data = bench.folder / "data"
        noise = random.Random(1)
        for i in range(60):
            raw = b"".join(b"\0" + noise.randbytes(512) for _ in range(1024))
            header = struct.pack(">IIBBBBB", 512, 1024, 8, 0, 0, 0, 0)
            parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 0)), (b"IEND", b""))
            write(data / f"{i}.png", b"\x89PNG\r\n\x1a\n" + b"".join(
                struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts))
        done = bench.run("import", "images", data, code=(1, 75))
        assert "space" in done.stderr, done.stderr
        leftovers = [p for p in bench.project.rglob("*.tmp")]
        assert not leftovers, leftovers
        free = shutil.disk_usage(small).free
        assert free > 20 << 20, f"the pictures of the failed batch still take the room: {free} bytes are free"
        subprocess.run(["mount", "-o", "remount,size=120m", small], check=True)
        assert bench.total() == 0
        assert bench.import_("images", data)["samples_added"] == 60
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def test_read_only(bench):
    small = bench.folder / "small"
    mount_tmpfs(small, "64m")
    try:
        bench.project = small / "project"
        bench.init()
        write(bench.folder / "data" / "a.png", png(8, 8))
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        done = bench.run("import", "images", bench.folder / "data", code=(1, 2, 75))
        assert "error:" in done.stderr and "internal fault" not in done.stderr, done.stderr
        other = bench.run("init", small / "other", "--task", "detection", "--classes", "car", code=(1, 2, 75), project=False)
        assert "ead-only" in other.stderr, other.stderr
    finally:
        subprocess.run(["umount", "-l", small], check=False)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
