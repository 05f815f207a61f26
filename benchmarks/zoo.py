"""A bundle of the zoo on real mice, without a label of theirs: open field and home cage.

    python benchmarks/zoo.py
    python benchmarks/zoo.py --bundle results/zoo_mouse_top/models/0-0 --data open_field
    python benchmarks/zoo.py --adapt 160
    python benchmarks/zoo.py --write-card

open_field: the 116 labelled frames of one mouse, at the scale that 12 of the images give; an interval is a bootstrap
over blocks of ten frames, which lie close together in time. home_cage: two mice, a video of 1,410 frames through the
workflow by a config of three lines, and the 10 frames that somebody labelled by hand; of the keypoints that both have,
those within 10 % of the body's length of its animal (what was not found is not), with a bootstrap over frames.
No label is read before the poses are there.

--adapt N: instead, the open field with the bundle as it is, adapted (`zoo.adapt`, N images) to the unlabelled video
that comes with these frames, which shows another mouse in the same arena, and adapted with a round of pseudo-labels.

--write-card puts what is measured into the bundle's card, in place of what it says of the same data.

Takes the data from MAREY_DATA (default ../shared/data); works in results/zoo_*, and goes on from what is there.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import linear_sum_assignment

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.experiment.skeletons import Skeleton
from marey.inference.candidates import Single
from marey.inference.detector import Detector
from marey.inference.measure_scale import MEASURED_FRAMES, choose_scale, look_at_scales
from marey.inference.orientations import ORIENTATIONS, Orientations
from marey.labels.formats import deeplabcut, sleap
from marey.labels.reading import Source
from marey.models import bundles
from marey.networks.reach import reach_between
from marey.pictures.encoding import decode
from marey.pictures.views import Picture
from marey.zoo import catalogue
from marey.zoo.names import match

OPEN_FIELD = "01_openfield_dlc_single/openfield-Pranav-2018-10-30"
HOME_CAGE = "05_mice15_homecage_sleap_multi"
NEAR = 20.0  # px of the open field's images
NEAR_PART = 0.1  # of the body's length
BLOCK = 10  # labelled frames that count as one in the open field
RESAMPLES = 2000


def main() -> None:
    """Print a table for each of the data sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--bundle", default="zoo:mouse_top", help="zoo:NAME, or the folder of a model")
    parser.add_argument(
        "--scale", type=float, help="px of the network per px of the images; without it, it is measured"
    )
    parser.add_argument("--adapt", type=int, metavar="N", help="measure adaptation, with N rendered images")
    parser.add_argument("--steps", type=int, default=160, help="of each round of the adaptation")
    parser.add_argument("--write-card", action="store_true", help="keep the errors in the bundle's card.json")
    arguments = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
    if not data.is_dir():
        sys.exit(f"{data}: no such folder; set MAREY_DATA")
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; {arguments.bundle}\n")
    bundle = catalogue.find(arguments.bundle, Path.cwd())
    if arguments.adapt:
        open_field(data, bundle, arguments.scale)
        for rounds in (0, 1):
            options = {"images": arguments.adapt, "rounds": rounds, "steps": arguments.steps}
            open_field(data, adapted(data, bundle, arguments.scale, options), arguments.scale)
        return
    measured = [error for name in arguments.data for error in RUNS[name](data, bundle, arguments.scale)]
    if arguments.write_card:
        write_card(bundle, measured)


def write_card(bundle: catalogue.Bundle, errors: list[dict]) -> None:
    """Put errors into the card of a bundle, in place of those on the same data."""
    path, titles = bundle.folder / catalogue.CARD, {error["data"] for error in errors}
    card = bundle.card()
    if card is None:
        sys.exit(f"{path}: no such file; write one, such as that of zoo:mouse_top")
    card["errors"] = [error for error in card["errors"] if error["data"] not in titles] + errors
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path}: {len(errors)} errors")


