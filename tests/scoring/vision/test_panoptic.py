"""Panoptic quality against a plain twin, and its rules one by one."""

import json
from collections import Counter

import numpy as np
import pytest

from julja.predictions import write_map
from julja.scoring.vision.panoptic import PanopticPool, Segments, compare, panoptic, read_segments
from julja.types import Response

THINGS = {1: "kite", 2: "cat"}
NAMES = {"kite": 1, "cat": 2, "sky": 9}


def tally(truth, given, categories, said, crowds=()):
    found = compare(
        Segments(np.array(truth), categories, frozenset(crowds)), Segments(np.array(given), said)
    )
    return {kind: (round(t.iou, 12), t.matched, t.false, t.missed) for kind, t in found.items()}


def naive(truth, given, categories, said, crowds):
    """The rules pixel by pixel, with sets."""

    def pixels(ids, wanted):
        return {place for place, value in np.ndenumerate(np.array(ids)) if value == wanted}

    void = pixels(truth, 0)
    made = {}

    def add(kind, place, value=1):
        made.setdefault(kind, [0.0, 0, 0, 0])[place] += value

    hit, met = set(), set()
    for one, kind in categories.items():
        for other, guess in said.items():
            mine, theirs = pixels(truth, one), pixels(given, other)
            if one in crowds or guess != kind or not mine & theirs:
                continue
            iou = len(mine & theirs) / len(mine | (theirs - void))
            if iou > 0.5:
                add(kind, 0, iou)
                add(kind, 1)
                hit.add(one)
                met.add(other)
    for one, kind in categories.items():
        if one not in hit and one not in crowds:
            add(kind, 3)
    for other, kind in said.items():
        if other in met:
            continue
        theirs = pixels(given, other)
        excused = void | {
            place for one in crowds if categories[one] == kind for place in pixels(truth, one)
        }
        if len(theirs & excused) / len(theirs) <= 0.5:
            add(kind, 2)
    return {kind: (round(v[0], 12), *v[1:]) for kind, v in made.items()}


@pytest.mark.parametrize("seed", range(10))
def test_counts_are_those_of_the_plain_twin(seed):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.repeat(rng.integers(0, 5, (3, 3)), 3, 0), 3, 1)
    noise = rng.random(truth.shape) < 0.25
    given = np.where(noise, rng.integers(0, 6, truth.shape), truth)
    categories = {int(i): int(rng.choice([1, 2, 9])) for i in np.unique(truth) if i}
    said = {
        int(i): categories.get(int(i), 1) if rng.random() < 0.8 else 9
        for i in np.unique(given)
        if i
    }
    crowds = [i for i in categories if i == 4]
    made = tally(truth, given, categories, said, crowds)
    assert made == naive(truth, given, categories, said, crowds)


def test_pixels_without_a_label_leave_the_union():
    assert tally([[1, 1, 0, 0]], [[7, 7, 7, 7]], {1: 2}, {7: 2}) == {2: (1.0, 1, 0, 0)}


def test_half_is_no_match():
    assert tally([[1, 1, 2, 2]], [[5, 5, 5, 5]], {1: 1, 2: 9}, {5: 1}) == {
        1: (0.0, 0, 1, 1),
        9: (0.0, 0, 0, 1),
    }


def test_a_segment_on_nothing_or_on_a_crowd_of_its_class_is_excused():
    assert tally([[0, 0, 3]], [[5, 5, 5]], {3: 9}, {5: 1}) == {9: (0.0, 0, 0, 1)}
    assert tally([[3, 3, 3]], [[5, 5, 5]], {3: 1}, {5: 1}, crowds=[3]) == {}
    assert tally([[3, 3, 3]], [[5, 5, 5]], {3: 1}, {5: 2}, crowds=[3]) == {2: (0.0, 0, 1, 0)}


def text(ids, segments):
    made = json.loads(write_map(np.array(ids)))
    return json.dumps({**made, "segments": segments})


def test_odd_segments_are_left_out_and_told():
    told = Counter()
    listed = [
        {"id": 1, "label": "kite"},
        {"id": 2, "label": "dragon"},
        {"id": 8, "category_id": 9},
        {"id": 3, "category_id": 77},
    ]
    found = read_segments(text([[1, 2], [3, 4]], listed), NAMES, (2, 2), told)
    assert found.categories == {1: 1}
    assert told == {
        "segments of an unknown category, or without pixels, are left out": 3,
        "segments of pixels have no entry in the list, and are left out": 1,
    }


def test_quality_is_by_class_and_by_kind():
    tables = [
        {
            "rows": [[1, 0.8, 1, 1, 0], [9, 0.9, 1, 0, 0]],
            "names": {"1": ["kite", True], "9": ["sky", False]},
            "told": {},
        },
        {"rows": [[2, 0.0, 0, 0, 1]], "names": {"2": ["cat", True]}, "told": {"odd": 2}},
    ]
    pool = PanopticPool(tables)
    made = pool(np.ones(2))
    assert made["PQ/kite"] == pytest.approx(0.8 / 1.5)
    assert (made["SQ/kite"], made["RQ/kite"]) == (0.8, pytest.approx(1 / 1.5))
    assert made["PQ"] == pytest.approx((0.8 / 1.5 + 0.9 + 0) / 3)
    assert made["PQ_th"] == pytest.approx(0.8 / 3)
    assert made["PQ_st"] == 0.9
    assert pool.remarks == ("2 odd",)
    alone = pool(np.array([1.0, 0.0]))
    assert alone["PQ_th"] == pytest.approx(0.8 / 1.5)
    assert np.isnan(alone["PQ/cat"])


def test_a_response_that_says_no_segments_is_unparsed():
    from julja.benchmarks.vision.coco_panoptic import checks, to_sample

    sample = to_sample(checks()[0].row)
    for answer in ("a kite", "{}", '{"segments":[1]}', '{"segments":[]}'):
        score = panoptic()(sample, Response(answer))
        assert (score.state, score.values) == ("unparsed", {"image_pq": 0.0})
        assert PanopticPool([score.details["table"]])(np.ones(1))["PQ"] == 0.0
