"""Which labelled frames train, which choose the model (validation) and which test, in every fold.

Frames of one group (video, subject, block of neighbouring frames) stay together, since neighbours look alike and would
make a test flatter the model. Groups are put in an order of their own by a hash of seed and name, and parts are filled
in that order: a new label changes no order, a new group shifts only what lies at the edges of the parts.
"""

from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.splits import PARTS, SPLITS

AUTO_VIDEOS = 3  # labelled videos from which `group_by: auto` splits by video


def split(frames: pd.DataFrame, *, config: dict, subjects: dict[str, str], seed: int) -> pd.DataFrame:
    """Give every labelled frame a part in every fold.

    With several folds the test parts are disjoint and cover all frames; with one, the test part has `test_fraction` of
    the frames, all of them where that is 1. Parts of the training frames validate: whole groups, or blocks of them
    where whole ones would be more than twice the part asked for, since every frame kept back is one less to learn from.
    Part sizes, in frames, miss their aim by at most half a typical (median) group, or by as little as whole groups
    permit where that is more.

    Args:
        frames: columns video, frame; each labelled frame once.
        config: the block `split` of the config.
        subjects: the subject of each video, for `group_by: subject`.
        seed: of the order of the groups.

    Returns:
        The columns of the table `splits`, a row per fold and frame.

    Raises:
        ValueError: there are too few groups, or a video has no subject.
    """
    frames = frames[["video", "frame"]].sort_values(["video", "frame"]).reset_index(drop=True)
    kind = _kind(frames, config)
    frames["group"] = _groups(frames, kind, config["blocks"], subjects)
    tests = _tests(frames["group"].value_counts(), kind, config, seed)
    parts = []
    for fold, test in enumerate(tests):
        tested = frames["group"].isin(test)
        checked = _validation(frames[~tested], config, (seed, fold))
        part = np.select([tested, frames.index.isin(checked)], [PARTS[2], PARTS[1]], PARTS[0])
        parts.append(frames.assign(fold=fold, part=part))
    return pd.concat(parts, ignore_index=True)[SPLITS.names]


def split_labels(
    labels_path: str | Path, out: str | Path, *, config: dict, subjects: dict[str, str], seed: int, provenance: dict
) -> None:
    """Write the table `splits` of the frames of a table `labels`.

    Args:
        labels_path: the table `labels`.
        out: where to write.
        config: as of `split`.
        subjects: as of `split`.
        seed: as of `split`.
        provenance: what the result was made from, for its metadata.

    Raises:
        ValueError: as `split`.
    """
    frames = files.read(labels_path, LABELS, ["video", "frame"]).drop_duplicates()
    files.write(out, split(frames, config=config, subjects=subjects, seed=seed), SPLITS, provenance=provenance)


def _kind(frames: pd.DataFrame, config: dict) -> str:
    if config["group_by"] != "auto":
        return config["group_by"]
    return "video" if frames["video"].nunique() >= max(config["folds"], AUTO_VIDEOS) else "block"


def _groups(frames: pd.DataFrame, kind: str, blocks: int, subjects: dict[str, str]) -> list[str]:
    """Name each frame's group; `frames` are sorted by video and frame."""
    if kind == "video":
        return frames["video"].tolist()
    if kind == "frame":
        return [f"{video}/{frame}" for video, frame in zip(frames["video"], frames["frame"], strict=True)]
    if kind == "block":
        return _blocks(frames, blocks)
    without = sorted({video for video in frames["video"] if not subjects.get(video)})
    if without:
        raise ValueError(
            f"split by subject: no subject for the labelled videos {', '.join(without)}; fill in the sheet's column "
            "`subject`, or set `split.group_by: video`"
        )
    return [subjects[video] for video in frames["video"]]


def _blocks(frames: pd.DataFrame, blocks: int) -> list[str]:
    """Cut each video's frames, in order, into `blocks` stretches of equal length (give or take one frame)."""
    rank = frames.groupby("video").cumcount()
    count = frames.groupby("video")["frame"].transform("size")
    block = rank * np.minimum(blocks, count) // count
    return [f"{video}/block{index}" for video, index in zip(frames["video"], block, strict=True)]


