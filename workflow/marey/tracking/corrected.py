"""A person's corrections, applied to the names that tracking gave to poses."""

from dataclasses import dataclass

import numpy as np

from marey.tracking.tracker import Tracks

MIN_DOUBT = 0.01  # probability of an exchange from which a person should look at it


class CorrectionError(ValueError):
    """Say which correction cannot be carried out, and what there is."""


@dataclass(frozen=True)
class Moments:
    """Moments in which two animals may have been exchanged, one entry each.

    `first` and `second` i64[m]: the instances with which the two tracks go on; `since` i64[m]: the first frame in which
    one of them was unsure; `frame` and `until` i64[m]: the frames of the earlier and of the later of the two instances;
    `probability` f64[m] of an exchange, 0..1.
    """

    first: np.ndarray
    second: np.ndarray
    since: np.ndarray
    frame: np.ndarray
    until: np.ndarray
    probability: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, chosen: np.ndarray) -> "Moments":
        """Return some of the moments; `chosen` indexes or masks them."""
        return Moments(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def doubtful_moments(tracks: Tracks) -> Moments:
    """Find the doubtful moments of tracks, in order of time; an exchange is one of them, not two."""
    frame = tracks.frame
    one = np.flatnonzero(tracks.doubt >= MIN_DOUBT)
    one = one[tracks.partner[one] >= 0]
    other = tracks.partner[one]
    low, high = np.minimum(one, other), np.maximum(one, other)  # instances are in order of frames
    order = np.lexsort((-tracks.doubt[one], high, low))
    pairs = np.stack([low, high], axis=1)[order]
    kept = order[np.append(True, (np.diff(pairs, axis=0) != 0).any(axis=1))[: len(order)]]
    low, high = low[kept], high[kept]
    return Moments(low, high, tracks.since[one][kept], frame[low], frame[high], tracks.doubt[one][kept])


class NamedPoses:
    """The individual that each pose is of, as corrections change it.

    `frame` i64[n], in order; `individual` i64[n] indexes the list `names`, -1 = no individual. `reserved`: names that
    no individual may take.
    """

    def __init__(self, frame: np.ndarray, individual: np.ndarray, names: list[str], reserved: tuple[str, ...] = ()):
        self.frame, self.individual, self.names = frame, individual.copy(), list(names)
        self.reserved = reserved

    def correct(self, rows: list[dict], doubtful: Moments) -> np.ndarray:
        """Carry out corrections, one after the other, and return which moments they settle, bool[m].

        Each row has frame, action, first, second and until (None: to the end), as `experiment.corrections` gives them.
        A swap or a merge of the two animals of a moment, or a split of one of them, within the frames that the moment
        is about, settles it. Raises CorrectionError where a correction cannot be carried out.
        """
        settled = np.zeros(len(doubtful), bool)
        for number, row in enumerate(rows, start=1):
            where = f"correction {number} ({_said(row)})"
            first = self._known(row["first"], where)
            second = self._known(row["second"], where) if row["action"] in ("swap", "merge") else None
            settled |= self._settles(row["frame"], first, second, doubtful) & (row["action"] != "delete")
            low = np.searchsorted(self.frame, row["frame"])
            high = len(self.frame) if row["until"] is None else np.searchsorted(self.frame, row["until"])
            part = self.individual[low:high]  # a view: what is assigned below is assigned to all
            of_first = part == first
            self._touches(row, of_first, None if second is None else part == second, where)
            if row["action"] == "delete":
                part[of_first] = -1
            elif row["action"] == "split":
                part[of_first] = self._new(row["second"], where)
            else:
                of_second = part == second
                if row["action"] == "swap":
                    part[of_first] = second
                else:
                    both = np.intersect1d(self.frame[low:high][of_first], self.frame[low:high][of_second])
                    if len(both):
                        raise CorrectionError(
                            f"{where}: both have a pose in frame {both[0]} ({len(both)} such frames). Merge frames in "
                            f"which '{row['second']}' is seen alone, or delete the wrong poses of one before."
                        )
                part[of_second] = first
        return settled

    def _touches(self, row: dict, of_first: np.ndarray, of_second: np.ndarray | None, where: str) -> None:
        """Raise CorrectionError where a correction changes no pose: its frames or its names are mistaken."""
        changed = {"swap": of_first if of_second is None else of_first | of_second, "merge": of_second}
        if not changed.get(row["action"], of_first).any():
            name = row["second"] if row["action"] == "merge" else row["first"]
            there = self.frame[self.individual == self.names.index(name)]
            raise CorrectionError(
                f"{where}: changes nothing: '{name}' has no pose in these frames; it is seen in frames {there[0]} to "
                f"{there[-1]}. Fix the frames in the table of corrections, or take the row out."
            )

    def existing(self) -> np.ndarray:
        """Return which names have a pose, bool[names]."""
        return np.bincount(self.individual[self.individual >= 0], minlength=len(self.names)) > 0

    def _known(self, name: str, where: str) -> int:
        code = self.names.index(name) if name in self.names else -1
        if code < 0 or not (self.individual == code).any():
            there = [self.names[code] for code in np.flatnonzero(self.existing())]
            raise CorrectionError(
                f"{where}: there is no individual '{name}' at this point; there are: {', '.join(there) or 'none'}. "
                "Fix the name in the table of corrections, or take the row out."
            )
        return code

    def _new(self, name: str, where: str) -> int:
        if name in self.reserved or (name in self.names and (self.individual == self.names.index(name)).any()):
            raise CorrectionError(f"{where}: there is '{name}' already; a split needs a new name as `second`.")
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def _settles(self, frame: int, first: int, second: int | None, doubtful: Moments) -> np.ndarray:
        pair = np.stack([self.individual[doubtful.first], self.individual[doubtful.second]])
        about = (pair == first).any(axis=0)
        if second is not None:
            about &= (pair == second).any(axis=0)
        return about & (doubtful.since <= frame) & (frame <= doubtful.until)


def _said(row: dict) -> str:
    until = "" if row["until"] is None else f" until {row['until']}"
    return f"{row['action']} {row['first']} {row['second'] or ''}".rstrip() + f", from frame {row['frame']}{until}"
