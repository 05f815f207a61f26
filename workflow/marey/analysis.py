"""Analysis of the videos: detections of the pooled ensemble, shard by shard."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from marey import bundles, ensemble, inference
from marey.tables import detections, files, frames
from marey.videos import read_frames

AHEAD = 16  # batches of the network that are decoded together


def infer_shard(
    video_path: Path,
    frames_path: Path,
    members: list[tuple[Path, Path]],
    out: Path,
    *,
    video: str,
    start: int,
    stop: int,
    crop: str | None,
    config: dict,
    provenance: dict,
) -> None:
    """Write the `detections` table of the frames [start, stop) of a video, pooled over the bundles `members`.

    `crop` 'left,top,width,height' px limits the analysis to a part of the picture; positions stay those of the whole.
    A frame that cannot be decoded gets rows without a position, marked `fault`. `config` holds `infer.batch_size` and
    what `ensemble.reach` reads.
    """
    networks = [bundles.load(*member) for member in members]
    keypoints = networks[0][2]["keypoints"]
    left, top, width, height = map(int, crop.split(",")) if crop else (0, 0, None, None)
    times = files.read(frames_path, frames.SCHEMA, ["frame", "pts", "key_frame", "fault"])
    stream = read_frames(video_path, start, stop, frames=times)
    size = config["infer"]["batch_size"]
    provenance = {**provenance, **inference.device()}
    with (
        files.writer(out, detections.SCHEMA, provenance=provenance) as write,
        tqdm(total=stop - start, desc=f"{video} {start}-{stop}", unit="frame") as progress,
    ):
        for batch in _ahead(inference.batched(stream, size * AHEAD)):
            images = [picture[top:, left:][:height, :width] for _, picture in batch if picture is not None]
            found = _detect(networks, images, batch_size=size, sigma=ensemble.reach(config))
            found[0] += np.float32([left, top])
            write(_rows(video, batch, found, keypoints))
            progress.update(len(batch))


def _detect(networks: list, images: list[np.ndarray], *, batch_size: int, sigma: float) -> list[np.ndarray]:
    """Pooled points f32[n, keypoint, 2], confidence and spread f32[n, keypoint] of pictures of any sizes."""
    seen = [
        inference.detect_all(network, params, images, scale=facts["preprocessing"]["scale"], batch_size=batch_size)
        for network, params, facts in networks
    ]
    points, confidence = (np.stack(part) for part in zip(*seen, strict=True))
    return list(ensemble.pool(points, confidence, sigma=sigma))


def _ahead(batches: Iterator[list]) -> Iterator[list]:
    """Decode one batch ahead of the network, in another thread."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _rows(video: str, batch: list[tuple], found: list[np.ndarray], keypoints: list[str]) -> dict:
    """Rows of the table `detections`; `found` holds the frames of `batch` that have a picture, in order."""
    frame = np.array([index for index, _ in batch])
    seen = np.array([picture is not None for _, picture in batch])
    count = len(keypoints)
    points, spread = np.full((len(batch), count, 2), np.nan, np.float32), np.full((len(batch), count), np.nan, "f4")
    confidence = np.zeros((len(batch), count), np.float32)
    points[seen], confidence[seen], spread[seen] = found
    return {
        "video": np.repeat(video, len(batch) * count),
        "frame": np.repeat(frame, count),
        "keypoint": np.tile(keypoints, len(batch)),
        "candidate": np.zeros(len(batch) * count, np.int16),
        "x": points[..., 0].ravel(),
        "y": points[..., 1].ravel(),
        "confidence": confidence.ravel(),
        "spread": spread.ravel(),
        "fault": np.repeat(~seen, count),
    }
