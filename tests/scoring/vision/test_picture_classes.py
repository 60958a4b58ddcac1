"""Top-1, top-5 and the mean over classes, against plain sorting."""

import numpy as np
import pytest

from julja.scoring.vision.classes import confusion, image_classes, named_class
from julja.types import ChoiceLikelihood, Response, Sample

NAMES = tuple(f"class {letter}" for letter in "abcdefghij")


def sample(*answer):
    return Sample("1", "1", choices=NAMES, answer=answer)


def scores(values):
    return Response(choices=tuple(ChoiceLikelihood("", float(v)) for v in values))


@pytest.mark.parametrize("seed", range(20))
def test_places_are_those_of_sorted_scores(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=10)
    right = rng.choice(10, size=rng.integers(1, 4), replace=False).tolist()
    order = np.argsort(-values).tolist()
    found = image_classes()(sample(*right), scores(values))
    assert found.values["top1"] == float(order[0] in right)
    assert found.values["top5"] == float(any(place in right for place in order[:5]))
    assert found.extracted == NAMES[order[0]]


def test_a_model_that_gives_all_the_same_score_knows_nothing():
    found = image_classes()(sample(0), scores([1.0] * 10))
    assert (found.values["top1"], found.values["top5"]) == (0.0, 0.0)
    assert found.extracted != NAMES[0]


@pytest.mark.parametrize("values", [[1.0] * 9, [1.0] * 11, [float("nan")] * 10])
def test_other_scores_are_unparsed(values):
    found = image_classes()(sample(0), scores(values))
    assert (found.state, found.values["top1"]) == ("unparsed", 0.0)


def test_a_name_tells_nothing_of_the_second_place():
    found = image_classes()(sample(2), Response("class c"))
    assert found.values == {"top1": 1.0, "class": 2.0, "predicted": 2.0}
    lost = image_classes()(sample(2), Response("something else"))
    assert (lost.state, lost.values["top1"], lost.values["predicted"]) == ("unparsed", 0, -1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (" cat ", 0),
        ("It's a CAT.", 0),
        ("a hot dog", 2),
        ("hot dog or dog", 2),
        ("the dog", 1),
        ("cat, dog", None),
        ("category", None),
        ("", None),
    ],
)
def test_a_text_names_one_class(text, place):
    assert named_class(text, ("cat", "dog", "hot dog")) == place


def test_the_mean_over_classes_is_the_balanced_accuracy():
    right = np.array([0, 0, 0, 2, 2, 3], dtype=float)
    predicted = np.array([0, 0, 1, 2, -1, 1], dtype=float)
    assert confusion(right, predicted, 4).tolist() == [
        [2, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 1, 0, 1],
        [0, 1, 0, 0, 0],
    ]
    metric = image_classes().metrics[-1]
    value = metric.aggregate({"class": right, "predicted": predicted})
    assert value == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
