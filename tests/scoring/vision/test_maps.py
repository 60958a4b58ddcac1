"""Label maps: one confusion matrix, the conventions told apart, odd predictions."""

import base64
from collections import Counter

import numpy as np
import pytest

from julja.errors import ScoringError
from julja.predictions import read_map, write_map, write_png
from julja.scoring.vision.maps import MapPool, label_maps, label_pairs, nearest, to_classes
from julja.types import Response, Sample

NAMES = ("wall", "sky", "tree")


def packed(labels):
    return write_png(np.array(labels)).removeprefix('{"png":"').removesuffix('"}')


def score(truth, given, **options):
    item = Sample("p", "p", choices=NAMES, fields={"map": packed(truth)})
    text = given if isinstance(given, str) else write_map(np.array(given))
    return label_maps(NAMES, **options)(item, Response(text))


def numbers(*pairs, mit=False, **options):
    tables = [score(*pair, mit=mit, **options).details["table"] for pair in pairs]
    return MapPool(NAMES, mit)(tables)(np.ones(len(tables)))


def naive(pairs, ignore=255):
    """mIoU, mAcc and aAcc pixel by pixel."""
    pixels = [
        (t, g)
        for truth, given in pairs
        for t, g in zip(np.ravel(truth), np.ravel(given), strict=True)
        if t != ignore
    ]
    iou, acc = [], []
    for kind in range(len(NAMES)):
        right = sum(t == g == kind for t, g in pixels)
        union = sum(kind in (t, g) for t, g in pixels)
        labelled = sum(t == kind for t, _ in pixels)
        iou += [right / union] if union else []
        acc += [right / labelled] if labelled else []
    hits = sum(t == g for t, g in pixels) / len(pixels)
    return {"mIoU": np.mean(iou), "mAcc": np.mean(acc), "aAcc": hits}


@pytest.mark.parametrize("seed", range(6))
def test_the_data_sets_numbers_are_those_of_the_plain_twin(seed):
    rng = np.random.default_rng(seed)
    pairs = [
        (rng.choice([0, 1, 2, 255], (5, 4)), rng.choice([0, 1, 2, 3, 255], (5, 4)))
        for _ in range(4)
    ]
    made = numbers(*pairs)
    assert {name: made[name] for name in ("mIoU", "mAcc", "aAcc")} == pytest.approx(naive(pairs))


def test_it_is_no_mean_over_pictures():
    small, large = ([[0, 1]], [[0, 0]]), ([[0] * 50], [[0] * 50])
    each = [numbers(pair)["mIoU"] for pair in (small, large)]
    assert numbers(small, large)["mIoU"] == pytest.approx((51 / 52 + 0) / 2)
    assert np.mean(each) == pytest.approx(0.625)


def test_weights_are_pictures_that_come_so_often():
    pairs = [([[0, 1]], [[0, 0]]), ([[1, 2]], [[1, 1]]), ([[2, 2]], [[2, 0]])]
    tables = [score(*pair).details["table"] for pair in pairs]
    repeated = [tables[0], tables[2], tables[2], tables[2]]
    pool = MapPool(NAMES, False)
    one, other = pool(tables)(np.array([1.0, 0, 3])), pool(repeated)(np.ones(4))
    assert one == pytest.approx(other, nan_ok=True)


def test_mits_convention_counts_what_never_occurs_as_nothing():
    made = numbers(([[1, 1]], [[0, 0]]), mit=True, zero_is_other=True)
    assert (made["mIoU"], made["aAcc"]) == (1.0, 1.0)
    assert made["mIoU_mit"] == pytest.approx(1 / 3)
    assert made["mit_score"] == pytest.approx(2 / 3)


def test_zero_is_other_and_counts_nowhere():
    made = numbers(([[0, 0, 1, 3]], [[2, 1, 0, 0]]), zero_is_other=True)
    assert made["aAcc"] == 0.5
    assert made["IoU/wall"] == 0.5
    assert np.isnan(made["IoU/sky"])


def test_a_number_that_is_no_class_is_wrong_and_no_class_grows_by_it():
    made = numbers(([[0, 0, 1, 1]], [[0, 77, 1, 1]]))
    assert (made["IoU/wall"], made["IoU/sky"]) == (0.5, 1.0)


