"""How far a judge agrees with people, and people with each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TypeAlias

import numpy as np

from julja.audit.judges.sheet import Ints, Sheet
from julja.stats.agreement import Agreement, Ceiling, Weights, agreement, ceiling, fleiss_kappa
from julja.stats.correlation import pearson, spearman
from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.stats.krippendorff import Level, krippendorff_alpha
from julja.types import Estimate

Numbers: TypeAlias = tuple[Estimate | None, Estimate | None, Estimate | None, float | None]
# More values than this are measurements, not categories.
MOST_CATEGORIES = 20
_TIE = 0.5


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often items are drawn anew, and from which seed."""

    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """How ratings are compared: the level of alpha, the weights of kappa, and the categories.

    `categories` is empty where values are measurements, which have no kappa.
    """

    level: Level
    weights: Weights
    categories: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class People:
    """The people: how many ratings there are of how many items, and how far they agree."""

    raters: int
    ratings: int
    items: int
    several: int
    agreement: Agreement | None
    alpha: Estimate | None


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """A judge and people on the items that both rated.

    `single` compares one verdict of the judge with one person's, and `exact` is its raw agreement
    without weights; `combined` the judge's verdict
    from all repeats and orders with the people's common one (`alpha` does too); `without_ties`
    leaves out pairs where either of these is a tie. `ceiling` puts it beside the agreement of two
    people. `bias` is the mean of judge - people, `rmse` the root of the mean squared difference.
    """

    single: Agreement | None
    exact: Estimate | None
    combined: Agreement | None
    without_ties: Agreement | None
    ceiling: Ceiling | None
    alpha: Estimate
    pearson: Estimate | None
    spearman: Estimate | None
    bias: Estimate | None
    rmse: float | None


def measure_of(sheet: Sheet, level: Level | None) -> Measure:
    """The level that fits a sheet's values, or the one asked for."""
    if sheet.kind == "label":
        codes = tuple(float(code) for code in range(len(sheet.labels)))
        return Measure("nominal", "none", codes)
    if sheet.kind == "pair":
        values = np.unique(sheet.value[np.isfinite(sheet.value)])
        graded = not set(values.tolist()) <= {0.0, 0.5, 1.0}
        found = level or "nominal"
        return Measure(found, _weights(found), () if graded else (0.0, 0.5, 1.0))
    values = np.unique(sheet.value[np.isfinite(sheet.value)])
    few = len(values) <= MOST_CATEGORIES
    found = level or ("nominal" if len(values) <= 2 else "ordinal" if few else "interval")
    return Measure(found, _weights(found), tuple(values.tolist()) if few else ())


def _weights(level: Level) -> Weights:
    return "none" if level == "nominal" else "quadratic"


def people_agreement(sheet: Sheet, measure: Measure, how: Bootstrap) -> People | None:
    """What is known of the people; None where there are no labels."""
    places = sheet.by_people()
    if not len(places):
        return None
    number = np.bincount(sheet.unit[places], minlength=len(sheet))
    several = int((number >= 2).sum())
    within = alpha = None
    if several:
        clusters = _clusters(sheet)
        alpha = krippendorff_alpha(
            sheet.matrix(places),
            measure.level,
            clusters=clusters,
            resamples=how.resamples,
            seed=how.seed,
        )
        if measure.categories:
            within = fleiss_kappa(
                sheet.counts(places, np.array(measure.categories)),
                weights=measure.weights,
                places=np.array(measure.categories),
                clusters=clusters,
                resamples=how.resamples,
                seed=how.seed,
            )
    raters = len(set(sheet.rater[places].tolist()))
    return People(raters, len(places), int((number > 0).sum()), several, within, alpha)


