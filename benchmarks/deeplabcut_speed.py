"""Frames per second of DeepLabCut on a video, from file to predictions in memory, with random weights.

Runs in an environment of its own (`pip install deeplabcut`), where nothing of Marey is; `inference_speed.py
--deeplabcut` calls it. Prints one line of JSON: version, backbone, batch size, frames, seconds.
"""

import argparse
import itertools
import json
import shutil
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import torch
from deeplabcut.pose_estimation_pytorch.apis.utils import get_pose_inference_runner
from deeplabcut.pose_estimation_pytorch.apis.videos import VideoIterator
from deeplabcut.pose_estimation_pytorch.config import PoseConfig
from deeplabcut.pose_estimation_pytorch.models import PoseModel
from deeplabcut.utils.auxiliaryfunctions import read_config


def main() -> None:
    """Analyse the first frames of a video with the project's default settings; the first batch is not timed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path, help="config.yaml of a DeepLabCut project")
    parser.add_argument("video", type=Path)
    parser.add_argument("--net", default="resnet_50")
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "pytorch_config.yaml"), Path(folder, "snapshot.pt")
        copy = shutil.copyfile(arguments.project, Path(folder, "config.yaml"))  # reading it rewrites the file
        project = read_config(str(copy))
        config = PoseConfig.build(project, paths[0], top_down=False, net_type=arguments.net).to_dict()
        config["model"]["backbone"]["pretrained"] = False
        torch.save({"model": PoseModel.build(config["model"]).state_dict()}, paths[1])
        runner = get_pose_inference_runner(config, paths[1], batch_size=arguments.batch_size, device="cpu")
    runner.inference(list(itertools.islice(VideoIterator(str(arguments.video)), arguments.batch_size)))
    began = time.perf_counter()
    found = runner.inference(itertools.islice(VideoIterator(str(arguments.video)), arguments.frames))
    seconds = time.perf_counter() - began
    metadata = {"version": version("deeplabcut"), "net": arguments.net, "batch_size": arguments.batch_size}
    print(json.dumps({**metadata, "frames": len(found), "seconds": seconds}))


if __name__ == "__main__":
    main()
