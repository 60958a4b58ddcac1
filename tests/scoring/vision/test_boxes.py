"""COCO results files in and out."""

import json

import pytest
from tests.scoring.vision.coco_case import CATEGORIES, response, sample

from julja.errors import DataError
from julja.scoring.vision.boxes import from_coco, read_detections, to_arrays, to_coco

CAT = ([10.0, 10.0, 50.0, 40.0], 2000.0, 3, False)
SAMPLES = [sample([CAT], "139"), sample([], "285")]
RESULT = {"image_id": 139, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}


def test_results_become_one_answer_a_picture_empty_ones_too():
    rows = from_coco([RESULT, {**RESULT, "score": 0.25}], SAMPLES, key="bbox")
    assert [row["id"] for row in rows] == ["139", "285"]
    boxes = json.loads(rows[0]["response"])["boxes"]
    assert boxes[1] == {"category_id": 3, "score": 0.25, "box": [1, 2, 3, 4]}
    assert rows[1]["response"] == '{"boxes":[]}'


@pytest.mark.parametrize("image", [139, 139.0, "139"])
def test_ids_of_pictures_are_read_however_they_are_written(image):
    rows = from_coco([{**RESULT, "image_id": image}], SAMPLES, key="bbox")
    assert [row["id"] for row in rows] == ["139", "285"]


def test_a_picture_that_no_sample_has_keeps_its_row():
    rows = from_coco([{**RESULT, "image_id": 999}], SAMPLES, key="bbox")
    assert [row["id"] for row in rows] == ["139", "285", "999"]


def test_an_empty_file_has_found_nothing():
    rows = from_coco([], SAMPLES, key="bbox")
    assert [row["response"] for row in rows] == ['{"boxes":[]}'] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": 1}, "not a list of objects"),
        ([1], "not a list of objects"),
        ([{"bbox": [1, 2, 3, 4]}], "result 0 of 1 has no image_id"),
        ([{"image_id": 1, "segmentation": {}}], "none of the 1 results has a bbox"),
    ],
)
def test_another_file_is_refused_by_name(content, message):
    with pytest.raises(DataError, match=message):
        from_coco(content, SAMPLES, key="bbox")


def test_what_is_not_a_number_is_told_as_such():
    odd = [{**RESULT, "score": float("nan")}, {**RESULT, "bbox": [1, 2, float("inf"), 4]}]
    (row, _) = from_coco([*odd, {**RESULT, "score": 10**30}], SAMPLES, key="bbox")
    found = read_detections(row["response"], CATEGORIES, (400, 500))
    assert found.told == {"whose score is no number": 1, "without a box of four numbers": 1}
    assert found.scores.tolist() == [1e30]


def test_all_at_once_and_one_by_one_read_the_same():
    rows = [
        {"box": [1, 2, 3, 4], "category_id": 3, "score": 1},
        {"bbox": [-9, 2.5, 3, 4], "label": "kite", "score": 0.5},
    ]
    quick = to_arrays(rows, CATEGORIES, (400, 500))
    with_odd = to_arrays([*rows, {"label": "dragon"}], CATEGORIES, (400, 500))
    for found in (quick, with_odd):
        assert found.boxes.tolist() == [[1, 2, 3, 4], [-9, 2.5, 3, 4]]
        assert (found.scores.tolist(), found.categories.tolist()) == ([1, 0.5], [3, 8])
        assert found.told["reaching beyond their picture"] == 1
    assert with_odd.told["of an unknown category"] == 1


def test_out_and_in_again_is_the_same():
    text = response([([1.0, 2.0, 3.0, 4.0], 3, 0.5), ([9.0, 9.0, 9.0, 9.0], 77, 0.9)])
    out = to_coco(SAMPLES[0], text, key="bbox")
    assert out == [{"image_id": 139, "category_id": 3, "bbox": [1.0, 2.0, 3.0, 4.0], "score": 0.5}]
    rows = from_coco(out, SAMPLES, key="bbox")
    assert to_coco(SAMPLES[0], rows[0]["response"], key="bbox") == out
