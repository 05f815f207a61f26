"""Speed of assembly and tracking on one core, from shards of candidates to the tables `poses`, `tracks` and `review`.

    python benchmarks/assembly_speed.py

Made animals of 13 keypoints (those of tracking_memory.py). One keypoint in twenty is missed, of each keypoint one frame
in ten shows a false candidate; affinities of one animal are 0.8, others 0, with a noise of 0.2, on the edges that Marey
chooses for such animals. The times are of the processor, of all threads together.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tracking_memory as made

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.assembly import instances, pair_odds
from marey.assembly.assemble_video import assemble_video
from marey.networks.outputs import Layout
from marey.tables import files
from marey.tables.affinities import AFFINITIES
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.detections import DETECTIONS
from marey.tables.graph import GRAPH
from marey.tables.poses import POSES
from marey.tracking.track_video import track_video
from marey.training.edges import choose_edges

SHARD = 2_000  # frames
FALSE = 0.1  # false candidates of a keypoint and frame
NOISE = 0.2  # standard deviation of affinities
ASSEMBLE = {"min_confidence": 0.2, "min_keypoints": "auto"}


def main() -> None:
    """Print frames per second for each number of animals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--animals", nargs="*", type=int, default=[2, 10])
    parser.add_argument("--frames", nargs="*", type=int, default=[10_000, 40_000])
    arguments = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores")
    print("| animals | frames | assembly, frames/s | tracking, frames/s | both, frames/s | whole animals |")
    print("|---|---|---|---|---|---|")
    for animals in arguments.animals:
        for count in arguments.frames:
            with tempfile.TemporaryDirectory() as name:
                assembly, tracking, whole = measure(Path(name), count, animals)
            both = count / (assembly + tracking)
            print(
                f"| {animals} | {count} | {count / assembly:.0f} | {count / tracking:.0f} | {both:.0f} | {whole:.4f} |"
            )


def measure(folder: Path, count: int, animals: int) -> tuple[float, float, float]:
    """Seconds of assembly and of tracking, and the part of the animals that come out as they were made."""
    made.make(folder, count, animals)
    truth = files.read(folder / "poses.parquet", POSES)
    shards = candidates(folder, truth, count, animals)
    curves = {"curve": ["confidence"] * 2 + ["noise"] * 2 + ["sigma"] * 2, "score": [0.0, 1] * 3}
    curves |= {"value": [0.0, 1, 2, 2, 0, 1], "tolerance": [5.0] * 6, "points": [100] * 6, "source": ["validation"] * 6}
    files.write(folder / "curves.parquet", curves, CONFIDENCE_CURVES)
    out, paths = (
        folder / "assembled.parquet",
        [folder / name for name in ("frames.parquet", "curves.parquet")],
    )
    began = time.process_time()
    assemble_video(
        shards,
        *paths,
        out,
        affinities_paths=[path.with_suffix(".affinities.parquet") for path in shards],
        metadata_path=folder / "model.json",
        graph_path=folder / "graph.parquet",
        keypoints=made.KEYPOINTS,
        frames=None,
        config=ASSEMBLE,
        provenance={},
    )
    assembled = time.process_time()
    config = {"animals": {"method": "bottom_up", "number": None}, "corrections": [], "seed": 0}
    names = ("frames.parquet", "tracks.parquet", "review.parquet", "tracked.parquet", "model.json")
    paths = [folder / name for name in names]
    track_video(out, *paths, config=config, provenance={})
    tracked = time.process_time()
    return assembled - began, tracked - assembled, _whole(truth, files.read(out, POSES))


def candidates(folder: Path, truth: pd.DataFrame, count: int, animals: int) -> list[Path]:
    """Write shards of `detections` and `affinities`, the model's metadata and the table `graph`; the shards' paths."""
    chance = np.random.default_rng(1)
    some = truth[truth["frame"] < SHARD]
    wide = some.pivot(index=["frame", "instance"], columns="keypoint", values=["x", "y"])
    points = np.stack([wide[axis][made.KEYPOINTS].to_numpy() for axis in ("x", "y")], axis=-1)[:, None]
    edges = choose_edges(points)
    layout = Layout(False, edges, (), animals)
    made.write_metadata(folder / "model.json", layout, sigma=4.0)
    shards = []
    for start in range(0, count, SHARD):
        stop = min(start + SHARD, count)
        rows = _detections(chance, truth[truth["frame"].between(start, stop - 1)], start, stop)
        pairs = _affinities(chance, rows[rows["x"].notna()], edges)
        shards.append(folder / f"{start}-{stop}.parquet")
        files.write(shards[-1], rows.drop(columns="instance"), DETECTIONS)
        files.write(shards[-1].with_suffix(".affinities.parquet"), pairs.drop(columns=["same", "known"]), AFFINITIES)
        if not start:
            _graph(folder, rows, pairs, layout.metadata(tuple(made.KEYPOINTS))["edges"])
    return shards


