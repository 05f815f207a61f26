"""`matched`: one row per keypoint of an animal of a labelled frame: what an ensemble sees of it, beside the label.

The rows of a labelled animal hold what was matched to it. Animals that match none are named spurious1, spurious2, ...
in each frame; nothing of them is labelled (visibility absent). The columns are those of `predictions`.
"""

from marey.tables.columns import table
from marey.tables.predictions import PREDICTIONS

MATCHED = table("matched", list(PREDICTIONS), sort=["video", "frame", "individual"])
