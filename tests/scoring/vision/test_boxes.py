"""COCO results files in and out."""

import json

import pytest
from tests.scoring.vision.coco_case import response, sample

from julja.errors import DataError
from julja.scoring.vision.boxes import from_coco, to_coco

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


def test_not_a_number_stays_what_it_was():
    (row, _) = from_coco([{**RESULT, "score": float("nan")}], SAMPLES, key="bbox")
    assert "NaN" in row["response"]


def test_out_and_in_again_is_the_same():
    text = response([([1.0, 2.0, 3.0, 4.0], 3, 0.5), ([9.0, 9.0, 9.0, 9.0], 77, 0.9)])
    out = to_coco(SAMPLES[0], text, key="bbox")
    assert out == [{"image_id": 139, "category_id": 3, "bbox": [1.0, 2.0, 3.0, 4.0], "score": 0.5}]
    rows = from_coco(out, SAMPLES, key="bbox")
    assert to_coco(SAMPLES[0], rows[0]["response"], key="bbox") == out
