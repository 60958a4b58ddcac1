"""Length control: what it undoes, what it can't know, and that the fit is the optimum."""

import numpy as np
import pytest
from scipy.optimize import minimize

from julja.stats.difficulty import fit_difficulty
from julja.stats.estimate import corpus_estimate
from julja.stats.l1_logistic import fit_l1_logistic, sigmoid
from julja.stats.length_control import (
    PENALTY,
    Anchor,
    LengthWeights,
    cross_validated_penalty,
    length_controlled,
    length_controlled_interval,
    length_controlled_rate,
    predict,
    win_rate,
)


def verdicts(n=400, *, quality=0.0, length=-1.5, longer=0.0, seed=0):
    """(preferences, length differences, difficulties) of a judge that likes long answers."""
    generator = np.random.default_rng(seed)
    difference = generator.normal(-longer, 500, n)
    difficulty = generator.normal(0, 1, n)
    tanh = np.tanh(difference / difference.std(ddof=1))
    chance = sigmoid(length * tanh + difficulty + quality)
    return (generator.random(n) < chance).astype(float), difference, difficulty


def test_soft_preferences_count_by_their_size_and_draws_by_half():
    found = win_rate(np.array([0.9, 0.6, 0.5, 0.5, 0.2]))
    assert found.value == pytest.approx(0.54)
    assert (found.wins, found.losses, found.draws, found.n) == (2, 1, 2, 5)
    assert found.discrete == pytest.approx(0.6)
    assert found.stderr == pytest.approx(np.std([0.9, 0.6, 0.5, 0.5, 0.2], ddof=1) / 5**0.5)
    assert win_rate(np.array([1.0])).stderr is None
    with pytest.raises(ValueError, match="one preference"):
        win_rate(np.array([]))


@pytest.mark.parametrize("penalty", [1e-3, 0.36, 5.0, 60.0])
def test_the_fit_is_the_optimum_that_a_general_solver_finds(penalty):
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(200, 3)), generator.random(200)
    weights = generator.random(200) + 0.5

    def loss(halves):
        beta = halves[:3] - halves[3:]
        softplus = weights @ np.logaddexp(0, x @ beta)
        return softplus - (weights * y) @ x @ beta + penalty * halves.sum()

    theirs = minimize(loss, np.full(6, 0.1), bounds=[(0, None)] * 6, options={"ftol": 1e-15})
    beta = fit_l1_logistic(x, x.T @ (weights * y), weights, penalty)
    assert beta == pytest.approx(theirs.x[:3] - theirs.x[3:], abs=2e-4)
    assert loss(np.concatenate([np.maximum(beta, 0), np.maximum(-beta, 0)])) <= theirs.fun + 1e-9


def test_a_large_penalty_leaves_nothing_and_none_is_refused():
    x, y = np.ones((10, 1)), np.ones(10)
    assert fit_l1_logistic(x, x.T @ y, np.ones(10), 100.0).tolist() == [0.0]
    with pytest.raises(ValueError, match="above 0"):
        fit_l1_logistic(x, x.T @ y, np.ones(10), 0.0)


def test_the_fit_starts_from_anywhere():
    y, difference, difficulty = verdicts()
    cold = length_controlled(y, difference, difficulty)
    far = LengthWeights(9.0, -9.0, 9.0)
    assert length_controlled(y, difference, difficulty, start=far).value == pytest.approx(
        cold.value, abs=1e-9
    )


def test_a_model_that_only_writes_more_gains_nothing():
    y, difference, difficulty = verdicts(20_000, longer=500)
    assert win_rate(y).value > 0.62
    assert length_controlled(y, difference, difficulty).value == pytest.approx(0.5, abs=0.02)
    # Who is no longer keeps what he has.
    y, difference, difficulty = verdicts(20_000, quality=1.0)
    raw = win_rate(y).value
    assert length_controlled(y, difference, difficulty).value == pytest.approx(raw, abs=0.03)


def test_the_weights_are_those_that_made_the_verdicts():
    found = length_controlled(*verdicts(50_000, quality=0.5)).weights
    assert (found.length, found.difficulty, found.model) == pytest.approx((-1.5, 1, 0.5), abs=0.06)


def test_the_baseline_against_itself_is_one_half():
    found = length_controlled(np.full(50, 0.5), np.zeros(50), np.linspace(-1, 1, 50))
    assert (found.value, found.scale) == (0.5, 0.0)
    assert found.weights == LengthWeights(0.0, 0.0, 0.0)


def test_without_difficulties_there_is_no_such_term():
    y, difference, _ = verdicts()
    found = length_controlled(y, difference)
    assert found.weights.difficulty is None
    assert found.predicted == pytest.approx(np.full(400, found.value))


def test_an_anchor_pulls_the_length_weight_to_what_gaming_shows():
    y, difference, difficulty = verdicts(60, seed=5)
    gamed, shift, hard = verdicts(2000, length=-4.0, seed=6)
    anchor = Anchor.of(gamed, shift / shift.std(ddof=1), hard)
    alone = length_controlled(y, difference, difficulty).weights
    held = length_controlled(y, difference, difficulty, anchor=anchor).weights
    assert held.length < alone.length
    heavy = Anchor(anchor.length, anchor.difficulty, anchor.moments, weight=50.0)
    there = length_controlled(y, difference, difficulty, anchor=heavy).weights
    assert there.length == pytest.approx(-4.0, abs=0.5)


