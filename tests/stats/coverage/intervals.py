"""Intervals of one model's number."""

from functools import partial

import numpy as np
from scipy import stats
from tests.stats.coverage.case import Case, holds

from julja.stats.bca import bca_interval
from julja.stats.estimate import estimate
from julja.stats.intervals import (
    bootstrap_interval,
    clopper_pearson,
    clustered_stderr,
    mean_stderr,
    stratified_mean,
    t_interval,
    wilson,
)
from julja.stats.items import cronbach_alpha
from julja.stats.repeats import over_tasks, pass_hat_k, repeat_error

SHARES = np.linspace(0.05, 0.95, 181)


def exact(interval, n, shares, generator):
    """The coverage for each true share, over all outcomes; the mean over the shares."""
    ends = np.array([interval(k, n) for k in range(n + 1)])
    chance = stats.binom.pmf(np.arange(n + 1)[:, None], n, shares)
    inside = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
    return float((chance * inside).sum(axis=0).mean())


def plain(k, n):
    """The t interval of k right ones among n."""
    share = k / n
    return t_interval(share, np.sqrt(share * (1 - share) / (n - 1)), n - 1)


def mean(draw, truth, n, generator):
    values = draw(generator, n)
    return holds(t_interval(values.mean(), mean_stderr(values), n - 1), truth)


def skewed(generator, n):
    return generator.beta(0.3, 3, n)


def even(generator, n):
    return generator.beta(2, 2, n)


def grouped(generator, groups, sizes):
    """(0/1 values, clusters): each cluster has its own chance, .5 on average."""
    size = np.full(groups, 5) if sizes == "equal" else generator.geometric(0.2, groups)
    codes = np.repeat(np.arange(groups), size)
    chance = generator.beta(1, 1, groups)[codes]
    return (generator.random(len(codes)) < chance).astype(float), codes


def clustered(groups, sizes, generator):
    values, codes = grouped(generator, groups, sizes)
    stderr = clustered_stderr(values, codes.tolist())
    return holds(t_interval(values.mean(), stderr, groups - 1), 0.5)


def unclustered(generator):
    values, _ = grouped(generator, 50, "equal")
    return holds(estimate("acc", values.tolist()).ci, 0.5)


def strata(size, generator):
    chance = np.repeat(np.linspace(0.1, 0.9, 20), size)
    values = (generator.random(len(chance)) < chance).astype(float)
    return holds(stratified_mean(values, np.repeat(range(20), size).tolist()).ci, 0.5)


def strata_as_one(generator):
    chance = np.repeat(np.linspace(0.1, 0.9, 20), 10)
    values = (generator.random(200) < chance).astype(float)
    return holds(estimate("acc", values.tolist()).ci, 0.5)


def f1(sums):
    return 2 * sums[:, 0] / (sums @ np.array([2.0, 1.0, 1.0]))


def f1_of(method, n, generator):
    right, found = generator.random(n) < 0.3, generator.random(n)
    found = np.where(right, found < 0.8, found < 0.1)
    counts = np.column_stack([right & found, ~right & found, right & ~found]).astype(float)
    truth = 2 * 0.24 / (2 * 0.24 + 0.07 + 0.06)
    if method == "BCa":
        seed = int(generator.integers(1 << 30))
        return holds(bca_interval(counts, f1, resamples=1000, seed=seed).ci, truth)
    ends = bootstrap_interval(
        counts, lambda rows: float(f1(rows.sum(axis=0)[None])[0]), resamples=400
    )[1]
    return holds(ends, truth)


def bca_skewed(n, generator):
    values = skewed(generator, n)
    features = np.column_stack([np.ones(n), values])
    seed = int(generator.integers(1 << 30))
    found = bca_interval(features, lambda s: s[:, 1] / s[:, 0], resamples=1000, seed=seed)
    return holds(found.ci, 0.3 / 3.3)


def bca_clusters(groups, generator):
    values, codes = grouped(generator, groups, "unequal")
    features = np.column_stack([np.ones(len(values)), values])
    seed = int(generator.integers(1 << 30))
    found = bca_interval(
        features, lambda s: s[:, 1] / s[:, 0], clusters=codes.tolist(), resamples=1000, seed=seed
    )
    return holds(found.ci, 0.5)


def all_of_three(tasks, generator):
    chance = generator.beta(2, 1, tasks)
    right = generator.binomial(8, chance)
    found = over_tasks("pass^3", pass_hat_k(np.full(tasks, 8), right, 3))
    return holds(found.ci, 2 * 3 * 4 / (3 * 4 * 5))


