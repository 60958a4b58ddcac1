"""Precision at each recall, the score of the best F1, and who took which object."""

import numpy as np
import pytest
from tests.scoring.vision.coco_case import drawn, response, sample

from julja.scoring.vision.boxes import read_detections
from julja.scoring.vision.coco import match_boxes, overlaps, truth_of
from julja.scoring.vision.matching import LEVELS, objects_taken
from julja.scoring.vision.operating import best_point, counts
from julja.scoring.vision.precision import Curves

CAT = ([10.0, 10.0, 50.0, 40.0], 2000.0, 3, False)
KITE = ([100.0, 10.0, 50.0, 40.0], 2000.0, 8, False)
NAMES = ("right", "false", "missed")


def found_in(objects, detections):
    item = sample(objects)
    names = dict(zip(item.choices, item.fields["category_ids"], strict=True))
    return item, read_detections(response(detections), names, (400, 500))


def matched(objects, detections):
    item, found = found_in(objects, detections)
    return match_boxes(found, item)


@pytest.mark.parametrize("seed", range(6))
def test_the_mean_of_the_precision_at_the_recalls_is_the_average_precision(seed):
    items = [matched(*picture) for picture in drawn(seed)]
    curves, weights = Curves(items), np.ones(len(items))
    precision, _ = curves(weights)
    made = curves.at_recalls(weights)
    assert made.shape == (len(curves.kinds), LEVELS, 101)
    np.testing.assert_allclose(made.mean(axis=2), precision[0], atol=1e-12)
    known = made[~np.isnan(made).any(axis=(1, 2))]
    assert (np.diff(known, axis=2) <= 1e-12).all(), "precision never rises with recall"


def test_a_curve_ends_where_no_more_is_found():
    curve = Curves([matched([CAT, (KITE[0], 1.0, 3, False)], [(CAT[0], 3, 0.9)])])
    (row,) = curve.at_recalls(np.ones(1))[:, 0]
    assert row[:51].tolist() == [1.0] * 51 and row[51:].tolist() == [0.0] * 50


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("level", [0, 5])
def test_who_took_an_object_is_who_is_right(seed, level):
    for picture in drawn(seed):
        item, found = found_in(*picture)
        made, truth = overlaps(found, item, masks=False), truth_of(item)
        taken = objects_taken(found.categories[made.order], made.iou, truth, level)
        bits = match_boxes(found, item).bits[:, 0]
        counted = (taken >= 0) & ~truth.crowds[taken] if len(truth.crowds) else taken >= 0
        assert counted.tolist() == (bits >> level & 1).astype(bool).tolist()
        crowd = (taken >= 0) & ~counted
        assert crowd.tolist() == (bits >> LEVELS + level & 1).astype(bool).tolist()


def test_the_best_point_is_the_highest_of_all_thresholds():
    items = [matched(*picture) for picture in drawn(3)]
    point = best_point(items)
    scores = {float(score) for item in items for score in item.scores}
    by_score = {}
    for score in scores:
        made = [counts(item, score) for item in items]
        right, false, missed = (sum(getattr(c, n) for c in made) for n in NAMES)
        by_score[score] = 2 * right / (2 * right + false + missed)
    assert point.f1 == pytest.approx(max(by_score.values()))
    assert by_score[point.score] == pytest.approx(point.f1)


def test_counts_of_a_picture_at_a_threshold():
    item = matched([CAT, KITE], [(CAT[0], 3, 0.9), (CAT[0], 3, 0.8), (KITE[0], 3, 0.2)])
    assert counts(item, 0.5) == counts(item, 0.3)
    found = counts(item, 0.5)
    assert (found.right, found.false, found.missed) == (1, 1, 1)
    assert found.f1 == pytest.approx(0.5)
    assert counts(item, 0.1).false == 2


def test_nothing_right_has_no_point_and_nothing_at_all_no_f1():
    assert best_point([matched([CAT], [])]) is None
    assert best_point([]) is None
    assert counts(matched([], []), 0.5).f1 is None
    assert counts(matched([], [(CAT[0], 3, 0.9)]), 0.5).f1 == 0.0
