"""The animals of a file of COCO keypoints, gathered as columns: an object for each point would take far more memory."""

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING

from marey.labels.formats._coco_file import UNIQUE, Category, File, identity_of, is_labelled
from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._json_file import are_numbers, number_of
from marey.labels.reading import Fault
from marey.labels.stored import Place

if TYPE_CHECKING:
    import pandas as pd

VISIBILITIES = (0, 1, 2)
HIDDEN = "positions of points of visibility 0"
BARE = "annotations without keypoints"


class Animals:
    """The annotations of a file that have points: labels and, where they have scores, predictions."""

    def __init__(self, file: File, images: Mapping[object, Place | str], name: str) -> None:
        """Gather all annotations of a file.

        Args:
            file: the file.
            images: by the id of an image its place, or why it has none.
            name: of the source.
        """
        self.faults: list[Fault] = []
        self._name, self._file, self._images = name, file, images
        self._counts = {"crowds": 0, BARE: 0, HIDDEN: 0}
        self._ternary = False
        self._numbers: dict[tuple, int] = {}  # the next animal without identity, by its place
        self._ids: set[tuple] = set()
        self._places: list[Place] = []  # of each animal
        self._categories: list[Category] = []
        self._identities: list[str] = []
        self._rows, self._number, self._scored = array("q"), array("q"), bytearray()
        # Of each point: position as in the file, visibility, and the score where it is predicted.
        self._x, self._y, self._seen, self._scores = array("d"), array("d"), bytearray(), array("d")
        used = set()
        for row, item in enumerate(file.annotations(), start=1):
            try:
                self._add(row, item)
            except ValueError as error:
                self.faults.append(Fault(name, row, "bad_row", f"annotations[{row - 1}]: {error}"))
            if isinstance(item, dict) and is_labelled(item):
                used.add(str(item.get("image_id")))
        self._counts["images without annotated keypoints"] = len({*map(str, images)} - used)

    def _add(self, row: int, item: object) -> None:
        """Add an annotation; ValueError says what is wrong with it."""
        values = item.get("keypoints") if isinstance(item, dict) else None
        self._ternary |= isinstance(values, list) and 2 in values[2::3]  # without a 2 in the file, 1 says visible
        if isinstance(item, dict) and not is_labelled(item):
            self._counts["crowds" if item.get("iscrowd") else BARE] += 1
            return
        category, place = self._belongs(item)
        self._check_twice(item)
        x, y, seen, hidden = _points(values, category)
        scores = _scores(item, len(seen))
        self._counts[HIDDEN] += hidden
        if not any(seen):
            self._counts[BARE] += 1
            return
        identity = identity_of(item)
        key = (place, bool(scores))
        nobody = category.name == UNIQUE if scores else bool(identity)
        number = -1 if nobody else self._numbers.get(key, 0)
        self._numbers[key] = max(self._numbers.get(key, 0), number + 1)
        self._places.append(place)
        self._categories.append(category)
        self._identities.append(identity)
        self._rows.append(row)
        self._number.append(number)
        self._scored.append(bool(scores))
        self._x.extend(x)
        self._y.extend(y)
        self._seen.extend(map(int, seen))
        self._scores.extend(scores)

    def _belongs(self, item: object) -> tuple[Category, Place]:
        """Find the category and the image of an annotation; ValueError where one is not known."""
        if not isinstance(item, dict):
            raise ValueError("expected an object with image_id, category_id and keypoints")
        categories = self._file.categories
        for key, known, where in (("image_id", self._images, "images"), ("category_id", categories, "categories")):
            value = item.get(key)
            if type(value) not in (int, str) or value not in known:
                raise ValueError(f"{key} {value!r} is not in `{where}`; add it there or delete the annotation")
        category, place = categories[item["category_id"]], self._images[item["image_id"]]
        if isinstance(place, str):
            raise ValueError(place)
        if not category.keypoints:
            raise ValueError(f"category '{category.name}' names no keypoints; list them under its `keypoints`")
        return category, place

    def _check_twice(self, item: dict) -> None:
        """Raise ValueError where an annotation of the same id was in the same image before."""
        number = item.get("id")
        key = (str(number), item["image_id"])
        if number is not None and key in self._ids:
            raise ValueError(
                f"id {number!r} was there before, in the same image; delete one of the two, or number it anew"
            )
        self._ids.add(key)

    def left_out(self) -> list[str]:
        """Say what of the annotations is in neither table."""
        said = [f"{count} {what}" for what, count in self._counts.items() if count]
        used = {category.name for category in self._categories}
        if len(used) > 1:
            said.append(f"which of {len(used)} categories an animal is of")
        if used and not self._ternary:
            said.append("which points are occluded: no point has the visibility 2, so 1 is taken as visible")
        return said

    def tables(self, offset: float) -> "tuple[pd.DataFrame, pd.DataFrame]":
        """Return the rows of labels and those of predictions; `offset`: px to add to x and y."""
        import numpy as np

        from marey.labels.points import Names, labels_of, predictions_of

        names = list(dict.fromkeys(name for category in self._file.categories.values() for name in category.keypoints))
        index = {name: number for number, name in enumerate(names)}
        codes = {id(kind): [index[name] for name in kind.keypoints] for kind in self._file.categories.values()}
        each = [codes[id(category)] for category in self._categories]
        of = np.repeat(np.arange(len(each)), [len(places) for places in each])  # the animal of each point
        keypoint = np.fromiter((code for places in each for code in places), np.int32, len(of))
        seen = np.frombuffer(self._seen, np.uint8)
        x, y = (np.where(seen > 0, np.asarray(values) + offset, np.nan) for values in (self._x, self._y))
        scored = np.frombuffer(self._scored, bool)[of]

        def common(chosen: np.ndarray) -> dict:
            animal = of[chosen]
            return {
                "count": len(animal),
                "video": Names([place.video for place in self._places], animal),
                "frame": np.array([place.frame for place in self._places], np.int64)[animal],
                "keypoint": Names(names, keypoint[chosen]),
                "x": x[chosen],
                "y": y[chosen],
            }

        labels, guesses = np.flatnonzero(~scored), np.flatnonzero(scored & (seen > 0))
        score = np.zeros(len(of))
        score[scored] = self._scores
        return labels_of(
            **common(labels),
            individual=Names(self._individuals(), of[labels]),
            visibility=Names(("unlabelled", "occluded" if self._ternary else "visible", "visible"), seen[labels]),
            annotator="",
            image=Names([place.image for place in self._places], of[labels]),
            source=self._name,
            row=np.asarray(self._rows)[of[labels]],
        ), predictions_of(
            **common(guesses),
            instance=np.asarray(self._number)[of[guesses]],
            individual=Names(self._identities, of[guesses]),
            confidence=score[guesses],
        )

    def _individuals(self) -> list[str]:
        """Name the animal of each annotation: by its identity, or by its place in the image where any has several."""
        several = max(self._number, default=0) > 0
        pairs = zip(self._identities, self._number, strict=True)
        return [identity or (f"animal{number + 1}" if several else SINGLE_ANIMAL) for identity, number in pairs]


