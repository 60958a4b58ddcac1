"""Many models: errors of the whole family, ranks, and estimates from item responses."""

from functools import partial

import numpy as np
from tests.stats.coverage.case import Case, holds

from julja.stats.adaptive import p_irt, screen
from julja.stats.irt import ItemBank, estimate_ability, fit_2pl
from julja.stats.many import compare_models

FAMILY = {"kind": "errors", "nominal": 0.05, "runs": 300, "low": 0.02, "high": 0.085}


def answers(generator, m, n, gap=0.0, groups=0):
    """0/1 answers (m, n): items are easy or hard for all; the last model is the best."""
    item = generator.normal(size=n)
    if groups:
        item = item + np.repeat(generator.normal(size=groups), n // groups)
    skill = gap * np.arange(m)[:, None]
    return (generator.normal(size=(m, n)) + item < 0.3 + skill).astype(float)


def any_wrong(m, n, adjust, groups, generator):
    table = answers(generator, m, n, groups=groups)
    clusters = np.repeat(range(groups), n // groups).tolist() if groups else None
    seed = int(generator.integers(1 << 30))
    found = compare_models(table, clusters=clusters, resamples=500, seed=seed)
    return bool(found.order(adjust).any())


def wrong_share(m, n, generator):
    """The share of separations that are wrong, half of the models being level."""
    table = answers(generator, m, n)
    table[m // 2 :] = answers(generator, m - m // 2, n, 0.0) * 0.5 + 0.5 * table[m // 2 :]
    table[m // 2 :] = np.maximum(table[m // 2 :], table[: m - m // 2])
    found = compare_models(table, resamples=200).order("bh")
    upper = np.triu(np.abs(found), 1)
    half = m // 2
    wrong = upper[:half, :half].sum() + upper[half:, half:].sum()
    return float(wrong / max(upper.sum(), 1))


def all_differences(m, n, generator):
    truth = np.linspace(0, 0.2, m)
    table = truth[:, None] + generator.normal(size=n) + generator.normal(size=(m, n))
    found = compare_models(table, resamples=500, seed=int(generator.integers(1 << 30)))
    gap = truth[:, None] - truth[None, :]
    upper = np.triu_indices(m, 1)
    return bool(((found.low <= gap) & (gap <= found.high))[upper].all())


def ranks(m, n, gap, rule, generator):
    """All simultaneous rank intervals hold, or one model's own percentiles do."""
    table = answers(generator, m, n, gap)
    found = compare_models(table, resamples=500, seed=int(generator.integers(1 << 30)))
    truth = m - np.arange(m)
    if rule == "likely":
        return bool(found.likely_low[m // 2] <= truth[m // 2] <= found.likely_high[m // 2])
    return bool(((found.rank_low <= truth) & (truth <= found.rank_high)).all())


def bank(generator, items):
    return ItemBank(
        np.exp(generator.normal(0.2, 0.3, items)),
        generator.normal(0, 1.2, items),
        np.array([-3.0, 3.0]),
        1,
        True,
    )


def ability(generator, n=40):
    items = bank(generator, n)
    theta = float(generator.normal())
    given = (generator.random(n) < items.chance(np.asarray(theta))).astype(float)
    found = estimate_ability(items, given)
    return abs(found.theta - theta) <= 1.96 * found.stderr


def screened(asked, generator):
    items = bank(generator, 300)
    theta = float(generator.normal())
    given = (generator.random(300) < items.chance(np.asarray(theta))).astype(float)
    return holds(screen(items, given.__getitem__, most=asked).ci, float(given.mean()))


def drawn(asked, fitted_on, generator):
    """p-IRT on random items, whose parameters are known or fitted on so many models."""
    items = bank(generator, 300)
    theta = generator.normal(size=fitted_on + 1)
    table = (generator.random((fitted_on + 1, 300)) < items.chance(theta)).astype(float)
    used = fit_2pl(table[1:]) if fitted_on else items
    some = np.full(300, np.nan)
    chosen = generator.permutation(300)[:asked]
    some[chosen] = table[0, chosen]
    return holds(p_irt(used, some).ci, float(table[0].mean()))


CASES = (
    *(
        Case("max-T", f"8 level models, n = {n}", partial(any_wrong, 8, n, "max_t", 0), **FAMILY)
        for n in (20, 100, 300)
    ),
    Case("max-T", "8 level models, 30 clusters", partial(any_wrong, 8, 150, "max_t", 30), **FAMILY),
    Case("max-T", "16 level models, n = 100", partial(any_wrong, 16, 100, "max_t", 0), **FAMILY),
    Case(
        "Holm",
        "8 level models, n = 100",
        partial(any_wrong, 8, 100, "holm", 0),
        **{**FAMILY, "low": 0.0},
    ),
    Case(
        "unadjusted",
        "8 level models, n = 100",
        partial(any_wrong, 8, 100, "none", 0),
        **{**FAMILY, "low": 0.3, "high": 0.6},
    ),
    Case(
        "Benjamini-Hochberg",
        "two level groups of 4: false share",
        partial(wrong_share, 8, 200),
        **{**FAMILY, "low": 0.0, "high": 0.05},
    ),
    Case(
        "max-T intervals",
        "all differences of 6 models, n = 50",
        partial(all_differences, 6, 50),
        runs=600,
        low=0.93,
        high=0.97,
    ),
    *(
        Case(
            "simultaneous ranks",
            f"6 models, {name}, n = 100",
            partial(ranks, 6, 100, gap, "all"),
            runs=300,
            low=0.95,
            high=1.0,
        )
        for name, gap in (("close", 0.05), ("apart", 0.3))
    ),
    Case(
        "likely ranks",
        "one of 6 models, apart, n = 100",
        partial(ranks, 6, 100, 0.3, "likely"),
        runs=300,
        low=0.93,
        high=1.0,
    ),
    Case(
        "likely ranks",
        "one of 6 models, close, n = 100",
        partial(ranks, 6, 100, 0.05, "likely"),
        runs=300,
        low=0.9,
        high=1.0,
    ),
    Case("2PL ability", "40 items, known", ability),
    Case(
        "adaptive screening",
        "20 of 300 items, known",
        partial(screened, 20),
        runs=400,
        low=0.93,
        high=0.98,
    ),
    Case(
        "p-IRT",
        "40 of 300 random items, known",
        partial(drawn, 40, 0),
        runs=500,
        low=0.93,
        high=0.97,
    ),
    *(
        Case(
            "p-IRT",
            f"40 of 300 random items, fitted on {n} models",
            partial(drawn, 40, n),
            runs=25,
            low=0.8,
            high=1.0,
        )
        for n in (10, 30)
    ),
)
