"""Small data where benchmarks look for that of MAREY_DATA, as the tools wrote it that it comes from."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from marey.synth.film import write_video
from marey.synth.render import Renderer
from marey.synth.scene import Scene
from marey.synth.truth import truth_labels

from ..marey import slp
from ..marey.multiview import made_boards

OPENFIELD = "01_openfield_dlc_single/openfield-Pranav-2018-10-30"
REFERENCE = "01_openfield_dlc_single/dlc_predictions_on_m3v1/m3v1mp4DLC.h5"
MIRROR = "08_mirror_mouse_lp_2view/mirror-mouse-example"
FLIES = "03_flies13_clip_sleap_multi", "06_flies13_dreem_multi"
PAIR = "04_flies24_centered_pair_sleap_multi"
MICE = "05_mice15_homecage_sleap_multi"
BIRDS = "07_birds_montblanc_madlc_multi/MontBlanc-Daniel-2019-12-16"
TRIMOUSE = "13_madlc_trimouse_outputs/trimouse_eval.pickle"
STEREO = "11_stereo_chessboard/stereo_example.zip"
KEYPOINTS = {"snout": "snout", "leftear": "left_ear", "rightear": "right_ear", "tailbase": "tail_base"}
FLY = ("head", "thorax", "abdomen", "wingL", "wingR", "forelegL4", "forelegR4")
FLY += ("midlegL4", "midlegR4", "hindlegL4", "hindlegR4", "eyeL", "eyeR")
LABELLED = range(0, 36, 3)  # frames
FILM = 100  # frames
PAIRS = 6  # of images of a board


def write(data: Path) -> Path:
    """Write all of it; returns the folder."""
    renderer = Renderer(Scene(size=(96, 64), frames=FILM, seed=0))
    images = list(renderer.frames())
    truth = truth_labels(renderer, LABELLED, video="v")
    points = truth.pivot(index="frame", columns="keypoint", values=["x", "y"])
    places = np.stack([points[axis][list(KEYPOINTS.values())].to_numpy(float) for axis in "xy"], axis=-1)
    _deeplabcut(data / OPENFIELD, [images[frame] for frame in LABELLED], places)
    _lightning_pose(data / MIRROR, [images[frame] for frame in LABELLED], places)
    _predicted(data / REFERENCE, truth_labels(renderer, range(FILM), video="v"))
    (data / OPENFIELD / "videos").mkdir()
    write_video(data / OPENFIELD / "videos" / "m3v1mp4.mp4", images, fps=30, gop=10)
    _sleap(data, images[:10])
    _birds(data / BIRDS)
    _pickle(data / TRIMOUSE)
    _stereo(data / STEREO)
    return data


def _stereo(path: Path) -> None:
    """Pairs of images of a chessboard, seen by two cameras."""
    board, rig = made_boards.STEREO_BOARD, made_boards.made_rig(made_boards.ring(2), made_boards.STEREO_BOARD, PAIRS)
    path.parent.mkdir(parents=True)
    drawing = made_boards.draw(board)
    with zipfile.ZipFile(path, "w") as archive:
        for name, camera in zip(("left", "right"), rig.cameras, strict=True):
            for number, pose in enumerate(zip(rig.rotations, rig.translations, strict=True)):
                image = io.BytesIO()
                Image.fromarray(made_boards.render(camera, drawing, board, *pose)).save(image, "JPEG", quality=95)
                archive.writestr(f"{name}{number:02}.jpg", image.getvalue())


def _table(header: list[tuple], index: list[str], points: np.ndarray) -> pd.DataFrame:
    """The wide table of both tools, f64[row, keypoint, 2]; both call the first pixel's centre 0."""
    return pd.DataFrame(points.reshape(len(index), -1) - 0.5, index=index, columns=pd.MultiIndex.from_tuples(header))