def open_field(data: Path, bundle: catalogue.Bundle, scale: float | None) -> list[dict]:
    """One mouse: the error of each keypoint, px; returns what a card says of it."""
    title = f"open field of DeepLabCut (one black mouse on white), {_at(scale)}"
    project = data / OPEN_FIELD
    images = sorted(project.glob("labeled-data/*/*.png"))
    pictures = [decode(path.read_bytes()) for path in images]
    network, params, metadata = bundles.load_bundle(*bundle.files)
    extent = metadata["extent"] * metadata["preprocessing"]["scale"]
    seen = ORIENTATIONS[metadata["mirrored"]]  # as `infer.flip: auto`
    orientations = Orientations(seen, Skeleton.from_config(metadata).mirrored)
    if scale is None:
        shown = np.linspace(0, len(pictures) - 1, MEASURED_FRAMES).round().astype(int)
        sampled = [Picture(pictures[index], 1.0) for index in shown]
        detector = Detector(network, params, batch_size=1, orientations=orientations)
        scale = choose_scale(look_at_scales(detector, sampled, extent), "open field")
    reach = reach_between(metadata, metadata["preprocessing"]["scale"])
    detector = Detector(network, params, batch_size=8, reach=reach, orientations=orientations)
    found = Single(detector).find_all(pictures, scale=scale).points[:, 0]
    labels = deeplabcut.read(Source(project, project)).labels
    names = list(labels["keypoint"].unique())
    wide = labels.assign(image=labels["image"].map(lambda text: Path(text).name)).pivot_table(
        index="image", columns="keypoint", values=["x", "y"]
    )
    wide = wide.reindex([path.name for path in images])
    truth = np.stack([wide[axis][names].to_numpy(float) for axis in "xy"], axis=-1)
    source = match(names, metadata["keypoints"]).source
    error = np.linalg.norm(found[:, [metadata["keypoints"].index(source[name]) for name in names]] - truth, axis=-1)
    blocks = np.arange(len(images)) // BLOCK
    print(f"open field, {len(images)} frames, scale {scale:.3g}\n")
    print(f"| keypoint | median error, px | mean error, px | within {NEAR:g} px |\n|---|---|---|---|")
    said, about = [], {"data": title, "frames": len(images)}
    for name, each in [*zip(names, error.T, strict=True), ("all", error)]:
        cells = [
            f"{_interval(each, blocks, np.nanmedian, '.1f')}",
            f"{_interval(each, blocks, np.nanmean, '.1f')}",
            f"{_interval(np.where(np.isnan(each), np.nan, each < NEAR), blocks, _percent, '.1f')} %",
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")
        part = {**about, "keypoint": source.get(name, name), "unit": "px"}
        said.append({**part, "measure": "median error", **_rounded(_measure(each, blocks, np.nanmedian), 1)})
    said.append({**part, "measure": "mean error", **_rounded(_measure(error, blocks, np.nanmean), 1)})
    near = np.where(np.isnan(error), np.nan, error < NEAR)
    part |= {"measure": f"within {NEAR:g} px", "unit": "%"}
    said.append({**part, **_rounded(_measure(near, blocks, _percent), 1)})
    print()
    return said


def adapted(data: Path, bundle: catalogue.Bundle, scale: float | None, options: dict) -> catalogue.Bundle:
    """Adapt a bundle to the video of the open field by the workflow; print the rounds, and return the result."""
    folder = _experiment(
        f"zoo_adapted_{options['rounds']}",
        {"m3v1.mp4": data / OPEN_FIELD / "videos/m3v1mp4.mp4"},
        bundle,
        scale,
        {"animals": {"number": 1}, "zoo": {"adapt": options}},
        ["models/0-0/adaptation.parquet"],
    )
    rows = pd.read_parquet(folder / "models/0-0/adaptation.parquet")
    print("| round | rendered images | pseudo-labels | disagreement, body lengths | error on rendered ones | kept |")
    print("|---|---|---|---|---|---|")
    for row in rows.itertuples():
        disagreement, error = (
            f"{getattr(row, f'{name}_before'):.3f} to {getattr(row, f'{name}_after'):.3f}"
            for name in ("disagreement", "error")
        )
        kept = "yes" if row.kept else "no"
        print(f"| {row.round} | {row.images + row.made} | {row.pseudo_labels} | {disagreement} | {error} | {kept} |")
    print()
    return catalogue.find(str(folder / "models/0-0"))


def _experiment(
    name: str, videos: dict[str, Path], bundle: catalogue.Bundle, scale: float | None, more: dict, wanted: list[str]
) -> Path:
    """Run an experiment without labels as far as the files that are wanted; returns its results, where its data lie."""
    folder = REPOSITORY / "results" / name
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for file, source in videos.items():
        if not (folder / "data" / file).exists():
            shutil.copyfile(source, folder / "data" / file)
    init = bundle.name if bundle.shipped else str(bundle.folder.resolve())
    config = {"project": name, "data": str(folder / "data"), "videos": "*.mp4"}
    config |= {"model": {"init": init, "scale": scale or "auto"}, **more}
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", *(f"results/{name}/{file}" for file in wanted), "--configfile", path]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=sys.stderr)
    return folder


def home_cage(data: Path, bundle: catalogue.Bundle, scale: float | None) -> list[dict]:
    """Two mice: the part of the keypoints that are near, of those that both have; returns what a card says of it."""
    title = f"two mice in an overexposed home cage (SLEAP), {_at(scale)}"
    wanted = [f"{name}/mice.parquet" for name in ("poses", "scales")]
    folder = _experiment("zoo_home_cage", {"mice.mp4": data / HOME_CAGE / "mice.mp4"}, bundle, scale, {}, wanted)
    poses, scales = (pd.read_parquet(folder / f"{name}/mice.parquet") for name in ("poses", "scales"))
    (labelled,) = (data / HOME_CAGE).glob("labels*.slp")
    labels = sleap.read(Source(labelled, labelled.parent)).labels
    source = match(list(labels["keypoint"].unique()), bundle.metadata()["keypoints"]).source
    common = {name: known for name, known in source.items() if known}
    near, frames = _near(labels, poses, common)
    scale = scales.loc[scales["used"], "scale"].item()
    print(f"home cage, {labels['frame'].nunique()} frames, {len(near)} points, scale {scale:.3g}\n")
    print(f"| keypoint | within {NEAR_PART:.0%} of the body's length |\n|---|---|")
    for name in [*common, "all"]:
        part = np.ones(len(near), bool) if name == "all" else near["keypoint"].to_numpy() == name
        value = _interval(near["near"].to_numpy(float)[part], frames[part], _percent, ".0f")
        print(f"| {name} | {value} % |")
    print()
    about = {"data": title, "frames": int(labels["frame"].nunique()), "keypoint": "all"}
    about |= {"measure": f"within {NEAR_PART:.0%} of the body's length".replace("%", " %"), "unit": "%"}
    return [{**about, **_rounded(_measure(near["near"].to_numpy(float), frames, _percent), 0)}]


def _near(labels: pd.DataFrame, poses: pd.DataFrame, common: dict[str, str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Tell which labelled points have a found one near them, and in which frame each is."""
    rows, known = [], list(common)
    for frame, part in labels[labels["x"].notna()].groupby("frame"):
        truth = _points(part, "individual", known)
        found = _points(poses[poses["frame"] == frame], "instance", list(common.values()))
        apart = np.linalg.norm(truth[:, None] - found, axis=-1)  # [animal, pose, keypoint]
        ends = [known.index(name) for name, place in common.items() if place in ("snout", "tail_base")]
        body = np.linalg.norm(truth[:, ends[0]] - truth[:, ends[1]], axis=-1)
        good = apart < NEAR_PART * body[:, None, None]
        owner = dict(zip(*linear_sum_assignment(-good.sum(axis=-1)), strict=True))
        for animal, keypoint in np.argwhere(np.isfinite(truth).all(axis=-1)):
            hit = animal in owner and good[animal, owner[animal], keypoint]
            rows.append((frame, known[keypoint], bool(hit)))
    table = pd.DataFrame(rows, columns=["frame", "keypoint", "near"])
    return table, table["frame"].to_numpy()


def _points(rows: pd.DataFrame, animal: str, keypoints: list[str]) -> np.ndarray:
    """Points f64[animal, keypoint, 2] of the rows of one frame, NaN where there is none."""
    if rows.empty:
        return np.full((0, len(keypoints), 2), np.nan)
    wide = rows.pivot(index=animal, columns="keypoint", values=["x", "y"])
    return np.stack([wide[axis].reindex(columns=keypoints).to_numpy(float) for axis in "xy"], axis=-1)


def _percent(values: np.ndarray) -> float:
    return 100 * float(np.nanmean(values))


def _at(scale: float | None) -> str:
    return f"at scale {scale:g}" if scale else "at the scale that was measured"


def _measure(values: np.ndarray, groups: np.ndarray, statistic) -> tuple[float, float, float]:
    """Compute a statistic of `values` [n, ...] and its 95 % interval, a bootstrap over the `groups` [n]."""
    chance, members = np.random.default_rng(0), [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = [
        statistic(values[np.concatenate([members[k] for k in chance.integers(0, len(members), len(members))])])
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return statistic(values), low, high


def _rounded(found: tuple[float, float, float], digits: int) -> dict:
    """Round a value and its interval to what a card says of them."""
    value, low, high = (round(float(number), digits) for number in found)
    return {"value": value, "interval": [low, high]}


def _interval(values: np.ndarray, groups: np.ndarray, statistic, form: str) -> str:
    """Write what `_measure` gives."""
    value, low, high = _measure(values, groups, statistic)
    return f"{value:{form}} ({low:{form}} to {high:{form}})"


RUNS = {"open_field": open_field, "home_cage": home_cage}

if __name__ == "__main__":
    main()
