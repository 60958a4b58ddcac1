"""Ratings at equal style."""

import numpy as np
import pytest
from scipy.optimize import minimize

from julja.stats.ratings.covariates import (
    bootstrap_covariates,
    fit_covariates,
    relative_difference,
)

RATINGS, GAMMA = np.array([0.5, 0.1, -0.6]), np.array([0.4, -0.2])


def styled(seed, n=3000):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 3, n)
    b = (a + rng.integers(1, 3, n)) % 3
    # The better model writes longer: without control, length would pass for quality.
    z = rng.normal(0, 1, (n, 2)) + (RATINGS[a] - RATINGS[b])[:, None] * [1.0, 0.0]
    x = RATINGS[a] - RATINGS[b] + z @ GAMMA
    outcome = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(float)
    return a, b, outcome, z


def test_ratings_and_coefficients_equal_a_general_optimiser():
    a, b, outcome, z = styled(0, 800)
    found = fit_covariates(a, b, outcome, None, z, models=3)

    def loss(params):
        ratings = np.append(params[:2], 0.0)
        x = ratings[a] - ratings[b] + z @ params[2:]
        return np.logaddexp(0, x).sum() - outcome @ x

    best = minimize(loss, np.zeros(4), options={"gtol": 1e-8}).x
    ratings = np.append(best[:2], 0.0)
    assert found.ratings == pytest.approx(ratings - ratings.mean(), abs=1e-5)
    assert found.coefficients == pytest.approx(best[2:], abs=1e-5)


def test_what_made_the_battles_is_found():
    a, b, outcome, z = styled(1, 60_000)
    found = fit_covariates(a, b, outcome, None, z, models=3)
    assert found.ratings == pytest.approx(RATINGS, abs=0.04)
    assert found.coefficients == pytest.approx(GAMMA, abs=0.03)


def test_errors_cover():
    held, rounds = 0.0, 150
    for seed in range(rounds):
        a, b, outcome, z = styled(100 + seed, 600)
        found = fit_covariates(a, b, outcome, None, z, models=3)
        truth = np.concatenate([RATINGS, GAMMA])
        guess = np.concatenate([found.ratings, found.coefficients])
        held += (np.abs(guess - truth) <= 1.96 * np.sqrt(np.diagonal(found.covariance))).mean()
    assert 0.92 <= held / rounds <= 0.975


def test_swapping_the_sides_changes_nothing():
    a, b, outcome, z = styled(2, 500)
    plain = fit_covariates(a, b, outcome, None, z, models=3)
    swap = (np.arange(500) % 3 == 0)[:, None]
    turned = fit_covariates(
        np.where(swap[:, 0], b, a),
        np.where(swap[:, 0], a, b),
        np.where(swap[:, 0], 1 - outcome, outcome),
        None,
        np.where(swap, -z, z),
        models=3,
    )
    assert turned.ratings == pytest.approx(plain.ratings, abs=1e-9)
    assert turned.coefficients == pytest.approx(plain.coefficients, abs=1e-9)


def test_the_clustered_sandwich_is_the_textbook_one():
    a, b, outcome, z = styled(3, 400)
    clusters = np.arange(400) // 8
    found = fit_covariates(a, b, outcome, None, z, models=3, clusters=clusters)
    x = np.zeros((400, 5))
    x[np.arange(400), a] += 1
    x[np.arange(400), b] -= 1
    x[:, 3:] = z
    p = 1 / (1 + np.exp(-(x @ np.concatenate([found.ratings, found.coefficients]))))
    bread = np.linalg.pinv(x.T @ (x * (p * (1 - p))[:, None]))
    sums = np.zeros((50, 5))
    np.add.at(sums, clusters, x * (outcome - p)[:, None])
    expected = 50 / 49 * bread @ sums.T @ sums @ bread
    assert found.covariance == pytest.approx(expected, abs=1e-10)


def test_given_coefficients_stay_and_have_no_errors():
    a, b, outcome, z = styled(4, 800)
    free = fit_covariates(a, b, outcome, None, z, models=3)
    frozen = fit_covariates(a, b, outcome, None, z, models=3, coefficients=free.coefficients)
    assert frozen.ratings == pytest.approx(free.ratings, abs=1e-9)
    assert frozen.covariance.shape == (3, 3) and frozen.coefficient_stderr is None


def test_a_new_model_does_not_move_the_others_with_frozen_coefficients():
    # The newcomer meets only model 0: with one free coefficient for all, its style moves everyone.
    a, b, outcome, z = styled(5, 800)
    rng = np.random.default_rng(0)
    more = rng.normal(2.0, 1, (300, 2))
    won = (rng.random(300) < 0.3).astype(float)
    both = (
        np.append(a, np.full(300, 3)),
        np.append(b, np.zeros(300, int)),
        np.append(outcome, won),
        None,
        np.vstack([z, more]),
    )

    def gaps(found):
        return found.ratings[:2] - found.ratings[2]

    before = fit_covariates(a, b, outcome, None, z, models=3)
    free = fit_covariates(*both, models=4)
    frozen = fit_covariates(*both, models=4, coefficients=before.coefficients)
    assert np.abs(gaps(free) - gaps(before)).max() > 1e-3
    assert gaps(frozen) == pytest.approx(gaps(before), abs=1e-9)


def test_features_that_go_together_are_refused():
    a, b, outcome, _ = styled(6, 300)
    one = np.random.default_rng(0).normal(size=(300, 1))
    # Nothing, twice the same, and what the models themselves say.
    same = np.hstack([one, 2 * one])
    model = ((a == 0).astype(float) - (b == 0))[:, None]
    for z in (np.zeros((300, 1)), same, model):
        with pytest.raises(ArithmeticError):
            fit_covariates(a, b, outcome, None, z, models=3)


def test_resamples_agree_with_the_sandwich():
    a, b, outcome, z = styled(7, 600)
    found = fit_covariates(a, b, outcome, None, z, models=3)
    ratings, slopes = bootstrap_covariates(
        a, b, outcome, None, z, found, 300, np.random.default_rng(0)
    )
    assert ratings.std(axis=0) == pytest.approx(found.stderr, rel=0.2)
    assert slopes.std(axis=0) == pytest.approx(found.coefficient_stderr, rel=0.2)


def test_relative_differences():
    found = relative_difference(np.array([3.0, 0.0, 0.0]), np.array([1.0, 0.0, 2.0]))
    assert found.tolist() == [0.5, 0.0, -1.0]
