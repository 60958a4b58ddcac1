"""Items and abilities are recovered; the fit is a maximum; screening says what it is."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from julja.stats.adaptive import NOTE, held_out, next_item, p_irt, screen
from julja.stats.irt import ItemBank, estimate_ability, fit_2pl


def truth(items=200, seed=0):
    generator = np.random.default_rng(seed)
    slope = np.exp(generator.normal(0.2, 0.3, items))
    return ItemBank(slope, generator.normal(0, 1.2, items), np.linspace(-2, 2, 9), 1, True)


def answered(bank, ability, seed=0):
    generator = np.random.default_rng(seed)
    chance = bank.chance(np.asarray(ability))
    return (generator.random(chance.shape) < chance).astype(float)


def test_items_and_abilities_are_recovered():
    bank = truth(items=60)
    ability = np.random.default_rng(1).normal(size=400)
    found = fit_2pl(answered(bank, ability))
    assert found.converged
    assert np.corrcoef(found.ability, ability)[0, 1] > 0.95
    assert np.corrcoef(found.difficulty, bank.difficulty)[0, 1] > 0.98
    assert np.mean(found.slope / bank.slope) == pytest.approx(1, abs=0.08)
    assert np.mean(found.difficulty - bank.difficulty) == pytest.approx(0, abs=0.12)


def test_the_scale_is_that_of_the_models():
    found = fit_2pl(answered(truth(), np.random.default_rng(2).normal(1.0, 2.0, 30)))
    assert found.ability.mean() == pytest.approx(0, abs=0.05)
    assert found.ability.std() == pytest.approx(1, abs=0.1)


def test_gaps_and_shares_are_taken():
    bank, ability = truth(items=80), np.random.default_rng(3).normal(size=40)
    runs = np.mean([answered(bank, ability, seed) for seed in range(4)], axis=0)
    runs[np.random.default_rng(4).random(runs.shape) < 0.3] = np.nan
    found = fit_2pl(runs)
    assert np.corrcoef(found.ability, ability)[0, 1] > 0.95


def test_items_that_all_or_none_solve_stay_finite():
    scores = answered(truth(items=40), np.linspace(-1, 1, 10))
    scores[:, 0], scores[:, 1] = 1.0, 0.0
    found = fit_2pl(scores)
    assert np.isfinite(found.slope).all()
    assert found.difficulty[0] < found.difficulty[2:].min() + 0.5
    assert found.difficulty[1] > found.difficulty[2:].max() - 0.5


def test_the_ability_is_the_mode_of_its_posterior():
    bank = truth()
    given = answered(bank, 0.7)
    given[50:] = np.nan

    def loss(theta):
        p = bank.chance(np.asarray(theta))[:50]
        return -np.sum(np.log(np.where(given[:50] == 1, p, 1 - p))) + theta**2 / 2

    found = estimate_ability(bank, given)
    best = minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-8})
    assert found.theta == pytest.approx(best.x, abs=2e-3)
    assert found.stderr == pytest.approx(1 / np.sqrt(bank.information(best.x)[:50].sum() + 1), 0.01)
    assert (found.n, found.at_limit) == (50, False)


def test_without_answers_the_ability_is_the_prior():
    found = estimate_ability(truth(), np.full(200, np.nan))
    assert (found.theta, found.stderr, found.n) == (pytest.approx(0, abs=1e-9), 1.0, 0)


def test_an_ability_stays_within_its_limits():
    bank = ItemBank(np.full(500, 2.0), np.full(500, 3.9), np.zeros(2), 1, True)
    found = estimate_ability(bank, np.ones(500))
    assert found.theta == 4.0
    assert found.at_limit


def test_information_is_the_curvature_of_the_likelihood():
    bank = truth(items=5)
    step = 1e-3
    p, up, down = (bank.chance(np.asarray(0.3 + s)) for s in (0, step, -step))
    slope = (up - down) / (2 * step)
    assert bank.information(0.3) == pytest.approx(slope**2 / (p * (1 - p)), rel=1e-4)


@pytest.mark.parametrize("scores", [np.ones((1, 5)), np.ones(5), np.full((3, 3), 1.2)])
def test_what_cannot_be_fitted_is_refused(scores):
    with pytest.raises(ValueError, match=r"two models|0\.\.1"):
        fit_2pl(scores)


def test_the_next_item_tells_most():
    bank = truth()
    asked = np.zeros(200, dtype=bool)
    first = next_item(bank, 0.4, asked)
    assert first == np.argmax(bank.information(0.4))
    asked[first] = True
    assert next_item(bank, 0.4, asked) != first
    assert next_item(bank, 0.4, np.ones(200, dtype=bool)) is None


def test_screening_says_that_it_is_no_score():
    bank = truth()
    given = answered(bank, 0.5)
    found = screen(bank, given.__getitem__, most=30)
    assert (found.publishable, found.note) == (False, NOTE)
    assert "never a published score" in found.note
    assert (len(found.asked), len(set(found.asked)), found.stop) == (30, 30, "items")
    assert found.ci[0] < found.estimate < found.ci[1]


def test_screening_stops_when_it_knows_enough():
    bank = truth()
    given = answered(bank, 0.5)
    found = screen(bank, given.__getitem__, most=200, stderr=0.3)
    assert found.stop == "precise"
    assert found.ability.stderr <= 0.3
    assert 5 <= len(found.asked) < 60
    early = screen(bank, given.__getitem__, most=200, stderr=2.0, fewest=8)
    assert len(early.asked) == 8


def test_when_all_items_are_asked_the_estimate_is_the_score():
    bank = truth(items=30)
    given = answered(bank, 0.5)
    found = screen(bank, given.__getitem__, most=99)
    assert found.stop == "exhausted"
    assert found.estimate == pytest.approx(given.mean())
    assert found.stderr == 0.0
    assert p_irt(bank, given).estimate == pytest.approx(given.mean())


def test_a_model_beyond_all_others_is_marked():
    bank = truth()
    assert screen(bank, answered(bank, 3.5).__getitem__, most=60).beyond
    assert not screen(bank, answered(bank, 0.2).__getitem__, most=60).beyond


def test_an_answer_outside_the_range_is_refused():
    with pytest.raises(ValueError, match="not a score"):
        screen(truth(), lambda item: 2.0)


def test_few_chosen_items_tell_as_much_as_many_random_ones():
    bank = truth(items=400)
    ability = np.random.default_rng(5).normal(size=200)
    given = answered(bank, ability, 6)
    chosen, drawn = [], []
    for row in given:
        some = np.full(400, np.nan)
        some[:40] = row[:40]
        chosen.append(screen(bank, row.__getitem__, most=20).estimate - row.mean())
        drawn.append(np.nanmean(some) - row.mean())
    assert np.abs(chosen).mean() < 0.85 * np.abs(drawn).mean()


def test_the_interval_holds_where_the_model_of_items_does():
    bank = truth(items=300)
    ability = np.random.default_rng(7).normal(size=1000)
    hits = 0
    for row in answered(bank, ability, 8):
        found = p_irt(bank, np.where(np.arange(300) % 6 == 0, row, np.nan))
        hits += found.ci[0] <= row.mean() <= found.ci[1]
    assert 0.935 <= hits / 1000 <= 0.97


def test_leaving_models_out_measures_what_screening_misses():
    bank = truth(items=120)
    scores = answered(bank, np.linspace(-1.5, 1.5, 10))
    (found,) = held_out(scores, [20], draws=2)
    assert found.adaptive.shape == found.random.shape == found.p_irt.shape == (2, 10)
    others = fit_2pl(np.delete(scores, 3, axis=0))
    near = screen(others, scores[3].__getitem__, most=20)
    assert found.adaptive[0, 3] == pytest.approx(near.estimate - scores[3].mean())
    assert np.abs(found.random).mean() < 0.15
    assert 0.6 <= found.covered <= 1
    with pytest.raises(ValueError, match="full table"):
        held_out(scores[:2], [20])
