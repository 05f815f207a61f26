"""Analysis of the videos: detections of the pooled ensemble, shard by shard."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from marey.inference import detector, engines, finder
from marey.inference.found import inside, table_columns
from marey.inference.view import View
from marey.models import bundles
from marey.networks.metadata import own_keypoints
from marey.pictures import prefetch
from marey.pictures.views import Picture
from marey.tables import appearances, files
from marey.tables.affinities import AFFINITIES
from marey.tables.descriptors import DESCRIPTORS
from marey.tables.detections import DETECTIONS
from marey.tables.frames import FRAMES, READING
from marey.tables.plan import GROUP_FRAMES
from marey.tables.probe import PROBE
from marey.tables.scales import used_scale
from marey.videos.reading import VideoError, read_frames

BUFFER_BYTES = 2**25  # bytes of images held for each of a batch, unless one group is larger; as much is decoded ahead


def infer_shard(
    video_path: Path,
    probe_path: Path,
    frames_path: Path,
    members: list[engines.ModelFiles],
    out: Path,
    affinities_out: Path | None = None,
    descriptors_out: Path | None = None,
    locators: list[engines.ModelFiles] = (),
    scales_path: Path | None = None,
    *,
    video: str,
    start: int,
    stop: int,
    crop: str | None,
    config: dict,
    provenance: dict,
) -> None:
    """Write the tables of the frames [start, stop) of a video, pooled over `members`.

    With several animals, the network sees the whole image. Rows of frames that probing found damaged are marked
    `fault`.

    Args:
        video_path: the video.
        probe_path: its table `probe`.
        frames_path: its table `frames`.
        members: the models of the ensemble.
        out: where to write `detections`.
        affinities_out: bottom-up, where to write `affinities`.
        descriptors_out: where to write `descriptors`, if appearance counts in tracking.
        locators: top-down, the models that find where the members are to look.
        scales_path: its table `scales`, where the members are another experiment's; None: the scale is theirs.
        video: id.
        start: first frame; with a window a multiple of GROUP_FRAMES.
        stop: frame after the last.
        crop: 'left,top,width,height' px, the part of the image that is analysed; positions stay those of the whole.
        config: `keypoints` and the block `infer`, whose `window` is there with a single animal alone.
        provenance: what the results were made from, for their metadata.

    Raises:
        VideoError: a frame that was decoded when the video was probed cannot be decoded now; no table is written.
        BundleError: a model is broken, or its keypoints are not those of the config.
        EngineError: this machine cannot run the engine.
    """
    options = config["infer"]
    engine = engines.choose_engine(options["engine"], quantised=None not in [member.quantised for member in members])
    batch_size = detector.batch_size(options["batch_size"])
    appearance = descriptors_out is not None
    how = {"engine": engine, "batch_size": batch_size, "flip": options["flip"], "scale": used_scale(scales_path).scale}
    find, metadata = finder.start_finder(members, locators, window=options.get("window"), appearance=appearance, **how)
    if own_keypoints(metadata) != config["keypoints"]:
        found, wanted = ", ".join(own_keypoints(metadata)), ", ".join(config["keypoints"])
        raise bundles.BundleError(f"{members[0].metadata}: keypoints {found}; the config has {wanted}. Train again.")
    size = files.read(probe_path, PROBE, ["width", "height"]).iloc[0]
    view = View((int(size["width"]), int(size["height"])), crop, metadata["preprocessing"]["scale"])
    times = files.read(frames_path, FRAMES, READING)
    stream = view.inputs(_sound(read_frames(video_path, start, stop, frames=times, size=view.decoded), video_path))
    damaged = times["fault"].to_numpy()
    provenance = {**provenance, **detector.device(), "engine": engine}
    outs = {"detections": (out, DETECTIONS), "affinities": (affinities_out, AFFINITIES)}
    outs |= {"descriptors": (descriptors_out, DESCRIPTORS)}
    with contextlib.ExitStack() as stack:
        writers = {
            table: stack.enter_context(files.writer(path, schema, provenance=provenance))
            for table, (path, schema) in outs.items()
            if path
        }
        progress = stack.enter_context(tqdm(total=stop - start, desc=f"{video} {start}-{stop}", unit="frame"))
        for batch in prefetch.ahead(_groups(stream, batch_size)):
            index = np.array([frame for frame, _ in batch])
            found = inside(find([picture for _, picture in batch], index), batch[0][1].shown)
            points, spread = view.to_video(found.points, found.spread)
            found = found._replace(points=points, spread=spread)
            rows, pairs, seen = table_columns(found, metadata["keypoints"], find.layout.edges)
            where, between = (_place(video, index[each.pop("row")]) for each in (rows, pairs))
            columns = {
                "detections": {**where, **rows, "fault": damaged[where["frame"]]},
                "affinities": {**between, **pairs},
            }
            if appearance:
                columns["descriptors"] = {**where, "descriptor": appearances.column_from(seen)}
            for table, write in writers.items():
                write(columns[table])
            progress.update(len(batch))


def _place(video: str, frame: np.ndarray) -> dict:
    """Make the columns `video` and `frame` i64[row] of a table."""
    return {"video": np.repeat(video, len(frame)), "frame": frame}


def _sound(stream: Iterable[tuple], path: Path) -> Iterator[tuple]:
    """Yield frames, all of which must have an image, as they had when the video was probed."""
    for index, picture in stream:
        if picture is None:
            raise VideoError(
                f"{path}: frame {index} was decoded when the video was probed, but cannot be now: its file has changed "
                "or its disk fails. Nothing of this shard is kept. Put the file back, or delete its `probe` table, and "
                "run again."
            )
        yield index, picture


def _groups(stream: Iterable[tuple[int, Picture]], most: int) -> Iterator[list[tuple[int, Picture]]]:
    """Yield frames in whole groups, at most `most`, and no more than BUFFER_BYTES allows."""
    batch, held = [], 0
    for index, picture in stream:
        batch.append((index, picture))
        held += picture.nbytes
        count, rest = divmod(len(batch), GROUP_FRAMES)
        if not rest and (count == most or held * (count + 1) / count > most * BUFFER_BYTES):
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
