"""The trained model that an experiment starts from, `model.init`: what the config takes from it, and what must fit.

Imported while Snakemake parses the workflow, in every job: nothing heavy is imported here.
"""

import pkgutil
from collections.abc import Collection
from pathlib import Path

from marey.experiment.validation import ConfigError, check_schema, schema
from marey.labels.names import clean_name
from marey.networks.metadata import BundleError
from marey.synth import animals
from marey.zoo import catalogue
from marey.zoo.names import match

ARCHITECTURE = ("backbone", "stride", "channels", "sigma")
SAID = ("animal", "size")  # what training reads of a card
SHAPES = ARCHITECTURE[:3]  # what the shapes of the weights depend on


def initial_bundle(config: dict) -> catalogue.Bundle | None:
    """Find the bundle that `model.init` names; None where it names none. Raises ConfigError where there is no such."""
    init = config["model"]["init"]
    try:
        bundle = catalogue.find(init, Path(config["data"])) if init else None
        if bundle:
            bundle.check()
        return bundle
    except BundleError as error:
        raise ConfigError(f"config: model.init: {error}") from None


def trains(config: dict) -> bool:
    """Tell whether labels train a model; with `train.steps: 0` they all test that of `model.init`."""
    return bool(config["labels"]["sources"]) and config["train"]["steps"] > 0


def take_architecture(config: dict, said: Collection[str], bundle: catalogue.Bundle, rules: dict) -> None:
    """Fill in what the block `model` does not say of the network with what the bundle has.

    Args:
        config: the config; its block `model` changes.
        said: keys that the block says.
        bundle: the bundle.
        rules: the schema of the block.

    Raises:
        ConfigError: the bundle has a network that this version does not know, something is said otherwise that the
            weights depend on, or there are two kinds of weights.
    """
    model, has = config["model"], bundle.metadata()["architecture"]
    known = {"properties": {key: rules["properties"][key] for key in ARCHITECTURE}}
    check_schema({key: has[key] for key in ARCHITECTURE}, known, f"config: model.init: {bundle.json}: architecture")
    faults = [
        f"model.{key}: {bundle.name}, which is started from, has {has[key]}, not {model[key]}; take `{key}` out, or "
        "model.init"
        for key in SHAPES
        if key in said and model[key] != has[key]
    ]
    if model["weights"]:
        faults.append(f"model.weights: model.init brings the weights of {bundle.name}; set one of the two to null")
    if faults:
        raise ConfigError("\n".join(f"config: {fault}" for fault in faults))
    model.update({key: has[key] for key in ARCHITECTURE if key not in said})
    model["map"] = {clean_name(name): other and clean_name(other) for name, other in model["map"].items()}


def names_here(config: dict, bundle: catalogue.Bundle) -> dict[str, str]:
    """Return the name that each keypoint of the bundle has in this experiment; a faulty `model.map` gives none."""
    try:
        source = match(config["keypoints"] or [], bundle.metadata()["keypoints"], config["model"]["map"]).source
    except BundleError:  # told by `bundle_faults`
        return {}
    return {theirs: ours for ours, theirs in source.items() if theirs}


def uses_whole_bundle(config: dict, bundle: catalogue.Bundle) -> bool:
    """Tell whether the model of an experiment has all keypoints of the bundle, asked for or as helpers."""
    return config["animals"]["method"] == "bottom_up" or len(names_here(config, bundle)) == len(
        bundle.metadata()["keypoints"]
    )


def whole_bundle(read: dict, bundle: catalogue.Bundle) -> dict:
    """Return what the adoption of a bundle has `read` for all its keypoints, of one animal."""
    whole = {"keypoints": bundle.metadata()["keypoints"], "skeleton": [], "animals": {"method": "single"}}
    return {**read, **whole, "model": {**read["model"], "map": {}}}


def leave_out_unknown(config: dict, bundle: catalogue.Bundle) -> None:
    """Take those keypoints out of a config that the bundle does not know, unless it knows none: `left_out` lists them.

    For experiments that train nothing, but have labels: no network finds such a keypoint, and no label of one tests.
    """
    known = set(names_here(config, bundle).values())
    lost = [name for name in config["keypoints"] if name not in known] if known else []
    config["left_out"] = lost
    config["model"]["map"] = {name: other for name, other in config["model"]["map"].items() if name not in lost}
    config["keypoints"] = [name for name in config["keypoints"] if name not in lost]
    for key in ("skeleton", "symmetry"):
        if config[key]:
            config[key] = [pair for pair in config[key] if not set(pair) & set(lost)]
    if config["animals"]["unique"]:
        config["animals"]["unique"] = [name for name in config["animals"]["unique"] if name not in lost]


