"""Reference page of what runs again when a config key changes: the rules that read the key, and all that follow them.

What a rule reads is what `stages.stage_config` puts in its params; what follows a rule is what Snakemake says.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml

from marey.experiment import config, stages
from marey.reference.templates import REPOSITORY, fill_template
from marey.tables import files, places
from marey.tables.plan import PLAN

ANIMAL_METHODS = ("single", "bottom_up", "top_down")
# Keys that choose which files there are: the page says in words what they run.
STRUCTURAL_KEYS = (
    "project",
    "data",
    "videos",
    "predictions.sources",
    "evaluate.sources",
    "cameras.calibration",
    "animals.method",
    "animals.appearance",
    "animals.recognition",
    "animals.corrections",
    "zoo.adapt.images",
    "zoo.adapt.rounds",
    "zoo.adapt.steps",
)


def page() -> str:
    """Write the page: in words what keys run that choose files, and in two tables what all others run."""
    return fill_template("reruns", short=short_table(), long=long_table())


@cache
def rules_by_key(method: str) -> dict[str, frozenset[str]]:
    """Find the rules that each config key but the structural ones runs again, where animals are found by `method`."""
    followers = rule_followers(method)
    return {key: following_rules(reading_rules(method, key), followers) for key in listed_keys()}


def starting_rules(method: str, key: str) -> list[str]:
    """Find the rules that read a key and follow none that does, in the order of the work."""
    followers, found = rule_followers(method), reading_rules(method, key)
    later = {name for reader in found for name in following_rules({reader}, followers) - {reader}}
    return [name for name in in_order(found) if name not in later]


def listed_keys() -> list[str]:
    """List the dotted names of the config keys that rules read, in the order of the schema."""
    structural = {*STRUCTURAL_KEYS, *stages.GRAPH_KEYS, "left_out"}  # which follows from others, and nobody writes
    return [key for key in _leaves(_experiment("single")) if key not in structural]


def reading_rules(method: str, key: str) -> set[str]:
    """Find the rules whose params change with a config key."""
    experiment = _experiment(method)
    before, after = _params(experiment), _params(_changed(experiment, key))
    found = {name for name in before if before[name] != after[name]}
    if method == "top_down" and "train_locator" in found:
        found.add("train_model")  # which trains locators too
    return found & rule_followers(method).keys()


def following_rules(names: set[str], followers: dict[str, set[str]]) -> frozenset[str]:
    """Find all that follow some rules, these included."""
    found, queue = set(), list(names)
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue.extend(followers[name])
    return frozenset(found)


def in_order(names: set[str]) -> list[str]:
    """Put rules in the order of the work."""
    return [name for name in stages.STAGES if name in names]


@cache
def rule_followers(method: str) -> dict[str, set[str]]:
    """Find the rules that read what each rule makes: Snakemake's graph of an experiment whose animals are found so.

    The plan of shards, which no rule reads, is followed by the analysis: it says which shards there are.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "experiment.yaml")
        path.write_text(yaml.safe_dump(_lay_out(Path(folder), method)))
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(REPOSITORY / "Snakefile"),
            "--directory",
            folder,
        ]
        command += ["--configfile", str(path), "--rulegraph"]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', done.stdout))
    followers: dict[str, set[str]] = {name: set() for name in names.values()}
    for maker, reader in re.findall(r"(\d+) -> (\d+)", done.stdout):
        followers[names[maker]].add(names[reader])
    del followers["all"]
    followers = {name: readers - {"all"} for name, readers in followers.items()}
    followers["probe_video"].add("plan_shards")
    return {**followers, "plan_shards": {"infer_shard"}}


