"""Sign flips: exact where few differ, McNemar's for 0/1 scores, clusters flip as a whole."""

import itertools

import numpy as np
import pytest
from scipy import stats

from julja.stats.paired import mcnemar
from julja.stats.permutation import sign_flip


def test_it_is_scipys_permutation_test():
    generator = np.random.default_rng(0)
    a, b = generator.random(11), generator.random(11) + 0.2
    theirs = stats.permutation_test(
        (a, b),
        lambda x, y, axis: np.mean(y - x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    found = sign_flip(a, b)
    assert found.exact
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.difference == pytest.approx(theirs.statistic)
    assert (found.flips, found.differing, found.groups) == (2**11, 11, 11)


@pytest.mark.parametrize(("wins", "losses"), [(9, 1), (5, 5), (3, 0), (0, 0)])
def test_binary_scores_give_mcnemars_p(wins, losses):
    a = [0] * wins + [1] * losses + [1] * 50
    b = [1] * wins + [0] * losses + [1] * 50
    assert sign_flip(a, b).p == pytest.approx(mcnemar(wins, losses))


def test_drawn_flips_come_close_to_the_exact_p():
    a, b = [0] * 40 + [1] * 22, [1] * 40 + [0] * 22
    found = sign_flip(a, b, flips=40_000)
    assert not found.exact
    assert found.p == pytest.approx(mcnemar(40, 22), abs=0.002)


def test_clusters_flip_as_a_whole():
    generator = np.random.default_rng(1)
    a, b = generator.random(12), generator.random(12) + 0.3
    clusters = [n // 3 for n in range(12)]
    sums = [float((b - a)[3 * n : 3 * n + 3].sum()) for n in range(4)]
    reached = [
        abs(sum(sign * one for sign, one in zip(signs, sums, strict=True))) >= abs(sum(sums)) - 1e-9
        for signs in itertools.product([-1, 1], repeat=4)
    ]
    found = sign_flip(a, b, clusters=clusters)
    assert found.p == np.mean(reached)
    assert (found.groups, found.flips) == (4, 16)


def test_weights_and_the_seed():
    generator = np.random.default_rng(2)
    a, b = generator.random(40), generator.random(40)
    weights = generator.random(40)
    first = sign_flip(a, b, weights=weights, seed=3)
    assert first.difference == pytest.approx(np.average(b - a, weights=weights))
    assert first == sign_flip(a, b, weights=weights, seed=3)
    assert first.p != sign_flip(a, b, weights=weights, seed=4).p


def test_identical_runs_have_the_p_of_one():
    found = sign_flip([0.5, 1], [0.5, 1])
    assert (found.p, found.differing) == (1.0, 0)


def test_no_pairs_are_no_test():
    with pytest.raises(ValueError, match="one pair"):
        sign_flip([], [])


def test_the_drawn_p_is_never_zero():
    assert sign_flip([0] * 100, [1] * 100, flips=99).p == 0.01
