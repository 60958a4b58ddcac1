"""Ratings equal what scipy finds for the likelihoods as they are written in the papers."""

import numpy as np
import pytest
from scipy.optimize import minimize

from julja.stats.ratings import count_cells, fit, fit_bradley_terry, sum_pairs
from julja.stats.ratings.bradley_terry import MODELS
from julja.stats.ratings.newton import MOST_STEPS, maximise


def battles(seed, n=600, m=6, *, ties=0.0, spread=1.0):
    """Random battles between models whose ratings are drawn; ties as Rao and Kupper have them."""
    rng = np.random.default_rng(seed)
    ratings = rng.normal(0, spread, m)
    ratings -= ratings.mean()
    a = rng.integers(0, m, n)
    b = (a + rng.integers(1, m, n)) % m
    x = ratings[a] - ratings[b]
    u = rng.random(n)
    win, loss = 1 / (1 + np.exp(ties - x)), 1 / (1 + np.exp(ties + x))
    outcome = np.where(u < win, 1.0, np.where(u > 1 - loss, 0.0, 0.5))
    return ratings, a, b, outcome


def on_rows(a, b, outcome, weight, m, steps=60):
    """Newton on single rows, the last model at 0: nothing of it is shared with julja."""
    x = np.zeros((len(a), m))
    x[np.arange(len(a)), a] += 1
    x[np.arange(len(a)), b] -= 1
    x = x[:, :-1]
    beta = np.zeros(m - 1)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve(
            x.T @ (x * (weight * p * (1 - p))[:, None]), x.T @ (weight * (outcome - p))
        )
        beta = beta + step
    found = np.append(beta, 0.0)
    return found - found.mean()


@pytest.mark.parametrize("seed", range(5))
def test_ratings_equal_newton_on_single_rows(seed):
    _, a, b, outcome = battles(seed, ties=0.4)
    weight = np.random.default_rng(seed).choice([1.0, 3.0], len(a))
    found = fit_bradley_terry(a, b, outcome, weight, models=6)
    assert found.ratings == pytest.approx(on_rows(a, b, outcome, weight, 6), abs=1e-9)
    assert found.ratings.sum() == pytest.approx(0, abs=1e-12)


def test_graded_outcomes_are_shares_of_a_win():
    rng = np.random.default_rng(3)
    a, b = np.array([0, 1, 2] * 40), np.array([1, 2, 0] * 40)
    outcome = rng.random(120)
    found = fit_bradley_terry(a, b, outcome, models=3)
    assert found.ratings == pytest.approx(on_rows(a, b, outcome, np.ones(120), 3), abs=1e-9)


def test_against_one_baseline_a_rating_is_the_mean_score():
    # Bradley-Terry with one baseline is a mean: 3 won, 2 tied, 5 lost are 40 %.
    a, b = np.zeros(10, int), np.ones(10, int)
    outcome = np.array([1.0] * 3 + [0.5] * 2 + [0.0] * 5)
    found = fit_bradley_terry(a, b, outcome, models=2)
    assert found.win_probability()[0, 1] == pytest.approx(0.4, abs=1e-12)


def rao_kupper(params, a, b, outcome):
    """Rao and Kupper 1967, in their own terms: pi and theta, no logistic functions."""
    pi, theta = np.exp(np.append(params[:-1], 0.0)), np.exp(params[-1])
    win = pi[a] / (pi[a] + theta * pi[b])
    loss = pi[b] / (pi[b] + theta * pi[a])
    return -np.log(np.where(outcome == 1, win, np.where(outcome == 0, loss, 1 - win - loss))).sum()


def davidson(params, a, b, outcome):
    """Davidson 1970: ties in proportion to the root of the product."""
    pi, nu = np.exp(np.append(params[:-1], 0.0)), np.exp(params[-1])
    total = pi[a] + pi[b] + nu * np.sqrt(pi[a] * pi[b])
    tie = nu * np.sqrt(pi[a] * pi[b])
    chosen = np.where(outcome == 1, pi[a], np.where(outcome == 0, pi[b], tie))
    return -np.log(chosen / total).sum()


@pytest.mark.parametrize(("kind", "loss"), [("rao-kupper", rao_kupper), ("davidson", davidson)])
def test_models_of_ties_equal_a_general_optimiser(kind, loss):
    _, a, b, outcome = battles(1, ties=0.5)
    found = fit(count_cells(a, b, outcome, models=6), kind)
    best = minimize(
        loss,
        np.append(np.zeros(5), 0.3),
        args=(a, b, outcome),
        tol=1e-12,
        options={"gtol": 1e-7},
    )
    ratings = np.append(best.x[:-1], 0.0)
    assert found.ratings == pytest.approx(ratings - ratings.mean(), abs=2e-5)
    assert found.extra == pytest.approx(best.x[-1], abs=2e-5)
    # The likelihood is not below that of the optimiser: a maximum, not just near one.
    assert found.log_likelihood >= -best.fun - 1e-9


