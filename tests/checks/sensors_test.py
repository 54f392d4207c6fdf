#!/usr/bin/env python3
"""Camera against lidar on real data (shared data): how far sensor_disagreement agrees with the matching that the
authors of the cone recordings made, and how many labelled objects the clusters of raw points find. Prints the
figures; the floors are a little below what was seen. No frame's own matches place its lidar objects: the map from the
ground to the picture is learned, for each fifth of a recording's frames, from the other four."""
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("SPOTTER_BUILD", ROOT / "build" / "release"))
DATA = Path(os.environ.get("SPOTTER_SHARED", ROOT.parent / "shared")) / "data"
CONES = DATA / "cones-fskitti"
KITTI = DATA / "kitti-object-NC"
CONE_CLASSES = "blue_cone,yellow_cone,orange_cone,large_orange_cone,unknown_cone"
# Scene: floors of precision and recall of misses, and of false alarms.
SCENES = {
    "camera_central_noise_rain": ((0.95, 0.95), (0.70, 0.50)),
    "camera_estoril_autox1": ((0.83, 0.72), (0.73, 0.55)),
    "camera_estoril_autox2": ((0.77, 0.77), (0.75, 0.71)),
    "camera_alverca_autox_april2": ((0.80, 0.92), (0.73, 0.85)),
}
passed = failed = 0


def expect(condition, what):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print(f"FAILED: {what}")


