"""Correlations are scipy's; their intervals cover; a constant has none."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.correlation import pearson, spearman


def data(seed, n=300):
    generator = np.random.default_rng(seed)
    x = np.round(generator.normal(size=n), 1)
    return x, np.round(0.6 * x + 0.8 * generator.normal(size=n), 1)


def test_both_are_scipy_s():
    x, y = data(1)
    assert pearson(x, y).value == pytest.approx(stats.pearsonr(x, y)[0], abs=1e-12)
    assert spearman(x, y).value == pytest.approx(stats.spearmanr(x, y)[0], abs=1e-12)
    assert pearson(x + 1e6, y).value == pytest.approx(pearson(x, y).value, abs=1e-9)


@pytest.mark.parametrize(("function", "truth"), [(pearson, 0.6), (spearman, 0.5819)])
def test_the_interval_covers_95_percent(function, truth):
    # Spearman's of a normal pair with correlation r is 6/pi asin(r/2).
    hits = 0
    for seed in range(300):
        x, y = data(seed, 120)
        low, high = function(x, y, resamples=300, seed=seed).ci
        hits += low <= truth <= high
    assert 0.915 <= hits / 300 <= 0.98


def test_items_of_one_prompt_are_drawn_together():
    x, y = data(2, 80)
    names = np.repeat(np.arange(80), 4).tolist()
    alone = pearson(x, y).stderr
    assert pearson(np.repeat(x, 4), np.repeat(y, 4), clusters=names).stderr == pytest.approx(
        alone, rel=0.1
    )


def test_what_has_no_correlation():
    assert pearson(np.ones(9), np.arange(9.0)).method == "undefined: no variation"
    assert spearman(np.arange(2.0), np.arange(2.0)).value is None
