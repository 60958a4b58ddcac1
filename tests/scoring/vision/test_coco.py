"""COCO's numbers against a plain twin, under weights, and with everything that can be odd."""

import json

import numpy as np
import pytest
from tests.scoring.vision import naive_coco
from tests.scoring.vision.coco_case import drawn, response, sample

from julja.scoring.vision.coco import DetectionPool, coco_boxes, coco_masks, score_picture
from julja.scoring.vision.precision import NAMES
from julja.types import Response

CAT = ([10.0, 10.0, 50.0, 40.0], 2000.0, 3, False)
FOUND = ([10.0, 10.0, 50.0, 40.0], 3, 0.9)


def table(objects, detections, name="1"):
    return score_picture(sample(objects, name), response(detections), masks=False).details["table"]


def pooled(pictures):
    return DetectionPool([table(*item, str(n)) for n, item in enumerate(pictures)])


def numbers(pictures, weights=None):
    made = pooled(pictures)(np.ones(len(pictures)) if weights is None else np.array(weights, float))
    return {name: made[name] for name in NAMES}


@pytest.mark.parametrize("seed", range(12))
def test_all_twelve_numbers_are_those_of_the_plain_twin(seed):
    pictures = drawn(seed)
    expected = naive_coco.numbers(pictures)
    assert numbers(pictures) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_weights_are_pictures_that_come_so_often():
    # Scores differ everywhere: of equal ones, the order of pictures decides.
    rng = np.random.default_rng(5)
    pictures = [
        (objects, [(box, kind, float(rng.random())) for box, kind, _ in found])
        for objects, found in drawn(20)
    ]
    times = [0, 2, 1, 0, 3, 1, 0, 2]
    repeated = [item for item, count in zip(pictures, times, strict=True) for _ in range(count)]
    assert numbers(pictures, times) == pytest.approx(naive_coco.numbers(repeated), abs=1e-12)


def test_the_order_of_pictures_is_that_of_their_ids():
    first = ([CAT], [(FOUND[0], 3, 0.5)])
    second = ([CAT], [([200.0, 200.0, 9.0, 9.0], 3, 0.5)])
    one = DetectionPool([table(*first, "9"), table(*second, "10")])
    other = DetectionPool([table(*second, "10"), table(*first, "9")])
    assert one(np.ones(2))["AP"] == other(np.ones(2))["AP"] == pytest.approx(51 / 101)


def test_a_perfect_picture_is_one_and_nothing_found_is_nothing():
    assert numbers([([CAT], [FOUND])])["AP"] == pytest.approx(1.0)
    assert numbers([([CAT], [])])["AP"] == 0.0
    assert pooled([([CAT], []), ([CAT], [FOUND])]).remarks == ("1 of 2 pictures have no detection",)


def test_without_an_object_there_is_no_number():
    found = numbers([([], [FOUND])])
    assert all(np.isnan(value) for value in found.values())
    only = numbers([([CAT], [FOUND])])
    assert (only["APm"], only["ARm"]) == (pytest.approx(1.0), 1.0)
    assert np.isnan([only["APs"], only["APl"]]).all()


def test_a_crowd_is_no_object_and_no_mistake():
    crowd = ([0.0, 0.0, 300.0, 300.0], 90000.0, 3, True)
    inside = [([100.0 + 9 * n, 100.0, 20.0, 20.0], 3, 0.99) for n in range(5)]
    assert numbers([([CAT, crowd], [FOUND, *inside])])["AP"] == pytest.approx(1.0)
    assert numbers([([CAT], [FOUND, *inside])])["AP"] < 0.5


def test_at_most_a_hundred_of_each_category_and_picture_count():
    far = [([300.0, 300.0, 9.0, 9.0], 3, 0.95)] * 100
    found = table([CAT], [*far, FOUND, (FOUND[0], 8, 0.1)])
    assert found["cut"] == 1
    made = DetectionPool([found])
    assert made(np.ones(1))["AR100"] == 0.0
    assert made.remarks == (
        "1 detections beyond the hundredth of their picture and category, of 1 pictures, are left"
        " out",
    )


