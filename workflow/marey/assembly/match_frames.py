"""Matching of labelled frames: the animals that an ensemble sees in them, beside the labelled ones."""

from pathlib import Path

import numpy as np

from marey.assembly import instances
from marey.assembly.labelled import read_evidence
from marey.evaluation.matching import LabelledAnimals, PredictedAnimals, matched_rows
from marey.labels import dataset
from marey.networks.metadata import at_scale, own_keypoints, read_metadata
from marey.tables import files
from marey.tables.matched import MATCHED
from marey.tables.scales import frame_scales


def match_frames(
    detections_path: Path,
    dataset_path: Path,
    splits_path: Path,
    metadata_path: Path,
    out: Path,
    affinities_path: Path | None = None,
    graph_path: Path | None = None,
    scales_path: Path | None = None,
    *,
    fold: int,
    config: dict,
    provenance: dict,
) -> None:
    """Write the table `matched` of an ensemble: the animals it sees in labelled frames beside the labels.

    They are put together from the candidates as those of the videos are.

    Args:
        detections_path: table `detections` of the labelled frames.
        dataset_path: table `dataset`.
        splits_path: table `splits`.
        metadata_path: metadata of the networks.
        out: the table that is written.
        affinities_path: table `affinities` of the labelled frames, bottom-up.
        graph_path: table `graph`, bottom-up.
        scales_path: table `scales` of the labelled frames, where the networks are another experiment's.
        fold: fold of the ensemble.
        config: holds the block `assemble`.
        provenance: metadata of the table.
    """
    metadata = read_metadata(metadata_path)
    keypoints, count = own_keypoints(metadata), len(metadata["keypoints"])
    labelled = dataset.load_dataset(dataset_path, keypoints=len(keypoints))
    rows, evidence = read_evidence(detections_path, affinities_path, labelled, metadata)
    graph, scales = instances.read_graph(graph_path), frame_scales(scales_path, labelled.video)
    instance = np.full(len(evidence.frame), instances.NOBODY)
    for scale in dict.fromkeys(scales):
        frames = np.array([each == scale for each in scales])
        instance[frames[evidence.frame]] = instances.assign_instances(
            evidence.of_frames(frames),
            graph and graph.magnified(scale.magnification),
            config=config["assemble"],
            metadata=at_scale(metadata, scale.scale) if scale.scale else metadata,
        )
    values = rows[["x", "y", "confidence", "spread"]].to_numpy(np.float64)
    animals = [
        whole[np.isfinite(whole[:, : len(keypoints)]).any(axis=(1, 2)), : len(keypoints)]
        for whole in instances.values_by_animal(evidence, instance, values, frames=len(labelled), keypoints=count)
    ]
    found = np.concatenate(animals).astype(np.float32)
    owner = np.repeat(np.arange(len(animals)), [len(each) for each in animals])
    there = [(row, number, name) for row, names in enumerate(labelled.individuals) for number, name in enumerate(names)]
    row, number, names = zip(*there, strict=True)
    frames = dataset.frame_parts(splits_path, labelled, fold=fold)
    frames = frames.assign(video=labelled.video, frame=labelled.frame)
    table = matched_rows(
        frames,
        LabelledAnimals(np.array(row), names, labelled.points[row, number], labelled.visibility[row, number]),
        PredictedAnimals(owner, found[..., :2], np.nan_to_num(found[..., 2]), found[..., 3]),
        keypoints,
    )
    files.write(out, table, MATCHED, provenance=provenance)
