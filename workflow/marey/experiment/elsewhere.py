"""Labels of other projects that test the model: `evaluate.sources`, whose keypoints have other names and are others.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

from typing import NamedTuple

from marey.experiment.initial_model import trains
from marey.experiment.validation import ConfigError
from marey.labels import sources
from marey.zoo.names import match

KEY = "evaluate.sources"


class Elsewhere(NamedTuple):
    """Labels of other projects, in the words of this one.

    Attributes:
        sources: entries as of `labels.sources`, each with the `keypoints` that it has under other names.
        keypoints: those of this project that are labelled there, in order.
        left_out: those that are labelled there and not known here.
        videos: names of videos whose own frames are labelled.
    """

    sources: list[dict]
    keypoints: list[str]
    left_out: list[str]
    videos: list[str]

    def missing(self, keypoints: list[str]) -> list[str]:
        """Return those of `keypoints` that are labelled nowhere there."""
        return [name for name in keypoints if name not in self.keypoints]


def elsewhere(config: dict) -> Elsewhere | None:
    """Match the keypoints of `evaluate.sources` with those of a checked config; None where it names no sources.

    A source's own `keypoints` count first, then equal names, then the usual names of the same place. Raises ConfigError
    that names each source that cannot test this model, and why.
    """
    entries, faults = [], []
    shared, unknown, videos = set(), {}, {}
    for entry in config["evaluate"]["sources"]:
        said = sources.describe(entry, config["data"], KEY)
        named = {"path": entry} if isinstance(entry, str) else entry
        where = f"config: {KEY}: {named['path']}"
        if said.fault:
            faults.append(f"{where}: {said.fault}")
            continue
        names = said.keypoints or config["keypoints"]  # where a file lists none, those with names of this project count
        found = {theirs: ours for ours, theirs in match(config["keypoints"], names).source.items() if theirs}
        if not found:
            faults.append(
                f"{where}: none of its keypoints ({', '.join(names)}) is one of this project "
                f"({', '.join(config['keypoints'])}); say which are the same: `keypoints: {{its name: name here}}`"
            )
        if said.several and config["animals"]["method"] == "single":
            faults.append(f"{where}: shows several animals in an image, and the model finds one (animals.method)")
        own = named.get("keypoints", {})
        renamed = {name: found.get(other, other) for name, other in own.items()}
        renamed |= {name: ours for name, ours in found.items() if name not in own.values() and name != ours}
        entries.append({**named, "keypoints": renamed})
        shared |= set(found.values())
        unknown |= dict.fromkeys(name for name in names if name not in found)
        videos |= dict.fromkeys(said.videos)
    if config["evaluate"]["sources"] and not trains(config):
        faults = [f"config: {KEY}: no model is trained here; labels.sources tests that of model.init: name them there"]
    if faults:
        raise ConfigError("\n".join(faults))
    keypoints = [name for name in config["keypoints"] or [] if name in shared]
    return Elsewhere(entries, keypoints, list(unknown), list(videos)) if entries else None