def _labelled(folder: Path, image: str, images: list[np.ndarray], points: np.ndarray, scorer: str, table: str) -> None:
    """Write images, named by number, and a DeepLabCut table of one animal in them."""
    names = [image.format(number) for number in range(len(images))]
    (folder / image).parent.mkdir(parents=True)
    for name, each in zip(names, images, strict=True):
        Image.fromarray(each).save(folder / name)
    header = [(scorer, keypoint, axis) for keypoint in KEYPOINTS for axis in "xy"]
    rows = _table(header, names, points).rename_axis(columns=["scorer", "bodyparts", "coords"])
    rows.to_csv(folder / table)


def _deeplabcut(folder: Path, images: list[np.ndarray], points: np.ndarray) -> None:
    """Write a project of one animal."""
    place = "labeled-data/m4s1"
    _labelled(folder, f"{place}/img{{:04}}.png", images, points, "Pranav", f"{place}/CollectedData_Pranav.csv")
    bodyparts = "".join(f"- {name}\n" for name in KEYPOINTS)
    text = f"Task: openfield\nscorer: Pranav\ndate: Oct30\nmultianimalproject:\nidentity:\nbodyparts:\n{bodyparts}"
    (folder / "config.yaml").write_text(f"{text}video_sets:\n  videos/m4s1.mp4:\n    crop: 0, 96, 0, 64\n")


def _predicted(path: Path, truth: pd.DataFrame) -> None:
    """Write DeepLabCut's predictions of the film, which are the truth."""
    points = truth.pivot(index="frame", columns="keypoint", values=["x", "y"])
    columns = {
        ("DLC", keypoint, axis): points[axis, name] - 0.5 for keypoint, name in KEYPOINTS.items() for axis in "xy"
    }
    path.parent.mkdir()
    pd.DataFrame(columns).to_hdf(path, key="df_with_missing")


def _lightning_pose(folder: Path, images: list[np.ndarray], points: np.ndarray) -> None:
    """Write one table beside its images."""
    _labelled(folder, "labeled-data/img{:02}.png", images, points, "rick", "CollectedData.csv")


def _walks(nodes: int, animals: int, frames: range, *, predicted: bool = False) -> list[tuple]:
    """Animals beside each other that walk to the right, as `slp.write` takes them."""
    body = np.stack([np.arange(nodes) * 3.0, np.arange(nodes) % 3 * 4.0], axis=1)
    return [
        (
            0,
            frame,
            [
                ([(x + 10 + frame % 50, y + 30 + 60 * animal) for x, y in body], options)
                for animal in range(animals)
                for options in [{"track": animal, "predicted": predicted}]
            ],
        )
        for frame in frames
    ]


def _sleap(data: Path, images: list[np.ndarray]) -> None:
    """Write labels and predictions of flies and mice, and a short film beside each."""

    def file(path: str, frames: list[tuple], nodes: tuple[str, ...], animals: int) -> None:
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        options = {"nodes": nodes, "skeletons": [slp.skeleton(list(range(len(nodes))))]}
        tracks = [f"track_{number}" for number in range(animals)]
        slp.write(data / path, frames, tracks=tracks, videos=[slp.movie("film.mp4")], **options)

    file(f"{FLIES[0]}/clip.slp", _walks(13, 2, [0, 1, 4, 8, *range(1300, 1310)]), FLY, 2)
    for name, count in (("two_flies", 2), ("three_flies", 3)):
        file(f"{FLIES[1]}/{name}.slp", _walks(13, count, range(10)), FLY, count)
    file(f"{FLIES[1]}/two_flies_noisy_detections.slp", _walks(13, 2, range(10)), FLY, 2)
    nodes = ("nose", "earL", "earR", "tail_base", *(f"node{number}" for number in range(4, 15)))
    file(f"{MICE}/labels.15node.slp", _walks(15, 2, range(10)), nodes, 2)
    file(f"{MICE}/mice.tracked.slp", _walks(15, 2, range(70), predicted=True), nodes, 2)
    clean = _walks(24, 2, range(40), predicted=True)
    limb = ([(5.0, 5.0)] * 2 + [(np.nan, np.nan)] * 22, {"track": 1, "predicted": True})
    raw = [(video, frame, [*found, limb] if frame == 7 else found) for video, frame, found in clean]
    file(f"{PAIR}/centered_pair_predictions.slp", raw, tuple(map(str, range(24))), 2)
    file(f"{PAIR}/centered_pair_predictions.clean.slp", clean, tuple(map(str, range(24))), 2)
    films = [f"{FLIES[0]}/clip", f"{FLIES[1]}/two_flies", f"{FLIES[1]}/three_flies", f"{MICE}/mice"]
    shown = [np.pad(image, ((0, 48), (0, 0), (0, 0))) for image in images]  # as high as animals walk
    for path in films:
        write_video(data / f"{path}.mp4", shown, fps=30)


