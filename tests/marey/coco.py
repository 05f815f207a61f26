"""Average precision by COCO's own code."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from marey.evaluation import oks


def by_coco(frames, sigma):
    """Mean average precision and recall of these `oks.FrameAnimals` by pycocotools."""
    keypoints = frames[0].truth.shape[1]
    truth, found = [], []
    for number, frame in enumerate(frames, 1):
        for points, area in zip(frame.truth, oks.animal_area(frame.truth), strict=True):
            seen = np.isfinite(points).all(axis=1)
            flat = np.concatenate([np.nan_to_num(points), 2.0 * seen[:, None]], axis=1).ravel().tolist()
            truth.append({"keypoints": flat, "num_keypoints": int(seen.sum()), "area": area, "image_id": number})
        for points, score in zip(frame.found, frame.score, strict=True):
            flat = np.concatenate([np.nan_to_num(points, nan=1e4), np.ones((keypoints, 1))], axis=1).ravel().tolist()
            found.append({"keypoints": flat, "score": score, "image_id": number, "category_id": 1})
    for number, row in enumerate(truth, 1):
        row.update(id=number, category_id=1, iscrowd=0, bbox=[0, 0, 1, 1])
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": number} for number in range(1, len(frames) + 1)],
            "categories": [{"id": 1, "name": "animal"}],
            "annotations": truth,
        }
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(found), "keypoints")
        run.params.kpt_oks_sigmas = np.full(keypoints, sigma)
        run.params.areaRng, run.params.areaRngLbl = [[0, 1e10]], ["all"]
        run.evaluate()
        run.accumulate()
    precision, recall = run.eval["precision"], run.eval["recall"]
    return precision[precision > -1].mean(), recall[recall > -1].mean()
