import numpy as np
import pandas as pd

from marey.assembly.labelled import index_frames


def test_tables_of_labelled_frames_are_numbered():
    class Labelled:
        video, frame = ["b", "a"], np.array([4, 9])

    table = pd.DataFrame({"video": ["a", "a", "b"], "frame": [9, 9, 4], "x": [1, 2, 3]})
    numbered = index_frames(table, Labelled)
    assert numbered["frame"].tolist() == [0, 1, 1]
    assert numbered["x"].tolist() == [3, 1, 2]
