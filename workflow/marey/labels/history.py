"""Labels that were set more than once: by one person again, or by several people.

Nothing that a person made is rewritten: all stays in the files of the sources. Of what one person set several times the
newest holds, also where it takes a label away. Of what several people set, that of the source that is named first
holds, and within a source that of the first name; what they do not agree on is the table `disagreements`.
"""

import numpy as np
import pandas as pd

from marey.tables.disagreements import DISAGREEMENTS

POINT_KEY = ["video", "frame", "individual", "keypoint"]
ENTRY = "entry"  # column: number of the source in the config


def newest(points: pd.DataFrame) -> pd.DataFrame:
    """Keep of each point of one person the newest row, where the times tell.

    `points` has the columns of the table `labels` and ENTRY. A person is who has a name, in whichever source, or the
    unnamed of a source. A row with a time is newer than one without. Where the times do not tell, all of the newest
    stay: what is set twice then is a fault.
    """
    person = points["annotator"].where(points["annotator"] != "", points[ENTRY].astype(str).radd("\0"))
    key = [person.rename("person"), *(points[name] for name in POINT_KEY)]
    if not points.duplicated(["annotator", *POINT_KEY], keep=False).any():
        return points
    time = points["set_at"].fillna(pd.Timestamp(0, tz="UTC"))
    return points[time == time.groupby(key, sort=False).transform("max")]


def disagreements(points: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the points that several people set.

    Args:
        points: columns of the table `labels` and ENTRY; no person twice for a point, as `newest` leaves them.

    Returns:
        (points, disagreements): those that hold, one person a point, and the table `disagreements`: each person's label
        beside that which holds. A label that says `unlabelled` sets nothing, and loses to any other.
    """
    blank = points["visibility"].eq("unlabelled")
    order = points.assign(blank=blank).sort_values([*POINT_KEY, "blank", ENTRY, "annotator"], kind="stable")
    named = order[(order["annotator"] != "") & ~order["blank"]]
    first = named.drop_duplicates(POINT_KEY)
    others = named.drop(index=first.index)
    others = others[~others.duplicated([*POINT_KEY, "annotator"])]
    both = others.merge(first, on=POINT_KEY, suffixes=("_other", ""))
    both = both[both["annotator_other"] != both["annotator"]]
    distance = np.hypot(both["x"] - both["x_other"], both["y"] - both["y_other"])
    table = both.assign(distance=distance.astype(np.float32))[DISAGREEMENTS.names]
    if both.empty:
        return points, table
    lost = set(both[[*POINT_KEY, "annotator_other"]].itertuples(index=False, name=None))
    loses = [row in lost for row in points[[*POINT_KEY, "annotator"]].itertuples(index=False, name=None)]
    return points[~np.array(loses, bool)], table.reset_index(drop=True)
