"""A small real project behind a real server, for tests of the interface: made by the commands that people use."""
import http.client
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("SPOTTER_BUILD", ROOT / "build" / "release"))
PROGRAM = BUILD / "spotter"


def png(width, height, shade):
    """A PNG of one grey shade with a bright square, made by hand: tests need no picture library."""
    rows = b""
    for y in range(height):
        row = bytes(255 if 10 <= x < 30 and 8 <= y < 24 else shade for x in range(width))
        rows += b"\0" + row
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make_coco(folder, count=12):
    """Pictures with one labelled square each, as a COCO file with its folder of images."""
    images = folder / "images"
    images.mkdir(parents=True)
    coco = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "cone"}]}
    for i in range(count):
        name = f"scene{i // 3}/picture {i}.png"
        (images / name).parent.mkdir(exist_ok=True)
        (images / name).write_bytes(png(64, 40, 20 + 10 * i))
        coco["images"].append({"id": i + 1, "file_name": name, "width": 64, "height": 40})
        coco["annotations"].append({"id": i + 1, "image_id": i + 1, "category_id": 1 + i % 2, "bbox": [10, 8, 20, 16],
                                    "area": 320, "iscrowd": 0})
    (folder / "labels.json").write_text(json.dumps(coco))
    return folder / "labels.json", images


def run(*arguments, expect=0):
    done = subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != expect:
        raise AssertionError(f"spotter {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Served:
    """Use as a context: a project in a temporary folder, and a server on a free port."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="spotter-api-"))
        self.project = self.folder / "project"

    def __enter__(self):
        try:
            labels, images = make_coco(self.folder / "in")
            run("init", self.project, "--classes", "cell,cone")
            run("import", "coco", labels, "--images", images, "--project", self.project, "--json")
            run("version", "commit", "-m", "first labels", "--project", self.project, "--json")
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def start(self):
        self.server = subprocess.Popen([str(PROGRAM), "serve", "--project", str(self.project), "--bind", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            raise AssertionError(f"the server said: {line!r}")
        self.port = int(found.group(1))

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        self.stopped = self.server.wait(timeout=15)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, bytes) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        given = {"Content-Type": "application/json"} if isinstance(body, (dict, list)) else {}
        connection.request(method, path, body=data, headers=given | (headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content

    def json(self, method, path, body=None, headers=None):
        status, _, content = self.ask(method, path, body, headers)
        return status, json.loads(content)
