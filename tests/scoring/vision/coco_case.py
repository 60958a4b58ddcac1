"""Samples and responses of made pictures, for the tests of COCO's metrics."""

import json

import numpy as np

from julja.types import Sample

CATEGORIES = {"cat": 3, "kite": 8, "tree": 9}


def sample(objects, name="1", size=(400, 500), masks=None):
    """A picture with objects (box, area, category, crowd)."""
    fields = {
        "height": size[0],
        "width": size[1],
        "category_ids": list(CATEGORIES.values()),
        "bbox": [list(box) for box, _, _, _ in objects],
        "area": [area for _, area, _, _ in objects],
        "category_id": [kind for _, _, kind, _ in objects],
        "iscrowd": [int(crowd) for _, _, _, crowd in objects],
    }
    if masks is not None:
        fields["segmentation"] = masks
    return Sample(name, name, choices=tuple(CATEGORIES), fields=fields)


def response(detections):
    """Detections (box, category, score) as a response's text."""
    boxes = [{"box": list(b), "category_id": kind, "score": s} for b, kind, s in detections]
    return json.dumps({"boxes": boxes})


def drawn(seed, pictures=8):
    """Pictures with crowds, equal scores, boxes of all sizes, near and far from their objects."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(pictures):
        objects, detections = [], []
        for _ in range(rng.integers(0, 7)):
            side = rng.choice([12, 32, 60, 96, 200])
            box = [float(v) for v in (*rng.integers(0, 200, 2), side, rng.integers(8, 150))]
            kind = int(rng.choice([3, 8]))
            crowd = bool(rng.random() < 0.15)
            area = box[2] * box[3] * rng.choice([0.5, 1.0])
            objects.append((box, float(area), kind, crowd))
            for _ in range(rng.integers(0, 4)):
                moved = [v + float(rng.integers(-6, 7)) for v in box[:2]] + box[2:]
                near = kind if rng.random() < 0.8 else int(rng.choice([3, 8, 9]))
                detections.append((moved, near, float(rng.integers(1, 9)) / 8))
        for _ in range(rng.integers(0, 5)):
            box = [float(v) for v in rng.integers(1, 180, 4)]
            detections.append((box, int(rng.choice([3, 8, 9])), float(rng.random())))
        made.append((objects, detections))
    return made