def again(repeats, generator):
    chance = np.linspace(0.05, 0.95, 100)
    found = repeat_error((generator.random((100, repeats)) < chance[:, None]).astype(float))
    return abs(found.value - 0.5) <= 1.96 * found.rerun


def alpha(models, generator):
    scores = generator.normal(size=(models, 1)) + 2 * generator.normal(size=(models, 20))
    return holds(cronbach_alpha(scores).ci, 20 / 24)


EXACT = {"runs": 1}
CASES = (
    *(
        Case("Wilson", f"n = {n}, shares .05 to .95", partial(exact, wilson, n, SHARES), **EXACT)
        for n in (10, 30, 100, 1000)
    ),
    Case(
        "Wilson",
        "n = 30, share .99",
        partial(exact, wilson, 30, np.array([0.99])),
        high=0.97,
        **EXACT,
    ),
    Case(
        "Wilson",
        "n = 100, share .99",
        partial(exact, wilson, 100, np.array([0.99])),
        low=0.9,
        high=0.93,
        **EXACT,
    ),
    *(
        Case(
            "Clopper-Pearson",
            f"n = {n}, shares .05 to .95",
            partial(exact, clopper_pearson, n, SHARES),
            low=0.95,
            high=1.0,
            **EXACT,
        )
        for n in (10, 100, 1000)
    ),
    Case(
        "t of 0/1 scores",
        "n = 30, shares .05 to .95",
        partial(exact, plain, 30, SHARES),
        low=0.88,
        high=0.94,
        **EXACT,
    ),
    Case(
        "t of 0/1 scores",
        "n = 30, share .95",
        partial(exact, plain, 30, np.array([0.95])),
        low=0.7,
        high=0.85,
        **EXACT,
    ),
    *(Case("t", f"n = {n}, scores in 0..1", partial(mean, even, 0.5, n)) for n in (5, 10, 100)),
    Case("t", "n = 30, most scores near 0", partial(mean, skewed, 0.3 / 3.3, 30), low=0.87),
    Case("t", "n = 300, most scores near 0", partial(mean, skewed, 0.3 / 3.3, 300)),
    *(
        Case("clustered t", f"{n} clusters of 5", partial(clustered, n, "equal"))
        for n in (10, 30, 100)
    ),
    Case("clustered t", "10 unequal clusters", partial(clustered, 10, "unequal"), low=0.88),
    Case("clustered t", "30 unequal clusters", partial(clustered, 30, "unequal"), low=0.92),
    Case("clustered t", "100 unequal clusters", partial(clustered, 100, "unequal")),
    Case("Wilson", "50 clusters of 5, not told so", unclustered, low=0.75, high=0.9),
    *(
        Case("stratified t", f"20 categories of {n}", partial(strata, n), high=0.965)
        for n in (5, 20)
    ),
    Case("Wilson", "20 categories of 10, not told so", strata_as_one, low=0.96, high=0.98),
    Case(
        "percentile bootstrap", "F1, n = 50", partial(f1_of, "percentile", 50), runs=100, low=0.88
    ),
    *(
        Case("BCa", f"F1, n = {n}", partial(f1_of, "BCa", n), runs=1000, high=0.975)
        for n in (50, 200)
    ),
    Case("BCa", "n = 30, most scores near 0", partial(bca_skewed, 30), runs=800, low=0.86),
    Case(
        "BCa",
        "n = 300, most scores near 0",
        partial(bca_skewed, 300),
        runs=400,
        low=0.92,
        high=0.97,
    ),
    Case("BCa, clustered", "10 unequal clusters", partial(bca_clusters, 10), runs=800, low=0.8),
    Case("BCa, clustered", "50 unequal clusters", partial(bca_clusters, 50), runs=800, low=0.92),
    Case("pass^k over tasks", "k = 3 of 8, 30 tasks", partial(all_of_three, 30), low=0.93),
    Case("pass^k over tasks", "k = 3 of 8, 200 tasks", partial(all_of_three, 200)),
    Case("error of a rerun", "100 items, 2 repeats", partial(again, 2)),
    Case("error of a rerun", "100 items, 8 repeats", partial(again, 8)),
    Case("Cronbach's alpha (Feldt)", "10 models, 20 items", partial(alpha, 10)),
    Case("Cronbach's alpha (Feldt)", "50 models, 20 items", partial(alpha, 50)),
)
