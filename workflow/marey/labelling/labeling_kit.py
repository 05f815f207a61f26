"""The labelling kit: sampled frames in one HTML file that opens in any browser and gives a person's labels back.

The page is made of the files of the folder `kit`, which are put together as they are; it needs no network.
"""

import base64
import hashlib
import io
import itertools
import json
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from PIL import Image

from marey.experiment.skeletons import Skeleton
from marey.labelling.marks import COLOURS, keypoint_marks
from marey.labelling.suggestions import read_predictions, suggest
from marey.pictures.encoding import decode
from marey.pictures.fingerprints import fingerprint
from marey.tables import files
from marey.tables.samples import SAMPLES
from marey.tables.tracks import UNIQUE

PAGE = Path(__file__).with_name("kit")
SCRIPTS = (
    "records.js",
    "store.js",
    "view.js",
    "marks.js",
    "pointer.js",
    "exchange.js",
    "actions.js",
    "animals.js",
    "files.js",
    "keys.js",
    "panel.js",
    "main.js",
)
EARLIER = "earlier"  # folder of all kits by their ids: a batch that somebody still labels is never lost
QUALITY = 92  # of JPEG, colours at full resolution
MAX_BYTES = 500_000_000  # of a page that browsers open without trouble: about 1,500 frames of 1024 x 768 px
_BATCH = 16  # frames in memory at a time
_log = logging.getLogger(__name__)


def labeling_kit(
    samples: Path, poses: Sequence[Path], outs: Sequence[Path], *, config: dict, reprojected: Sequence[Path] = ()
) -> None:
    """Write a kit for each person: a page with that person's share of the sampled frames.

    What another kit had in the same place is still found in the folder `earlier`, under its id.

    Args:
        samples: the table `samples`.
        poses: tables `smoothed` of videos, whose positions are shown as predictions.
        outs: a page for each of the config's `labelling.people`, or one.
        config: the keys `project`, `seed`, `keypoints`, `skeleton`, `symmetry`, `animals` and `labelling`.
        reprojected: tables `reprojected` of sessions, whose positions are shown, too (see `suggestions.suggest`).
    """
    table = files.open_table(samples, SAMPLES)
    frames = table.read(columns=["video", "frame", "width", "height"]).to_pandas()
    predicted = read_predictions(poses, frames)
    if reprojected:
        predicted = suggest(predicted, frames, reprojected)
    shares = share_frames(len(frames), len(outs), config["labelling"]["overlap"], config["seed"])
    people = config["labelling"]["people"] or [""]
    for person, share, out in zip(people, shares, outs, strict=True):
        images = [(hashlib.sha256(image).hexdigest(), fingerprint(decode(image))) for image in _images(table, share)]
        shown = pd.DataFrame(images, columns=["sha256", "fingerprint"], index=share)
        about = describe_kit(frames.iloc[share].join(shown), predicted, person, config)
        write_kit(out, about, _images(table, share))
        _keep(out, about["kit"])
        _log.info("%s: %d frames, %d predicted points", out, len(share), len(about["predictions"]))
        if out.stat().st_size > MAX_BYTES:
            _log.warning("%s is large for a browser: set `labelling.people` or `sample.frames_total`", out)
    _log.info("Next: open it in a browser, label, press Export, and put the file into a folder of labels.sources.")


def share_frames(count: int, people: int, overlap: int, seed: int) -> list[np.ndarray]:
    """Deal frames to people, i64[frames of one] each, ascending: `overlap` frames to all, and the others in turn."""
    if people == 1:
        return [np.arange(count)]
    order = np.random.default_rng(seed).permutation(count)
    common, rest = order[:overlap], order[overlap:]
    return [np.sort(np.concatenate([common, rest[number::people]])) for number in range(people)]


def describe_kit(frames: pd.DataFrame, predicted: pd.DataFrame, person: str, config: dict) -> dict:
    """Return what a page is told of its kit, its images apart; builtins only.

    The id of a kit follows from its frames and its person alone: where keypoints are added later, work goes on.

    Args:
        frames: columns video, frame, width, height, sha256 (of the image in `samples`) and fingerprint, in order.
        predicted: columns video, frame, individual, keypoint, x, y, confidence and views: other cameras that it comes
            from, 0 = the video's own.
        person: who is to label; "" where anybody may.
        config: as of `labeling_kit`.
    """
    listed = [dict(zip(frames.columns, row, strict=True)) for row in frames.astype(object).to_numpy().tolist()]
    identity = json.dumps([config["project"], person, [[f["video"], f["frame"], f["sha256"]] for f in listed]])
    skeleton, animals = Skeleton.from_config(config), config["animals"]
    places = {(frame["video"], frame["frame"]): number for number, frame in enumerate(listed)}
    rows = [row for row in predicted.itertuples() if (row.video, row.frame) in places]
    names = _individual_names(rows, animals["identities"])
    index = {name: number for number, name in enumerate(skeleton.keypoints)}
    return {
        "version": 1,
        "kit": hashlib.sha256(identity.encode()).hexdigest()[:16],
        "project": config["project"],
        "annotator": person,
        "keypoints": keypoint_marks(skeleton),
        "skeleton": [list(edge) for edge in skeleton.edges],
        "individuals": _individuals(set(names.values()), animals["identities"], animals["number"] or 1),
        "unique": animals["unique"] or [],
        "animal_colours": list(COLOURS),
        "frames": listed,
        "predictions": [
            [
                places[row.video, row.frame],
                names[row.video, row.frame, row.individual],
                index[row.keypoint],
                round(float(row.x), 2),
                round(float(row.y), 2),
                round(float(row.confidence), 3),
                int(row.views),
            ]
            for row in rows
            if row.keypoint in index
        ],
    }


