"""PPI++ is its formula and ppi_py's, and covers where a judge alone does not."""

import numpy as np
import pytest
from scipy import stats

from julja.stats.ppi import ppi_difference, ppi_mean, rogan_gladen, tuned_power


def scores(n, size, seed=5):
    generator = np.random.default_rng(seed)
    y = generator.normal(size=n + size)
    f = 0.6 * y + generator.normal(size=n + size) * 0.7 + 0.3
    return y[:n], f[:n], f[n:]


def test_the_estimate_is_the_closed_formula():
    y, f, g = scores(100, 2000)
    found = ppi_mean(y, f, g)
    spread = np.var(np.concatenate([f, g]), ddof=1)
    lam = np.cov(y, f, ddof=0)[0, 1] / ((1 + 100 / 2000) * spread)
    assert found.power == pytest.approx(lam, abs=1e-12)
    assert found.estimate.value == pytest.approx(lam * g.mean() + np.mean(y - lam * f), abs=1e-12)
    variance = lam**2 * np.var(g, ddof=1) / 2000 + np.var(y - lam * f, ddof=1) / 100
    assert found.estimate.stderr == pytest.approx(np.sqrt(variance), abs=1e-12)


# ppi_py.ppi_mean_ci of ppi-python 0.2.3 on `scores`: (labels, others, tuned interval, lam = 1).
PPI_PY = [
    (
        100,
        2000,
        (-0.21904067724572893, 0.04699436930915682),
        (-0.1642777923029311, 0.14789192500497944),
    ),
    (
        500,
        500,
        (-0.07685826872681585, 0.07286767998489622),
        (-0.11214361258681402, 0.09567826621715489),
    ),
]


@pytest.mark.parametrize(("n", "size", "tuned", "plain"), PPI_PY)
def test_the_estimate_and_its_errors_are_ppi_py_s(n, size, tuned, plain):
    y, f, g = scores(n, size)
    for power, (low, high) in ((None, tuned), (1.0, plain)):
        found = ppi_mean(y, f, g, power=power)
        # Theirs divides by n where ours divides by n - 1, and is normal where ours is Student's.
        variance = found.imputed_variance * (size - 1) / size
        variance += found.rectifier_variance * (n - 1) / n
        theirs = stats.norm.interval(0.95, found.estimate.value, np.sqrt(variance))
        assert theirs == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("power", [None, 1.0])
def test_the_interval_is_the_normal_one_but_for_small_samples(power):
    y, f, g = scores(500, 5000)
    found = ppi_mean(y, f, g, power=power)
    normal = stats.norm.interval(0.95, found.estimate.value, found.estimate.stderr)
    assert found.estimate.ci == pytest.approx(normal, abs=2e-4)


def simulate(turns, truth, judge, n=100, size=2000, seed=1):
    """Share of intervals that hold the truth: (PPI++, PPI, labels alone, judge alone)."""
    generator = np.random.default_rng(seed)
    hits = np.zeros(4)
    for _ in range(turns):
        y = (generator.random(n + size) < truth).astype(float)
        f = judge(y, generator)
        tuned = ppi_mean(y[:n], f[:n], f[n:], low=0, high=1)
        plain = ppi_mean(y[:n], f[:n], f[n:], power=1, low=0, high=1)
        alone = ppi_mean(y[:n], f[:n], [], low=0, high=1)
        half = 1.96 * f.std() / np.sqrt(len(f))
        intervals = [tuned.estimate.ci, plain.estimate.ci, alone.estimate.ci]
        intervals.append((f.mean() - half, f.mean() + half))
        hits += [low <= truth <= high for low, high in intervals]
    return hits / turns


def errs(sensitivity, specificity):
    def judge(y, generator):
        wrong = generator.random(len(y)) >= np.where(y == 1, sensitivity, specificity)
        return np.where(wrong, 1 - y, y)

    return judge


def test_ppi_covers_95_percent_where_a_lenient_judge_covers_nothing():
    tuned, plain, alone, judge = simulate(3000, 0.6, errs(0.95, 0.6))
    assert judge == 0
    assert 0.935 <= tuned <= 0.965
    assert 0.93 <= plain <= 0.97
    assert 0.93 <= alone <= 0.97


@pytest.mark.parametrize(
    ("truth", "judge"),
    [(0.9, errs(0.97, 0.9)), (0.95, errs(0.99, 0.9)), (0.6, errs(1, 1)), (0.5, errs(0.5, 0.5))],
)
def test_rare_errors_of_a_good_judge_do_not_break_it(truth, judge):
    assert simulate(1000, truth, judge)[0] >= 0.935


def test_a_useless_judge_costs_nothing_and_a_good_one_is_worth_labels():
    generator = np.random.default_rng(2)
    y, f, g = scores(200, 4000)
    useless = ppi_mean(y, generator.normal(size=200), generator.normal(size=4000))
    assert abs(useless.power) < 0.15
    assert useless.worth == pytest.approx(1, abs=0.1)
    good = ppi_mean(y, y + 0.1 * f, g)
    assert good.worth > 5


def test_without_unlabelled_items_it_is_the_mean_of_the_labels():
    y, f, _ = scores(50, 10)
    found = ppi_mean(y, f, [])
    assert (found.power, found.worth) == (0, 1)
    assert found.estimate.value == pytest.approx(y.mean())
    assert found.estimate.ci == pytest.approx(stats.t.interval(0.95, 49, y.mean(), stats.sem(y)))


