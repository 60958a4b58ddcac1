"""The gap of two independent scores, the best of many tries, and reference models."""

import numpy as np
import pytest

from julja.stats.gap import excess, expected_maximum, newcombe_independent

# Newcombe (1998), table II, method 10: (right of n) twice, and the interval.
PUBLISHED = [
    ((56, 48), (70, 80), (0.0524, 0.3339)),
    ((9, 3), (10, 10), (0.1705, 0.8090)),
    ((6, 2), (7, 7), (0.0582, 0.8062)),
    ((5, 0), (56, 29), (-0.0381, 0.1926)),
    ((0, 0), (10, 20), (-0.1611, 0.2775)),
    ((0, 0), (10, 10), (-0.2775, 0.2775)),
    ((10, 0), (10, 20), (0.6791, 1.0)),
    ((10, 0), (10, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("right", "n", "ci"), PUBLISHED)
def test_newcombes_own_examples(right, n, ci):
    assert newcombe_independent(right, n) == pytest.approx(ci, abs=6e-5)


# E of the largest of n: 1/sqrt(pi), 3/(2 sqrt(pi)), and Tippett (1925).
@pytest.mark.parametrize(
    ("n", "value"),
    [(1, 0.0), (2, np.pi**-0.5), (3, 1.5 * np.pi**-0.5), (10, 1.53875), (100, 2.50759)],
)
def test_the_largest_of_some_normals(n, value):
    assert expected_maximum(n) == pytest.approx(value, abs=1e-5)


def test_no_tries_are_no_maximum():
    with pytest.raises(ValueError, match="no tries"):
        expected_maximum(0)


def world(seed, m=12, n=(600, 600), harder=0.0, scatter=0.0, seen=0.0):
    """(public, private) right answers of m models; the first has seen a share of the public set."""
    generator = np.random.default_rng(seed)
    ability = generator.normal(0.6, 1.2, m)
    own = generator.normal(0, scatter, m)
    sides = []
    for place, size in enumerate(n):
        hard = generator.normal(harder if place else 0.0, 1.2, size)
        logit = ability[:, None] - hard + (0 if place else own[:, None])
        sides.append((generator.random((m, size)) < 1 / (1 + np.exp(-logit))).astype(float))
    sides[0][0, generator.random(n[0]) < seen] = 1
    return sides


def found(sides, seed=0, b=300):
    generator = np.random.default_rng(seed)
    drawn = []
    for side in sides:
        n = side.shape[1]
        drawn.append(generator.multinomial(n, np.full(n, 1 / n), size=b) / n @ side.T)
    return excess(sides[0].mean(1), sides[1].mean(1), *drawn, floor=0.002, seed=seed)


@pytest.mark.parametrize(
    "settings",
    [{}, {"harder": 0.8}, {"scatter": 0.3}, {"m": 7, "n": (300, 300)}],
    ids=["alike", "harder private", "models differ", "few"],
)
def test_the_interval_of_the_excess_covers_zero_for_honest_models(settings):
    covered = total = 0
    for seed in range(25):
        result = found(world(seed, **settings), seed)
        covered += int(((result.low <= 0) & (result.high >= 0)).sum())
        total += len(result.low)
    assert covered / total >= 0.93


@pytest.mark.parametrize("harder", [0.0, 0.8])
def test_a_model_that_has_seen_the_public_set_stands_out(harder):
    results = [found(world(seed, 20, (1000, 1000), harder, seen=0.4), seed) for seed in range(10)]
    assert sum(result.low[0] > 0.02 for result in results) >= 8
    others = np.concatenate([result.low[1:] for result in results])
    assert (others > 0.02).mean() <= 0.01


def test_without_noise_a_line_through_the_others_is_found():
    private = np.array([0.2, 0.4, 0.5, 0.6, 0.7, 0.8])
    logit = np.log(private / (1 - private)) + 0.5
    public = 1 / (1 + np.exp(-logit))
    public[2] += 0.1
    still = np.tile(public, (50, 1)), np.tile(private, (50, 1))
    result = excess(public, private, *still, floor=0.002)
    assert result.value[2] == pytest.approx(0.1, abs=1e-9)
    assert result.low[2] == pytest.approx(0.1, abs=1e-3)


def test_five_references_at_least():
    with pytest.raises(ValueError, match="5 reference models"):
        excess(np.ones(5), np.ones(5), np.ones((9, 5)), np.ones((9, 5)), floor=0.1)
