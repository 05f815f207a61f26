"""The report of an experiment: one page that opens on how good the poses are and on what to do next.

It is one HTML file without scripts that needs no network. It holds the dozen videos that most need a look, and links to
the rest by paths relative to the results, so that it opens for a thousand videos too.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import jinja2
import pandas as pd
import yaml

from marey import __version__
from marey.experiment.sheet import said
from marey.tables import places
from marey.tables.files import replacing
from marey.views import advice, exhibits, listings, methods, ranking, results, sessions, summary
from marey.views.media import MediaBudget
from marey.views.wording import count, duration, percent

MAX_UNFINISHED_JOBS = 12  # jobs of which it is said how they ended
MAX_OPEN_CARDS = 3  # videos whose figures are shown unasked
LEVEL_WORDS = {"good": "good", "warn": "look", "bad": "fix"}  # for each level of advice
CRITERIA_TEXT = "damaged frames, positions of low confidence, bridged gaps, and possible exchanges of animals"


def write_report(config: dict, videos: Mapping[str, dict], folder: Path, *, say: Callable = lambda line: None) -> Path:
    """Write `report.html` into the results `folder` from whatever is there; return its path.

    `config` is the checked experiment, `videos` the rows of its sheet by id; `say` is told, line by line, which videos
    cannot be analysed and why.
    """
    found = results.read_results(folder, videos, config)
    left_out = summary.left_out(found)
    for line in said(left_out):
        say(f"Not analysed: {line}")
    if left_out:
        say(f"{len(left_out):,} of {count(len(videos), 'video')} cannot be analysed; the report says more.")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
    page = template.render(zip=zip, **_page(config, found))
    with replacing(folder / places.REPORT) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return folder / places.REPORT


def _page(config: dict, found: results.ExperimentResults) -> dict:
    """Collect everything that the template shows."""
    room = MediaBudget(found.folder)
    headline, level = summary.headline(found)
    shown = {key: value for key, value in config.items() if key not in ("data", "left_out")}
    return {
        "project": config["project"],
        "version": __version__,
        "written": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "foreign_model": summary.foreign_model(found),
        "adaptation": listings.adaptation_table(found.adaptation),
        "scales": listings.scales_table(found.scales),
        "headline": headline,
        "level": level,
        "words": LEVEL_WORDS,
        "tiles": [*summary.tiles(found), *sessions.tiles(found.sessions)],
        "steps": advice.advise(found),
        "unfinished": found.unfinished[:MAX_UNFINISHED_JOBS],
        "more_unfinished": len(found.unfinished[MAX_UNFINISHED_JOBS:]),
        "broken": found.broken,
        "several": found.several,
        **_labels(room, found),
        **_models(room, config, found),
        **_videos(room, found),
        "sessions": sessions.sessions_table(found.sessions, found.sync, found.matches, found.unfinished_sessions),
        "session_cards": sessions.session_cards(room, found.sessions),
        "methods": methods.methods_paragraph(config, found),
        "software": methods.software_versions(),
        "config": yaml.safe_dump(shown, sort_keys=False, allow_unicode=True),
    }


def _labels(room: MediaBudget, found: results.ExperimentResults) -> dict:
    """Fill the section about labels."""
    frames, waiting = found.labels, len(found.samples)
    said = "No labels yet."
    if len(frames):
        videos, points = frames["video"].nunique(), frames["points"].sum()
        said = f"{count(len(frames), 'labelled frame')} of {count(videos, 'video')}, {points:,} points."
        if found.videos.empty:
            said = f"{count(len(frames), 'labelled image')}, {points:,} points."
    elif waiting:
        said = f"{said} {count(waiting, 'frame is', 'frames are')} chosen for labelling."
    return {
        "labelled": said,
        "kits": found.kits,
        "parts": listings.splits_table(found.splits),
        "suspects": listings.suspects_table(found.suspects, several=found.several),
        "people": listings.people_table(found.disagreements, found.overall),
        "suspects_figure": exhibits.find_exhibits(room, exhibits.SUSPECTS_FIGURE) if len(found.suspects) else [],
        "sampled_figure": _figures_to_label(room, waiting),
    }


def _figures_to_label(room: MediaBudget, waiting: int) -> list[exhibits.Exhibit]:
    """Show the frames that the kit holds: those to label next or, before there are poses, those that were sampled."""
    outliers = exhibits.find_exhibits(room, exhibits.OUTLIERS_FIGURE)
    return outliers or (exhibits.find_exhibits(room, exhibits.SAMPLED_FIGURE) if waiting else [])


def _models(room: MediaBudget, config: dict, found: results.ExperimentResults) -> dict:
    """Fill the section about models."""
    folds = summary.evaluated_folds(found.metrics)
    return {
        "models": bool(folds),
        "metrics": listings.metrics_table(listings.metric_columns(found.metrics, found.overall)),
        **_elsewhere(room, found),
        "tracks": listings.track_metrics_table(found.tracks),
        "forgotten": listings.forgotten_table(found.forgotten),
        "model_figures": exhibits.model_exhibits(room, folds, config["train"]["seeds"]),
    }


def _elsewhere(room: MediaBudget, found: results.ExperimentResults) -> dict:
    """Fill the section about labels of other projects; empty where there are none."""
    tested = found.elsewhere is not None and len(found.elsewhere_metrics) > 0
    return {
        "elsewhere": summary.tested_elsewhere(found) if tested else "",
        "elsewhere_metrics": listings.metrics_table({"other projects": found.elsewhere_metrics} if tested else {}),
        "elsewhere_figures": exhibits.find_exhibits(room, exhibits.ELSEWHERE_FIGURES) if tested else [],
    }


def _videos(room: MediaBudget, found: results.ExperimentResults) -> dict:
    """Fill the section about videos."""
    chosen, analysed = ranking.choose_videos(found.videos), int((found.videos["positions"] > 0).sum())
    few = analysed <= len(chosen)
    title = (
        "The videos, in the order in which to look at them" if few else f"{len(chosen)} videos that most need a look"
    )
    return {
        "faults": listings.faults_table(found.videos),
        "moments": listings.moments_table(found.moments),
        "look": title,
        "ranking": f"By turns the worst {'' if few else f'of {analysed:,} analysed videos '}by: {CRITERIA_TEXT}.",
        "open": len(chosen) <= MAX_OPEN_CARDS,
        "cards": [_card(room, found.videos.loc[item.video], item) for item in chosen],
        "measured": analysed > 0,
        "rows": listings.video_rows(found.videos),
    }


def _card(room: MediaBudget, row: pd.Series, item: ranking.ChosenVideo) -> dict:
    """Describe one video with its clip and figures."""
    parts = {name: percent(row[name] / row["positions"]) for name in ("low", "bridged", "lost", "damaged")}
    notes = [
        f"{row['analysed']:,} frames, {duration(row['duration'])}",
        f"{parts['low']} of the positions of low confidence",
        f"{parts['bridged']} bridged, {parts['lost']} lost",
        f"{parts['damaged']} in damaged frames",
        *([count(row["moments"], "moment to review", "moments to review")] if row["moments"] else []),
        f"{count(row['labelled'], 'labelled frame')}",
    ]
    clips, figures = exhibits.video_exhibits(room, item.video, review=row["moments"] > 0)
    return {**item._asdict(), "notes": notes, "clips": clips, "figures": figures}
