#!/usr/bin/env python3
"""The life of a failure mode over three models: found with model 1, fixed by model 2, broken on purpose in model 3,
which is shown as regressed and does not pass the gate. Models are known by their predictions only."""
import json
import sys
import tempfile
from pathlib import Path

import small_project as small
import tally
from tally import expect

SCENES = 30


def make(folder):
    """A project whose pictures are half dry, half rainy, all labelled and, by scene, a third of each in the test split."""
    project = folder / "project"
    small.deliver(folder / "start", "start", SCENES, 0.5, True, 1)
    samples = folder / "start" / "samples.jsonl"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    for row in rows:
        scene = int(row["key"].split("/s")[1][:2])
        row["attributes"]["split"] = "test" if scene % 3 else "train"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    small.spotter("init", str(project), "--classes", ",".join(small.COLOURS))
    small.spotter("import", "jsonl", str(samples), "--project", str(project))
    small.spotter("version", "commit", "-m", "all", "--project", str(project))
    return project, rows


def add_model(project, folder, rows, name, finds):
    """Imports what a model says that finds the objects for which `finds(rain, number)` holds."""
    said = folder / f"{name}.jsonl"
    with said.open("w") as out:
        for number, row in enumerate(rows):
            rain = row["attributes"]["weather"] == "rain"
            seen = [{"class": o["class"], "score": 0.9, "box": o["box"]}
                    for i, o in enumerate(row["objects"]) if finds(rain, 2 * number + i)]
            out.write(json.dumps({"key": row["key"], "predictions": seen}) + "\n")
    small.spotter("import", "jsonl", str(said), "--as", "predictions", "--model", name, "--project", str(project))


def rainy_mode(project):
    """The mode of the rain, whatever it is called, with everything that is known of it."""
    modes = small.spotter("modes", "--all", "--project", str(project))[1]["modes"]
    found = [m for m in modes if m["slice"] == "weather = 'rain'"]
    expect(len(found) == 1, f"one mode is about rain: {[m['title'] for m in modes]}")
    return small.spotter("modes", "show", found[0]["id"], "--project", str(project))[1]


def states(mode):
    return [entry["state"] for entry in mode["history"]]


def found_with_the_first(project, folder, rows):
    add_model(project, folder, rows, "m1", lambda rain, number: not rain and number % 20)
    code, _ = small.spotter("gate", "--challenger", "m1", "--project", str(project), check=False)
    expect(code == 0, f"the first model passes: {code}")
    small.spotter("approve", "--project", str(project))
    small.spotter("deploy", "m1", "--project", str(project))
    small.spotter("check", "run", "error_types", "--project", str(project))
    small.spotter("modes", "update", "--project", str(project))
    mode = rainy_mode(project)
    expect(mode["state"] == "open", f"found with m1: {mode['state']}")
    small.spotter("modes", "set", mode["id"], "--owner", "ann", "--weight", "4", "--note", "wet roads",
                  "--project", str(project))
    return mode["name"]


def fixed_by_the_second(project, folder, rows):
    add_model(project, folder, rows, "m2", lambda rain, number: number % 20)
    small.spotter("evaluate", "--model", "m2", "--project", str(project))
    mode = rainy_mode(project)
    expect(mode["state"] == "fixed", f"fixed by m2: {states(mode)}")
    rates = {m["name"]: m for m in mode["models"]}
    expect(set(rates) == {"m1", "m2"}, f"measured with both models: {sorted(rates)}")
    expect(rates["m1"]["rate"] == 1.0 and rates["m2"]["rate"] < 0.1, f"the rates: {rates}")
    expect(rates["m2"]["against_first"]["high"] < -0.5, f"beyond chance: {rates['m2']}")
    expect(mode["owner"] == "ann" and mode["weight"] == 4, "owner and weight stay")
    expect(any(e["note"] == "wet roads" and e["author"] == "tester" for e in mode["history"]), "the note stays")
    slices = small.spotter("gate", "--challenger", "m2", "--project", str(project), check=False)[1]["slices"]
    mine = [s for s in slices if s["name"] == mode["name"]]
    expect(len(mine) == 1 and mine[0]["blocking"], "the fixed mode is a blocking slice of the gate")
    small.spotter("approve", "--note", "far better in rain", "--project", str(project))
    small.spotter("deploy", "m2", "--project", str(project))


def regressed_with_the_third(project, folder, rows, name):
    add_model(project, folder, rows, "m3", lambda rain, number: number % 2 if rain else True)
    small.spotter("evaluate", "--model", "m3", "--project", str(project))
    mode = rainy_mode(project)
    expect(mode["state"] == "regressed", f"broken in m3: {states(mode)}")
    expect(states(mode)[-2:] == ["fixed", "regressed"], f"its life: {states(mode)}")
    rates = {m["name"]: m for m in mode["models"]}
    expect(rates["m3"]["against_champion"]["low"] > 0, f"worse than the champion beyond chance: {rates['m3']}")
    code, report = small.spotter("gate", "--challenger", "m3", "--project", str(project), check=False)
    expect(code == 3 and report["verdict"] == "fail", f"the gate blocks m3: {code}, {report['verdict']}")
    expect(any(reason.startswith(name + ":") for reason in report["reasons"]), f"because of the mode: {report['reasons']}")
    items = small.spotter("queue", "--mode", name, "--model", "m2", "--project", str(project))[1]["items"]
    expect(all(name in item["modes"] for item in items), "the queue of the mode is about it")


def older_models_move_nothing(project):
    small.spotter("evaluate", "--model", "m1", "--project", str(project))
    expect(rainy_mode(project)["state"] == "regressed", "an older model says nothing new")


def fixed_again(project, folder, rows):
    add_model(project, folder, rows, "m4", lambda rain, number: True)
    code, report = small.spotter("gate", "--challenger", "m4", "--project", str(project), check=False)
    expect(code in (0, 3) and report["verdict"] != "fail", f"m4 is not worse: {report['reasons']}")
    expect(rainy_mode(project)["state"] == "fixed", "the gate alone moves it as well")


def split_and_merged(project, name):
    whole = rainy_mode(project)
    result = small.spotter("modes", "split", name, "--where", "key < 'start/s06'", "--title", "early rain",
                           "--project", str(project))[1]
    part, rest = result["part"], result["mode"]
    expect(part["state"] == "fixed", "a part of a fixed mode is fixed")
    expect(part["samples"] + rest["samples"] == whole["samples"], "the samples are shared out")
    sums = [sum(m[name]["examined"] for m in ({x["name"]: x for x in side["models"]} for side in (part, rest)))
            for name in ("m1", "m2")]
    expect(sums == [m["examined"] for m in whole["models"][:2]], f"so is what was measured: {sums}")
    code, _ = small.spotter("modes", "split", name, "--where", "weather =", "--project", str(project), check=False)
    expect(code == 2, f"a broken filter is refused: {code}")
    small.spotter("modes", "merge", name, "early-rain", "--project", str(project))
    gone = small.spotter("modes", "show", "early-rain", "--project", str(project))[1]
    expect(gone["state"] == "ignored", "what was merged is ignored")
    expect(small.spotter("verify", "--project", str(project))[1]["problems"] == [], "the project is clean")


def main():
    with tempfile.TemporaryDirectory(prefix="spotter-modes-") as text:
        folder = Path(text)
        project, rows = make(folder)
        name = found_with_the_first(project, folder, rows)
        fixed_by_the_second(project, folder, rows)
        regressed_with_the_third(project, folder, rows, name)
        older_models_move_nothing(project)
        fixed_again(project, folder, rows)
        split_and_merged(project, name)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
