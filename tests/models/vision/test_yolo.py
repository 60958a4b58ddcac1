"""Detectors' outputs: the three forms, suppression held to its definition, masks, label maps."""

import numpy as np
import pytest

from julja.errors import ProviderError
from julja.models.vision.maps import label_map
from julja.models.vision.preprocess import Place
from julja.models.vision.yolo import (
    Found,
    Rules,
    form_of,
    masks_of,
    put_back,
    read_output,
    suppress,
)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(wide, 0) * max(high, 0)
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / whole if whole else 0.0


def by_definition(boxes, scores, classes, overlap: float, most: int) -> list[int]:
    """A box stays unless a surer one of its class, that stays, overlaps it too much."""
    order = sorted(range(len(boxes)), key=lambda i: (-scores[i], i))
    kept: list[int] = []
    for i in order:
        rivals = (j for j in kept if classes[j] == classes[i])
        if all(iou(boxes[i], boxes[j]) <= overlap for j in rivals):
            kept.append(i)
    return kept[:most]


@pytest.mark.parametrize("seed", range(8))
def test_suppression_is_its_definition(seed: int) -> None:
    draw = np.random.default_rng(seed)
    corners = draw.uniform(0, 50, (120, 2))
    boxes = np.concatenate([corners, corners + draw.uniform(5, 40, (120, 2))], 1).astype(np.float32)
    scores = draw.integers(1, 40, 120).astype(np.float32) / 40  # ties too
    classes = draw.integers(0, 3, 120)
    found = suppress(boxes, scores, classes, 0.4, 30)
    assert found.tolist() == by_definition(boxes, scores, classes, 0.4, 30)


def test_nothing_and_points_are_suppressed_without_a_fault() -> None:
    empty = np.empty((0, 4), np.float32)
    assert not len(suppress(empty, np.empty(0, np.float32), np.empty(0, np.intp), 0.5, 9))
    points = np.zeros((2, 4), np.float32)
    kept = suppress(points, np.array([1, 0.5], np.float32), np.array([0, 0]), 0.5, 9)
    # Two points have no overlap that could be more than anything.
    assert kept.tolist() == [0, 1]


ANCHORS = np.array(
    [[10, 10, 4, 8, 0.9, 0.2], [10, 10, 4, 8, 0.8, 0.0], [30, 20, 10, 10, 0.0, 0.6]], np.float32
)


def test_version_8_names_an_anchor_more_than_once() -> None:
    found = read_output(ANCHORS.T, "yolo8", Rules(confidence=0.1))
    assert found.boxes.tolist() == [[8, 6, 12, 14], [25, 15, 35, 25], [8, 6, 12, 14]]
    assert found.scores.tolist() == pytest.approx([0.9, 0.6, 0.2])
    assert found.classes.tolist() == [0, 1, 0 + 1]
    once = read_output(ANCHORS.T, "yolo8", Rules(confidence=0.1, several=False))
    assert once.scores.tolist() == pytest.approx([0.9, 0.6])
    assert len(read_output(ANCHORS.T, "yolo8", Rules(confidence=0.1, most=1)).scores) == 1
    assert len(read_output(ANCHORS.T, "yolo8", Rules(confidence=0.95)).scores) == 0


def test_version_5_weighs_by_objectness() -> None:
    rows = np.insert(ANCHORS, 4, 0.5, axis=1)
    found = read_output(rows, "yolo5", Rules(confidence=0.1))
    assert found.scores.tolist() == pytest.approx([0.45, 0.3])


def test_end_to_end_is_taken_as_it_is() -> None:
    rows = np.array([[0, 0, 4, 4, 0.9, 2], [0, 0, 4, 4, 0.8, 2], [0, 0, 1, 1, 0, 0]], np.float32)
    found = read_output(rows, "end2end", Rules())
    assert found.classes.tolist() == [2, 2]