def told(rows, size=(400, 500)):
    text = json.dumps({"boxes": rows})
    return score_picture(sample([CAT], size=size), text, masks=False)


GOOD = {"box": FOUND[0], "category_id": 3, "score": 0.9}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({**GOOD, "category_id": 99}, "of an unknown category"),
        ({**GOOD, "category_id": "3"}, "of an unknown category"),
        ({**GOOD, "category_id": None}, "of an unknown category"),
        ({"box": FOUND[0], "label": "dragon", "score": 1}, "of an unknown category"),
        ({**GOOD, "score": float("nan")}, "whose score is no number"),
        ({**GOOD, "score": float("inf")}, "whose score is no number"),
        ({**GOOD, "score": "0.9"}, "whose score is no number"),
        ({"box": FOUND[0], "category_id": 3}, "whose score is no number"),
        ({**GOOD, "box": [1, 2, 3]}, "without a box of four numbers"),
        ({**GOOD, "box": [1, 2, -3, 4]}, "without a box of four numbers"),
        ({**GOOD, "box": [1, 2, float("nan"), 4]}, "without a box of four numbers"),
        ({"category_id": 3, "score": 0.9}, "without a box of four numbers"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_told(odd, reason):
    score = told([GOOD, odd])
    assert (score.values, score.state) == ({"image_ap": pytest.approx(1.0)}, "scored")
    assert score.explanation == f"1 {reason}"
    remark = f"1 detections {reason}, of 1 pictures, are left out"
    assert DetectionPool([score.details["table"]]).remarks == (remark,)


def test_a_box_beyond_its_picture_counts_as_it_is():
    score = told([{**GOOD, "box": [10, 10, 50, 900]}])
    assert score.values == {"image_ap": 0.0}
    (remark,) = DetectionPool([score.details["table"]]).remarks
    assert remark == "1 detections reaching beyond their picture, of 1 pictures, count as they are"
    assert told([{**GOOD, "box": [-0.5, 10, 50, 40]}]).explanation is None


@pytest.mark.parametrize("text", ["", "a cat", "[1, 2]", '{"boxes": 3}', "[[", "[" * 100_000])
def test_what_is_no_list_of_boxes_is_unparsed_and_finds_nothing(text):
    score = coco_boxes()(sample([CAT]), Response(text))
    assert (score.state, score.values) == ("unparsed", {"image_ap": 0.0})
    assert "no detections can be read" in score.explanation
    assert DetectionPool([score.details["table"]])(np.ones(1))["AP"] == 0.0


def test_classes_have_numbers_of_their_own():
    kite = ([100.0, 100.0, 60.0, 60.0], 3600.0, 8, False)
    made = pooled([([CAT, kite], [FOUND])])(np.ones(1))
    assert made["AP/cat"] == pytest.approx(1.0)
    assert (made["AP/kite"], made["AR100/kite"]) == (0.0, 0.0)
    assert "AP/tree" not in made


SQUARE = {"size": [6, 8], "counts": [6, 3, 3, 3, 33]}


def masked(mask, truth=SQUARE, crowd=False):
    item = sample([([0, 0, 1, 1], 6.0, 3, crowd)], size=(6, 8), masks=[truth])
    text = json.dumps({"boxes": [{"mask": mask, "category_id": 3, "score": 0.5}]})
    return coco_masks()(item, Response(text))


def test_masks_are_run_lengths_of_either_kind_or_polygons():
    from faster_coco_eval.core import mask as library

    packed = library.frPyObjects(SQUARE, 6, 8)["counts"].decode()
    square = [[1.0, 0.0, 3.0, 0.0, 3.0, 3.0, 1.0, 3.0]]
    for given in (SQUARE, {"size": [6, 8], "counts": packed}, square):
        assert masked(given).values == {"image_ap": pytest.approx(1.0)}
    half = {"size": [6, 8], "counts": [6, 3, 39]}
    assert masked(half).values == {"image_ap": pytest.approx(0.1)}


def test_a_mask_of_another_size_is_left_out_and_told():
    score = masked({"size": [8, 6], "counts": [6, 3, 39]})
    assert score.explanation == "1 without a mask of the picture's size"
    assert score.values == {"image_ap": 0.0}