def _tests(sizes: pd.Series, kind: str, config: dict, seed: int) -> list[list[str]]:
    """Choose the groups that test, for each fold."""
    folds, fraction = config["folds"], config["test_fraction"]
    needed = folds if folds > 1 else 2 if fraction else 1
    if fraction == 1:
        return [list(sizes.index)]
    if len(sizes) < needed:
        names = ", ".join(sorted(sizes.index)[:10])
        raise ValueError(
            f"split by {kind}: {int(sizes.sum())} labelled frames make {len(sizes)} groups ({names}), "
            f"but folds: {folds} and test_fraction: {fraction} need {needed}. Label more, take smaller groups "
            "(`split.group_by: block`, more `split.blocks`), or ask for less (`split.folds`, `split.test_fraction`)"
        )
    order = _order(sizes.index, seed, "test")
    if folds == 1:
        keep = 2 if config["validation_fraction"] and len(order) > 2 else 1
        return [_choose(order, sizes, fraction * sizes.sum(), keep) if fraction else []]
    tests = []
    for later in range(folds - 1, -1, -1):
        chosen = _choose(order, sizes, sizes[order].sum() / (later + 1), later) if later else order
        order = [group for group in order if group not in set(chosen)]
        tests.append(chosen)
    return tests


def _validation(training: pd.DataFrame, config: dict, salt: tuple) -> pd.Index:
    """Choose the training rows that validate: whole groups, or blocks of a group of over twice the part asked."""
    if not config["validation_fraction"] or training.empty:
        return training.index[:0]
    groups = training["group"]
    aim = config["validation_fraction"] * len(training)
    if groups.nunique() == 1 or groups.value_counts().min() > 2 * aim:
        groups = pd.Series(_blocks(training, config["blocks"]), training.index)
    sizes = groups.value_counts()
    if len(sizes) == 1:
        raise ValueError(
            f"split: no frame of {groups.iloc[0]} can both train and validate, and it is all that is left to train; "
            "label more frames or set `split.validation_fraction: 0`"
        )
    return training.index[groups.isin(_choose(_order(sizes.index, *salt, "validation"), sizes, aim, 1))]


def _order(groups: pd.Index, *salt: object) -> list[str]:
    """Order groups by the hash of salt and name: a group's place does not depend on which others there are."""
    return sorted(groups, key=lambda group: blake2b(repr((*salt, group)).encode()).digest())


def _choose(order: list[str], sizes: pd.Series, aim: float, keep: int) -> list[str]:
    """Choose the first groups of `order` whose sizes add up to about `aim`; leave at least `keep` over, but choose one.

    Of all sums within half a median group of the aim (or the nearest there is), the choice is the one that takes each
    group in turn if the rest can still be made up: a knapsack, where `fewest[i, s]` is how few of the groups from i on
    add up to s.
    """
    size = sizes[order].to_numpy()
    most = len(order) - keep
    slack = float(np.median(size)) / 2
    top = int(max(2 * aim, size.min()) + slack)  # no nearest sum lies higher: one group alone is nearer
    fewest = np.full((len(order) + 1, top + 1), most + 1, np.min_scalar_type(most + 2))
    fewest[-1, 0] = 0
    for index in range(len(order) - 1, -1, -1):
        fewest[index] = fewest[index + 1]
        fits = fewest[index + 1, : max(top + 1 - size[index], 0)] + 1
        fewest[index, size[index] :] = np.minimum(fewest[index, size[index] :], fits)
    sums = 1 + np.flatnonzero(fewest[0, 1:] <= most)
    miss = np.abs(sums - aim)
    sums = sums[miss <= max(miss.min(), slack)]
    chosen: list[str] = []
    for index, group in enumerate(order):
        rest = sums - size[index]
        rest = rest[rest >= 0]
        rest = rest[fewest[index + 1, rest] <= most - len(chosen) - 1]
        if len(rest):
            chosen.append(group)
            sums = rest
            if (sums == 0).any():
                break
        else:
            sums = sums[fewest[index + 1, sums] <= most - len(chosen)]
    return chosen
