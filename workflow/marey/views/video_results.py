"""What there is so far of every video: what probing found, what was analysed, and how good it is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from marey.evaluation import residuals
from marey.tables import places
from marey.tables.probe import PROBE, USABLE
from marey.tables.quality import QUALITY
from marey.tables.tracked import TRACKED
from marey.videos.ranges import frame_range, part_fault
from marey.views.reader import Reader, of_videos

PROBE_COLUMNS = ["video", "path", "status", "detail", "frames", "fps", "duration", "width", "height", "faults"]
COUNT_COLUMNS = ["positions", "low", "bridged", "lost", "damaged"]


def read_videos(
    reader: Reader,
    sheet: Mapping[str, dict],
    planned: pd.DataFrame,
    frames: pd.DataFrame,
    moments: pd.DataFrame,
    missing: Mapping[str, str],
    predicted: set[str],
) -> pd.DataFrame:
    """Make one row per video, in the order of the sheet, with the video as index.

    Columns: those of `PROBE_COLUMNS` (status "" where it was not probed yet, "missing" where there is no file);
    `planned` frames, and those that are `analysed` or ingested from another tool; `done`, whether its poses are there;
    `labelled` frames; the sums of `COUNT_COLUMNS` and the mean `confidence` (NaN where they are not known); `moments`
    to review and `expected` exchanges, the sum of their probabilities; poses that were `left_out` of all `poses` (NaN
    where they are not known); `outside`, what the sheet asks for and the video
    does not have, else "".
    """
    videos = _probed(reader, sheet, missing)
    videos = videos.join(_analysed(reader, planned, predicted)).join(_counted(reader, list(sheet)))
    videos["done"] = videos["done"].eq(True) & (videos["analysed"] == videos["planned"])
    videos.loc[videos["outside"] != "", [*COUNT_COLUMNS, "confidence"]] = np.nan  # of an earlier run, if there are any
    videos["labelled"] = videos.index.map(frames["video"].value_counts())
    videos["moments"] = videos.index.map(moments["video"].value_counts())
    videos["expected"] = videos.index.map(moments.groupby("video")["probability"].sum())
    whole = ["frames", "planned", "analysed", "labelled", "moments"]
    return videos.fillna({**dict.fromkeys([*whole, "duration", "expected"], 0)}).astype(dict.fromkeys(whole, int))


def _probed(reader: Reader, sheet: Mapping[str, dict], missing: Mapping[str, str]) -> pd.DataFrame:
    """Return what probing found of each video, and what the sheet asks for that it does not have."""
    names = list(sheet)
    rows = reader.read(of_videos("probe", names), PROBE, PROBE_COLUMNS)
    videos = rows.drop_duplicates("video").set_index("video").reindex(pd.Index(names, name="video"))
    videos[["path", "status", "detail"]] = videos[["path", "status", "detail"]].fillna("")
    videos.loc[list(missing), "status"] = "missing"
    videos.loc[list(missing), "detail"] = list(missing.values())
    videos["outside"] = ""
    for name, wanted in sheet.items():
        row = videos.loc[name]
        if row["status"] not in USABLE:
            continue
        size = int(row["width"]), int(row["height"])
        videos.at[name, "outside"] = part_fault(
            frames=wanted["frames"], crop=wanted["crop"], count=row["frames"], size=size
        )
        stop = frame_range(wanted["frames"])[1]
        if stop is not None and stop > row["frames"]:
            said = f"The sheet asks for frames {wanted['frames']}, but it has {row['frames']:,.0f}."
            videos.at[name, "detail"] = f"{row['detail']} {said}".strip()
    return videos


def _analysed(reader: Reader, planned: pd.DataFrame, predicted: set[str]) -> pd.DataFrame:
    """Return of each planned video the frames that are `planned` and `analysed`, and whether it is smoothed, `done`."""
    detections = reader.folder.glob(places.every(places.TABLES["detections"]))
    there = {f"{path.parent.name}/{path.stem}" for path in detections}
    smoothed = {path.stem for path in reader.folder.glob(places.every(places.TABLES["smoothed"]))}
    keys = planned["video"] + "/" + planned["start"].astype(str) + "-" + planned["stop"].astype(str)
    whole = planned["video"].isin(predicted & smoothed)  # no shard of them is analysed
    shards = pd.DataFrame({"video": planned["video"], "planned": planned["stop"] - planned["start"]})
    shards["analysed"] = shards["planned"].where(keys.isin(there) | whole, 0)
    videos = shards.groupby("video").sum()
    return videos.assign(done=videos.index.isin(smoothed))


def _counted(reader: Reader, names: list[str]) -> pd.DataFrame:
    """Return sums of `COUNT_COLUMNS` and mean confidence of each video, and the poses that tracking left out."""
    counts = reader.read(of_videos("quality", names), QUALITY)
    counts["confidence"] *= counts["positions"]
    sums = counts.groupby("video")[[*COUNT_COLUMNS, "confidence"]].sum().astype(np.float64)
    sums["confidence"] /= sums["positions"]
    tracked = reader.read(of_videos("tracked", names), TRACKED, ["video", "poses", "left_out"]).set_index("video")
    return sums.join(tracked.astype(np.float64), how="outer")


def labelled_frames(rows: pd.DataFrame) -> pd.DataFrame:
    """Make one row per labelled frame of table `labels`: video, frame, animals and points with a position."""
    there = rows.assign(points=rows["visibility"].isin(residuals.LABELLED_VISIBILITIES))
    animals = there[there["points"]].groupby(["video", "frame"])["individual"].nunique()
    found = there.groupby(["video", "frame"])["points"].sum().to_frame().join(animals.rename("animals"))
    return found.fillna({"animals": 0}).astype(int).reset_index()
