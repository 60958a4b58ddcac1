"""COCO's average precision and recall, threshold by threshold and box by box: slow and plain.

A picture is (objects, detections); an object (box, area, category, crowd), a detection (box,
category, score). Written from the rules, to hold the fast one against.
"""

import numpy as np

from julja.scoring.vision.matching import AREAS

LEVELS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)


def overlap(box, other, crowd):
    wide = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    high = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    own = box[2] * box[3]
    return wide * high / (own if crowd else own + other[2] * other[3] - wide * high)


def matched(objects, detections, level, limits):
    """(score, right, ignored) of each detection, best first; and how many objects count."""
    low, high = limits
    skip = [crowd or not low <= area <= high for _, area, _, crowd in objects]
    order = sorted(range(len(objects)), key=lambda place: skip[place])
    best = sorted(detections, key=lambda item: -item[2])[:100]
    taken, verdicts = set(), []
    for box, _, score in best:
        found, reached = None, level
        for place in order:
            shape, _, _, crowd = objects[place]
            if place in taken and not crowd:
                continue
            if found is not None and not skip[found] and skip[place]:
                break
            value = overlap(box, shape, crowd)
            if value >= reached:
                found, reached = place, value
        if found is not None:
            taken.add(found)
            verdicts.append((score, not skip[found], skip[found]))
        else:
            area = box[2] * box[3]
            verdicts.append((score, False, not low <= area <= high))
    return verdicts, skip.count(False)


def curve(pictures, category, level, limits, depth):
    """(average precision, recall) of one category; None without an object."""
    every, count = [], 0
    for objects, detections in pictures:
        mine = [item for item in objects if item[2] == category]
        given = [item for item in detections if item[1] == category]
        verdicts, held = matched(mine, given, level, limits)
        every += verdicts[:depth]
        count += held
    if not count:
        return None
    every = [item for item in sorted(every, key=lambda item: -item[0]) if not item[2]]
    right, recall, precision = 0, [], []
    for seen, (_, hit, _) in enumerate(every, start=1):
        right += hit
        recall.append(right / count)
        precision.append(right / seen)
    total = 0.0
    for wanted in RECALLS:
        place = np.searchsorted(recall, wanted, side="left") if recall else 0
        total += max(precision[place:], default=0.0)
    return total / 101, (recall[-1] if recall else 0.0)


def numbers(pictures):
    """The twelve numbers; NaN where no category has an object."""
    kinds = sorted({item[2] for objects, _ in pictures for item in objects})

    def mean(levels, area, depth, which):
        found = [
            made[which]
            for kind in kinds
            for level in levels
            if (made := curve(pictures, kind, level, AREAS[area], depth)) is not None
        ]
        return float(np.mean(found)) if found else float("nan")

    return {
        "AP": mean(LEVELS, "all", 100, 0),
        "AP50": mean(LEVELS[:1], "all", 100, 0),
        "AP75": mean(LEVELS[5:6], "all", 100, 0),
        "APs": mean(LEVELS, "small", 100, 0),
        "APm": mean(LEVELS, "medium", 100, 0),
        "APl": mean(LEVELS, "large", 100, 0),
        "AR1": mean(LEVELS, "all", 1, 1),
        "AR10": mean(LEVELS, "all", 10, 1),
        "AR100": mean(LEVELS, "all", 100, 1),
        "ARs": mean(LEVELS, "small", 100, 1),
        "ARm": mean(LEVELS, "medium", 100, 1),
        "ARl": mean(LEVELS, "large", 100, 1),
    }
