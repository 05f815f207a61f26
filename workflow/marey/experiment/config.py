"""The config of an experiment: checking it and filling in defaults.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import glob
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from marey.experiment import initial_model
from marey.experiment.cameras import camera_faults
from marey.experiment.initial_model import initial_bundle
from marey.experiment.validation import ConfigError, check_schema, closest, schema, typed, with_defaults
from marey.labels.names import clean_name, name_faults
from marey.networks.naming import has_weights
from marey.zoo import catalogue

# Keys of `animals` that only the method bottom_up serves.
BOTTOM_UP_KEYS = ("unique", "identities", "appearance")


def load_config(raw: dict, *, commanded: Mapping = MappingProxyType({})) -> dict:
    """Check a config, and fill in all defaults and, where it says so, the keypoints and skeleton of the labels.

    `commanded`: what of it `snakemake --config` gave, which gives text. Raises ConfigError that lists every fault,
    before anything has run.
    """
    rules = schema("config")
    raw = typed(raw, commanded, rules)
    check_schema(raw, rules, "config")
    config = with_defaults(raw, rules) | {"left_out": []}
    if bundle := initial_bundle(config):
        initial_model.take_architecture(config, raw.get("model", {}), bundle, rules["properties"]["model"])
    _check_sources(config)
    _complete(config)
    if config["train"]["steps"] == 0:
        config["split"]["test_fraction"] = 1.0  # nothing is trained
    _check_relations(config)
    return config


def _check_sources(config: dict) -> None:
    """Check that sources exist, and leave out empty folders of labels: they wait for what a person will put there.

    A pattern becomes the sources that it finds, each with what the entry says.
    """
    from marey.labels import sources

    faults, labels = [], config["labels"]
    for block in ("labels", "predictions", "evaluate"):
        config[block]["sources"] = [one for entry in config[block]["sources"] for one in _found(entry, config["data"])]
        paths = [Path(config["data"], _path(entry)) for entry in config[block]["sources"]]
        faults += [f"config: {block}.sources: {path}: no such file or folder" for path in paths if not path.exists()]
    if faults:
        raise ConfigError("\n".join(faults))
    labels["sources"] = [entry for entry in labels["sources"] if not sources.waits(entry, config["data"])]


def _found(entry: str | dict, data: str) -> list[str | dict]:
    """Return an entry for each file that a pattern finds; the entry itself where it is no pattern, or finds none."""
    place = _path(entry)
    paths = [] if Path(data, place).exists() else sorted(glob.glob(place, root_dir=data, recursive=True))
    return [path if isinstance(entry, str) else {**entry, "path": path} for path in paths] or [entry]


def _path(entry: str | dict) -> str:
    return entry if isinstance(entry, str) else entry["path"]


def _complete(config: dict) -> None:
    """Fill in what the config leaves to its label sources; of body parts that it leaves out it takes nothing."""
    from marey.labels import sources

    animals = config["animals"]
    named = [(entry, sources.LABELS) for entry in config["labels"]["sources"]]
    named += [(entry, sources.PREDICTIONS) for entry in config["predictions"]["sources"]]

    def said(key: str) -> Iterator:
        return (getattr(sources.describe(entry, config["data"], place), key) for entry, place in named)

    bundle, source = initial_bundle(config), ""
    if config["keypoints"] is None:
        source, config["keypoints"] = _named_keypoints(config, named, bundle)
    _clean_names(config, f"keypoints of {source}" if source else "keypoints")
    adopted = bundle and not initial_model.trains(config)
    if adopted and config["labels"]["sources"]:
        initial_model.leave_out_unknown(config, bundle)
    known = set(config["keypoints"] or [])
    here = initial_model.names_here(config, bundle) if bundle else {}
    if config["skeleton"] is None:
        edges = next(filter(None, said("skeleton")), None)
        if not edges and bundle:
            edges = [list(map(here.get, pair)) for pair in bundle.metadata()["skeleton"] if here.keys() >= {*pair}]
        config["skeleton"] = [pair for pair in map(_clean, edges or []) if known.issuperset(pair)]
    alone = bundle and not config["labels"]["sources"]  # nobody has labelled how many animals there are
    if animals["unique"] is None and adopted:
        animals["unique"] = [here[name] for name in bundle.metadata()["animals"]["unique"] if name in here]
    if animals["unique"] is None:
        unique = [name for names in said("unique") for name in _clean(names)]
        animals["unique"] = [name for name in dict.fromkeys(unique) if name in known]
    if bundle and config["symmetry"] is None and source == bundle.name:
        config["symmetry"] = bundle.metadata()["symmetry"]
    if animals["method"] == "auto":
        several = _shows_several(config, bundle) if alone else any(said("several"))
        animals["method"] = "bottom_up" if several else "single"
    appearance = animals["appearance"] or bool(animals["identities"])
    animals["appearance"] = appearance and animals["method"] != "single"
    animals["recognition"] = animals["recognition"] and animals["method"] != "single"


def _named_keypoints(config: dict, named: list[tuple], bundle: catalogue.Bundle | None) -> tuple[str, list[str] | None]:
    """Find who names the keypoints, and their names: the first source that does, else the bundle.

    `named`: the sources, each with the key that names it. Nobody does ("", None) where there is neither.
    """
    from marey.labels import sources

    told = [sources.describe(entry, config["data"], place) for entry, place in named]
    for (entry, _), description in zip(named, told, strict=True):
        if description.keypoints:
            return _path(entry), description.keypoints
    faults = [
        f"config: {place}: {_path(entry)}: {description.fault}"
        for (entry, place), description in zip(named, told, strict=True)
        if description.fault
    ]
    if not faults and bundle:
        return bundle.name, bundle.metadata()["keypoints"]
    if named:
        nobody = "config: keypoints: no label source names them; list them here, in order"
        raise ConfigError("\n".join(faults) or nobody)
    return "", None


def _shows_several(config: dict, bundle: catalogue.Bundle) -> bool:
    """Tell whether videos may show several animals: if the bundle knows several, and nobody says that there is one."""
    from marey.experiment.sheet import read_videos

    if bundle.metadata()["animals"]["single"] or config["animals"]["number"] == 1:
        return False
    return any(row["animals"] != "1" for row in read_videos(config).values())


def _clean(names: Iterable[str]) -> list[str]:
    return list(map(clean_name, names))


def _clean_names(config: dict, keypoints: str) -> None:
    """Bring the names of a config to their one form and check them; `keypoints` says in a message whose they are."""
    faults, animals = [], config["animals"]
    for block, key, place in (
        (config, "keypoints", keypoints),
        (animals, "unique", "animals.unique"),
        (animals, "identities", "animals.identities"),
    ):
        if block[key]:
            block[key] = _clean(block[key])
            faults += [f"config: {place}: {fault}" for fault in name_faults(block[key])]
    for key in ("skeleton", "symmetry"):
        if config[key]:
            config[key] = list(map(_clean, config[key]))
    if faults:
        raise ConfigError("\n".join(faults))


def _check_relations(config: dict) -> None:
    faults = []
    names = config["keypoints"] or []
    listed = {key: config[key] or [] for key in ("skeleton", "symmetry")}
    for key, pairs in {**listed, "animals.unique": [config["animals"]["unique"]]}.items():
        for pair in pairs:
            faults += [f"{key}: {name!r} is not a keypoint{closest(name, names)}" for name in pair if name not in names]
    faults += [
        f"skeleton: {pair}: a line joins two keypoints; name the other one, or take it out"
        for pair in listed["skeleton"]
        if pair[0] == pair[1]
    ]
    sided = [name for pair in listed["symmetry"] for name in pair]
    faults += [
        f"symmetry: '{name}' is in {sided.count(name)} places; a keypoint has one mirror image: name it once"
        for name in dict.fromkeys(sided)
        if sided.count(name) > 1
    ]
    people = [name.casefold() for name in config["labelling"]["people"]]
    faults += [
        f"labelling.people: '{name}' is there twice, but for capitals; name one of them otherwise"
        for index, name in enumerate(config["labelling"]["people"])
        if people[index] in people[:index]  # on most laptops, both would have the same page
    ]
    if config["animals"]["identities"] and config["animals"]["method"] == "single" and config["labels"]["sources"]:
        faults.append("animals.identities: there is never more than one animal in an image; take the names out")
    if not config["videos"] and not config["labels"]["sources"]:
        faults.append("videos: there are none, and no labels: name videos, or in labels.sources labels of images")
    faults += initial_model.bundle_faults(config)
    faults += camera_faults(config)
    if config["zoo"]["adapt"]["rounds"] and not config["zoo"]["adapt"]["images"]:
        faults.append("zoo.adapt.rounds: pseudo-labels alone are forgotten animals; set `images`, such as 200, too")
    if "unique" in config["animals"]["identities"]:
        faults.append("animals.identities: 'unique' is the name of objects and landmarks; name the animal otherwise")
    if config["animals"]["recognition"] and config["animals"]["appearance"]:
        other = "identities" if config["animals"]["identities"] else "appearance"
        faults.append(f"animals.recognition: it cannot go with `{other}`; choose one of them")
    if config["animals"]["method"] == "top_down":
        asked = [key for key in BOTTOM_UP_KEYS if config["animals"][key]]
        faults += [f"animals.{key}: animals.method top_down cannot do that; use bottom_up" for key in asked[:1]]
    if config["model"]["weights"] and not has_weights(config["model"]["backbone"]):
        faults.append(f"model.weights: the backbone {config['model']['backbone']} has no pretraining; use null")
    batch, parts = config["train"]["batch_size"], config["train"]["accumulate"]
    if batch % parts:
        faults.append(f"train.accumulate: {parts} parts of equal size do not make up a batch of {batch} (`batch_size`)")
    low, high = config["augment"]["scale"]["range"]
    if low > high:
        faults.append(f"augment.scale.range: expected [smallest, largest], got [{low}, {high}]")
    if config["smooth"]["median_window"] % 2 == 0:
        faults.append(f"smooth.median_window: expected an odd number, got {config['smooth']['median_window']}")
    fold, folds = config["infer"]["fold"], config["split"]["folds"]
    if fold >= folds:
        faults.append(f"infer.fold: {fold} does not exist; split.folds is {folds} (counted from 0)")
    if faults:
        raise ConfigError("\n".join(f"config: {fault}" for fault in faults))
