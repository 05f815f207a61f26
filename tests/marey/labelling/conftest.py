import numpy as np
import pytest

from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE

from ..coded_video import make, probe
from .looks import SHAPE, look_bytes


@pytest.fixture(scope="package")
def film(tmp_path_factory):
    """A video of 90 frames that say their number."""
    return make(tmp_path_factory.mktemp("film") / "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20")


@pytest.fixture
def table(film, tmp_path):
    """Returns a function that gives the video thumbnails, u8[90, *SHAPE] (None: none), and looks of this light."""

    def made(looks, *, video="v", faults=(), groups=1, status="ok", shape=SHAPE, wanted=(0, None)):
        row, frames = probe(film)
        row = row.to_dict() | {"video": video, "status": status}
        row |= {"thumbnail_height": shape[0], "thumbnail_width": shape[1], "container_frames": 90}
        frames["video"] = video
        frames["thumbnail"] = [None if look is None else look.astype(np.uint8).tobytes() for look in looks]
        frames["look"] = look_bytes(looks)
        frames.loc[list(faults), "fault"] = True
        item = {"video": video, "path": film, "probe": tmp_path / f"{video}.p", "frames": tmp_path / f"{video}.f"}
        item["range"] = wanted
        files.write(item["probe"], {name: [value] for name, value in row.items()}, PROBE)
        with files.writer(item["frames"], FRAMES) as write:
            for part in np.array_split(np.arange(90), groups):
                write(frames.iloc[part])
        return item

    return made
