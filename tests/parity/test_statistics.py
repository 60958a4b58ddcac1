"""Statistics on real tables: tau-bench's published pass^k, LiveCodeBench's 16 models x 348 items.

The numbers of LiveCodeBench were computed apart from julja.
"""

import numpy as np
import pytest
from tests.fidelity.claims import statistics

from julja.stats.intervals import design_effect
from julja.stats.items import analyse_items
from julja.stats.many import compare_models
from julja.stats.permutation import sign_flip
from julja.stats.rank_sets import letters, tie_groups
from julja.stats.repeats import over_tasks, pass_hat_k

pytestmark = [pytest.mark.mirror, pytest.mark.parity]


@pytest.fixture(scope="module")
def models(mirror):
    return statistics.livecodebench(mirror)[0]


@pytest.fixture(scope="module")
def table(mirror):
    return statistics.livecodebench(mirror)[1]


@pytest.fixture(scope="module")
def compared(table):
    return compare_models(table, resamples=4000)


@pytest.mark.parametrize(("k", "published"), [(1, 0.420), (2, 0.2733), (3, 0.220), (4, 0.200)])
def test_pass_hat_k_is_tau_benchs(k, published, mirror):
    value, tasks = statistics.pass_hat(k, mirror)
    assert (value, tasks) == (pytest.approx(published, abs=5e-5), 50)


def test_pass_hat_5_of_four_trials_has_no_value():
    assert over_tasks("pass^5", pass_hat_k(np.full(50, 4), np.full(50, 2), 5)).value is None


def test_pairing_is_worth_two_and_a_half_times_the_items(compared, table):
    assert table.shape == (16, 348)
    assert statistics.stderr_ratio(compared, table) == pytest.approx(0.623, abs=5e-4)


def test_how_many_pairs_each_rule_separates(compared, table):
    rules = ("none", "bh", "holm", "max_t")
    counts = [statistics.separated(rule, compared, table) for rule in rules]
    assert counts == [92, 92, 85, 83]
    assert statistics.unpaired_pairs(compared, table) == 84
    # 3.41 from other random numbers, on the scale of z.
    assert compared.critical == pytest.approx(3.41, abs=0.05)


def test_neighbours_are_hardly_ever_apart(compared):
    place = np.argsort(-compared.strength)
    for rule, apart in (("none", 3), ("holm", 1), ("max_t", 1)):
        order = compared.order(rule)[place][:, place]
        assert int(np.abs(np.diag(order, 1)).sum()) == apart


def test_ranks_and_letters(compared, models):
    place = dict(zip(models, zip(compared.rank_low, compared.rank_high, strict=True), strict=True))
    assert place["GPT-4-Turbo-1106"] == (1, 2)
    assert place["Cllama-7b-Ins"] == (12, 16)
    names = letters(tie_groups(compared.order(), compared.strength), 16)
    found = dict(zip(models, names, strict=True))
    assert (found["GPT-4-Turbo-1106"], found["GPT-4-0613"], found["DSCoder-33b-Ins"]) == (
        "a",
        "ab",
        "b",
    )
    width = compared.likely_high - compared.likely_low + 1
    assert float(np.median(width)) == pytest.approx(4, abs=1)


def test_sign_flips_agree_with_the_paired_t_test(compared, table):
    for one, two in ((0, 1), (3, 9), (5, 12)):
        found = sign_flip(table[one], table[two], flips=20_000)
        assert found.p == pytest.approx(compared.p[one, two], abs=0.03)


def test_a_contest_is_a_stratified_sample(mirror, table, compared):
    clusters = statistics.livecodebench(mirror)[2]
    assert len(set(clusters)) == 91
    effects = [design_effect(row, clusters) for row in table]
    # Clustered / naive standard error .845 without the factor G / (G - 1), which is 1.006 here.
    assert np.sqrt(np.median(effects)) == pytest.approx(0.845, abs=0.01)
    clustered = compare_models(table, clusters=clusters, resamples=200)
    ratio = (clustered.stderr / compared.stderr)[np.triu_indices(16, 1)]
    assert np.median(ratio) == pytest.approx(1.001, abs=0.01)
    assert ratio.max() == pytest.approx(1.301, abs=0.01)


def test_items(table):
    found = analyse_items(table)
    assert (found.never, found.always, found.complete) == (120, 0, 348)
    assert found.alpha.value == pytest.approx(0.983, abs=1e-3)


def test_screening_misses_a_held_out_model_by_no_more_than_was_measured(mirror):
    """In points: the mean of random items, p-IRT on the same ones, adaptive items.

    Ours are the same for random items, and smaller else, because the items are fitted by EM over
    the models' abilities on the scale of those models, and not by a joint maximum.
    """
    expected = {20: (6.91, 5.56, 2.41), 40: (4.69, 3.63, 2.17), 80: (3.17, 2.28, 1.54)}
    for found in statistics.all_screened(mirror):
        random, random_irt, adaptive = expected[found.asked]
        errors = [100 * np.abs(e).mean() for e in (found.random, found.p_irt, found.adaptive)]
        assert errors[0] == pytest.approx(random, abs=0.5)
        assert errors[1] < random_irt + 0.5
        assert 0.4 * adaptive < errors[2] < adaptive + 0.5
        assert errors[2] < errors[1] < errors[0]
        assert found.covered > 0.75