def judge_agreement(
    sheet: Sheet, places: Ints, measure: Measure, how: Bootstrap
) -> JudgeAgreement | None:
    """A judge's agreement with people; None where no item has both."""
    people = sheet.by_people()
    ours, theirs = (_common(sheet, side, measure) for side in (places, people))
    means = sheet.mean(places), sheet.mean(people)
    both = np.isfinite(means[0]) & np.isfinite(means[1])
    if not both.any():
        return None
    clusters = _clusters(sheet)
    alpha = krippendorff_alpha(
        np.array([ours, theirs]),
        measure.level,
        clusters=clusters,
        resamples=how.resamples,
        seed=how.seed,
    )
    single = exact = top = combined = without = None
    if measure.categories:
        categories = np.array(measure.categories)
        one, other = sheet.counts(places, categories), sheet.counts(people, categories)
        single = _agreement(one, other, measure, clusters, how)
        exact = _agreement(one, other, replace(measure, weights="none"), clusters, how).raw
        top = ceiling(
            one,
            other,
            weights=measure.weights,
            places=np.array(measure.categories),
            clusters=clusters,
            resamples=how.resamples,
            seed=how.seed,
        )
        if sheet.kind != "score":
            combined, without = _combined(sheet, ours, theirs, one, other, measure, how)
    numbers: Numbers = (None, None, None, None)
    if sheet.kind != "label":
        names = list(compress(clusters, both.tolist()))
        numbers = _numbers(means[0][both], means[1][both], names, how)
    return JudgeAgreement(single, exact, combined, without, top, alpha, *numbers)


def _common(sheet: Sheet, places: Ints, measure: Measure) -> Floats:
    """Each unit's one value (u); of scores that are no numbers to be averaged, the majority."""
    if sheet.kind != "score" or measure.level != "nominal" or not measure.categories:
        return sheet.consensus(places)
    return sheet.majority(places, np.array(measure.categories))


def _clusters(sheet: Sheet) -> Sequence[int]:
    found: list[int] = sheet.cluster.tolist()
    return found


def _agreement(
    one: Floats, other: Floats, measure: Measure, clusters: Sequence[int], how: Bootstrap
) -> Agreement:
    return agreement(
        one,
        other,
        weights=measure.weights,
        places=np.array(measure.categories),
        clusters=clusters,
        resamples=how.resamples,
        seed=how.seed,
    )


def _combined(
    sheet: Sheet,
    ours: Floats,
    theirs: Floats,
    one: Floats,
    other: Floats,
    measure: Measure,
    how: Bootstrap,
) -> tuple[Agreement | None, Agreement | None]:
    """Agreement of common verdicts, where there are several; and of pairs without a tie."""
    categories, clusters = np.array(measure.categories), _clusters(sheet)
    first, second = ((side[:, None] == categories).astype(float) for side in (ours, theirs))
    several = bool(((one.sum(axis=1) > 1) | (other.sum(axis=1) > 1)).any())
    combined = _agreement(first, second, measure, clusters, how) if several else None
    if sheet.kind != "pair":
        return combined, None
    ties = (ours == _TIE) | (theirs == _TIE)
    if not ties.any():
        return combined, None
    first, second = (np.where(ties[:, None], 0.0, side) for side in (first, second))
    return combined, _agreement(first, second, measure, clusters, how)


def _numbers(ours: Floats, theirs: Floats, clusters: list[int], how: Bootstrap) -> Numbers:
    """(Pearson, Spearman, bias, root mean squared difference) of numbers."""
    correlations = [
        function(ours, theirs, clusters=clusters, resamples=how.resamples, seed=how.seed)
        for function in (pearson, spearman)
    ]
    bias = estimate("bias", (ours - theirs).tolist(), clusters=clusters, low=-np.inf, high=np.inf)
    rmse = float(np.sqrt(np.mean((ours - theirs) ** 2)))
    return correlations[0], correlations[1], bias, rmse


def alpha_of_judges(sheet: Sheet, measure: Measure, how: Bootstrap) -> Estimate | None:
    """How far several judges agree with each other, each by its common verdict."""
    if len(sheet.judges) < 2:
        return None
    table = np.array([_common(sheet, sheet.of(judge), measure) for judge in sheet.judges])
    return krippendorff_alpha(
        table, measure.level, clusters=_clusters(sheet), resamples=how.resamples, seed=how.seed
    )