def _lay_out(folder: Path, method: str) -> dict:
    """Make the files of an experiment whose videos are probed and planned, empty ones; returns its config."""
    data, results = folder / "data", folder / places.results("x")
    labels, sheet, planned = data / "labels.csv", data / "videos.tsv", results / places.TABLES["plan"]
    videos = [data / f"{name}.mp4" for name in ("a", "b", "board_a", "board_b")]
    probed = [results / places.TABLES[name].format(video=video) for video in "ab" for name in ("probe", "frames")]
    for path in (*videos, *probed):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    labels.write_text("video,frame,individual,keypoint,x,y\na,0,m,snout,1,1\n")
    sheet.write_text("video\tpath\tsession\tcamera\na\ta.mp4\ts\ta\nb\tb.mp4\ts\tb\n")
    files.write(planned, {"video": ["a", "b"], "start": [0, 0], "stop": [32, 32]}, PLAN)
    for age, path in enumerate((*videos, *probed, planned)):
        os.utime(path, (age, age))
    part = {"labels": {"sources": [labels.name]}, "keypoints": ["snout"], "animals": {"method": method}}
    exported = {"formats": ["csv"], "labels": ["coco"], "cameras": ["toml"], "sessions": ["csv"]}
    board = {"type": "chessboard", "squares": [8, 5], "square_size": 25}
    cameras = {"calibration": "board_{camera}.mp4", "board": board}
    return {"project": "x", "data": data.name, "videos": sheet.name, "export": exported, "cameras": cameras, **part}


@cache
def _experiment(method: str) -> dict:
    """Make a whole config, as rules see it."""
    raw = {"project": "x", "data": "data", "videos": "v", "keypoints": ["snout"], "animals": {"method": method}}
    return config.load_config(raw)


def _params(experiment: dict) -> dict[str, dict]:
    """Find what each stage reads."""
    parts = {stage: stages.stage_config(experiment, stage) for stage in stages.STAGES}
    return parts | {"track_video": stages.tracking_config(experiment, {"animals": None}, [], predicted=False)}


def _changed(part: dict, key: str) -> dict:
    """Copy nested dicts so that a dotted key has a value that equals no other."""
    name, _, rest = key.partition(".")
    return {**part, name: _changed(part[name], rest) if rest else object()}


def _leaves(part: dict, prefix: str = "") -> Iterator[str]:
    for key, value in part.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def key_groups() -> list[list[str]]:
    """Group the keys that run the same rules, one animal and several, bottom-up; the largest sets first."""
    sets = [rules_by_key(method) for method in ANIMAL_METHODS[:2]]

    def run(key: str) -> tuple:
        return tuple(tuple(in_order(rules[key])) for rules in sets)

    sizes = sorted(listed_keys(), key=lambda key: ([-len(part) for part in run(key)], run(key)))
    return [list(part) for _, part in groupby(sizes, key=run)]


def write_keys(part: list[str]) -> str:
    """Write a group of keys as Markdown, under the names of blocks that are in it as a whole."""
    everything, found = listed_keys(), []
    for key in part:
        blocks = [key.rsplit(".", depth)[0] for depth in range(key.count("."), 0, -1)]
        whole = (block for block in blocks if all(name in part for name in everything if name.startswith(f"{block}.")))
        found.append(next(whole, key))
    return ", ".join(f"`{name}`" for name in dict.fromkeys(found))


def short_table() -> str:
    """Write the short table: where a change starts, whether networks are trained and run, and how many rules run."""
    lines = [
        "| config keys | start at | training | analysis of videos | rules, one animal | rules, several |",
        "|---|---|---|---|---|---|",
    ]
    one, several = (rules_by_key(method) for method in ANIMAL_METHODS[:2])
    for part in key_groups():
        key = part[0]
        first = in_order({*starting_rules("single", key), *starting_rules("bottom_up", key)})
        both = one[key] | several[key]
        trains, analyses = ("yes" if name in both else "" for name in ("train_model", "infer_shard"))
        start = ", ".join(f"`{name}`" for name in first)
        lines.append(
            f"| {write_keys(part)} | {start} | {trains} | {analyses} | {len(one[key])} | {len(several[key])} |"
        )
    return "\n".join(lines) + "\n"


def long_table() -> str:
    """Write the long table: all rules that run, with one animal in a frame and with several."""
    one, several = (rules_by_key(method) for method in ANIMAL_METHODS[:2])
    lines = ["| config keys | one animal | several animals |", "|---|---|---|"]
    for part in key_groups():
        cells = (", ".join(in_order(sets[part[0]])) or "nothing" for sets in (one, several))
        lines.append(f"| {write_keys(part)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