def test_a_judge_that_always_says_the_same_has_no_power():
    y, _, _ = scores(50, 10)
    assert tuned_power(y, np.full(50, 7.0), np.full(10, 7.0)) == 0


def test_scores_that_are_always_right_still_have_an_interval():
    y = np.array([1.0, 2, 3, 4, 5] * 8)
    found = ppi_mean(y, y, np.tile(y, 20), power=1, low=1, high=5)
    assert found.estimate.method == "PPI, no error seen"
    low, high = found.estimate.ci
    # None of 40 is wrong: 8.8 % may be, by up to 4.
    assert high - low == pytest.approx(2 * (0.0881 * 4 + 1.96 * found.estimate.stderr), abs=1e-3)


def test_clusters_of_one_item_are_no_clusters():
    y, f, g = scores(400, 4000)
    plain = ppi_mean(y, f, g)
    names = [f"l{i}" for i in range(400)], [f"u{i}" for i in range(4000)]
    found = ppi_mean(y, f, g, clusters=names[0], unlabelled_clusters=names[1])
    assert found.power == pytest.approx(plain.power, rel=0.05)
    assert found.estimate.stderr == pytest.approx(plain.estimate.stderr, rel=0.02)


def test_clustered_intervals_cover_95_percent_where_plain_ones_do_not():
    generator = np.random.default_rng(3)
    hits = np.zeros(2)
    for _ in range(600):
        # 60 labelled and 300 other prompts, 4 answers to each, all with the prompt's own level.
        level = np.repeat(generator.normal(size=360), 4)
        y = level + 0.5 * generator.normal(size=1440)
        f = y + 0.5 + 0.5 * np.repeat(generator.normal(size=360), 4)
        names = np.repeat(np.arange(360), 4).tolist()
        parts = y[:240], f[:240], f[240:]
        grouped = ppi_mean(*parts, clusters=names[:240], unlabelled_clusters=names[240:])
        for place, found in enumerate((grouped, ppi_mean(*parts))):
            low, high = found.estimate.ci
            hits[place] += low <= 0 <= high
    assert 0.93 <= hits[0] / 600 <= 0.975
    assert hits[1] / 600 < 0.8


def test_labelled_and_other_items_may_share_a_prompt():
    generator = np.random.default_rng(4)
    hits = 0
    for _ in range(600):
        # Of each of 100 prompts one answer is labelled and three are not.
        level = generator.normal(size=(100, 1))
        y = level + 0.5 * generator.normal(size=(100, 4))
        f = y + 0.5 + 0.5 * generator.normal(size=(100, 1))
        found = ppi_mean(
            y[:, 0],
            f[:, 0],
            f[:, 1:].ravel(),
            clusters=list(range(100)),
            unlabelled_clusters=np.repeat(np.arange(100), 3).tolist(),
        )
        low, high = found.estimate.ci
        hits += low <= 0 <= high
    assert 0.93 <= hits / 600 <= 0.975


def test_a_paired_difference_forgets_what_both_models_share():
    generator = np.random.default_rng(6)
    hits, width = 0, []
    for _ in range(500):
        hard = generator.normal(size=(1100, 1)) * 3
        y = hard + np.array([0.0, 0.2]) + 0.5 * generator.normal(size=(1100, 2))
        # The judge adds .4 to B, and is severe on hard items.
        f = 1.2 * y + np.array([0.0, 0.4]) + 0.3 * generator.normal(size=(1100, 2))
        found = ppi_difference(y[:100], f[:100], f[100:]).estimate
        hits += found.ci[0] <= 0.2 <= found.ci[1]
        width.append(found.ci[1] - found.ci[0])
    assert 0.93 <= hits / 500 <= 0.97
    assert np.mean(width) < 0.2
    unpaired = ppi_mean(y[:100, 1], f[:100, 1], f[100:, 1]).estimate
    assert unpaired.ci[1] - unpaired.ci[0] > 2 * np.mean(width)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="2 labels, but 1"):
        ppi_mean([1, 2], [1], [1, 2])
    with pytest.raises(ValueError, match="at least two"):
        ppi_mean([1], [1], [1, 2])
    with pytest.raises(ValueError, match="impute"):
        ppi_mean([1, 2], [1, np.nan], [1, 2])


def test_rogan_gladen_corrects_a_lenient_judge():
    # 60 % pass; a judge with 95 % sensitivity and 70 % specificity passes 69 %.
    found = rogan_gladen(690, 1000, 190, 200, 140, 200)
    assert found.value == pytest.approx((0.69 + 0.7 - 1) / (0.95 + 0.7 - 1))
    assert found.ci[0] < 0.6 < found.ci[1]


def test_rogan_gladen_covers_where_labels_were_picked_by_their_value():
    generator = np.random.default_rng(9)
    hits = 0
    for turn in range(500):
        passed = generator.binomial(1000, 0.6 * 0.9 + 0.4 * 0.25)
        right = generator.binomial(100, 0.9), generator.binomial(100, 0.75)
        found = rogan_gladen(passed, 1000, right[0], 100, right[1], 100, seed=turn, resamples=500)
        hits += found.ci[0] <= 0.6 <= found.ci[1]
    assert 0.93 <= hits / 500 <= 0.975


def test_rogan_gladen_says_why_there_is_no_value():
    assert (
        rogan_gladen(5, 10, 5, 10, 4, 10).method == "the judge does not tell passes from failures"
    )
    assert rogan_gladen(5, 10, 5, 10, 0, 0).value is None
