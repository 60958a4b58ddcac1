"""Alpha at all four levels: by its definition, pair by pair, and with intervals that cover."""

import numpy as np
import pytest

from julja.stats.agreement import cohen_kappa, shares
from julja.stats.krippendorff import krippendorff_alpha

LEVELS = ("nominal", "ordinal", "interval", "ratio")
NO = np.nan


def by_definition(table, level):
    """Every pair of ratings within an item, and every pair at all."""
    items = [column[np.isfinite(column)] for column in table.T]
    items = [item for item in items if len(item) >= 2]
    everything = np.concatenate(items)
    values, counts = np.unique(everything, return_counts=True)

    def distance(c, k):
        if level == "nominal":
            return float(c != k)
        if level == "interval":
            return (c - k) ** 2
        if level == "ratio":
            return 0.0 if c == k else ((c - k) / (c + k)) ** 2
        low, high = sorted((c, k))
        between = counts[(values >= low) & (values <= high)].sum()
        ends = counts[values == low].sum() + counts[values == high].sum()
        return 0.0 if c == k else (between - ends / 2) ** 2

    n = len(everything)
    seen = sum(sum(distance(c, k) for c in item for k in item) / (len(item) - 1) for item in items)
    chance = sum(distance(c, k) for c in everything for k in everything)
    return 1 - (n - 1) * seen / chance


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_alpha_is_the_definition(level, seed):
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, 6, 25)
    table = np.clip(truth + generator.integers(-1, 2, (4, 25)), 1, 6).astype(float)
    table[generator.random((4, 25)) < 0.3] = NO
    found = krippendorff_alpha(table, level, resamples=50)
    assert found.value == pytest.approx(by_definition(table, level), abs=1e-12)


def test_the_ordinal_alpha_of_large_tables_keeps_its_digits():
    generator = np.random.default_rng(3)
    first = generator.integers(1, 11, 30_000).astype(float)
    table = np.array([first, first, first])
    assert krippendorff_alpha(table, "ordinal", resamples=20).value == 1
    table[2] = generator.permutation(first)
    assert krippendorff_alpha(table, "ordinal", resamples=20).value == pytest.approx(
        1 / 3, abs=0.01
    )


def test_adding_a_constant_changes_no_interval_alpha():
    generator = np.random.default_rng(4)
    table = generator.normal(size=(3, 40))
    far = krippendorff_alpha(table + 1e6, "interval")
    near = krippendorff_alpha(table, "interval")
    assert far.value == pytest.approx(near.value, abs=1e-7)
    assert far.ci == pytest.approx(near.ci, abs=1e-6)


def test_with_many_items_alpha_of_two_raters_is_near_kappa():
    generator = np.random.default_rng(5)
    a = generator.integers(0, 3, 5000).astype(float)
    b = np.where(generator.random(5000) < 0.6, a, generator.integers(0, 3, 5000))
    alpha, kappa = krippendorff_alpha(np.array([a, b])), cohen_kappa(a, b)
    assert alpha.value == pytest.approx(kappa.value, abs=2e-3)
    assert alpha.ci == pytest.approx(kappa.ci, abs=4e-3)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_the_interval_covers_95_percent(level):
    generator = np.random.default_rng(6)

    def draw(n):
        truth = generator.integers(0, 4, n)
        noise = generator.integers(0, 4, (3, n))
        return np.where(generator.random((3, n)) < 0.3, noise, truth).astype(float)

    wanted = krippendorff_alpha(draw(200_000), level, resamples=2).value
    hits = 0
    for turn in range(300):
        low, high = krippendorff_alpha(draw(80), level, resamples=300, seed=turn).ci
        hits += low <= wanted <= high
    assert 0.915 <= hits / 300 <= 0.98


def test_clusters_widen_the_interval():
    generator = np.random.default_rng(7)
    table = np.where(generator.random((3, 60)) < 0.3, 1.0, generator.integers(0, 3, 60))
    wide = np.repeat(table, 4, axis=1)
    names = np.repeat(np.arange(60), 4).tolist()
    for level in ("nominal", "ordinal"):
        alone = krippendorff_alpha(table, level).stderr
        assert krippendorff_alpha(wide, level, clusters=names).stderr == pytest.approx(
            alone, rel=0.1
        )
        assert krippendorff_alpha(wide, level).stderr < 0.6 * alone


def test_full_agreement_has_an_interval_of_some_width():
    table = np.array([[1.0, 2, 3, 4] * 5] * 2)
    for level in LEVELS:
        found = krippendorff_alpha(table, level)
        assert found.value == 1
        assert found.ci[0] < 0.9
        assert found.ci[1] == 1


def test_what_alpha_can_not_say():
    assert krippendorff_alpha(np.array([[1.0, NO], [NO, 2.0]])).n == 0
    same = krippendorff_alpha(np.full((2, 9), 3.0))
    assert (same.value, same.method) == (None, "undefined: no variation")
    with pytest.raises(ValueError, match="negative"):
        krippendorff_alpha(np.array([[-1.0, 2.0], [1.0, 2.0]]), "ratio")


def test_counts_of_categories_are_by_item():
    table = np.array([[0.0, 1.0], [0.0, NO], [2.0, 1.0]])
    assert shares(table, np.array([0.0, 1.0, 2.0])).tolist() == [[2, 0, 1], [0, 2, 0]]
