"""Item statistics are the textbook's; a wrong key is found; dead items are counted."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.items import analyse_items, cronbach_alpha, discriminations, effective_items


def simulated(models=60, items=80, seed=0):
    generator = np.random.default_rng(seed)
    ability = generator.normal(size=(models, 1))
    difficulty = generator.normal(size=items)
    chance = 1 / (1 + np.exp(-1.5 * (ability - difficulty)))
    return (generator.random((models, items)) < chance).astype(float)


def test_discrimination_is_the_correlation_with_the_rest():
    scores = simulated()
    found = analyse_items(scores)
    for item in (0, 17, 79):
        rest = np.delete(scores, item, axis=1).mean(axis=1)
        theirs = stats.pearsonr(scores[:, item], rest)
        assert found.discrimination[item] == pytest.approx(theirs.statistic)
        interval = theirs.confidence_interval(0.95)
        assert found.low[item] == pytest.approx(interval.low)
        assert found.high[item] == pytest.approx(interval.high)
    assert found.facility == pytest.approx(scores.mean(axis=0))


def test_a_wrong_key_is_found_and_confirmed():
    scores = simulated()
    scores[:, 7] = 1 - scores[:, 7]
    found = analyse_items(scores)
    assert found.suspects == found.confirmed == (7,)
    assert found.by_chance == pytest.approx(2.0)


def test_sound_items_are_suspected_no_more_than_by_chance():
    counts = [len(analyse_items(simulated(seed=seed)).suspects) for seed in range(20)]
    assert np.mean(counts) < 2.0
    generator = np.random.default_rng(3)
    noise = [analyse_items((generator.random((60, 80)) < 0.5) * 1.0) for _ in range(20)]
    assert np.mean([len(one.suspects) for one in noise]) == pytest.approx(2.0, abs=0.8)
    assert np.mean([len(one.confirmed) > 0 for one in noise]) <= 0.2


def test_dead_items_are_counted():
    scores = simulated()
    scores[:, :8] = 0
    scores[:, 8:12] = 1
    found = analyse_items(scores)
    assert (found.never, found.always) == (8, 4)
    assert found.dead == pytest.approx(12 / 80)
    assert np.isnan(found.discrimination[:12]).all()
    assert found.effective < 68


def test_alpha_is_kr20():
    scores = simulated()
    p = scores.mean(axis=0)
    n = scores.shape[1]
    kr20 = n / (n - 1) * (1 - (p * (1 - p)).sum() / scores.sum(axis=1).var())
    assert cronbach_alpha(scores).value == pytest.approx(kr20)


def test_alpha_is_hoyts_ratio_and_its_interval_feldts():
    table = np.random.default_rng(1).integers(1, 6, (11, 3)) + np.arange(11.0)[:, None] / 3
    found = cronbach_alpha(table)
    assert found.n == 3
    mean_square = table.mean(axis=1).var(ddof=1) * 3
    residual = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    noise = (residual**2).sum() / (10 * 2)
    # Hoyt (1941): 1 - the residual over the persons' mean square.
    assert found.value == pytest.approx(1 - noise / mean_square)
    low = 1 - (1 - found.value) * stats.f.ppf(0.975, 10, 20)
    assert found.ci[0] == pytest.approx(low)
    assert found.ci[0] < found.value < found.ci[1] < 1


def test_alphas_interval_covers():
    generator = np.random.default_rng(4)
    hits = 0
    for _ in range(1000):
        scores = generator.normal(size=(30, 1)) + 2 * generator.normal(size=(30, 10))
        low, high = cronbach_alpha(scores).ci
        hits += low <= 10 / (10 + 4) <= high
    assert 0.935 <= hits / 1000 <= 0.965


def test_gaps_are_left_out_of_each_item():
    scores = simulated()
    scores[:5, 3] = np.nan
    found = analyse_items(scores)
    assert found.models[3] == 55
    assert found.complete == 79
    rest = np.delete(scores[5:], 3, axis=1).mean(axis=1)
    expected = stats.pearsonr(scores[5:, 3], rest).statistic
    assert found.discrimination[3] == pytest.approx(expected)


def test_few_models_have_no_intervals():
    found = analyse_items(simulated(models=3))
    assert np.isnan(found.high).all()
    assert found.suspects == ()
    two = analyse_items(simulated(models=2))
    assert np.isnan(two.discrimination).all()
    one = analyse_items(simulated(models=1))
    assert (one.alpha.value, np.isnan(one.dead)) == (None, True)


def test_an_item_that_nobody_has():
    scores = simulated()
    scores[:, 5] = np.nan
    found = analyse_items(scores)
    assert np.isnan(found.facility[5])
    assert found.never + found.always < 80
    assert np.isfinite(discriminations(scores)[6])


def test_effective_items():
    assert effective_items(np.full(10, 0.2)) == pytest.approx(10)
    assert effective_items(np.array([0.25, 0.25, 0.25, 0.0, np.nan])) == pytest.approx(3)
    assert effective_items(np.zeros(4)) == 0.0


def test_models_that_are_level_have_no_alpha():
    level = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert cronbach_alpha(level).value is None
    assert cronbach_alpha(level).method == "undefined: no variation"


def test_anything_but_a_table_is_refused():
    with pytest.raises(ValueError, match="table of models"):
        analyse_items(np.zeros(4))
