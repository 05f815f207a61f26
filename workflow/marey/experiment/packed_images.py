"""What tells that an image that was labelled and packed is another one now: asked while Snakemake parses the workflow.

Labels may have thousands of images. As inputs, each would cost Snakemake about as much as a job, and their times say
too little. So a run looks at the time of each, and where that is new compares the file with its copy in the table
`dataset`; jobs are told the result. Nothing heavy is imported before there is such a table.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from marey.provenance.kept import Kept

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

# Packing takes less, and clocks of file systems differ by less: what changed before is what was packed. ns
MAX_PACKING_TIME = 3600 * 10**9


class PackedImages:
    """The fingerprints of the images of data sets, each the same until the content of an image changes.

    `path` is the JSON file that tells jobs, and keeps the times of images that were compared; the fingerprint that a
    data set was packed with stands in the data set.
    """

    def __init__(self, path: Path):
        self._known = Kept(path)

    def fingerprint(self, dataset: Path) -> str:
        """Return the fingerprint as of the last `check`: a job deletes the table that it makes anew."""
        return (self._known.get(str(dataset)) or {}).get("fingerprint", "")

    def check(self, dataset: Path, labels: Path, data: Path) -> None:
        """Look at all images, before jobs start.

        Args:
            dataset: the table `dataset`; where it is not there or not whole there is nothing to compare with.
            labels: the table `labels`, which names the images.
            data: folder that these are relative to.
        """
        known = self._known.get(str(dataset)) or {}
        found = {"fingerprint": "", "compared": known.get("compared", {})}
        if dataset.exists() and dataset.stat().st_size:
            found["fingerprint"] = _fingerprint(dataset, labels, data, found["compared"])
        self._known.set(str(dataset), found)
        self._known.save()


def _fingerprint(dataset: Path, labels: Path, data: Path, compared: dict[str, int]) -> str:
    """Return what the data set was packed with, or, where images are others now, a digest of these."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(dataset)
        packed = json.loads(table.schema_arrow.metadata[b"provenance"])["config"].get("images", "")
        named = pyarrow.parquet.read_table(labels, columns=["video", "frame", "image"])
        doubtful = dict(_doubtful(named, data, dataset.stat().st_mtime_ns - MAX_PACKING_TIME, compared))
        others = dict(_others(table, data, doubtful))
    except (OSError, LookupError, TypeError, pyarrow.ArrowException):
        return ""  # jobs that read these tables say what is wrong
    compared.update({image: time for image, time in doubtful.values() if image not in others})
    return hashlib.blake2b(repr(sorted(others.items())).encode(), digest_size=16).hexdigest() if others else packed


def _doubtful(
    named: "pyarrow.Table", data: Path, since: int, compared: dict[str, int]
) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    """Yield (video, frame) and (image, time) of images that may have changed `since` then (ns) and were not compared.

    The time is that of the last change of a file's content, place or rights (ctime), which no copying sets back.
    """
    for row in named.group_by(named.column_names).aggregate([]).to_pylist():
        image = row["image"]
        try:
            time = (data / image).stat().st_ctime_ns if image else 0
        except OSError:  # gone: ingestion says so, where it has to run
            continue
        if time > since and compared.get(image) != time:
            yield (row["video"], row["frame"]), (image, time)


def _others(
    table: "pyarrow.parquet.ParquetFile", data: Path, doubtful: dict[tuple[str, int], tuple[str, int]]
) -> Iterator[tuple[str, str]]:
    """Yield path and hash of those of the `doubtful` images whose files are not as they were packed."""
    if not doubtful:
        return
    for rows in table.iter_batches(1, columns=["video", "frame", "image"]):
        [row] = rows.to_pylist()
        image, _ = doubtful.get((row["video"], row["frame"]), ("", 0))
        content = (data / image).read_bytes() if image else b""
        if image and content != row["image"]:
            yield image, hashlib.blake2b(content, digest_size=16).hexdigest()
