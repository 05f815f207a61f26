"""The videos that the model of another experiment is adapted to.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from collections.abc import Mapping, Sequence

from marey.experiment.validation import ConfigError, closest

MAX_VIDEOS = 12  # that are chosen where the config names none


def adapted_videos(config: dict, sheet: Mapping[str, dict], usable: Sequence[str]) -> list[str]:
    """Choose the videos to adapt a model to: none where nothing is adapted.

    Args:
        config: the checked experiment.
        sheet: rows by video.
        usable: videos that a model is to analyse, in the order of the sheet.

    Raises:
        ConfigError: zoo.adapt.videos names one that is not in the sheet.
    """
    options = config["zoo"]["adapt"]
    if not options["images"]:
        return []
    named = options["videos"]
    unknown = [name for name in named or [] if name not in sheet]
    if unknown:
        raise ConfigError(
            "\n".join(
                f"config: zoo.adapt.videos: {name!r} is not in the sheet{closest(name, list(sheet))}"
                for name in unknown
            )
        )
    if named is not None:
        return [name for name in usable if name in named]
    most = min(MAX_VIDEOS, len(usable))
    return [usable[(2 * index + 1) * len(usable) // (2 * most)] for index in range(most)]