def test_nan_scores_find_nothing() -> None:
    bad = ANCHORS.copy()
    bad[:, 4:] = np.nan
    assert len(read_output(bad.T, "yolo8", Rules()).scores) == 0


@pytest.mark.parametrize(
    ("shape", "classes", "masks", "form"),
    [
        ((84, 8400), 80, 0, "yolo8"),
        ((116, 8400), 80, 32, "yolo8"),
        ((25200, 85), 80, 0, "yolo5"),
        ((300, 6), 80, 0, "end2end"),
        ((84, 8400), None, 0, "yolo8"),
        ((25200, 85), None, 0, "yolo5"),
        ((25200, 6), 1, 0, "yolo5"),
    ],
)
def test_the_form_is_known_by_its_shape(shape, classes, masks, form) -> None:
    assert form_of(shape, classes, masks) == form


def test_a_form_that_fits_not() -> None:
    with pytest.raises(ValueError, match="84 x 8400 outputs fit no YOLO of 20 classes"):
        form_of((84, 8400), 20)


def test_boxes_go_back_to_the_picture_and_end_at_its_edges() -> None:
    place = Place((100, 200), 0.5, 0.5, 10, 20)
    boxes = np.array([[10, 20, 60, 45], [0, 0, 500, 500]], np.float32)
    assert put_back(boxes, place).tolist() == [[0, 0, 100, 50], [0, 0, 200, 100]]


def test_a_mask_lies_where_its_object_does() -> None:
    """A letterboxed 8 x 4 picture in a 16 x 16 input; prototypes of 4 x 4."""
    place = Place((4, 8), 2.0, 2.0, 0, 4)
    prototypes = np.full((1, 4, 4), -1.0, np.float32)
    prototypes[0, 1:3, 2:] = 1  # the right half of the picture
    found = Found(
        np.array([[0, 4, 16, 12]], np.float32),
        np.array([0.9], np.float32),
        np.array([0]),
        np.array([[2.0]], np.float32),
    )
    mask = masks_of(found, prototypes, place, (16, 16))[0]
    counts = mask["counts"]
    assert mask["size"] == [4, 8]
    assert counts[0] == 16  # four columns of nothing
    assert sum(counts) == 32
    # Cut at the box, whatever the prototypes say outside of it.
    narrow = Found(
        np.array([[12, 4, 16, 12]], np.float32), found.scores, found.classes, found.coefficients
    )
    assert masks_of(narrow, prototypes, place, (16, 16))[0]["counts"][0] == 24


def test_label_maps_are_of_the_pictures_size() -> None:
    scores = np.zeros((3, 2, 2), np.float32)
    scores[1, :, 0] = 1
    scores[2, :, 1] = 1
    labels = label_map(scores, Place((4, 8), 0.5, 1.0), (4, 4))
    assert labels.shape == (4, 8)
    assert set(labels[:, :4].ravel()) == {1}
    assert set(labels[:, 4:].ravel()) == {2}


def test_label_maps_leave_the_letterbox_out() -> None:
    scores = np.zeros((2, 4, 4), np.float32)
    scores[1, 1:3] = 1  # the picture; above and below is padding
    labels = label_map(scores, Place((8, 16), 0.25, 0.25, 0, 1), (4, 4))
    assert labels.shape == (8, 16)
    assert (labels == 1).all()


def test_labels_are_enlarged_pixel_by_pixel() -> None:
    labels = label_map(np.array([[[0, 7]]], np.int64), Place((2, 4), 0.5, 0.5), (1, 2))
    assert labels.tolist() == [[0, 0, 7, 7]] * 2


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.full((2, 2, 2), np.nan), "NaN"),
        (np.zeros(3), "no map of classes"),
        (np.zeros((1, 2, 2), np.float32), "One class alone"),
    ],
)
def test_label_maps_that_are_none(output: np.ndarray, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        label_map(output, Place((2, 2)), (2, 2))
