"""Figure of all videos at a glance: what probing found, faulty ones first."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from marey.tables import files, probe
from marey.tables.probe import PROBE
from marey.views.colors import BAD, GOOD, INK, MUTED, WARN
from marey.views.plots import style
from marey.views.wording import count

MAX_TABLE_ROWS = 50  # rows; a longer list is in the tables
STATUS_COLORS = {"ok": GOOD, "wrong_suffix": WARN, "truncated": WARN}  # every other status: BAD
ROW_HEIGHT = 0.2  # inches per row

# Left edge (part of the width), heading and alignment of each column.
TABLE_COLUMNS = (
    (0.0, "video", "left"),
    (0.19, "status", "left"),
    (0.335, "frames", "right"),
    (0.415, "duration", "right"),
    (0.475, "frames/s", "right"),
    (0.555, "image", "right"),
    (0.63, "size", "right"),
    (0.645, "detail", "left"),
)


def plot_videos(probe_paths: Sequence[str | Path], out: str | Path) -> None:
    """Draw the tables `probe` of all videos as one table to `out`; at most 50 rows, faulty videos first."""
    tables = [files.read(path, PROBE) for path in probe_paths]
    videos = pd.concat(tables, ignore_index=True) if tables else files.empty(PROBE)
    order = {status: rank for rank, status in enumerate(reversed(probe.STATUSES))}
    videos = videos.sort_values(["status", "video"], key=lambda c: c.map(order) if c.name == "status" else c)
    shown = videos.head(MAX_TABLE_ROWS)
    with style.figure(out, width=11, height=ROW_HEIGHT * (len(shown) + 4) + 0.2, title=_summary(videos)) as drawn:
        axes = drawn.subplots()
        axes.axis("off")
        axes.set(xlim=(0, 1), ylim=(len(shown) + 1.6, -1))
        for x, heading, align in TABLE_COLUMNS:
            axes.text(x, -0.3, heading, ha=align, va="center", color=MUTED, fontsize=7)
        axes.axhline(0.15, color=MUTED, linewidth=0.8)
        for line, row in enumerate(shown.itertuples(), 1):
            color = STATUS_COLORS.get(row.status, BAD)
            axes.plot(TABLE_COLUMNS[1][0] + 0.004, line - 0.05, "o", color=color, markersize=4)
            for (x, name, align), text in zip(TABLE_COLUMNS, _cells(row), strict=True):
                inset = 0.013 if name == "status" else 0
                ink = color if name == "status" and row.status != "ok" else INK
                axes.text(x + inset, line, text, ha=align, va="center", fontsize=7.5, color=ink)
            axes.axhline(line + 0.5, color="#efefef", linewidth=0.5, zorder=0)
        if len(videos) > MAX_TABLE_ROWS:
            rest = f"and {len(videos) - MAX_TABLE_ROWS} more: see the tables `probe`"
            axes.text(0, len(shown) + 1.2, rest, va="center", color=MUTED, fontsize=7.5)


def _summary(videos: pd.DataFrame) -> str:
    if videos.empty:
        return "No videos"
    counts = videos["status"].value_counts()
    states = ", ".join(f"{counts[status]} {status}" for status in probe.STATUSES if status in counts)
    frames, duration = int(videos["frames"].sum()), videos["duration"].sum()
    return f"{count(len(videos), 'video')} ({states}): {frames:,} frames, {_duration(duration)}"


def _cells(row) -> tuple[str, ...]:
    """The texts of one row, in the order of `TABLE_COLUMNS`."""
    nothing = row.frames == 0
    detail = row.detail or ("variable frame rate" if row.variable_frame_rate else "")
    return (
        row.video if len(row.video) <= 30 else f"{row.video[:29]}…",
        row.status.replace("_", " "),
        f"{row.frames:,}",
        "-" if nothing else _duration(row.duration),
        "-" if nothing else f"{row.fps:.4g}",
        "-" if nothing else f"{row.width} x {row.height}",
        f"{row.size / 1e6:,.1f} MB",
        textwrap.shorten(detail, 62, placeholder=" …"),
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"
