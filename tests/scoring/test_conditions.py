"""Corpus metrics over conditions: made for each by itself, then averaged."""

import math

import numpy as np
import pytest

from julja.scoring.base import FunctionScorer, scorer
from julja.scoring.conditions import CONDITION, over_conditions
from julja.types import Metric, Response, Sample, Score, by_pool


def best_of(columns):
    """A number that no mean over samples is."""
    return float(columns["points"].max())


class Tallest:
    """The greatest weighted number of its tables, and how often it was asked."""

    calls = 0
    highs = {"count": 100.0}

    def __init__(self, tables):
        self.values = np.array([table["height"] for table in tables])
        self.remarks = [f"{len(tables)} tables"] if tables else []

    def __call__(self, weights):
        Tallest.calls += 1
        if not len(self.values):
            return {"tallest": math.nan, "count": math.nan}
        return {"tallest": float((self.values * weights).max()), "count": float(weights.sum())}


def code(sample):
    return sample.fields["place"]


def name(place):
    return f"condition {place}"


def sample(place):
    return Sample("a", "?", fields={"place": place})


def pooled(*names):
    metrics = tuple(
        Metric(n, source="points", aggregate=by_pool, pool=Tallest) for n in ("tallest", "count")
    )

    def score(sample, response):
        height = float(response.text)
        return Score({"points": height}, details={"table": {"height": height}})

    return over_conditions(FunctionScorer("tall", {}, metrics, False, score), code, name)


def test_a_corpus_number_is_the_mean_of_those_of_the_conditions():
    metrics = (Metric("acc"), Metric("best", aggregate=best_of, columns=("points",)))
    inner = FunctionScorer(
        "s", {"a": 1}, metrics, False, lambda s, r: Score({"acc": 1.0, "points": float(r.text)})
    )
    made = over_conditions(inner, code, name)
    assert (made.name, made.args) == ("s+conditions", {"a": 1})
    assert made.metrics[0] == metrics[0]
    best = made.metrics[1]
    found = [made(sample(p), Response(t)).values for p, t in ((4, "1"), (4, "3"), (9, "7"))]
    columns = {n: np.array([values[n] for values in found]) for n in best.columns}
    assert best.aggregate(columns) == (3 + 7) / 2
    one = {n: values[:2] for n, values in columns.items()}
    assert best.aggregate(one) == 3


def test_undefined_conditions_are_left_out_of_the_mean():
    inner = FunctionScorer(
        "s", {}, (Metric("m", aggregate=lambda c: math.nan, columns=("p",)),), False, lambda s, r: 1
    )
    (metric,) = over_conditions(inner, code, name).metrics
    assert math.isnan(metric.aggregate({"p": np.ones(2), CONDITION: np.zeros(2)}))


def test_plain_means_and_lost_answers_are_left_alone():
    @scorer(metrics="acc")
    def always():
        return lambda sample, response: True

    plain = always()
    assert over_conditions(plain, code, name) is plain
    metrics = (Metric("best", aggregate=best_of, columns=("points",)),)
    lost = FunctionScorer("s", {}, metrics, False, lambda s, r: Score({}, state="skipped"))
    assert over_conditions(lost, code, name)(sample(1), Response("")).values == {}


def test_pools_of_conditions_are_asked_one_by_one():
    made = pooled()
    tables = [
        made(sample(p), Response(t)).details["table"]
        for p, t in ((1, "5"), (2, "1"), (1, "7"), (2, "2"))
    ]
    first, second = (metric.pool for metric in made.metrics)
    assert first is second
    ready = first(tables)
    assert ready(np.ones(4)) == {"tallest": (7 + 2) / 2, "count": 2}
    assert ready(np.array([1.0, 1.0, 0.0, 3.0])) == {"tallest": (5 + 6) / 2, "count": 2.5}
    assert ready.highs == {"count": 100.0}
    assert list(ready.remarks) == ["condition 1: 2 tables", "condition 2: 2 tables"]
    assert first([])(np.ones(0)) == pytest.approx(
        {"tallest": math.nan, "count": math.nan}, nan_ok=True
    )


def test_what_a_condition_gave_under_the_same_weights_is_kept():
    made = pooled()
    tables = [made(sample(p), Response(str(p))).details["table"] for p in (1, 2, 1, 2)]
    pool = made.metrics[0].pool
    pool(tables)(np.ones(4))
    before = Tallest.calls
    part = [table for table in tables if table[CONDITION] == 2]
    assert pool(part)(np.ones(2))["tallest"] == 2
    assert Tallest.calls == before
    # Other tables of the same condition are others.
    other = [{"height": 9.0, CONDITION: 2}, part[1]]
    assert pool(other)(np.ones(2))["tallest"] == 9
    assert Tallest.calls == before + 1


def test_many_remarks_are_counted():
    made = pooled()
    tables = [made(sample(p), Response("1")).details["table"] for p in range(6)]
    remarks = list(made.metrics[0].pool(tables).remarks)
    assert remarks[2:] == ["condition 2: 1 tables", "3 more remarks of this kind"]