def spotter(folder, *arguments):
    done = subprocess.run([BUILD / "spotter", *arguments, "--json", "--project", folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"spotter {' '.join(map(str, arguments))} failed: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def sql(folder, statement):
    return spotter(folder, "sql", statement)["rows"]


def blank_png(path, width, height):
    """A grey picture: these recordings have labels of frames whose pictures were never published."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = (b"\0" + b"\x80" * width) * height
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def label_lines(scene):
    """(stem, line number) -> (whether it has a 2D box, whether it has a 3D object, x, y)."""
    lines = {}
    for file in sorted((scene / "labels").glob("*.txt")):
        for number, text in enumerate(file.read_text().splitlines(), 1):
            fields = text.split()
            if len(fields) == 14:
                fields.insert(3, "0")
            numbers = [float(f) for f in fields[1:]]
            lines[file.stem, str(number)] = (any(numbers[3:7]), numbers[7] > 0, numbers[10], numbers[11])
    return lines


def cone_project(scene, folder, *options):
    pictures = folder / "pictures"
    pictures.mkdir()
    blank_png(folder / "blank.png", 2048, 1536)
    for stem in {f.stem for f in (scene / "labels").glob("*.txt")}:
        os.link(folder / "blank.png", pictures / f"{stem}.png")
    spotter(folder / "p", "init", folder / "p", "--task", "detection", "--classes", CONE_CLASSES)
    report = spotter(folder / "p", "import", "kitti", scene, "--images", pictures, "--clip", *options)
    expect(all("from the other four" in note for note in report["notes"] if "no calibration;" in note), "cross-fitted")
    return report


def rates(said, truth):
    right = len(said & truth)
    return right / max(1, len(said)), right / max(1, len(truth))


def agreement(name, floors):
    """Findings against the authors' own matching, read off the label lines."""
    scene, lines = CONES / name, label_lines(CONES / name)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        cone_project(scene, folder)
        project = folder / "p"
        spotter(project, "import", "kitti", scene, "--images", folder / "pictures", "--clip", "--as", "predictions",
                "--model", "camera")
        with open(project / "spotter.yaml", "a", encoding="utf-8") as config:
            config.write("checks:\n  - name: sensor_disagreement\n"
                         "    parameters: {gate: 0.5, range_m: 40, plausible: 0, points_min: 0}\n")
        spotter(project, "check", "run", "sensor_disagreement", "--model", "camera")
        stem = "regexp_extract(sample, '[^/]+$')"
        seen = {(r["stem"], r["object"]) for r in sql(
            project, f"SELECT {stem} AS stem, object FROM current_labels WHERE layer = 'lidar'")}
        boxes = {(r["stem"], r["object"]) for r in sql(
            project, f"SELECT {stem} AS stem, object FROM current_labels WHERE layer = 'labels'")}
        missed = {(r["stem"], r["object"]) for r in sql(
            project, f"SELECT {stem} AS stem, object FROM findings WHERE error = 'miss'")}
        # A prediction has no name of its own: by its box, which is a label's too.
        alarms = {(r["stem"], r["object"]) for r in sql(project, f"""
            SELECT regexp_extract(f.sample, '[^/]+$') AS stem, l.object FROM findings f JOIN current_labels l
            ON l.sample = f.sample AND l.layer = 'labels' AND l.x1 = f.x1 AND l.y1 = f.y1 AND l.x2 = f.x2
            WHERE f.error = 'false_alarm'""")}
    only_3d = {k for k in seen if not lines[k][0]}
    only_2d = {k for k in boxes if not lines[k][1]}
    shown = {"miss": (rates(missed, only_3d), len(only_3d)), "false_alarm": (rates(alarms, only_2d), len(only_2d))}
    for (kind, ((precision, recall), count)), (precision_min, recall_min) in zip(shown.items(), floors):
        print(f"{name}: {kind}: precision {precision:.3f}, recall {recall:.3f} of {count}")
        expect(precision >= precision_min and recall >= recall_min, f"{name} {kind} below {precision_min}, {recall_min}")
    return shown


def without_calibration():
    """No line has both boxes, so nothing says where the lidar's objects are in the picture: said, not guessed."""
    with tempfile.TemporaryDirectory() as temporary:
        report = cone_project(CONES / "camera_alverca_autox_april1", Path(temporary))
    expect(report["layer_objects_added"] == 0 and report["labels_added"] == 364, f"april1: {report}")
    expect(any("3D objects are not kept" in note for note in report["notes"]), "april1 says what it lacks")


def cone_clusters(name, floor):
    """Labelled cones within 20 m that a small cluster of the raw points covers."""
    scene, lines = CONES / name, label_lines(CONES / name)
    with tempfile.TemporaryDirectory() as temporary:
        cone_project(scene, Path(temporary), "--clusters")
        clusters = {}
        for row in sql(Path(temporary) / "p", "SELECT sample, attributes FROM current_labels WHERE layer = 'lidar'"):
            facts = json.loads(row["attributes"])
            clusters.setdefault(row["sample"].split("/")[-1], []).append((facts["x"], facts["y"], facts["width_m"]))
        layer = {r["sample"].split("/")[-1] for r in sql(
            Path(temporary) / "p", "SELECT sample FROM current_label_sets WHERE layer = 'lidar'")}
    cones = [(stem, x, y) for (stem, _), (both, in_3d, x, y) in lines.items()
             if stem in layer and in_3d and both and math.hypot(x, y) < 20]
    found = sum(any(w < 1 and math.hypot(cx - x, cy - y) < 0.5 for cx, cy, w in clusters.get(stem, []))
                for stem, x, y in cones)
    print(f"{name}: clusters find {found} of {len(cones)} cones within 20 m that the camera sees too")
    expect(cones and found / len(cones) >= floor, f"{name}: clusters below {floor}")


def kitti_clusters():
    """Labelled objects against clusters of the same sweep: found when a cluster lies at the object's visible side."""
    objects = clusters = None
    for options in ([], ["--clusters"]):
        with tempfile.TemporaryDirectory() as temporary:
            project = Path(temporary) / "p"
            spotter(project, "init", project, "--task", "detection", "--classes",
                    "Car,Van,Truck,Pedestrian,Person_sitting,Cyclist,Tram,Misc")
            spotter(project, "import", "kitti", KITTI, *options)
            rows = [(r["sample"], r["class"], json.loads(r["attributes"])) for r in sql(
                project, "SELECT sample, class, attributes FROM current_labels WHERE layer = 'lidar' ORDER BY ALL")]
        objects, clusters = (rows, clusters) if not options else (objects, rows)
    found = 0
    for sample, kind, facts in objects:
        reach = facts["length_m"] / 2 + 0.5
        near = [c for key, _, c in clusters if key == sample and c["width_m"] < facts["length_m"] + 2
                and math.hypot(c["x"] - facts["x"], c["y"] - facts["y"]) < reach]
        found += bool(near)
        print(f"kitti {sample} {kind} at {facts['distance_m']} m, {facts['points']} points: "
              f"{'found' if near else 'not found'}")
    expect(len(objects) == 6, f"six objects, not {len(objects)}")
    expect(found == 6, f"clusters find {found} of {len(objects)} objects")


def main():
    for folder in (CONES, KITTI):
        if not folder.is_dir():
            print(f"skipped: shared data is not there: {folder}")
            sys.exit(1 if os.environ.get("CI") == "true" else 77)
    for name, floors in SCENES.items():
        agreement(name, floors)
    without_calibration()
    cone_clusters("camera_estoril_autox2", 0.90)
    cone_clusters("camera_central_noise_rain", 0.90)
    kitti_clusters()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
