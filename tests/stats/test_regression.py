"""Regressions are scipy's and scikit-learn's; their robust errors cover; no infinite answers."""

import numpy as np
import pytest
from scipy.stats import linregress
from sklearn.linear_model import LogisticRegression

from julja.stats.regression import linear, logistic


def data(seed, n=500, slope=0.8):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=n)
    y = (generator.random(n) < 1 / (1 + np.exp(-(0.3 + slope * x)))).astype(float)
    return {"intercept": np.ones(n), "x": x}, y


def test_logistic_is_scikit_learn_s():
    columns, y = data(1)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(columns["x"][:, None], y)
    found = logistic(columns, y).coefficients
    assert found["x"].value == pytest.approx(theirs.coef_[0, 0], abs=1e-4)
    assert found["intercept"].value == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_a_tie_is_half_a_win_and_half_a_loss():
    columns, y = data(2, n=40)
    tied = np.concatenate([y[:-2], [0.5, 0.5]])
    # Every row twice; a tie then is one win and one loss.
    doubled = {k: np.concatenate([v[:-2], v[:-2], v[-2:], v[-2:]]) for k, v in columns.items()}
    wanted = logistic(doubled, np.concatenate([y[:-2], y[:-2], [1, 1, 0, 0]]))
    found = logistic(columns, tied).coefficients["x"].value
    assert found == pytest.approx(wanted.coefficients["x"].value, abs=1e-8)


def test_linear_is_scipy_s():
    columns, _ = data(3)
    generator = np.random.default_rng(33)
    y = 2 * columns["x"] + 1 + generator.normal(size=500)
    theirs = linregress(columns["x"], y)
    found = linear(columns, y).coefficients["x"]
    assert found.value == pytest.approx(theirs.slope, abs=1e-10)
    assert found.stderr == pytest.approx(theirs.stderr, rel=0.1)


def test_clustered_errors_cover_where_plain_ones_do_not():
    generator = np.random.default_rng(4)
    hits = np.zeros(2)
    names = np.repeat(np.arange(60), 6).tolist()
    for _ in range(500):
        x = np.repeat(generator.normal(size=60), 6)
        y = 0.5 * x + np.repeat(generator.normal(size=60), 6) + 0.5 * generator.normal(size=360)
        columns = {"intercept": np.ones(360), "x": x}
        for place, clusters in enumerate((names, None)):
            low, high = linear(columns, y, clusters=clusters).coefficients["x"].ci
            hits[place] += low <= 0.5 <= high
    assert 0.91 <= hits[0] / 500 <= 0.975
    assert hits[1] / 500 < 0.75


def test_what_has_no_coefficient_says_so():
    x = np.array([-2.0, -1, 1, 2] * 5)
    separated = logistic({"intercept": np.ones(20), "x": x}, (x > 0).astype(float))
    assert (separated.note, separated.coefficients["x"].value) == ("separated", None)
    twice = linear({"intercept": np.ones(20), "x": x, "again": x}, x)
    assert twice.note == "collinear"
    alone = linear({"intercept": np.ones(20), "x": x}, x + x**2, clusters=["p"] * 20)
    assert alone.coefficients["x"].ci is None
    with pytest.raises(ValueError, match="gaps"):
        linear({"x": np.array([1.0, np.nan])}, np.zeros(2))
