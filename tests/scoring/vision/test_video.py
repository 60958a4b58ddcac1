"""Views of a video: averaged softmax, not votes; classes that tie; files of scores."""

import math

import numpy as np
import pytest

from julja.errors import DataError
from julja.scoring.vision.video import average_views, video_classes, view_rows
from julja.types import ChoiceLikelihood, Response, Sample

NAMES = tuple("abcdef")
SAMPLE = Sample("v1", "v1.mp4", choices=NAMES, answer=(1,))


def test_views_are_averaged_after_the_softmax():
    # Two of three views vote for the first class; the mean of their shares says the second.
    views = [[0.51, 0.49, 0.0], [0.51, 0.49, 0.0], [0.0, 0.9, 0.1]]
    found = np.exp(average_views(views, classes=3, place="v"))
    assert found == pytest.approx([0.34, 1.88 / 3, 0.1 / 3])
    logits = np.log([[0.6, 0.4], [0.1, 0.9]]) + np.array([[5.0], [-7.0]])
    assert np.exp(average_views(logits.tolist(), classes=2, place="v")) == pytest.approx(
        [0.35, 0.65]
    )


def test_large_logits_do_not_overflow():
    found = average_views([[1000.0, 0.0], [1000.0, 0.0]], classes=2, place="v")
    assert found.tolist() == [0.0, -math.inf]


def test_clips_and_crops_may_be_nested():
    views = [[[0.2, 0.8], [0.4, 0.6]], [[1.0, 0.0], [0.0, 1.0]]]
    assert np.exp(average_views(views, classes=2, place="v")) == pytest.approx([0.4, 0.6])


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ([[0.1, 0.9, 0.0]], "3 scores a view, and there are 2 classes"),
        ([[0.1, 0.9], [1.0]], "differ in length"),
        ([["x", "y"]], "no numbers"),
        ([], "0 scores a view"),
        (3.0, "no scores a view"),
        ([[float("nan"), 0.5]], "a score is no number"),
    ],
)
def test_odd_views_are_refused_by_name(views, message):
    with pytest.raises(DataError, match=f"video v7: .*{message}"):
        average_views(views, classes=2, place="v7")


def score(*values):
    choices = tuple(ChoiceLikelihood("", value) for value in values)
    return video_classes()(SAMPLE, Response(choices=choices))


def test_top_five_and_ties():
    assert score(-3, -1, -9, -9, -9, -9).values == {"top1": 1, "top5": 1, "class": 1}
    assert score(-1, -5, -4, -3, -2, -9).values == {"top1": 0, "top5": 1, "class": 1}
    assert score(-1, -9, -4, -3, -2, -5).values == {"top1": 0, "top5": 0, "class": 1}
    assert score(*[-1.8] * 6).values["top5"] == 0


def test_too_few_scores_are_unparsed():
    for found in (score(-1, -2), score(), score(*[float("nan")] * 6)):
        assert (found.state, found.values["top1"]) == ("unparsed", 0)


def test_the_mean_over_classes_weighs_rare_ones_alike():
    metric = video_classes().metrics[2]
    columns = {"top1": np.array([1, 1, 1, 0]), "class": np.array([0.0, 0, 0, 4])}
    assert metric.aggregate(columns) == 0.5


def test_rows_of_one_video_are_its_views():
    samples = [Sample("v1", "", choices=("a", "b"))]
    rows = [{"id": "v1", "scores": [0.2, 0.8]}, {"id": "v1", "scores": [[0.6, 0.4]]}]
    (made,) = view_rows(rows, samples)
    assert np.exp(made["choices"]) == pytest.approx([0.4, 0.6])
    assert view_rows({"v1": [[0.4, 0.6]], "x": [0.5, 0.5]}, samples)[1]["id"] == "x"


@pytest.mark.parametrize("content", ["text", [1], [{"id": "v1"}], {"v1": "x"}, [{"scores": []}]])
def test_another_file_is_refused(content):
    with pytest.raises(DataError):
        view_rows(content, [SAMPLE])