def test_an_anchor_needs_no_more_than_its_sums():
    y, difference, difficulty = verdicts(100)
    gamed, shift, hard = verdicts(300, seed=1)
    standard = shift / shift.std(ddof=1)
    known = Anchor.of(gamed, standard, hard)
    tanh = np.tanh(standard)
    sums = Anchor(tanh, hard, (float((gamed * tanh).sum()), float((gamed * hard).sum())))
    one = length_controlled(y, difference, difficulty, anchor=known).value
    assert one == pytest.approx(length_controlled(y, difference, difficulty, anchor=sums).value)
    # Without difficulties, only the length is held.
    assert length_controlled(y, difference, anchor=known).weights.difficulty is None


def test_the_interval_covers_and_is_wider_than_that_of_fitted_values():
    truth = length_controlled(*verdicts(50_000, quality=0.5, longer=300)).value
    inside = 0
    for seed in range(40):
        columns = verdicts(200, quality=0.5, longer=300, seed=seed + 100)
        stderr, (low, high) = length_controlled_interval(*columns, resamples=200, seed=seed)
        inside += low <= truth <= high
        assert stderr > length_controlled(*columns).naive_stderr
    assert inside >= 34


def test_an_interval_repeats_by_its_seed_and_clusters_widen_it():
    y, difference, difficulty = verdicts(50)
    one = length_controlled_interval(y, difference, difficulty, resamples=100, seed=4)
    assert one == length_controlled_interval(y, difference, difficulty, resamples=100, seed=4)
    assert one != length_controlled_interval(y, difference, difficulty, resamples=100, seed=5)
    columns = [np.repeat(column, 8) for column in (y, difference, difficulty)]
    clusters = [str(n // 8) for n in range(400)]
    shared = length_controlled_interval(*columns, resamples=100, clusters=clusters)
    alone = length_controlled_interval(*columns, resamples=100)
    assert shared[0] > 1.8 * alone[0]


def test_cross_validation_prefers_the_penalty_that_the_data_ask_for():
    y, difference, difficulty = verdicts(400)
    assert cross_validated_penalty(y, difference, difficulty) < 10
    noise = np.random.default_rng(0).integers(0, 2, 400).astype(float)
    assert cross_validated_penalty(noise, difference, difficulty) > 2
    assert 0.35 < PENALTY < 0.36


def test_the_rate_alone_is_a_metric_of_columns():
    y, difference, difficulty = verdicts()

    def aggregate(columns):
        return length_controlled_rate(columns["p"], columns["l"], columns["d"])

    columns = {"p": y.tolist(), "l": difference.tolist(), "d": difficulty.tolist()}
    found = corpus_estimate("lc_win_rate", aggregate, columns, resamples=200)
    assert found.value == length_controlled(y, difference, difficulty).value
    stderr, _ = length_controlled_interval(y, difference, difficulty, resamples=200)
    assert found.stderr == pytest.approx(stderr, rel=1e-6)
    assert np.isnan(length_controlled_rate(y[:1], difference[:1]))


@pytest.mark.parametrize(
    ("preference", "difference", "match"),
    [
        ([1.5, 2.0], [1.0, 2.0], "from 0 to 1"),
        ([np.nan, 1.0], [1.0, 2.0], "numbers only"),
        ([1.0, 0.0, 1.0], [1.0, 2.0], "one length"),
        ([1.0], [1.0], "two rows"),
    ],
)
def test_columns_that_cannot_be_right_are_refused(preference, difference, match):
    with pytest.raises(ValueError, match=match):
        length_controlled(np.array(preference), np.array(difference))


def test_predictions_are_at_equal_length():
    weights = LengthWeights(-2.0, 1.0, 0.0)
    assert predict(weights, np.array([0.0, 1.0]), 2).tolist() == pytest.approx([0.5, 0.7310586])


def several(models=12, n=300, seed=0):
    """(preferences, differences, true difficulties) of several models on the same prompts."""
    generator = np.random.default_rng(seed)
    hard = generator.normal(0, 1.2, n)
    difference = generator.normal(0, 300, (models, n))
    tanh = np.tanh(difference / difference.std(axis=1, ddof=1)[:, None])
    chance = sigmoid(generator.normal(-0.5, 1, models)[:, None] - tanh + hard)
    return (generator.random((models, n)) < chance).astype(float), difference, hard


def test_difficulties_are_found_from_several_models():
    preference, difference, hard = several()
    found = fit_difficulty(preference, difference)
    assert np.corrcoef(found.value, hard)[0, 1] > 0.85
    assert (found.models, found.n) == (12, 3600)
    assert found.value.mean() == pytest.approx(0, abs=1e-12)


def test_difficulties_do_with_missing_verdicts_and_one_sided_models():
    preference, difference, hard = several()
    preference[0] = 1.0
    preference[1] = 0.0
    preference[np.random.default_rng(1).random(preference.shape) < 0.3] = np.nan
    preference[:, 7] = np.nan
    found = fit_difficulty(preference, difference)
    assert np.isfinite(found.value).all()
    assert np.corrcoef(found.value, hard)[0, 1] > 0.75


def test_difficulties_need_more_than_one_model():
    with pytest.raises(ValueError, match="two models"):
        fit_difficulty(np.ones((1, 5)), np.ones((1, 5)))
