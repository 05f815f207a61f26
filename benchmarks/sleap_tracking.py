"""Track poses with sleap-nn's tracker: `several_animals.py --poses --sleap` calls it with the Python that holds that.

Reads from standard input a JSON object: `animals`, and `frames`, for each of which the poses, each a list of [x, y] or
null. Writes the number of the track of each pose, frame by frame, or null, to standard output as JSON.
"""

import json
import sys

import numpy as np
import sleap_io as sio
from sleap_nn.tracking.tracker import run_tracker


def main() -> None:
    """Track what comes in."""
    asked = json.load(sys.stdin)
    count = max(len(pose) for frame in asked["frames"] for pose in frame)
    skeleton = sio.Skeleton([f"k{number}" for number in range(count)])
    video = sio.Video("none.mp4", open_backend=False)
    frames, owned = [], []
    for number, poses in enumerate(asked["frames"]):
        points = [np.array([place or (np.nan, np.nan) for place in pose], float) for pose in poses]
        made = [
            sio.PredictedInstance.from_numpy(
                each, skeleton=skeleton, point_scores=np.ones(count), score=1.0, tracking_score=0.0
            )
            for each in points
        ]
        frames.append(sio.LabeledFrame(video=video, frame_idx=number, instances=made))
        owned.append(points)
    tracked = run_tracker(frames, candidates_method="local_queues", max_tracks=asked["animals"])
    names, result = {}, [[None] * len(points) for points in owned]
    for frame in tracked:
        for instance in frame.instances:
            if instance.track is not None:
                same = [np.array_equal(instance.numpy(), pose, equal_nan=True) for pose in owned[frame.frame_idx]]
                result[frame.frame_idx][same.index(True)] = names.setdefault(instance.track.name, len(names))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
