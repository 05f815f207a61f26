"""The report of an experiment: one page that opens on how good the poses are and on what to do next.

It is one HTML file without scripts that needs no network. It holds the dozen videos that most need a look, and links to
the rest by paths relative to the results, so that it opens for a thousand videos too.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import jinja2
import pandas as pd
import yaml

from marey import __version__
from marey.tables.files import replacing
from marey.views import advice, exhibits, listings, methods, ranking, results, summary
from marey.views.media import Room
from marey.views.wording import count, duration, percent

UNFINISHED = 12  # jobs of which it is said how they ended
OPEN = 3  # videos whose figures are shown unasked
WORDS = {"good": "good", "warn": "look", "bad": "fix"}  # for each level of advice
CRITERIA = "damaged frames, positions of low confidence, positions bridged over gaps, and possible exchanges of animals"


def write_report(config: dict, videos: Mapping[str, dict], folder: Path) -> Path:
    """Write `report.html` into the results `folder` from whatever is there; returns its path.

    `config` is the checked experiment, `videos` the rows of its sheet by id.
    """
    found = results.read(folder, videos, config)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
    page = template.render(zip=zip, **_page(config, found))
    with replacing(folder / "report.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return folder / "report.html"


def _page(config: dict, found: results.Results) -> dict:
    """Everything that the template shows."""
    room = Room(found.folder)
    headline, level = summary.headline(found)
    shown = {key: value for key, value in config.items() if key != "data"}  # which differs between machines
    return {
        "project": config["project"],
        "version": __version__,
        "written": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "headline": headline,
        "level": level,
        "words": WORDS,
        "tiles": summary.tiles(found),
        "steps": advice.steps(found),
        "unfinished": found.unfinished[:UNFINISHED],
        "more_unfinished": len(found.unfinished[UNFINISHED:]),
        "broken": found.broken,
        "several": config["animals"]["method"] != "single",
        **_labels(room, found),
        **_models(room, config, found),
        **_videos(room, found),
        "methods": methods.paragraph(config, found),
        "software": methods.software(),
        "config": yaml.safe_dump(shown, sort_keys=False, allow_unicode=True),
    }


def _labels(room: Room, found: results.Results) -> dict:
    """The section about labels."""
    frames, waiting = found.labels, len(found.samples)
    said = "No labels yet."
    if len(frames):
        videos, points = frames["video"].nunique(), frames["points"].sum()
        said = f"{count(len(frames), 'labelled frame')} of {count(videos, 'video')}, {points:,} points."
    elif waiting:
        said = f"{said} {count(waiting, 'frame is', 'frames are')} chosen for labelling, in samples.parquet."
    return {
        "labelled": said,
        "parts": listings.parts(found.splits),
        "suspects": listings.suspects(found.suspects, several=bool(len(frames)) and frames["animals"].max() > 1),
        "suspects_figure": exhibits.exhibits(room, exhibits.SUSPECTS) if len(found.suspects) else [],
        "sampled_figure": exhibits.exhibits(room, exhibits.SAMPLED) if waiting else [],
    }


def _models(room: Room, config: dict, found: results.Results) -> dict:
    """The section about models."""
    folds = summary.folds(found.metrics)
    return {
        "models": bool(folds),
        "merits": listings.merits(found.metrics),
        "tracks": listings.tracks(found.tracks),
        "model_figures": exhibits.of_models(room, folds, config["train"]["seeds"]),
    }


def _videos(room: Room, found: results.Results) -> dict:
    """The section about videos."""
    chosen, analysed = ranking.choose(found.videos), int((found.videos["positions"] > 0).sum())
    few = analysed <= len(chosen)
    title = (
        "The videos, in the order in which to look at them" if few else f"{len(chosen)} videos that most need a look"
    )
    return {
        "faults": listings.faults(found.videos),
        "moments": listings.moments(found.moments),
        "look": title,
        "ranking": f"By turns the worst {'' if few else f'of {analysed:,} analysed videos '}by: {CRITERIA}.",
        "open": len(chosen) <= OPEN,
        "cards": [_card(room, found.videos.loc[item.video], item) for item in chosen],
        "measured": analysed > 0,
        "rows": listings.videos(found.videos),
    }


def _card(room: Room, row: pd.Series, item: ranking.Chosen) -> dict:
    """One video with its clip and figures."""
    parts = {name: percent(row[name] / row["positions"]) for name in ("low", "bridged", "lost", "damaged")}
    notes = [
        f"{row['analysed']:,} frames, {duration(row['duration'])}",
        f"{parts['low']} of the positions of low confidence",
        f"{parts['bridged']} bridged, {parts['lost']} lost",
        f"{parts['damaged']} in damaged frames",
        *([count(row["moments"], "moment to review", "moments to review")] if row["moments"] else []),
        f"{count(row['labelled'], 'labelled frame')}",
    ]
    clips, figures = exhibits.of_video(room, item.video, review=row["moments"] > 0)
    return {**item._asdict(), "notes": notes, "clips": clips, "figures": figures}
