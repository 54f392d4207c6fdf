#!/usr/bin/env python3
"""Every route of openapi.json against a served project: answers fit their schemas, and what is wrong is refused.

Nouns: project, cycles, jobs, models, gates, samples, flags, triage, labelling, versions, ledger; commands: serve, openapi.
"""
import json
import socket
import sys
import unittest
from urllib.parse import quote

from served import ROOT, Served, run

FORBIDDEN_ORIGIN = {"Origin": "http://evil.example"}
# Routes that need a thing which this small project cannot have: their unknown-id answers are tested instead.
NEEDS_MORE = {"get_cycle", "get_job", "get_job_log", "get_mode", "get_campaign", "get_batch", "get_gate",
              "get_gate_page", "stream_events"}


def problems(value, schema, document, where="answer"):
    """What does not fit a JSON schema; the few words of it that openapi.json uses."""
    if "$ref" in schema:
        return problems(value, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document, where)
    if "anyOf" in schema:
        tried = [problems(value, s, document, where) for s in schema["anyOf"]]
        return [] if any(not t for t in tried) else tried[0]
    found = []
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    kind = schema.get("type")
    if kind == "integer" and (isinstance(value, bool) or not isinstance(value, int)):
        found.append(f"{where}: {value!r} is no integer")
    elif kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        found.append(f"{where}: {value!r} is no number")
    elif kind in kinds and not isinstance(value, kinds[kind]):
        found.append(f"{where}: {value!r} is no {kind}")
    if found:
        return found
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if kind == "object":
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if inner:
                found += problems(item, inner, document, f"{where}.{name}")
    if kind == "array":
        for i, item in enumerate(value):
            found += problems(item, schema["items"], document, f"{where}[{i}]")
    return found


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served()
        cls.served.__enter__()
        cls.document = json.loads(run("openapi"))
        cls.key = cls.served.json("GET", "/api/v1/samples?limit=1")[1]["samples"][0]["key"]

    @classmethod
    def tearDownClass(cls):
        cls.served.__exit__()
        assert cls.served.stopped == 0, f"the server ended with {cls.served.stopped}"

    def operations(self):
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield path, method.upper(), operation

    def fit(self, answer, operation):
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        self.assertEqual(problems(answer, schema, self.document), [])

    def error(self, path, expected, method="GET", body=None, headers=None):
        status, answer = self.served.json(method, path, body, headers)
        self.assertEqual(status, expected, answer)
        self.assertEqual(problems(answer, self.document["components"]["schemas"]["Error"], self.document), [])
        return answer["error"]

    def test_every_get_route_answers_as_described(self):
        known = {"sample": self.key, "version": "v1", "from": "v1", "to": "v1"}
        for path, method, operation in self.operations():
            if method != "GET" or operation["operationId"] in NEEDS_MORE:
                continue
            with self.subTest(operation["operationId"]):
                for name, value in known.items():
                    path = path.replace("{" + name + "}", quote(value, safe=""))
                self.assertNotIn("{", path)
                status, headers, content = self.served.ask("GET", path)
                self.assertEqual(status, 200, content[:300])
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertIn("default-src", headers["content-security-policy"])
                if headers["content-type"] == "application/json":
                    self.fit(json.loads(content), operation)

    def test_unknown_things_are_not_found_as_json(self):
        for path, method, operation in self.operations():
            if "{" not in path:
                continue
            with self.subTest(operation["operationId"]):
                filled = "/".join("nosuchthing" if part.startswith("{") else part for part in path.split("/"))
                body = None
                if "requestBody" in operation:
                    schema = operation["requestBody"]["content"]["application/json"]["schema"]
                    body = {n: schema["properties"][n].get("enum", ["x"])[0] for n in schema.get("required", [])}
                    body = body or {"note": "x", "state": "open"}
                self.error(filled, 404, method, body)

    def test_bad_bodies_are_refused(self):
        for path, method, operation in self.operations():
            if "requestBody" not in operation:
                continue
            path = "/".join("x" if part.startswith("{") else part for part in path.split("/"))
            with self.subTest(operation["operationId"]):
                for body in (b"", b"{", b"[1]", b"nul", b'{"nosuchmember": 1}', b'"\xff"', b"[" * 100000):
                    self.error(path, 400, method, body, {"Content-Type": "application/json"})
                self.error(path, 400, method, b"{}", {"Content-Type": "text/plain"})

    def test_bad_parameters_are_refused(self):
        self.assertIn("did you mean", self.error("/api/v1/samples?limt=3", 400)["message"])
        self.error("/api/v1/samples?limit=0", 400)
        self.error("/api/v1/samples?limit=99999999999999999999", 400)
        self.error("/api/v1/samples?where=weather%20%3D", 400)
        self.error("/api/v1/samples?where=%27%20OR%201%3D1%20--", 400)
        self.error("/api/v1/samples?sort=loss", 400)
        self.error("/api/v1/samples?sort=nosuch", 400)
        self.error("/api/v1/samples?model=nosuch", 404)
        self.error("/api/v1/samples?where=%ff", 400)
        self.error("/api/v1/samples?after=nosuch", 404)

    def test_changes_are_taken_from_our_own_pages_only(self):
        body = {"sample": self.key, "reason": "from elsewhere"}
        for headers in (FORBIDDEN_ORIGIN, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            self.error("/api/v1/flags", 403, "POST", body, headers)
        own = {"Origin": f"http://127.0.0.1:{self.served.port}"}
        status, answer = self.served.json("POST", "/api/v1/flags", {"sample": self.key, "reason": "seen here"}, own)
        self.assertEqual(status, 200, answer)

    def test_a_foreign_name_for_this_machine_is_refused(self):
        self.error("/api/v1/project", 403, headers={"Host": "evil.example"})

    def test_one_call_flags_a_sample(self):
        body = {"sample": self.key, "reason": "cone not seen", "box": [1, 2, 20, 30], "source": "robot"}
        status, answer = self.served.json("POST", "/api/v1/flags", body)
        self.assertEqual((status, answer["added"]), (200, True), answer)
        self.assertFalse(self.served.json("POST", "/api/v1/flags", body)[1]["added"])
        detail = self.served.json("GET", f"/api/v1/samples/{quote(self.key, safe='')}")[1]
        self.assertIn("cone not seen", [f["reason"] for f in detail["flags"]])
        self.assertEqual(self.served.json("GET", "/api/v1/samples?where=flagged%20%3D%20true")[1]["total"], 1)
        self.error("/api/v1/flags", 400, "POST", {"sample": self.key, "reason": "x", "box": [1, 2]})
        self.error("/api/v1/flags", 404, "POST", {"sample": "nosuch", "reason": "x"})

    def test_no_path_leads_out(self):
        for path in ("/../../etc/passwd", "/assets/../../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd",
                     "/api/v1/samples/..%2f..%2fetc%2fpasswd/media", "/api/v1/samples/%2e%2e/media",
                     "/api/v1/gates/..%2f..%2fcatalog.db/page", "/%00"):
            with self.subTest(path):
                status, _, content = self.served.ask("GET", path)
                self.assertNotIn(b"root:", content)
                self.assertNotIn(b"SQLite", content)
                if path.startswith(("/api/", "/assets/")):
                    self.assertEqual(status, 404, content[:200])

    def test_pages_go_through_the_list_without_gaps(self):
        keys, after = [], ""
        while True:
            page = self.served.json("GET", f"/api/v1/samples?limit=5&after={quote(after)}")[1]
            keys += [s["key"] for s in page["samples"]]
            after = page["next"]
            if after is None:
                break
        self.assertEqual(len(keys), page["total"])
        self.assertEqual(keys, sorted(set(keys)))
        offset = self.served.json("GET", "/api/v1/samples?limit=5&offset=4")[1]
        self.assertEqual([s["key"] for s in offset["samples"]], keys[4:9])
        down = self.served.json("GET", "/api/v1/samples?sort=-key")[1]
        self.assertEqual([s["key"] for s in down["samples"]], keys[::-1])
        self.assertEqual(offset["samples"][0]["labels"][0]["box"], [10, 8, 30, 24])

    def test_a_list_narrowed_to_misses_is_another_list(self):
        samples = self.served.json("GET", "/api/v1/samples?limit=50")[1]["samples"]
        rows = [{"key": s["key"], "predictions": [{"class": o["class"], "score": 0.9, "box": o["box"]} for o in s["labels"]]}
                for s in samples]
        rows[0]["predictions"] = []  # one sample with a miss
        said = self.served.folder / "said.jsonl"
        said.write_text("".join(json.dumps(row) + "\n" for row in rows))
        run("import", "jsonl", said, "--as", "predictions", "--model", "half", "--project", self.served.project, "--json")
        evaluation = json.loads(run("evaluate", "--model", "half", "--split", "train", "--project", self.served.project,
                                    "--json"))["id"]
        pages = [self.served.json("GET", f"/api/v1/samples?evaluation={evaluation}{more}")[1]
                 for more in ("", "&show=misses", "&show=false_alarms", "&show=misses&class=cone")]
        self.assertGreater(pages[0]["total"], 1)
        self.assertLessEqual(pages[1]["total"], 1)
        self.assertEqual(pages[2]["total"], 0)
        self.assertNotEqual([p["total"] for p in pages], [pages[0]["total"]] * 4)

    def test_an_item_of_the_queue_is_judged_and_taken_back(self):
        self.served.json("POST", "/api/v1/flags", {"sample": self.key, "reason": "look at this", "source": "queue"})
        run("check", "run", "flags", "--project", self.served.project, "--json")
        queue = self.served.json("GET", "/api/v1/queue")[1]
        item = queue["items"][0]
        self.assertEqual((item["error"], item["channels"][0]["check"]), ("flagged", "flags"))
        self.fit(queue, self.document["paths"]["/api/v1/queue"]["get"])
        body = {"findings": item["findings"], "verdict": "model_error", "seconds": 3.5}
        status, said = self.served.json("POST", "/api/v1/verdicts", body)
        self.assertEqual(status, 200, said)
        after = self.served.json("GET", "/api/v1/queue")[1]
        self.assertNotIn(item["id"], [i["id"] for i in after["items"]])
        self.assertEqual((after["judged"], after["judged_seconds"]), (1, 3.5))
        channel = self.served.json("GET", "/api/v1/channels")[1]["channels"][0]
        self.assertEqual((channel["verdicts"], channel["precision"]), (1, 1.0))
        status, back = self.served.json("POST", f"/api/v1/decisions/{said['decision']}/undo")
        self.assertEqual((status, back["verdict"]), (200, "model_error"), back)
        self.assertEqual(self.served.json("GET", "/api/v1/queue")[1]["total"], queue["total"])
        self.error(f"/api/v1/decisions/{said['decision']}/undo", 404, "POST")
        self.error("/api/v1/verdicts", 400, "POST", {"findings": [], "verdict": "ignore"})
        self.error("/api/v1/verdicts", 400, "POST", {"findings": item["findings"], "accept": True})
        self.error("/api/v1/verdicts", 404, "POST", {"findings": ["finding_0"], "verdict": "ignore"})

    def test_pictures_have_their_own_type_and_are_kept(self):
        address = f"/api/v1/samples/{quote(self.key, safe='')}"
        for path, kind in ((f"{address}/media", "image/png"), (f"{address}/thumbnail?side=160", "image/jpeg")):
            status, headers, content = self.served.ask("GET", path)
            self.assertEqual((status, headers["content-type"]), (200, kind))
            self.assertIn("immutable", headers["cache-control"])
            self.assertIn("sandbox", headers["content-security-policy"])
            self.assertTrue(content.startswith(b"\x89PNG" if kind == "image/png" else b"\xff\xd8"))
            status, _, content = self.served.ask("GET", path, headers={"If-None-Match": headers["etag"]})
            self.assertEqual((status, content), (304, b""))

    def test_head_and_options(self):
        status, headers, content = self.served.ask("HEAD", "/api/v1/project")
        self.assertEqual((status, content), (200, b""))
        self.assertGreater(int(headers["content-length"]), 10)
        status, headers, content = self.served.ask("OPTIONS", "/api/v1/flags")
        self.assertEqual((status, content), (204, b""))
        self.assertEqual(set(headers["allow"].split(", ")), {"GET", "HEAD", "POST"})
        self.error("/api/v1/project", 405, "DELETE")
        self.error("/api/v1/nosuch", 404)

    def test_large_bodies_and_headers_are_refused(self):
        status, _, content = self.served.ask("POST", "/api/v1/flags", b"x" * (2 << 20),
                                             {"Content-Type": "application/json"})
        self.assertEqual(status, 413, content)
        self.assertEqual(json.loads(content)["error"]["code"], "too_large")
        status, _, _ = self.served.ask("GET", "/api/v1/project", headers={"X-Long": "y" * 40000})
        self.assertEqual(status, 431)

    def test_what_is_no_http_is_refused(self):
        with socket.create_connection(("127.0.0.1", self.served.port), timeout=10) as s:
            s.sendall(b"\x16\x03\x01 not a request\r\n\r\n")
            self.assertIn(b"400", s.recv(4096).split(b"\r\n")[0])
        self.assertEqual(self.served.json("GET", "/health")[1]["status"], "ok")

    def test_events_tell_what_changed(self):
        with socket.create_connection(("127.0.0.1", self.served.port), timeout=30) as s:
            s.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            stream = s.makefile("rb")
            self.assertIn(b"200", stream.readline())
            while stream.readline().strip():
                pass
            stream.readline()
            # The first look only remembers; keep changing until the second one tells.
            s.settimeout(3)
            for i in range(8):
                self.served.json("POST", "/api/v1/flags", {"sample": self.key, "reason": f"event {i}"})
                try:
                    line = s.recv(4096)
                except TimeoutError:
                    continue
                if b"change" in line:
                    self.assertIn(b"flags", line)
                    return
            self.fail("no change was told")

    def test_filters_are_checked_while_typed(self):
        right = self.served.json("GET", "/api/v1/filter?where=label.class%20%3D%20%27cone%27")[1]
        self.assertEqual((right["valid"], right["total"]), (True, 6))
        wrong = self.served.json("GET", "/api/v1/filter?where=label.class%20%3D")[1]
        self.assertFalse(wrong["valid"])
        self.assertTrue(wrong["message"])

    def test_metrics_are_in_the_text_format(self):
        status, headers, content = self.served.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["content-type"])
        for line in content.decode().splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[^}]*\})? -?[0-9.e+-]+)$')

    def test_the_committed_description_is_the_programs(self):
        committed = (ROOT / "web" / "src" / "api" / "openapi.json").read_text()
        self.assertEqual(json.loads(committed), self.document,
                         "run `spotter openapi > web/src/api/openapi.json` and `npm run api` in web/")


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(ApiTest)
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"{max(0, result.testsRun - bad)} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(1 if bad else 0)
