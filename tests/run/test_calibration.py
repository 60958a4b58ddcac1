"""What a report learns of confidence while the records pass by."""

import math

import pytest

from julja.run.calibration import Watch
from julja.types import ChoiceLikelihood, Record, Response, Score


def record(task, shares, right, *, state="scored", metric="acc"):
    choices = tuple(ChoiceLikelihood(str(n), math.log(share)) for n, share in enumerate(shares))
    score = Score({metric: right}, state=state)
    return Record("run", task, "s", 0, state, response=Response(choices=choices), score=score)


def test_confidence_and_truth_are_noted_by_task():
    watch = Watch({"results": [{"task": "quiz"}, {"task": "quiz_two"}]})
    records = [record("quiz/easy", (0.6, 0.4), 1.0)] * 30 + [
        record("quiz_two", (0.9, 0.1), 0.0)
    ] * 30
    assert list(watch.watch(records)) == records
    one, two = watch.found()
    assert (one["task"], one["confidence"], one["accuracy"]) == ("quiz", pytest.approx(0.6), 1.0)
    assert (two["task"], two["bias"]) == ("quiz_two", pytest.approx(0.9))


@pytest.mark.parametrize(
    "other",
    [
        record("quiz", (0.6, 0.4), 1.0, state="unparsed"),
        record("quiz", (0.6, 0.4), 0.5),
        record("quiz", (1.0,), 1.0),
        record("quiz", (0.6, 0.4), 1.0, metric="mc1"),
        Record("run", "quiz", "s", 0, "error"),
    ],
)
def test_what_is_no_choice_is_not_noted(other):
    watch = Watch({"results": [{"task": "quiz"}]})
    list(watch.watch([other] * 50))
    assert watch.found() == []
