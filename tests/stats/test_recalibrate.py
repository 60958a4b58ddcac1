"""Recalibration is scikit-learn's, is never judged on what it was fitted to, and mends scores."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression

from julja.stats.recalibrate import (
    cross_fitted,
    expected_calibration_error,
    fit_affine,
    fit_isotonic,
    fit_platt,
    folds,
    reliability,
    rmse,
)


def lenient(seed, n=400):
    """Labels of 1..5, and a judge that squeezes them into 6..9 with noise."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(1, 6, n).astype(float)
    return np.round(6 + 3 * (labels - 1) / 4 + generator.normal(size=n) * 0.5), labels


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_isotonic_is_scikit_learn_s(seed):
    scores, labels = lenient(seed)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    grid = np.linspace(2, 12, 101)
    assert fit_isotonic(scores, labels)(grid) == pytest.approx(theirs.predict(grid), abs=1e-9)


def test_affine_is_scikit_learn_s():
    scores, labels = lenient(1)
    theirs = LinearRegression().fit(scores[:, None], labels)
    grid = np.linspace(2, 12, 5)
    assert fit_affine(scores, labels)(grid) == pytest.approx(theirs.predict(grid[:, None]))


def test_platt_is_logistic_regression_on_smoothed_targets():
    scores, labels = lenient(2)
    passed = (labels >= 3).astype(float)
    good, bad = passed.sum(), (1 - passed).sum()
    # A fractional target is both labels, weighted.
    target = np.where(passed == 1, (good + 1) / (good + 2), 1 / (bad + 2))
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        np.concatenate([scores, scores])[:, None],
        np.repeat([1, 0], len(scores)),
        np.concatenate([target, 1 - target]),
    )
    grid = np.linspace(2, 12, 9)
    wanted = theirs.predict_proba(grid[:, None])[:, 1]
    assert fit_platt(scores, passed)(grid) == pytest.approx(wanted, abs=1e-4)


def test_platt_stays_finite_where_scores_separate_labels():
    scores = np.array([1.0, 2, 3, 7, 8, 9])
    found = fit_platt(scores, (scores > 5).astype(float))(scores)
    assert 0.5 < found[-1] < 1
    assert 0 < found[0] < 0.5


@pytest.mark.parametrize("method", ["isotonic", "affine", "platt"])
def test_a_constant_judge_becomes_the_mean(method):
    labels = np.array([0.0, 1, 1, 1])
    found = cross_fitted(method, np.full(4, 3.0), labels, parts=4)
    assert np.isfinite(found).all()
    assert 0 < found.min() <= found.max() <= 1


def test_recalibration_halves_the_error_of_a_lenient_judge():
    scores, labels = lenient(3)
    for method in ("isotonic", "affine"):
        assert rmse(cross_fitted(method, scores, labels), labels) < 0.3 * rmse(scores, labels)


def test_noise_is_not_made_to_look_good():
    generator = np.random.default_rng(4)
    scores, labels = generator.normal(size=60), generator.normal(size=60)
    flattered = rmse(fit_isotonic(scores, labels)(scores), labels)
    honest = rmse(cross_fitted("isotonic", scores, labels), labels)
    assert flattered < labels.std() < honest


def test_a_cluster_is_never_split_over_folds():
    names = np.repeat(np.arange(13), 7).tolist()
    found = folds(91, names, 5, 0).reshape(13, 7)
    assert (found == found[:, :1]).all()
    assert sorted(np.bincount(found[:, 0]).tolist()) == [2, 2, 3, 3, 3]


def test_cross_fitting_needs_two_items():
    with pytest.raises(ValueError, match="two items"):
        cross_fitted("affine", np.array([1.0]), np.array([1.0]))


def test_the_reliability_diagram_by_hand():
    scores = np.array([0.1, 0.1, 0.4, 0.4, 0.9, 0.9])
    labels = np.array([0.0, 0, 0, 1, 1, 1])
    table = reliability(scores, labels, bins=3)
    assert [(b.predicted, b.observed, b.n) for b in table] == [
        (pytest.approx(0.1), 0, 2),
        (pytest.approx(0.4), 0.5, 2),
        (pytest.approx(0.9), 1, 2),
    ]
    assert table[0].ci[1] == pytest.approx(0.658, abs=1e-3)
    wanted = (2 * 0.1 + 2 * 0.1 + 2 * 0.1) / 6
    assert expected_calibration_error(scores, labels, bins=3) == pytest.approx(wanted)


def test_calibrated_probabilities_have_a_small_error_and_stretched_ones_a_large():
    generator = np.random.default_rng(5)
    chance = generator.random(5000)
    labels = (generator.random(5000) < chance).astype(float)
    assert expected_calibration_error(chance, labels) < 0.03
    assert expected_calibration_error(chance > 0.5, labels) == pytest.approx(0.25, abs=0.03)