def _detections(chance: np.random.Generator, truth: pd.DataFrame, start: int, stop: int) -> pd.DataFrame:
    """Candidates, highest confidence first, each keypoint of each frame at least one; `instance` -1 = false."""
    rows = truth.dropna(subset="x")[["frame", "instance", "keypoint", "x", "y"]]
    rows = rows.assign(confidence=chance.uniform(0.5, 1, len(rows)))
    frame, keypoint = np.nonzero(chance.random((stop - start, len(made.KEYPOINTS))) < FALSE)
    place = chance.uniform(0, made.ARENA, (len(frame), 2))
    false = {"frame": start + frame, "keypoint": np.array(made.KEYPOINTS)[keypoint], "x": place[:, 0], "y": place[:, 1]}
    rows = pd.concat([rows, pd.DataFrame({**false, "confidence": chance.uniform(0.1, 0.6, len(frame))})])
    every = pd.MultiIndex.from_product([range(start, stop), made.KEYPOINTS], names=["frame", "keypoint"])
    there = pd.MultiIndex.from_frame(rows[["frame", "keypoint"]])
    rows = pd.concat([rows, every.difference(there).to_frame(index=False).assign(confidence=0.0)])
    rows["instance"] = rows["instance"].fillna(-1)
    rows["order"] = rows["keypoint"].map({name: index for index, name in enumerate(made.KEYPOINTS)})
    rows = rows.sort_values(["frame", "order", "confidence"], ascending=[True, True, False], ignore_index=True)
    rows["candidate"] = rows.groupby(["frame", "order"]).cumcount()
    return rows.drop(columns="order").assign(video="v", spread=np.nan, fault=False)


def _affinities(chance: np.random.Generator, rows: pd.DataFrame, edges: tuple[tuple[int, int], ...]) -> pd.DataFrame:
    """Each two candidates of each edge."""
    found = []
    for number, ends in enumerate(edges):
        first, second = (
            rows.loc[rows["keypoint"] == made.KEYPOINTS[end], ["frame", "candidate", "instance"]] for end in ends
        )
        found.append(first.merge(second, on="frame").assign(edge=number))
    pairs = pd.concat(found).rename(columns={"candidate_x": "source", "candidate_y": "target"})
    same = (pairs["instance_x"] == pairs["instance_y"]) & (pairs["instance_x"] >= 0)
    affinity = 0.8 * same + chance.normal(0, NOISE, len(pairs))
    known = (pairs["instance_x"] >= 0) & (pairs["instance_y"] >= 0)
    pairs = pairs[["frame", "edge", "source", "target"]].assign(video="v", affinity=affinity, same=same, known=known)
    return pairs.sort_values(["frame", "edge", "source", "target"], ignore_index=True)


def _graph(folder: Path, rows: pd.DataFrame, pairs: pd.DataFrame, edges: list[list[str]]) -> None:
    evidence = instances.Evidence.from_tables(rows, pairs, keypoints=made.KEYPOINTS, edges=edges)
    known = pairs["known"].to_numpy()
    examples = pair_odds.CandidatePairs(*(column[known] for column in evidence.pairs()))
    odds = pair_odds.learn_odds(examples, pairs["same"].to_numpy()[known], edges=len(edges))
    table = {"edge": range(len(edges)), "source": [a for a, _ in edges], "target": [b for _, b in edges]}
    table |= {"length": odds.length[:, 0], "length_sd": odds.length[:, 1], "separability": [1.0] * len(edges)}
    files.write(
        folder / "graph.parquet",
        pd.DataFrame({**table, "weights": list(odds.weights), "used": [True] * len(edges)}),
        GRAPH,
    )


def _whole(truth: pd.DataFrame, found: pd.DataFrame) -> float:
    """The part of the made animals of which an assembled one has every point, and no other."""

    def animals(table: pd.DataFrame) -> pd.Series:
        table = table.dropna(subset="x").sort_values(["frame", "instance", "keypoint"])
        place = table["keypoint"] + table["x"].astype(np.float32).astype(str)
        return place.groupby([table["frame"], table["instance"]]).agg("".join).reset_index()

    one, other = animals(truth), animals(found)
    return float(one.merge(other, on=["frame", one.columns[-1]]).shape[0] / len(one))


if __name__ == "__main__":
    main()