def test_a_label_that_is_no_class_is_an_error_in_the_data():
    with pytest.raises(ScoringError, match="has the label 9, and there are 3 classes"):
        score([[0, 9]], [[0, 0]])


def test_another_size_is_brought_to_the_truths_and_told():
    truth = np.repeat(np.repeat([[0, 1], [2, 0]], 4, 0), 6, 1)
    found = score(truth, [[0, 1], [2, 0]])
    assert found.values == {"image_iou": 1.0}
    pool = MapPool(NAMES, False)([found.details["table"]])
    assert pool.remarks == (
        "1 of 1 predictions have another size than the truth, and were brought to it",
    )
    assert nearest(np.array([[0, 1, 2]]), (1, 6)).tolist() == [[0, 0, 1, 1, 2, 2]]
    assert nearest(np.array([[0, 1, 2, 3]]), (1, 2)).tolist() == [[1, 3]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a wall", "no label map can be read"),
        ("[1]", "an object with size and runs"),
        ('{"size":[1,2],"runs":[[0,1]]}', "the runs have 1 pixels, the size 1 x 2"),
        ('{"size":[1,2],"runs":[[0,3],[0,-1]]}', "the runs have 2 pixels"),
        ('{"size":[1,2],"runs":[["wall",2]]}', "pairs"),
        ('{"size":[1,2]}', "runs"),
        ('{"size":[99999999,99999999],"runs":[]}', "a size of 99999999 x 99999999"),
        ('{"size":[0,2],"runs":[]}', "a size of 0 x 2"),
        ('{"png":"!!"}', "no base64"),
        ('{"png":"AAAA"}', "no picture"),
    ],
)
def test_what_is_no_map_is_unparsed_and_wrong_everywhere(text, why):
    found = score([[0, 1]], text)
    assert (found.state, found.values) == ("unparsed", {"image_iou": 0.0})
    assert why in found.explanation
    made = MapPool(NAMES, False)([found.details["table"]])(np.ones(1))
    assert (made["mIoU"], made["aAcc"]) == (0.0, 0.0)


def test_only_ignored_pixels_say_nothing():
    found = score([[255, 255]], [[0, 1]])
    assert (found.values, found.state) == ({}, "scored")


@pytest.mark.parametrize("top", [4, 255, 256, 70_000])
def test_forms_keep_the_map(top):
    labels = np.random.default_rng(1).integers(0, top + 1, (7, 5))
    assert (read_map(write_map(labels)) == labels).all()
    if top < 2**16:
        assert (read_map(write_png(labels)) == labels).all()


def test_a_coloured_picture_is_no_map():
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (2, 1)).save(out, format="PNG")
    found = score([[0, 1]], f'{{"png":"{base64.b64encode(out.getvalue()).decode()}"}}')
    assert "grey or palette picture, not RGB" in found.explanation


def test_large_numbers_are_counted_as_well():
    truth, given = np.array([[0, 300], [300, 1]]), np.array([[-1, 300], [2, 1]])
    small = label_pairs(truth % 256, given % 256)
    assert sorted(map(tuple, label_pairs(truth, given).tolist())) == [
        (0, -1, 1),
        (1, 1, 1),
        (300, 2, 1),
        (300, 300, 1),
    ]
    assert small[:, 2].sum() == 4


def test_runs_and_pixels_are_counted_alike():
    rng = np.random.default_rng(3)
    ragged = rng.integers(0, 256, (2, 40, 50), dtype=np.uint8)
    regions = np.repeat(np.repeat(rng.integers(0, 256, (2, 4, 5), dtype=np.uint8), 10, 1), 10, 2)
    for truth, given in (ragged, regions):
        expected = Counter(zip(truth.ravel().tolist(), given.ravel().tolist(), strict=True))
        found = label_pairs(truth, given).tolist()
        assert {(one, other): count for one, other, count in found} == expected


def test_the_confusion_matrix_has_a_column_for_no_class():
    table = score([[0, 0, 1, 255]], [[0, 9, 2, 1]]).details["table"]
    matrix = MapPool(NAMES, False)([table]).confusion()
    assert matrix.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_classes_of_pairs():
    counts = np.array([[0, 5, 3], [1, 1, 2], [255, 1, 9]])
    made = to_classes(counts, 2, first=0, ignore=255, place="p")
    assert made.tolist() == [[0, 2, 3], [1, 1, 2]]
