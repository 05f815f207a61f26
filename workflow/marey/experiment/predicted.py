"""Which videos of the sheet another tool has predicted, and where. Imported while Snakemake parses the workflow."""

from collections.abc import Iterable

from marey.experiment.validation import ConfigError, closest
from marey.labels import sources


def predicted_videos(config: dict, videos: Iterable[str]) -> dict[str, str | dict]:
    """Return the entry of `predictions.sources` that holds each of the `videos` that are predicted.

    Raises ConfigError where two hold the same video, or one holds none of them.
    """
    found: dict[str, str | dict] = {}
    faults, videos = [], list(videos)
    for entry in config["predictions"]["sources"]:
        name = entry if isinstance(entry, str) else entry["path"]
        said = sources.describe(entry, config["data"], sources.PREDICTIONS)
        held = said.predicted_videos
        own = [video for video in held if video in videos]
        faults += [
            f"{name}: video '{video}' is predicted in another source too; keep one" for video in own if video in found
        ]
        if not own and said.fault:
            faults.append(f"{name}: {said.fault}")
        elif not own:
            found_there = ", ".join(f"'{video}'{closest(video, videos)}" for video in held[:3]) or "no video"
            faults.append(
                f"{name}: holds {found_there}, not in the sheet; say which is which: `videos: {{its name: id}}`"
            )
        found |= dict.fromkeys(own, entry)
    if faults:
        raise ConfigError("\n".join(f"config: {sources.PREDICTIONS}: {fault}" for fault in faults))
    return found