def _individual_names(rows: list, identities: Sequence[str]) -> dict[tuple, str]:
    """Name the individuals of predictions, by (video, frame, individual): tracks are `animal1` on in each frame.

    Whom the config names keeps the name, and so does the one animal of videos that show no more.
    """
    keep = {*identities, UNIQUE}
    tracks = sorted({row.individual for row in rows} - keep, key=_natural)
    seen: dict[tuple, list[str]] = {}
    for row in sorted(rows, key=lambda row: _natural(row.individual)):
        listed = seen.setdefault((row.video, row.frame), [])
        if row.individual not in keep and row.individual not in listed:
            listed.append(row.individual)
    names = {}
    for row in rows:
        own = row.individual in keep or len(tracks) == 1
        number = 0 if own else seen[row.video, row.frame].index(row.individual) + 1
        names[row.video, row.frame, row.individual] = row.individual if own else f"animal{number}"
    return names


def _individuals(found: set[str], identities: Sequence[str], count: int) -> list[str]:
    """List the individuals of a kit: whom the config names, who else was predicted, and others up to `count`."""
    others = sorted(found - {*identities, UNIQUE}, key=_natural)
    spare = (f"animal{number}" for number in itertools.count(1))
    spare = (name for name in spare if name not in (*others, *identities))
    return [*identities, *others, *itertools.islice(spare, max(0, count - len(identities) - len(others)))]


def _natural(name: str) -> tuple[str, int]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0)


def write_kit(out: Path, about: dict, images: Iterator[bytes]) -> None:
    """Write the page of a kit: `about` of `describe_kit`, and the images of its frames, encoded in any way."""
    parts = {
        "style": _text("style.css"),
        "scripts": "\n".join(_text(name) for name in SCRIPTS),
        "kit": json.dumps(about, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
    }
    before, _, after = _text("page.html").partition("@first@")
    middle, _, end = after.partition("@frames@")
    with files.replacing(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(_filled(before, parts))
        elements = (_element(number, image) for number, image in enumerate(images))
        file.write(next(elements, ""))  # the page begins when it has this one
        file.write(_filled(middle, parts))
        file.writelines(elements)
        file.write(end)


def _element(number: int, image: bytes) -> str:
    kind, content = _embedded(image)
    encoded = base64.b64encode(content).decode()
    return f'<script type="text/plain" id="frame-{number}" data-type="{kind}">{encoded}</script>\n'


def _filled(text: str, parts: dict[str, str]) -> str:
    for name, content in parts.items():
        text = text.replace(f"@{name}@\n", f"{content}\n").replace(f">@{name}@<", f">{content}<")
    return text


def _text(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _images(table: pq.ParquetFile, share: np.ndarray) -> Iterator[bytes]:
    """Yield the images of some rows of `samples`."""
    first, wanted = 0, set(share.tolist())
    for batch in table.iter_batches(batch_size=_BATCH, columns=["image"]):
        for offset, image in enumerate(batch.column("image")):
            if first + offset in wanted:
                yield image.as_py()
        first += len(batch)


def _embedded(image: bytes) -> tuple[str, bytes]:
    """Return type and bytes of an image as pages hold it: JPEG, or PNG where that is the smaller one."""
    pixels, buffer = decode(image), io.BytesIO()
    grey = (pixels == pixels[..., :1]).all()
    picture = Image.fromarray(pixels[..., 0] if grey else pixels)
    picture.save(buffer, format="JPEG", quality=QUALITY, subsampling=0)
    with Image.open(io.BytesIO(image)) as original:
        plain = original.format == "PNG" and original.mode in ("L", "RGB", "P")
    if plain and len(image) <= buffer.tell():
        return "image/png", image
    return "image/jpeg", buffer.getvalue()


def _keep(out: Path, identity: str) -> None:
    """Keep a kit under its id, as a link where the file system has links."""
    kept = out.parent / EARLIER / f"{identity}.html"
    with files.replacing(kept) as temporary:
        temporary.unlink()
        try:
            os.link(out, temporary)
        except OSError:
            shutil.copyfile(out, temporary)
