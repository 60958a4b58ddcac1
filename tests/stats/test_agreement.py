"""Kappas are scikit-learn's, statsmodels' and textbook ones; their intervals cover."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from julja.stats.agreement import agreement, ceiling, cohen_kappa, fleiss_kappa, shares

# Fleiss (1971), Psychological Bulletin 76, table 1: 14 raters, 10 subjects, kappa .210.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ],
    dtype=float,
)


def pair(seed, n=200, kinds=5):
    generator = np.random.default_rng(seed)
    a = generator.integers(1, kinds + 1, n).astype(float)
    b = np.where(generator.random(n) < 0.5, a, generator.integers(1, kinds + 1, n))
    return a, b


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
@pytest.mark.parametrize("seed", [1, 2])
def test_cohens_kappa_is_scikit_learn_s(seed, weights):
    a, b = pair(seed)
    theirs = cohen_kappa_score(a, b, weights=None if weights == "none" else weights)
    assert cohen_kappa(a, b, weights=weights).value == pytest.approx(theirs, abs=1e-12)


def test_weights_go_by_the_distance_of_the_values():
    # 1, 2 and 10: a step of 8 is no step of 1.
    a = [1.0, 2, 10, 1, 2, 10, 1, 1, 2, 10]
    near = cohen_kappa(a, [2.0, 2, 10, 1, 2, 10, 1, 1, 2, 10], weights="quadratic").value
    far = cohen_kappa(a, [10.0, 2, 10, 1, 2, 10, 1, 1, 2, 10], weights="quadratic").value
    assert near > 0.99
    assert far < 0.8


def test_items_without_a_rating_are_left_out():
    a, b = pair(3)
    holes = np.arange(200) % 7 == 0
    found = cohen_kappa(np.where(holes, np.nan, a), b)
    assert found.n == int((~holes).sum())
    assert found.value == pytest.approx(cohen_kappa_score(a[~holes], b[~holes]), abs=1e-12)


def test_fleiss_kappa_is_the_one_of_his_paper():
    assert fleiss_kappa(FLEISS).kappa.value == pytest.approx(0.20993, abs=1e-5)


def test_fleiss_kappa_is_statsmodels_where_it_is_installed():
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    assert fleiss_kappa(FLEISS).kappa.value == pytest.approx(inter_rater.fleiss_kappa(FLEISS))


def test_two_judgements_of_an_item_count_as_one_item():
    a, b = pair(4)
    values = np.arange(1.0, 6.0)
    once = agreement(shares(a[None], values), shares(b[None], values))
    twice = agreement(shares(np.array([a, a]), values), shares(b[None], values))
    assert twice.kappa.value == pytest.approx(once.kappa.value)
    assert twice.raw.value == pytest.approx(np.mean(a == b))


def test_the_interval_of_kappa_covers_95_percent():
    generator = np.random.default_rng(7)
    # Both sides show a fair coin's truth with 15 % errors: kappa = (1 - 2 * .15)^2 = .49.
    hits = 0
    for turn in range(400):
        truth = generator.integers(0, 2, 120)
        a, b = ((truth + (generator.random(120) < 0.15)) % 2 for _ in range(2))
        low, high = cohen_kappa(a, b, resamples=400, seed=turn).ci
        hits += low <= 0.49 <= high
    assert 0.92 <= hits / 400 <= 0.975


def test_items_of_one_prompt_are_drawn_together():
    a, b = pair(5, n=60)
    names = np.repeat(np.arange(60), 5).tolist()
    alone = cohen_kappa(a, b)
    twins = cohen_kappa(np.repeat(a, 5), np.repeat(b, 5), clusters=names)
    assert twins.stderr == pytest.approx(alone.stderr, rel=0.1)
    assert cohen_kappa(np.repeat(a, 5), np.repeat(b, 5)).stderr < 0.6 * alone.stderr


def test_raters_who_never_differ_are_not_certain_to_agree():
    a = np.array([0.0, 1.0] * 20)
    values = np.array([0.0, 1.0])
    found = agreement(shares(a[None], values), shares(a[None], values))
    assert found.kappa.value == 1
    # None of 40 differs: up to 8.8 % may.
    assert found.raw.ci == pytest.approx((1 - 0.0881, 1.0), abs=1e-4)
    assert found.kappa.ci == pytest.approx((1 - 2 * 0.0881, 1.0), abs=2e-4)


def test_one_category_has_raw_agreement_and_no_kappa():
    found = agreement(np.ones((9, 1)), np.ones((9, 1)))
    assert found.raw.value == 1
    assert found.kappa.value is None
    assert found.kappa.method == "undefined: no variation"


def test_nothing_in_common_gives_no_number():
    found = agreement(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]))
    assert (found.raw.value, found.kappa.value, found.raw.n) == (None, None, 0)


def rated(generator, error, raters, n=600):
    """(a truth, raters of it who err so often)."""
    truth = generator.integers(0, 2, n)
    wrong = generator.random((raters, n)) < error
    return truth, shares((truth + wrong) % 2, np.array([0.0, 1.0]))


def test_the_ceiling_tells_a_judge_above_it_from_one_below():
    generator = np.random.default_rng(8)
    truth, people = rated(generator, 0.2, 3)
    oracle = ceiling(shares(truth[None], np.array([0.0, 1.0])), people)
    assert oracle.people.raw.value == pytest.approx(0.68, abs=0.03)
    assert oracle.judge.raw.value == pytest.approx(0.8, abs=0.03)
    assert oracle.difference.kappa.ci[0] > 0
    noise = ceiling(shares(generator.integers(0, 2, (1, 600)), np.array([0.0, 1.0])), people)
    assert noise.difference.kappa.ci[1] < 0


def test_the_difference_to_the_ceiling_of_a_judge_like_a_person_covers_zero():
    generator = np.random.default_rng(9)
    hits = np.zeros(2)
    for turn in range(300):
        truth, people = rated(generator, 0.2, 3, n=150)
        wrong = generator.random((1, 150)) < 0.2
        judge = shares((truth + wrong) % 2, np.array([0.0, 1.0]))
        found = ceiling(judge, people, resamples=300, seed=turn).difference
        hits += [e.ci[0] <= 0 <= e.ci[1] for e in (found.raw, found.kappa)]
    assert (hits / 300 >= 0.92).all()
    assert (hits / 300 <= 0.98).all()


def test_there_is_no_ceiling_with_one_person_an_item():
    assert ceiling(np.eye(2), np.eye(2)) is None