def test_rao_kupper_finds_the_threshold_that_made_the_ties():
    ratings, a, b, outcome = battles(7, n=200_000, ties=0.4)
    found = fit(count_cells(a, b, outcome, models=6), "rao-kupper")
    assert found.extra == pytest.approx(0.4, abs=0.02)
    assert found.ratings == pytest.approx(ratings, abs=0.03)


def test_davidson_finds_what_made_the_ties():
    rng = np.random.default_rng(5)
    ratings, nu, n = np.array([0.8, 0.1, -0.9]), 0.7, 150_000
    a = rng.integers(0, 3, n)
    b = (a + rng.integers(1, 3, n)) % 3
    pi = np.exp(ratings)
    tie = nu * np.sqrt(pi[a] * pi[b])
    total = pi[a] + pi[b] + tie
    u = rng.random(n) * total
    outcome = np.where(u < pi[a], 1.0, np.where(u < pi[a] + tie, 0.5, 0.0))
    found = fit(count_cells(a, b, outcome, models=3), "davidson")
    assert np.exp(found.extra) == pytest.approx(nu, abs=0.02)
    assert found.ratings == pytest.approx(ratings, abs=0.03)


@pytest.mark.parametrize("kind", ["bt", "rao-kupper", "davidson"])
def test_derivatives_are_those_of_the_likelihood(kind):
    model, rng, h = MODELS[kind], np.random.default_rng(2), 1e-5
    x, wins, ties, losses = rng.normal(size=9), *rng.integers(0, 9, (3, 9)).astype(float)
    extra = np.array([0.6]) if model.has_extra else None

    def value(x, extra):
        return model.value(x, wins, ties, losses, extra)

    terms = model.terms(x, wins, ties, losses, extra)
    assert terms.dx == pytest.approx(
        (value(x + h, extra) - value(x - h, extra)) / (2 * h), abs=1e-6
    )
    second = (value(x + h, extra) - 2 * value(x, extra) + value(x - h, extra)) / h**2
    assert terms.hxx == pytest.approx(-second, abs=1e-3)
    if model.has_extra:
        slope = (value(x, extra + h) - value(x, extra - h)) / (2 * h)
        assert terms.de == pytest.approx(slope, abs=1e-6)
        beside = model.terms(x, wins, ties, losses, extra + h)
        before = model.terms(x, wins, ties, losses, extra - h)
        assert terms.hxe == pytest.approx(-(beside.dx - before.dx) / (2 * h), abs=1e-5)
        assert terms.hee == pytest.approx(-(beside.de - before.de) / (2 * h), abs=1e-4)


@pytest.mark.parametrize("kind", ["bt", "rao-kupper", "davidson"])
def test_swapping_the_sides_changes_nothing(kind):
    _, a, b, outcome = battles(4, ties=0.5)
    swap = np.random.default_rng(0).random(len(a)) < 0.5
    turned = fit(
        count_cells(
            np.where(swap, b, a),
            np.where(swap, a, b),
            np.where(swap, 1 - outcome, outcome),
            models=6,
        ),
        kind,
    )
    plain = fit(count_cells(a, b, outcome, models=6), kind)
    assert turned.ratings == pytest.approx(plain.ratings, abs=1e-12)
    assert turned.covariance == pytest.approx(plain.covariance, abs=1e-12)


def test_models_of_ties_need_ties_and_decisions():
    cells = count_cells(np.array([0, 1]), np.array([1, 0]), np.array([1.0, 1.0]), models=2)
    with pytest.raises(ValueError, match="both ties and decided"):
        fit(cells, "rao-kupper")


def test_a_rating_without_limit_is_refused_unless_there_is_a_prior():
    a, b, outcome = np.array([0, 0]), np.array([1, 1]), np.array([1.0, 1.0])
    with pytest.raises(ValueError, match="without a limit"):
        fit_bradley_terry(a, b, outcome, models=2)
    found = fit_bradley_terry(a, b, outcome, models=3, ridge=1.0)
    assert found.ratings[0] > found.ratings[2] > found.ratings[1]
    # The mode of 2 log sigmoid(2r) - r^2: r = 2 sigmoid(-2r).
    r = found.ratings[0]
    assert r == pytest.approx(2 / (1 + np.exp(2 * r)), abs=1e-9)