def bundle_faults(config: dict) -> list[str]:
    """List what is asked for that the bundle of `model.init` cannot do: to be trained further, or used as it is."""
    bundle = initial_bundle(config)
    if not bundle:
        return _missing_faults(config)
    try:
        unknown = match(config["keypoints"], bundle.metadata()["keypoints"], config["model"]["map"]).unknown
    except BundleError as error:
        return [str(error)]
    if trains(config):
        return _replay_faults(config, bundle)
    faults, instead = _adoption_faults(config, bundle), "label frames"
    if config["labels"]["sources"]:
        instead = "take more train.steps"
        if config["split"]["folds"] > 1:
            faults.append("split.folds: train.steps: 0 trains nothing, and every labelled frame tests; set folds to 1")
    faults += [f"keypoints: {bundle.name} knows no '{name}'; name it in model.map, or {instead}" for name in unknown]
    return faults


def _replay_faults(config: dict, bundle: catalogue.Bundle) -> list[str]:
    """List why what trained the bundle cannot be shown again while labels train it further."""
    if not config["model"]["replay"]:
        return []
    faults, animal = [], said_of(bundle)["animal"]
    if not animal:
        faults.append(
            f"model.replay: nobody says which rendered animal trained {bundle.name} (`animal` in its card); set it to "
            "0, or start from a bundle of the zoo"
        )
    elif animal not in rendered_animals():
        faults.append(
            f"model.replay: {bundle.folder / catalogue.CARD}: no animal '{animal}' can be rendered, only "
            f"{', '.join(rendered_animals())}; set it to 0"
        )
    if config["animals"]["method"] == "top_down":
        faults.append("model.replay: top-down, nothing can be shown again; set it to 0, or animals.method to bottom_up")
    if not names_here(config, bundle):
        faults.append(f"model.replay: {bundle.name} has none of the keypoints here; set it to 0")
    if config["train"]["batch_size"] < 2:
        faults.append("model.replay: a batch of one image has no share; take a larger train.batch_size")
    return faults


def said_of(bundle: catalogue.Bundle) -> dict:
    """Return what training reads of the card of a bundle: the rendered `animal` and the `size` px; None: not said."""
    card, rules = bundle.card() or {}, schema("card")["properties"]
    said = {key: card[key] for key in SAID if card.get(key) is not None}
    check_schema(
        said, {"properties": {key: rules[key] for key in SAID}}, f"config: model.init: {bundle.folder / catalogue.CARD}"
    )
    return dict.fromkeys(SAID) | said


def rendered_animals() -> list[str]:
    """List the animals that can be rendered, as cards name them."""
    return sorted(module.name for module in pkgutil.iter_modules(animals.__path__))


def _missing_faults(config: dict) -> list[str]:
    """List what is asked for that only a model to start from can do."""
    faults = []
    if config["train"]["steps"] == 0:
        faults.append("train.steps: 0 trains nothing; name a trained model in model.init, or take more steps")
    if config["model"]["map"]:
        faults.append("model.map: there is no model whose keypoints these are; name it in model.init, or take map out")
    if config["model"]["replay"]:
        faults.append("model.replay: there is no model that would forget; name it in model.init, or set it to 0")
    if config["zoo"]["adapt"]["images"]:
        faults.append("zoo.adapt: there is no model to adapt; name it in model.init, or set images to 0")
    return faults


def _adoption_faults(config: dict, bundle: catalogue.Bundle) -> list[str]:
    faults, method = [], config["animals"]["method"]
    animals = bundle.metadata()["animals"]
    instead = "take more train.steps" if config["labels"]["sources"] else "label frames"
    if animals["side"] or method == "top_down":
        faults.append(
            f"animals.method: a top-down model is only trained here; use a bundle of another kind, or {instead}"
        )
    elif method == "bottom_up" and animals["single"]:
        faults.append(f"animals.method: {bundle.name} knows one animal only; use single, or {instead}")
    elif method == "bottom_up" and not _joined(config, bundle):
        faults.append(
            f"keypoints: {bundle.name} joins no keypoint to another, and cannot tell whose they are; use one of them, "
            f"or {instead}"
        )
    if method == "bottom_up" and config["animals"]["appearance"] and not animals["descriptor"]:
        faults.append(f"animals.appearance: {bundle.name} does not tell what animals look like; use false")
    if config["infer"]["engine"] == "onnxruntime_int8":
        faults.append("infer.engine: only a model that is trained here has a copy in 8 bits; use auto")
    adapts = config["zoo"]["adapt"]["images"]
    if adapts and config["model"]["scale"] == "auto" and not uses_whole_bundle(config, bundle):
        faults.append(
            f"zoo.adapt: how large the animals are is measured by all keypoints of {bundle.name} "
            f"({', '.join(bundle.metadata()['keypoints'])}): have them all in `keypoints`, or set model.scale"
        )
    if adapts and not (bundle.card() or {}).get("animal"):
        faults.append(
            f"zoo.adapt: nobody says which rendered animal trained {bundle.name} (`animal` in its card), so no more of "
            "them can be rendered; set images to 0, or use a bundle of the zoo"
        )
    return faults


def _joined(config: dict, bundle: catalogue.Bundle) -> bool:
    """Tell whether the bundle joins keypoints of animals, where these have more than one here."""
    several = len(set(config["keypoints"] or []) - set(config["animals"]["unique"] or [])) > 1
    return not several or bool(bundle.metadata()["animals"]["edges"])
