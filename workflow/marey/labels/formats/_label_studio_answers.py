"""What people and networks marked in the tasks of a file of Label Studio, gathered as columns."""

from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from marey.labels.formats._deeplabcut_grid import SINGLE_ANIMAL
from marey.labels.formats._label_studio_file import Marked, Region, Task
from marey.labels.formats._stills import other_size
from marey.labels.reading import Fault
from marey.labels.stored import Place

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

UNIQUE = "single"  # the individual that holds what belongs to no animal
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_NO_TIME = -(2**63)  # as NumPy writes it


def animals_of(marked: Marked) -> Iterator[tuple[Region, str]]:
    """Yield each point with the individual that it is of."""
    names = {box.number: box.name for box in marked.boxes}
    for point in marked.points:
        yield point, names.get(point.parent, UNIQUE) if names else SINGLE_ANIMAL


class Answers:
    """The animals that were marked, one after the other, and their points; an object for each would take far more."""

    def __init__(self, name: str) -> None:
        """Begin with none; `name`: of the source."""
        self.images: dict[str, None] = {}  # as stored
        self.empty = 0  # tasks that nobody has annotated
        self._name = name
        self._tasks: list[tuple[int, str]] = []  # row and image
        self._faults: list[tuple[int, str, str]] = []  # row, image that it is told with, why
        self._keypoints: dict[str, int] = {}  # their places, in the order in which they were first marked
        self._owned: dict[bool, dict[str, None]] = {True: {}, False: {}}  # keypoints of no animal, and of animals
        # Of each animal: what it is called, by whom, in which image of which size.
        self._rows, self._numbers, self._times, self._predicted = array("q"), array("q"), array("q"), bytearray()
        self._animals: list[str] = []
        self._annotators: list[str] = []
        self._seen_in: list[str] = []
        self._sizes: list[tuple[float, float]] = []
        # Of each point: its animal, keypoint and position.
        self._of, self._keypoint = array("q"), array("i")
        self._x, self._y, self._scores = array("d"), array("d"), array("d")

    def add(self, task: Task) -> None:
        """Add all that was marked in a task; what is wrong with it is a fault."""
        self._faults += [(task.row, "", why) for why in task.faults]
        if task.image:
            self.images[task.image] = None
            self._tasks.append((task.row, task.image))
        self.empty += not task.marked and not task.faults
        for marked in task.marked:
            try:
                self._add(task, marked)
            except ValueError as error:
                self._faults.append((task.row, task.image, f"[{task.row - 1}]: {error}"))

    def _add(self, task: Task, marked: Marked) -> None:
        animals: dict[str, dict[str, Region]] = {}
        twice = None
        for point, animal in animals_of(marked):
            self._owned[animal == UNIQUE][point.name] = None
            points = animals.setdefault(animal, {})
            twice = twice or ((point.name, animal) if point.name in points else None)
            points[point.name] = point
        if twice:
            whose = f"of '{twice[1]}' " if marked.boxes else ""
            raise ValueError(
                f"'{twice[0]}' {whose}is there twice; delete one, or relate each to the rectangle of its animal"
            )
        for number, (animal, points) in enumerate(animals.items()):
            for name, point in points.items():
                self._of.append(len(self._animals))
                self._keypoint.append(self._keypoints.setdefault(name, len(self._keypoints)))
                self._x.append(point.x / 100 * point.size[0])
                self._y.append(point.y / 100 * point.size[1])
                score = point.score if point.score is not None else marked.score
                self._scores.append(1 if score is None else score)  # of its own, that of all, or 1
            self._rows.append(task.row)
            self._numbers.append(-1 if animal == UNIQUE else number)
            self._times.append(_NO_TIME if marked.set_at is None else (marked.set_at - _EPOCH) // _MS)
            self._predicted.append(marked.predicted)
            self._animals.append(animal)
            self._annotators.append(marked.annotator)
            self._seen_in.append(task.image)
            self._sizes.append(marked.points[0].size)

    def tables(
        self, places: Mapping[str, Place], unsure: Mapping[str, str], data: Path, offset: float
    ) -> "tuple[pd.DataFrame, pd.DataFrame, list[Fault]]":
        """Return the rows of labels, those of predictions, and what is wrong.

        Args:
            places: of images, by their names as stored.
            unsure: why other images have none.
            data: folder that images are relative to.
            offset: px to add to x and y.
        """
        import numpy as np

        faults = [(row, why) for row, image, why in self._faults if image not in unsure]
        faults += [(row, unsure[image]) for row, image in self._tasks if image in unsure]
        wrong = self._of_other_size(places, data)
        faults += dict.fromkeys((row, f"[{row - 1}]: {why}") for row, why in zip(self._rows, wrong, strict=True) if why)
        there = np.array([image in places for image in self._seen_in], bool) & ~np.array(wrong, bool)
        predicted = np.frombuffer(self._predicted, bool)
        labels = self._labels(np.flatnonzero(there & ~predicted), places, offset)
        guesses = self._guesses((there & predicted)[self._of], places, offset)
        return labels, guesses, [Fault(self._name, row, "bad_row", why) for row, why in faults]

    def _of_other_size(self, places: Mapping[str, Place], data: Path) -> list[str]:
        """Say of each animal that its image has another size than it was labelled with; "" where it has not."""
        seen = zip(self._seen_in, self._sizes, strict=True)
        said = {
            (image, size): other_size(data / places[image].image, size) for image, size in {*seen} if image in places
        }
        return [said.get(key, "") for key in zip(self._seen_in, self._sizes, strict=True)]

    def _labels(self, animals: "np.ndarray", places: Mapping[str, Place], offset: float) -> "pd.DataFrame":
        """Make rows of labels: of each of the `animals` all keypoints of its kind, unlabelled where it has no point."""
        import numpy as np

        from marey.labels.points import Names, labels_of

        names = [*self._keypoints]
        kinds = {unique: np.array([self._keypoints[name] for name in own], int) for unique, own in self._owned.items()}
        unique = np.array([name == UNIQUE for name in self._animals], bool)
        counts = np.where(unique[animals], len(kinds[True]), len(kinds[False]))
        rank = np.zeros((2, len(names)), int)  # of a keypoint among those of its kind
        for kind, codes in kinds.items():
            rank[int(kind), codes] = np.arange(len(codes))
        start = np.full(len(unique), -1)
        start[animals] = np.cumsum(counts) - counts
        of, keypoint = np.asarray(self._of), np.asarray(self._keypoint)
        points = np.flatnonzero(start[of] >= 0)
        row = start[of[points]] + rank[unique[of[points]].astype(int), keypoint[points]]
        position = np.full((2, counts.sum()), np.nan)
        position[:, row] = np.asarray(self._x)[points] + offset, np.asarray(self._y)[points] + offset
        animal = np.repeat(animals, counts)
        each = [kinds[bool(unique[animal])] for animal in animals]
        return labels_of(
            len(animal),
            **self._common(animal, places),
            keypoint=Names(names, np.concatenate(each) if each else np.zeros(0, int)),
            individual=Names(self._animals, animal),
            x=position[0],
            y=position[1],
            visibility=Names(("visible", "unlabelled"), np.isnan(position[0]).astype(int)),
            annotator=Names(self._annotators, animal),
            image=Names([places[image].image if image in places else "" for image in self._seen_in], animal),
            source=self._name,
            row=np.asarray(self._rows)[animal],
            set_at=np.asarray(self._times)[animal].astype("datetime64[ms]"),
        )

    def _guesses(self, chosen: "np.ndarray", places: Mapping[str, Place], offset: float) -> "pd.DataFrame":
        """Make rows of the points that are predictions; `chosen`: bool[point]."""
        import numpy as np

        from marey.labels.points import Names, predictions_of

        points = np.flatnonzero(chosen)
        animal = np.asarray(self._of)[points]
        return predictions_of(
            len(points),
            **self._common(animal, places),
            instance=np.asarray(self._numbers)[animal],
            individual=Names(["" if name in (SINGLE_ANIMAL, UNIQUE) else name for name in self._animals], animal),
            keypoint=Names([*self._keypoints], np.asarray(self._keypoint)[points]),
            x=np.asarray(self._x)[points] + offset,
            y=np.asarray(self._y)[points] + offset,
            confidence=np.asarray(self._scores)[points],
        )

    def _common(self, animal: "np.ndarray", places: Mapping[str, Place]) -> dict:
        import numpy as np

        from marey.labels.points import Names

        found = [places.get(image, Place("", 0, "")) for image in self._seen_in]
        frames = np.array([place.frame for place in found], np.int64)
        return {"video": Names([place.video for place in found], animal), "frame": frames[animal]}
