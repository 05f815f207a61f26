import json
import re

import pytest

from marey.labelling.gallery import sample_rows
from marey.labelling.labeling_kit import labeling_kit
from marey.labels import ingest_labels
from marey.labels.reading import LabelError
from marey.tables import files
from marey.tables.samples import SAMPLES

from .. import coded_video

TIME = "2026-11-28T10:00:00.000Z"
FRAMES = 3, 7
CONFIG = {"project": "p", "seed": 0, "keypoints": ["nose"], "skeleton": [], "symmetry": None}
ANIMALS = {"identities": [], "number": None, "unique": []}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A video, and the export of a kit of two of its frames, with a label in each."""
    folder = tmp_path_factory.mktemp("labelled")
    video, table = filmed(folder)
    item = {"video": "v", "path": video, "frames": table}
    rows = list(sample_rows(item, [(frame, 0) for frame in FRAMES], "random"))
    files.write(folder / "samples.parquet", dict(zip(SAMPLES.names, zip(*rows, strict=True), strict=True)), SAMPLES)
    config = {**CONFIG, "animals": ANIMALS, "labelling": {"people": [], "overlap": 0}}
    labeling_kit(folder / "samples.parquet", [], [folder / "kit.html"], config=config)
    about = json.loads(re.search(r'id="kit">(.*?)</script>', (folder / "kit.html").read_text())[1])
    said = {"individual": "m", "keypoint": "nose", "x": 5.0, "y": 6.0, "visibility": "visible"}
    points = [{"video": "v", "frame": frame, **said, "origin": "placed", "time": TIME} for frame in FRAMES]
    state = {"done": True, "skipped": False, "without": []}
    return video, {
        **{"format": "marey-kit-export", "version": 1, "kit": about["kit"], "project": "p", "keypoints": ["nose"]},
        **{"individuals": ["m"], "annotator": "Ann", "started": TIME, "edited": TIME, "exported": TIME},
        **{"frames": [frame | state for frame in about["frames"]], "points": points, "deleted": []},
    }


def filmed(folder, *options, **shape):
    """Make the video `v` and its table `frames`."""
    folder.mkdir(exist_ok=True)
    video = coded_video.make(folder / "v.avi", *(options or ("-c:v", "ffv1")), **{"frames": 12} | shape)
    row, _ = coded_video.probe(video)
    return (video, folder / "out" / "frames.parquet") if row["status"] else None


def ingest(folder, exported, film, on_error="stop", size=(80, 48, 12), **more):
    (folder / "ann.kit.json").write_text(json.dumps({**exported, **more}))
    options = {"keypoints": ("nose",), "videos": {"v": size}, "films": {"v": film}, "on_error": on_error}
    return ingest_labels.ingest(["ann.kit.json"], data=folder, **options)[:2]


def test_frames_that_are_what_was_labelled_keep_their_labels(labelled, tmp_path):
    video, exported = labelled
    film = video, video.parent / "out" / "frames.parquet"
    points, faults = ingest(tmp_path, exported, film)
    assert points["frame"].tolist() == [*FRAMES]
    assert faults.empty
    others = [{**frame, "fingerprint": "A" * 1024} for frame in exported["frames"]]  # the digest alone tells
    assert len(ingest(tmp_path, exported, film, frames=others)[0]) == 2


def test_a_video_that_was_coded_anew_keeps_its_labels(labelled, tmp_path):
    film = filmed(tmp_path, "-c:v", "libx264", "-crf", "24", "-pix_fmt", "yuv420p")
    assert len(ingest(tmp_path, labelled[1], film)[0]) == 2
    silent = [{name: frame[name] for name in frame if name != "fingerprint"} for frame in labelled[1]["frames"]]
    with pytest.raises(LabelError, match=r"2 of its frames of 'v' \(3, 7\) no longer show"):
        ingest(tmp_path, labelled[1], film, frames=silent)


def test_labels_of_another_video_are_refused_by_kit_and_frames(labelled, tmp_path):
    exported = labelled[1]
    frames = [exported["frames"][0], {**exported["frames"][1], "sha256": "0" * 64, "fingerprint": "A" * 1024}]
    film = labelled[0], labelled[0].parent / "out" / "frames.parquet"
    said = rf"ann.kit.json: other_image: kit {exported['kit']}, labelled by Ann: 1 of its frames of 'v' \(7\) no longer"
    with pytest.raises(LabelError, match=said):
        ingest(tmp_path, exported, film, frames=frames)
    before = (tmp_path / "ann.kit.json").read_bytes()
    points, faults = ingest(tmp_path, exported, film, on_error="drop", frames=frames)
    assert points["frame"].tolist() == [3]
    assert faults[["source", "row", "reason"]].values.tolist() == [["ann.kit.json", 0, "other_image"]]
    assert (tmp_path / "ann.kit.json").read_bytes() == before


def test_a_video_that_was_cut_or_scaled_shows_other_images(labelled, tmp_path):
    options = ("-vf", "trim=start_frame=2,setpts=PTS-STARTPTS", "-c:v", "ffv1")
    points, faults = ingest(tmp_path, labelled[1], filmed(tmp_path, *options), on_error="drop", size=(80, 48, 10))
    assert points.empty
    assert "(3, 7)" in faults["detail"][0]
    wide = filmed(tmp_path, size=(160, 96))
    assert ingest(tmp_path, labelled[1], wide, on_error="drop", size=(160, 96, 12))[0].empty


def test_what_was_labelled_again_since_is_no_fault(labelled, tmp_path):
    video, exported = labelled
    film = video, video.parent / "out" / "frames.parquet"
    stale = [{**frame, "sha256": "0" * 64, "fingerprint": "A" * 1024} for frame in exported["frames"]]
    (tmp_path / "old.kit.json").write_text(json.dumps({**exported, "frames": stale, "kit": "f" * 16}))
    later = [{**point, "time": "2026-11-29T10:00:00.000Z", "x": 7.0} for point in exported["points"]]
    (tmp_path / "new.kit.json").write_text(json.dumps({**exported, "points": later}))
    options = {"keypoints": ("nose",), "videos": {"v": (80, 48, 12)}, "films": {"v": film}, "on_error": "stop"}
    points = ingest_labels.ingest(["."], data=tmp_path, **options)[0]
    assert points["x"].tolist() == [7.0, 7.0]
