"""Exports of labels: a folder that another tool opens, with the images, from the table `dataset`."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marey.exports.names import load_label_format
from marey.tables import files
from marey.tables.dataset import DATASET

_log = logging.getLogger(__name__)
SUFFIXES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"BM": ".bmp", b"II*\0": ".tif", b"MM\0*": ".tif"}


@dataclass(frozen=True)
class LabelledFrame:
    """A labelled frame.

    `image` is the encoded image; `size` (width, height) px; `position` f32[individual, keypoint, 2], (x, y) px, NaN
    where there is none; `visibility` i8[individual, keypoint], index into `labels.VISIBILITIES`.
    """

    video: str
    frame: int
    image: bytes
    size: tuple[int, int]
    individuals: tuple[str, ...]
    position: np.ndarray
    visibility: np.ndarray

    @property
    def image_name(self) -> str:
        """Return a name for the image file: of its frame, as DeepLabCut has it."""
        suffix = next((suffix for magic, suffix in SUFFIXES.items() if self.image.startswith(magic)), ".png")
        return f"img{self.frame:08}{suffix}"


@dataclass(frozen=True)
class Labels:
    """The labels of an experiment.

    `edges` and `pairs` (of mirror images) index `keypoints`; those of no animal are `unique`.
    """

    path: Path
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]
    unique: tuple[str, ...]
    provenance: dict

    def frames(self, *, images: bool = True) -> Iterator[LabelledFrame]:
        """Read the labelled frames, by video and frame; without `images` their encoded bytes are empty."""
        names = [name for name in DATASET.names if images or name != "image"]
        for batch in files.batches(self.path, DATASET, names, rows=4):
            for row in batch.to_pylist():
                shape = (len(row["individuals"]), len(self.keypoints))
                yield LabelledFrame(
                    video=row["video"],
                    frame=row["frame"],
                    image=row.get("image", b""),
                    size=(row["width"], row["height"]),
                    individuals=tuple(row["individuals"]),
                    position=np.array(row["points"], np.float32).reshape(*shape, 2),
                    visibility=np.array(row["visibility"], np.int8).reshape(shape),
                )

    def individuals(self) -> tuple[str, ...]:
        """Return the names of all labelled animals."""
        return tuple(sorted({name for frame in self.frames(images=False) for name in frame.individuals}))


def export_labels(
    dataset: Path,
    out: Path,
    *,
    format_name: str,
    skeleton: tuple[tuple, tuple, tuple],
    unique: list[str],
    provenance: dict,
) -> None:
    """Write the labels with their images in the format of another tool; the log says what it cannot hold.

    Args:
        dataset: the table `dataset`.
        out: the folder to write, which appears whole or not at all.
        format_name: such as `coco`.
        skeleton: keypoints, edges and mirror pairs (as indices).
        unique: keypoints that belong to no animal.
        provenance: what the folder is made from.
    """
    module = load_label_format(format_name)
    labels = Labels(Path(dataset), *(tuple(part) for part in skeleton), tuple(unique), provenance)
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
        folder = Path(made, out.name)
        folder.mkdir()
        count = module.write(labels, folder)
        shutil.rmtree(out, ignore_errors=True)
        os.replace(folder, out)
    _log.info("%s: %d labelled frames", out, count)
    _log.info("positions: %s", module.PIXELS)
    _log.info("left out, as %s cannot hold it: %s", format_name, "; ".join(module.CANNOT_SAY) or "nothing")
