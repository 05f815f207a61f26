"""What a network sees in training: augmented examples, to be looked at."""

from pathlib import Path

import jax
import numpy as np

from marey.labels import dataset
from marey.training import tasks
from marey.training.augment import augment


def augmented_examples(
    dataset_path: Path, splits_path: Path, *, count: int, config: dict
) -> tuple[np.ndarray, np.ndarray]:
    """Draw augmented examples as pose networks learn from them.

    Args:
        dataset_path: the `dataset` table.
        splits_path: the `splits` table, of which fold 0 is used.
        count: number of examples.
        config: the experiment.

    Returns:
        Images f32[count, crop, crop, 3] in 0..1 and points f32[count, N, K, 2], (x, y) px of them.
    """
    labelled = dataset.load_dataset(dataset_path, keypoints=len(config["keypoints"]))
    train = dataset.frame_parts(splits_path, labelled, fold=0)["part"].to_numpy() == "train"
    task = tasks.find_keypoints(labelled, train, config)
    examples = task.examples()
    batch = examples.batch(next(examples.orders(task.rows(train), count, seed=0)))
    images, points = augment.augment(
        jax.random.key(0),
        batch["images"],
        batch["points"],
        batch["sizes"],
        crop=task.config["train"]["crop"],
        config=task.config["augment"],
        mirrored=task.skeleton.mirrored,
        centres=batch.get("centres"),
    )
    return np.asarray(images), np.asarray(points)
