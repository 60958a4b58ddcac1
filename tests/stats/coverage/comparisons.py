"""Two models on the same samples: intervals of the difference, and how often tests err."""

from functools import partial

import numpy as np
from tests.stats.coverage.case import Case, holds

from julja.stats.equivalence import equivalence, newcombe
from julja.stats.paired import compare_paired, mcnemar
from julja.stats.permutation import sign_flip
from julja.stats.power import Design, discordance_design, mcnemar_power, samples_needed

ERRORS = {"kind": "errors", "nominal": 0.05, "low": 0.04, "high": 0.06}


def pairs(generator, n, share, gap, alike=0.6):
    """Two 0/1 runs with the shares `share` and `share` + `gap`, of which a part goes together."""
    draw = np.where(generator.random(n) < alike, generator.random(n), np.nan)
    a = np.where(np.isnan(draw), generator.random(n), draw) < share
    b = np.where(np.isnan(draw), generator.random(n), draw) < share + gap
    return a.astype(float), b.astype(float)


def scores(generator, n, gap, groups=0):
    """Two runs of scores whose differences are around `gap`, alike within clusters."""
    a = generator.random(n)
    own = np.repeat(generator.normal(0, 0.2, groups), n // groups) if groups else 0.0
    return a, a + gap + own + generator.normal(0, 0.3, n)


def paired_t(n, generator):
    a, b = scores(generator, n, 0.1)
    return holds(compare_paired(a, b).ci, 0.1)


def paired_clusters(groups, generator):
    a, b = scores(generator, 10 * groups, 0.1, groups)
    clusters = np.repeat(range(groups), 10).tolist()
    return holds(compare_paired(a, b, clusters=clusters).ci, 0.1)


def paired_binary(n, share, gap, generator):
    a, b = pairs(generator, n, share, gap)
    return holds(compare_paired(a, b).ci, gap)


def by_newcombe(n, share, gap, generator):
    a, b = pairs(generator, n, share, gap)
    table = [int(((a == x) & (b == y)).sum()) for x, y in ((1, 1), (0, 1), (1, 0), (0, 0))]
    return holds(newcombe(*table), gap)


def wrong_t(n, generator):
    # A skewed difference with the mean 0: one item in ten changes much.
    delta = np.where(generator.random(n) < 0.1, 0.9, -0.1)
    return (compare_paired(np.zeros(n), delta + generator.normal(0, 0.05, n)).p or 1) < 0.05


def wrong_flip(n, generator):
    delta = generator.standard_t(3, n)
    return sign_flip(np.zeros(n), delta, flips=499).p <= 0.05


def wrong_flip_clusters(groups, generator):
    a, b = scores(generator, 10 * groups, 0.0, groups)
    clusters = np.repeat(range(groups), 10).tolist()
    return sign_flip(a, b, clusters=clusters, flips=499).p <= 0.05


def wrong_t_clusters(groups, generator):
    a, b = scores(generator, 10 * groups, 0.0, groups)
    clusters = np.repeat(range(groups), 10).tolist()
    return (compare_paired(a, b, clusters=clusters).p or 1) < 0.05


def wrong_mcnemar(n, share, mid, generator):
    return mcnemar_power(n, share, 0.0, mid=mid)


def wrongly_equivalent(n, generator):
    a, b = scores(generator, n, 0.1)
    return equivalence(a, b, 0.1).equivalent


def wrongly_equivalent_clusters(groups, generator):
    a, b = scores(generator, 10 * groups, 0.1, groups)
    clusters = np.repeat(range(groups), 10).tolist()
    return equivalence(a, b, 0.1, clusters=clusters).equivalent


def wrongly_equivalent_binary(n, share, generator):
    a, b = pairs(generator, n, share, 0.05)
    return equivalence(a, b, 0.05).equivalent


def power_t(generator):
    a, b = scores(generator, samples_needed(Design(0.09), 0.05), 0.05)
    return (compare_paired(a, b).p or 1) < 0.05


def power_mcnemar(generator):
    n = samples_needed(discordance_design(0.2, 0.1), 0.1)
    differing = generator.binomial(n, 0.2)
    wins = int(generator.binomial(differing, 0.75))
    return mcnemar(wins, differing - wins, mid=True) < 0.05


CASES = (
    *(Case("paired t", f"n = {n}", partial(paired_t, n)) for n in (10, 100)),
    Case("paired t", "0/1, n = 100, .70 and .75", partial(paired_binary, 100, 0.7, 0.05)),
    Case("paired t", "0/1, n = 50, .96 and .98", partial(paired_binary, 50, 0.96, 0.02), high=1.0),
    Case("paired clustered t", "10 clusters of 10", partial(paired_clusters, 10)),
    Case("paired clustered t", "50 clusters of 10", partial(paired_clusters, 50)),
    Case("Newcombe, paired", "n = 30, .70 and .75", partial(by_newcombe, 30, 0.7, 0.05), high=0.98),
    Case("Newcombe, paired", "n = 300, .70 and .75", partial(by_newcombe, 300, 0.7, 0.05)),
    Case("Newcombe, paired", "n = 50, .96 and .98", partial(by_newcombe, 50, 0.96, 0.02), high=1.0),
    Case(
        "paired t test",
        "n = 20, one item in ten changes much",
        partial(wrong_t, 20),
        kind="errors",
        nominal=0.05,
        low=0.06,
        high=0.2,
    ),
    Case("paired t test", "10 clusters of 10", partial(wrong_t_clusters, 10), **ERRORS),
    *(
        Case(
            f"McNemar, {'mid-p' if mid else 'exact'}",
            f"n = {n}, {share:.0%} differ",
            partial(wrong_mcnemar, n, share, mid),
            kind="errors",
            nominal=0.05,
            runs=1,
            low=0.0,
            high=0.053,
        )
        for mid in (False, True)
        for n, share in ((50, 0.1), (100, 0.2), (1000, 0.2))
    ),
    *(Case("sign flip", f"n = {n}, long tails", partial(wrong_flip, n), **ERRORS) for n in (8, 40)),
    Case("sign flip", "8 clusters of 10", partial(wrong_flip_clusters, 8), **ERRORS),
    Case("equivalence, t", "n = 60, at the margin", partial(wrongly_equivalent, 60), **ERRORS),
    Case(
        "equivalence, t",
        "20 clusters of 10, at the margin",
        partial(wrongly_equivalent_clusters, 20),
        **ERRORS,
    ),
    *(
        Case(
            "equivalence, Newcombe",
            f"n = {n}, .70 and .75, margin .05",
            partial(wrongly_equivalent_binary, n, 0.7),
            runs=runs,
            **{**ERRORS, "low": 0.0},
        )
        for n, runs in ((200, 1500), (1000, 1500))
    ),
    Case("samples_needed", "paired t", power_t, kind="power", nominal=0.8, low=0.78, high=0.83),
    Case(
        "samples_needed",
        "mid-p McNemar",
        power_mcnemar,
        kind="power",
        nominal=0.8,
        low=0.77,
        high=0.83,
    ),
)