def test_the_sandwich_is_the_textbook_one_on_rows():
    _, a, b, outcome = battles(8, n=400, m=4, ties=0.3)
    clusters = np.random.default_rng(1).integers(0, 50, len(a))
    found = fit_bradley_terry(a, b, outcome, models=4, clusters=clusters)
    x = np.zeros((len(a), 4))
    x[np.arange(len(a)), a] += 1
    x[np.arange(len(a)), b] -= 1
    p = 1 / (1 + np.exp(-x @ found.ratings))
    bread = np.linalg.pinv(x.T @ (x * (p * (1 - p))[:, None]))
    score = x * (outcome - p)[:, None]
    sums = np.zeros((50, 4))
    np.add.at(sums, clusters, score)
    assert found.clusters == 50
    assert found.covariance == pytest.approx(50 / 49 * bread @ sums.T @ sums @ bread, abs=1e-12)
    alone = fit_bradley_terry(a, b, outcome, models=4)
    assert alone.covariance == pytest.approx(bread @ score.T @ score @ bread, abs=1e-12)


def test_clusters_of_one_are_no_clusters_but_for_the_correction():
    _, a, b, outcome = battles(9, n=300)
    alone = fit_bradley_terry(a, b, outcome, models=6)
    single = fit_bradley_terry(a, b, outcome, models=6, clusters=np.arange(300))
    assert single.covariance == pytest.approx(300 / 299 * alone.covariance)


def test_the_error_of_a_difference_is_that_of_the_two_together():
    _, a, b, outcome = battles(10, n=300)
    found = fit_bradley_terry(a, b, outcome, models=6)
    way = np.array([1.0, 0, -1.0, 0, 0, 0])
    assert found.difference_stderr()[0, 2] == pytest.approx(np.sqrt(way @ found.covariance @ way))


def test_sums_of_pairs_keep_every_battle():
    _, a, b, outcome = battles(11, ties=0.5)
    pairs = sum_pairs(a, b, outcome, models=6)
    assert (pairs.wins + pairs.ties + pairs.losses).sum() == len(a)
    assert pairs.ties.sum() == (outcome == 0.5).sum()
    mine = outcome[(a == 2) & (b == 4)].sum() + (1 - outcome[(a == 4) & (b == 2)]).sum()
    place = np.flatnonzero((pairs.i == 2) & (pairs.j == 4))[0]
    assert pairs.wins[place] + pairs.ties[place] / 2 == pytest.approx(mine)


def test_many_models_are_counted_without_a_table_of_all_pairs():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 5000, 300)
    b = (a + rng.integers(1, 5000, 300)) % 5000
    outcome, weight = rng.integers(0, 3, 300) / 2, rng.choice([1.0, 2.5], 300)
    cells = count_cells(a, b, outcome, weight, models=5000)
    assert cells.count.sum() == 300
    i, j = cells.i[cells.pair][cells.cell], cells.j[cells.pair][cells.cell]
    assert np.array_equal(i, np.minimum(a, b)) and np.array_equal(j, np.maximum(a, b))
    assert np.array_equal(cells.weight[cells.cell], weight)
    assert np.array_equal(cells.share[cells.cell], np.where(a < b, outcome, 1 - outcome))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": [0, 2]}, "numbered 0 to 1"),
        ({"b": [0, 1]}, "can't meet itself"),
        ({"outcome": [1.0, np.nan]}, "0 to 1"),
        ({"weight": [1.0, -1.0]}, "not negative"),
        ({"weight": [1.0]}, "one entry for each battle"),
        ({"a": [], "b": [], "outcome": []}, "at least one battle"),
    ],
)
def test_battles_that_are_none_are_refused(change, message):
    given = {"a": [0, 0], "b": [1, 1], "outcome": [1.0, 0.0], "weight": None} | change
    arrays = {
        k: None if v is None else np.array(v, float if k in ("outcome", "weight") else int)
        for k, v in given.items()
    }
    with pytest.raises(ValueError, match=message):
        count_cells(**arrays, models=2)


def test_a_likelihood_without_maximum_ends_with_an_error():
    def endless(point):
        return float(point[0]), np.ones(1), np.eye(1)

    def cliff(point):
        return (0.0 if point[0] == 0 else -np.inf), np.ones(1), np.eye(1)

    with pytest.raises(ArithmeticError, match=f"after {MOST_STEPS} steps"):
        maximise(endless, np.zeros(1), 1)
    with pytest.raises(ArithmeticError, match="no maximum that was found"):
        maximise(cliff, np.zeros(1), 1)
