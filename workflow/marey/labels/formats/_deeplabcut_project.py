"""A DeepLabCut project as a folder: its config.yaml and which of its label files count."""

from pathlib import Path

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.names import clean_name, name_faults
from marey.labels.reading import Description, Fault, LabelError, Source, relative
from marey.labels.summaries import summarise
from marey.labels.yaml_files import read_yaml
from marey.tables.text import TextError, read_lines

CONFIG, SUFFIXES = "config.yaml", (".csv", ".h5")
NAME_LISTS = ("bodyparts", "multianimalbodyparts", "uniquebodyparts", "individuals", "skeleton")


def inputs(path: Path) -> list[Path]:
    """List the project's config.yaml and its label files, unread: one a folder, or one for all (Lightning Pose)."""
    labels = [file for kind in ("csv", "h5") for file in path.glob(f"labeled-data/*/CollectedData*.{kind}")]
    labels = labels or list(path.glob("CollectedData*.csv"))
    return [file for file in [path / CONFIG] if file.is_file()] + sorted(labels)


def label_stems(path: Path) -> list[Path]:
    """List the label files of a project, CSV and H5 as one, without suffix."""
    return sorted({file.with_suffix("") for file in inputs(path) if file.suffix != ".yaml"})


def describe(source: Source) -> Description:
    """Read names and skeleton from config.yaml.

    Lines of the skeleton that name unknown keypoints are left out: new projects come with such a placeholder. Without a
    config.yaml the keypoints are those of the first CSV's header. Raises LabelError for a broken config.yaml.
    """
    path = source.path
    metadata = _config(path)
    if metadata is None:
        return Description(keypoints=_header_keypoints(path))
    try:
        multi = metadata.get("bodyparts") == "MULTI!"
        unique = _names(metadata, "uniquebodyparts") if multi else []
        keypoints = (_names(metadata, "multianimalbodyparts") if multi else _names(metadata, "bodyparts")) + unique
        animals = _names(metadata, "individuals") if multi else [SINGLE_ANIMAL]
        edges = [[clean_name(str(name)) for name in edge] for edge in metadata.get("skeleton") or []]
    except (AttributeError, TypeError) as error:
        raise LabelError(f"{path / CONFIG}: not a DeepLabCut config ({error}); restore the file") from None
    faults = [fault for names in (keypoints, animals) for fault in name_faults(names)]
    if faults:
        raise LabelError("\n".join(f"{path / CONFIG}: body parts or individuals: {fault}" for fault in faults))
    skeleton = [edge for edge in edges if len(edge) == len(set(edge)) == 2 and set(edge) <= set(keypoints)]
    return Description(
        keypoints=keypoints or None,
        skeleton=skeleton or None,
        individuals=animals + ["single"] * bool(unique),
        unique=unique,
        several=len(animals) > 1,
    )


def _config(path: Path) -> dict | None:
    """Read what counts of config.yaml, names as text; None where there is none."""
    config = path / CONFIG
    return summarise(config, _read_config) if config.is_file() else None


def _read_config(config: Path) -> dict:
    try:
        metadata = read_yaml(config, names=NAME_LISTS)
    except (ValueError, OSError) as error:
        raise LabelError(f"{config}: not a DeepLabCut config ({error}); restore the file") from None
    if not isinstance(metadata, dict):
        raise LabelError(f"{config}: not a DeepLabCut config (no keys and values); restore the file")
    counting = {key: metadata.get(key) for key in NAME_LISTS}
    return {**counting, "scorer": None if metadata.get("scorer") is None else clean_name(str(metadata["scorer"]))}


def _names(metadata: dict, key: str) -> list[str]:
    names = metadata.get(key) or []
    if not isinstance(names, list):
        raise TypeError(f"{key}: {names!r} is not a list")
    return [clean_name(str(name)) for name in names]


def _header_keypoints(path: Path) -> list[str] | None:
    for file in inputs(path):
        if file.suffix != ".csv":
            continue
        try:
            for line in read_lines(file)[0]:
                if line.cells[:1] == ["bodyparts"]:
                    return list(dict.fromkeys(clean_name(name) for name in line.cells[1:] if name))
                if line.cells[:1] == ["coords"]:
                    break
        except TextError:
            continue  # `read` says what is wrong
    return None


def named_scorer(path: Path) -> str | None:
    """Return the scorer whom config.yaml names; None where it names none."""
    try:
        return (_config(path) or {}).get("scorer")
    except LabelError:
        return None


def stems_that_count(stems: list[Path], scorer: str | None, data: Path) -> tuple[list[Path], list[Fault]]:
    """Choose the label file of each folder: the scorer's of several; without theirs, none of several."""
    folders: dict[Path, list[Path]] = {}
    for stem in stems:
        folders.setdefault(stem.parent, []).append(stem)
    counting, faults = [], []
    for found in folders.values():
        expected = "CollectedData" if scorer is None else f"CollectedData_{scorer}"
        own = [stem for stem in found if clean_name(stem.name) == expected]
        chosen = own if own or len(found) > 1 else found
        counting += chosen
        for stem in found:
            if stem not in chosen:
                others = ", ".join(relative(other, data) for other in found if other != stem)
                reason = f"the scorer of config.yaml is {scorer!r}" + ("" if own else ", who has none here")
                detail = (
                    f"two label files of one folder: {own[0].name if own else others} is there too, and {reason}; move "
                    "the one that does not count out of the project"
                )
                name = next(label_file(stem, end) for end in SUFFIXES if label_file(stem, end).is_file())
                faults.append(Fault(relative(name, data), 0, "conflict", detail))
    return counting, faults


def label_file(stem: Path, suffix: str) -> Path:
    """Return a label file of a stem, whose name may hold dots."""
    return stem.with_name(stem.name + suffix)
