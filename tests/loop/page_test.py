#!/usr/bin/env python3
"""A cycle turned from a page: started, decided about, told to go on and cancelled by HTTP alone, while what waits
for a person says so at every stop. The work goes on when the server is gone."""
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import small_project as small
import tally
from tally import expect


class Served:
    def __init__(self, project):
        self.process = subprocess.Popen([small.SPOTTER, "serve", "--project", str(project), "--bind", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = re.search(r"http://\S+", self.process.stdout.readline()).group(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"} if body else {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def attention(self):
        return [(i["kind"], i["object"], i["title"]) for i in self.ask("GET", "attention")[1]["items"]
                if i["kind"] in ("cycle", "approval")]

    def newest(self, states, seconds=90):
        """The newest cycle once it is in one of these states and nobody works on it."""
        deadline = time.monotonic() + seconds
        with urllib.request.urlopen(f"{self.address}/api/v1/events", timeout=60) as changes:
            while True:
                cycles = self.ask("GET", "cycles")[1]["cycles"]
                if cycles and cycles[-1]["state"] in states:
                    return cycles[-1]
                if time.monotonic() > deadline:
                    raise AssertionError(f"still {[(c['number'], c['state']) for c in cycles]}, not {states}")
                changes.readline()  # a change, or the stream's heartbeat


def wait_for_runner(project):
    """The lock is given back a moment after the journal's last word."""
    with open(project / ".spotter" / "cycle.lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def turns_from_the_page(project):
    with Served(project) as page:
        expect(page.ask("POST", "cycles/nosuch/resume")[0] == 404, "an unknown cycle is not found")
        status, answer = page.ask("POST", "cycles")
        expect((status, answer) == (200, {"started": True}), f"a cycle starts: {status} {answer}")
        cycle = page.newest(["waiting"])
        where = [s["name"] for s in cycle["steps"] if s["state"] == "waiting"]
        expect(where == ["deploy"], f"it waits for the decision: {where}")
        wait_for_runner(project)
        report = next(s for s in cycle["steps"] if s["name"] == "gate")["outputs"]["report"]
        kinds = [(kind, thing) for kind, thing, _ in page.attention()]
        expect(kinds == [("approval", report)], f"the decision is told once: {kinds}")
        status, answer = page.ask("POST", "cycles")
        expect(status == 409, f"no second cycle beside it: {status} {answer}")
        page.ask("POST", f"gates/{report}/decision", {"decision": "ship", "note": "looks right", "seconds": 20})
        told = page.attention()
        expect(told == [("cycle", cycle["id"], "Cycle 1 can go on")], f"decided, but it still stands: {told}")
        status, answer = page.ask("POST", f"cycles/{cycle['id']}/resume")
        expect((status, answer.get("id")) == (200, cycle["id"]), f"it goes on: {status} {answer}")
    # The server is gone; the work is not.
    with Served(project) as page:
        cycle = page.newest(["done"])
        expect(cycle["decision"] == "shipped" and cycle["deployed"] != "", f"shipped: {cycle['decision']}")
        expect(not cycle["interrupted"], "it is not interrupted")
        expect(all(s["finished_count"] <= 1 for s in cycle["steps"]), "no step ran twice")
        expect(page.attention() == [], f"nothing of it waits: {page.attention()}")
        status, answer = page.ask("POST", f"cycles/{cycle['id']}/resume")
        expect(status == 409 and "nothing to go on" in answer["error"]["message"], f"done is done: {status} {answer}")


def cancels_from_the_page(project):
    small.configure(project, sources=small.production(project), gate={"approval": "person", "resamples": 200})
    with Served(project) as page:
        page.ask("POST", "cycles")
        cycle = page.newest(["waiting"])
        expect(cycle["number"] == 2, f"the second cycle: {cycle['number']}")
        wait_for_runner(project)
        status, answer = page.ask("POST", "cycles/1/resume")
        expect(status == 409, f"an older cycle stays as it is: {status} {answer}")
        status, answer = page.ask("POST", f"cycles/{cycle['id']}/cancel")
        expect((status, answer.get("state")) == (200, "cancelled"), f"it is cancelled: {status} {answer}")
        expect(page.ask("POST", f"cycles/{cycle['id']}/cancel")[0] == 409, "only once")
        expect(page.ask("POST", f"cycles/{cycle['id']}/resume")[0] == 409, "and does not come back")
        expect(page.attention() == [], f"a cancelled cycle waits for nobody: {page.attention()}")


def interrupted_is_told(project):
    small.configure(project, sources=small.production(project), gate={"approval": "auto", "resamples": 200})
    with Served(project) as page:
        runner = subprocess.Popen([small.SPOTTER, "cycle", "run", "--project", str(project)], start_new_session=True,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        expect(any(" done in " in line for line in runner.stderr), "a step of it is done")
        os.killpg(runner.pid, signal.SIGKILL)
        runner.communicate()
        cycle = page.ask("GET", "cycles")[1]["cycles"][-1]
        expect(cycle["state"] == "running" and cycle["interrupted"], f"the page knows it: {cycle['state']}")
        told = page.attention()
        expect(told == [("cycle", cycle["id"], "Cycle 3 was interrupted")], f"it is told: {told}")
        expect(page.ask("POST", f"cycles/{cycle['id']}/resume")[0] == 200, "it can go on")
        ended = page.newest(["done", "waiting", "failed"])
        expect((ended["id"], ended["state"]) == (cycle["id"], "done"), f"the same goes on: {ended['state']}")


def main():
    with tempfile.TemporaryDirectory(prefix="spotter-page-") as folder:
        project = small.make(Path(folder))
        small.configure(project, gate={"approval": "person", "resamples": 200, "suspicious_gain": 1.0})
        turns_from_the_page(project)
        cancels_from_the_page(project)
        interrupted_is_told(project)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
