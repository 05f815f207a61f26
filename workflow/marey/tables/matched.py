"""`matched`: one row per keypoint of an animal of a labelled frame: what an ensemble sees of it, beside the label.

The rows of a labelled animal hold what was matched to it. Animals that match none are named spurious1, spurious2, ...
in each frame; nothing of them is labelled (visibility absent). The columns are those of `predictions`.
"""

from marey.tables import predictions
from marey.tables.columns import table

SCHEMA = table("matched", list(predictions.SCHEMA), sort=["video", "frame", "individual"])