def _points(values: object, category: Category) -> tuple[list[float], list[float], list[int], int]:
    """Read x, y and visibility of the points of an annotation; also how many have a position that does not count."""
    count = len(category.keypoints)
    if not isinstance(values, list) or len(values) != 3 * count:
        found = f"{len(values)} numbers" if isinstance(values, list) else "no list"
        raise ValueError(f"keypoints: {found}; expected x, y and visibility of {count} keypoints of '{category.name}'")
    x, y, seen = values[::3], values[1::3], values[2::3]
    if not are_numbers(values) or not {*seen} <= {*VISIBILITIES}:
        _check_points(x, y, seen, category)
        x, y = ([at if there else 0 for at, there in zip(side, seen, strict=True)] for side in (x, y))
    hidden = 0 if all(seen) else sum(bool(at or to) and not there for at, to, there in zip(x, y, seen, strict=True))
    return x, y, seen, hidden


def _check_points(x: list, y: list, seen: list, category: Category) -> None:
    """Raise ValueError for the first point that is wrong; what a point of visibility 0 has for a position is not."""
    for name, *place, there in zip(category.keypoints, x, y, seen, strict=True):
        try:
            if type(there) not in (int, float) or there not in VISIBILITIES:
                raise ValueError(f"visibility {there!r}, expected 0, 1 or 2")
            for value in place if there else ():
                number_of(value)
        except ValueError as error:
            raise ValueError(f"keypoint '{name}': {error}") from None


def _scores(item: dict, count: int) -> list[float]:
    """Return the confidence of each point of a prediction, or that of all; none of a label."""
    if "score" not in item:
        return []
    of_all, of_each = number_of(item["score"]), item.get("keypoint_scores")
    if of_each is None:
        return [of_all] * count
    if not isinstance(of_each, list) or len(of_each) != count:
        raise ValueError(f"keypoint_scores: expected one for each of {count} keypoints")
    return [number_of(score) for score in of_each]