def _birds(folder: Path) -> None:
    """Write a project of several animals; each image shows one of two."""
    parts, names = ("head", "tail"), [f"labeled-data/cropped/img{number:04}c0.png" for number in range(20)]
    header = [("Daniel", bird, part, axis) for bird in ("bird1", "bird2") for part in parts for axis in "xy"]
    (folder / "labeled-data/cropped").mkdir(parents=True)
    points = np.full((len(names), 2, len(parts), 2), np.nan)
    for number, name in enumerate(names):
        Image.new("RGB", (96, 64)).save(folder / name)
        points[number, number % 2] = [[20, 20], [30 + number, 40]]
    table = _table(header, names, points).rename_axis(columns=["scorer", "individuals", "bodyparts", "coords"])
    table.to_csv(folder / "labeled-data/cropped/CollectedData_Daniel.csv")
    text = "Task: MontBlanc\nscorer: Daniel\ndate: Dec16\nmultianimalproject: true\nbodyparts: MULTI!\n"
    text += "individuals:\n- bird1\n- bird2\nuniquebodyparts: []\nmultianimalbodyparts:\n- head\n- tail\n"
    (folder / "config.yaml").write_text(f"{text}video_sets:\n  videos/cropped.mov:\n    crop: 0, 96, 0, 64\n")


def _pickle(path: Path) -> None:
    """Write the outputs of a network of three keypoints for images of three mice, all of which are found."""
    graph, chance, mice, parts = [[0, 1], [0, 2], [1, 2]], np.random.default_rng(0), 3, 3
    names = ["snout", "shoulder", "tailbase"]
    metadata = {"nms radius": 5.0, "minimal confidence": 0.01, "PAFgraph": graph, "all_joints_names": names}
    content = {"metadata": {**metadata, "all_joints": [[part] for part in range(parts)], "stride": 4}}
    for image in range(8):
        true = chance.uniform(20, 300, (mice, 1, 2)) + np.array([(0, 0), (15, 0), (15, 15)])  # [mouse, keypoint, 2]
        found = true + chance.normal(0, 1, true.shape)
        costs = {
            edge: {
                "m1": (0.9 * np.eye(mice) + chance.uniform(0, 0.05, (mice, mice))).astype(np.float16),
                "distance": np.linalg.norm(found[:, None, a] - found[None, :, b], axis=-1).astype(np.float16),
            }
            for edge, (a, b) in enumerate(graph)
        }
        prediction = {
            "coordinates": ([found[:, part].astype(np.float16) for part in range(parts)],),
            "confidence": [np.full((mice, 1), 0.9, np.float16)] * parts,
            "costs": costs,
        }
        labels = [place[None].astype(np.float16) for place in true.reshape(-1, 2)]
        content[f"labeled-data/v/img{image:02}.png"] = {
            "index": image,
            "groundtruth": [[[part] for part in range(parts)], labels, true.ravel()],
            "prediction": prediction,
        }
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(content, protocol=4))
