"""Cards of bundles: what a model can do and cannot, checked, and in lines of text; nothing heavy is imported here."""

from pathlib import Path

from marey.experiment.validation import ConfigError, check_schema, schema
from marey.networks.metadata import BundleError
from marey.tables.places import MODEL_FILES
from marey.zoo import catalogue


def check_card(folder: Path, keypoints: list[str]) -> dict:
    """Read the card of a bundle with these keypoints and check it; BundleError says what is wrong with it."""
    path, picture = folder / catalogue.CARD, folder / catalogue.PICTURE
    for needed in (path, picture):
        if not needed.is_file():
            raise BundleError(f"{needed}: no such file; a bundle of the zoo has a card and a picture of its keypoints")
    card = catalogue.Bundle(folder.name, folder / MODEL_FILES[0], folder / MODEL_FILES[1]).card()
    try:
        check_schema(card, schema("card"), str(path))
    except ConfigError as error:
        raise BundleError(str(error)) from None
    if list(card["keypoints"]) != keypoints:
        raise BundleError(
            f"{path}: keypoints {', '.join(card['keypoints'])}; the model has {', '.join(keypoints)}: describe these, "
            "in this order"
        )
    return card


def describe_bundle(bundle: catalogue.Bundle) -> list[str]:
    """Say in lines of text what a bundle is: its card, where it has one, and what its weights were made from."""
    metadata = bundle.metadata()
    card = bundle.card()
    lines = [f"{bundle.name}   {bundle.folder}"]
    if card is not None:
        card = check_card(bundle.folder, metadata["keypoints"])
        low, high = card["size"]
        lines += [
            card["summary"],
            f"species    {card['species']}, seen from {card['view']}" if card["view"] != "any" else card["species"],
            f"size       animals of {low:g} to {high:g} px at the network's input",
            f"licence    {card['licence']}",
            f"made by    {card['made']}",
        ]
    architecture, weights = metadata["architecture"], metadata["weights"]
    lines += [
        f"network    {architecture['backbone']}, stride {architecture['stride']}; "
        f"{weights.get('parameters', 0):,} weights in {weights['precision']}",
        f"weights    blake2b {weights['blake2b']}",
        *_training(metadata["training"]),
        "",
        *_keypoints(metadata, card, bundle.folder),
    ]
    return lines + ([] if card is None else ["", *_errors(card), "", *_failures(card)])


def _training(training: dict) -> list[str]:
    """Say what the weights were made from: the digests of code, inputs and, if it had one, the parent."""
    inputs = [item for items in training.get("inputs", {}).values() for item in items]
    lines = [f"code       {training['code']}"] if training.get("code") else []
    lines += [f"input      {item['path']} {item['hash']}" for item in inputs if item["hash"]]
    parent = training.get("parent")
    return [*lines, f"parent     {parent['name']} {parent['blake2b']}"] if parent else lines


def _keypoints(metadata: dict, card: dict | None, folder: Path) -> list[str]:
    names = metadata["keypoints"]
    if card is None:
        return [f"keypoints  {', '.join(names)}", "It has no card: nobody says what it was measured on."]
    width = max(map(len, names))
    head = f"keypoints  (picture: {folder / catalogue.PICTURE})"
    return [head, *(f"  {name:{width}}  {card['keypoints'][name]}" for name in names)]


def _errors(card: dict) -> list[str]:
    rows = []
    for item in card["errors"]:
        interval = "" if item["interval"] is None else " (95 % interval {:g} to {:g})".format(*item["interval"])
        rows.append(
            f"  {item['data']}, {item['frames']} frames, {item['keypoint']}: {item['measure']} {item['value']:g} "
            f"{item['unit']}{interval}"
        )
    return ["measured, on labels that it never saw", *(rows or ["  nothing yet"])]


def _failures(card: dict) -> list[str]:
    return ["known failures", *(f"  - {text}" for text in card["failures"] or ["none were looked for"])]


def list_bundles(zoo: Path = catalogue.ZOO) -> list[str]:
    """List the bundles of the zoo, a line of text each."""
    names = catalogue.names(zoo)
    cards = [catalogue.find(catalogue.PREFIX + name, zoo=zoo).card() or {} for name in names]
    width = max(map(len, names), default=0)
    return [
        f"{catalogue.PREFIX}{name:{width}}  {card.get('summary', 'no card')}"
        for name, card in zip(names, cards, strict=True)
    ] or ["The zoo is empty: `make zoo` fills it."]
