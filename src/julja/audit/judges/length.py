"""Does a judge prefer longer answers, more than people do?

That longer answers win is no bias if they are better. So what counts is the excess over people's
labels of the same answers; without labels only the preference itself can be said.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.audit.judges.sheet import Ints, Sheet
from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.stats.regression import linear, logistic
from julja.types import Estimate

Mask: TypeAlias = NDArray[np.bool_]
# So many labels are worth a term of their own in a regression.
_MANY = 30
# Fewer items say nothing of a habit.
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class LengthBias:
    """Of pairs: `judge` is the mean worth of its verdicts to the longer answer (.5 is fair).

    `coefficient` is that of the length difference (a - b) / (a + b), in standard deviations, in a
    logistic regression of the verdict; `adjusted_for` names what else is in it (the Arena's style
    control has the same term). Of scores: `judge` is the slope of the score on the logarithm of the
    length, per standard deviation, and `coefficient` the same at equal labels of people: unlike
    `excess`, it doesn't mind a judge that squeezes the scale.

    `people` is the same of people's labels, `excess` is judge - people on the labelled items.
    """

    judge: Estimate
    people: Estimate | None
    excess: Estimate | None
    coefficient: Estimate
    adjusted_for: tuple[str, ...]
    unit: str


def length_bias(sheet: Sheet, places: Ints, people: Floats) -> LengthBias | None:
    """A judge's length bias; `people` (u) is their mean value or NaN. None without lengths."""
    value = sheet.mean(places)
    if sheet.kind == "pair":
        return _of_pairs(sheet, places, value, people)
    return _of_scores(sheet, value, people) if sheet.kind == "score" else None


def _of_pairs(sheet: Sheet, places: Ints, value: Floats, people: Floats) -> LengthBias | None:
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = (sheet.length_a - sheet.length_b) / (sheet.length_a + sheet.length_b)
    used = np.isfinite(gap) & np.isfinite(value)
    unequal = used & (gap != 0)
    if unequal.sum() < _FEWEST:
        return None
    clusters = sheet.cluster

    def to_longer(worth: Floats) -> Floats:
        found: Floats = np.where(gap > 0, worth, 1 - worth)
        return found

    judge = estimate(
        "longer_preferred", to_longer(value)[unequal].tolist(), clusters=clusters[unequal].tolist()
    )
    labelled = unequal & np.isfinite(people)
    theirs = excess = None
    if labelled.sum() >= _FEWEST:
        names = clusters[labelled].tolist()
        theirs = estimate("longer_preferred", to_longer(people)[labelled].tolist(), clusters=names)
        difference = (to_longer(value) - to_longer(people))[labelled].tolist()
        excess = estimate("excess", difference, clusters=names, low=-1.0)
    coefficient, adjusted = _logistic(sheet, places, value, people, gap, used)
    return LengthBias(judge, theirs, excess, coefficient, adjusted, "relative difference, per SD")


def _logistic(
    sheet: Sheet, places: Ints, value: Floats, people: Floats, gap: Floats, used: Mask
) -> tuple[Estimate, tuple[str, ...]]:
    """The coefficient of length, with people's verdict and the order beside it where known."""
    known = np.isfinite(people)
    adjusted: list[str] = []
    rows = used
    # A few labels would cost more certainty than they buy.
    if (rows & known).sum() >= _MANY:
        rows = rows & known
        adjusted.append("people")
    columns = {"intercept": np.ones(len(sheet)), "length": gap / float(np.std(gap[rows]) or 1.0)}
    if adjusted:
        columns["people"] = people - 0.5
    # Where the order of a few isn't known, they are as if shown both ways.
    order = np.nan_to_num(_order(sheet, places))
    if order[rows].any():
        columns["order"] = order
        adjusted.append("order")
    found = logistic(
        {name: column[rows] for name, column in columns.items()},
        value[rows],
        clusters=sheet.cluster[rows].tolist(),
    )
    return found.coefficients["length"], tuple(adjusted)


def _order(sheet: Sheet, places: Ints) -> Floats:
    """1 where A was shown first, -1 for B, 0 for both orders alike, NaN where not known."""
    known = places[sheet.first[places] >= 0]
    side = 1.0 - 2.0 * sheet.first[known]
    total = np.bincount(sheet.unit[known], side, len(sheet))
    count = np.bincount(sheet.unit[known], minlength=len(sheet))
    found: Floats = np.divide(total, count, out=np.full(len(sheet), np.nan), where=count > 0)
    return found


def _of_scores(sheet: Sheet, value: Floats, people: Floats) -> LengthBias | None:
    used = np.isfinite(value) & (sheet.length_a > 0)
    logs = np.log(sheet.length_a[used])
    if used.sum() < _FEWEST or float(logs.std()) < 1e-12:
        return None
    place = np.full(len(sheet), np.nan)
    place[used] = (logs - logs.mean()) / logs.std()

    def slope(name: str, outcome: Floats) -> Estimate | None:
        rows = used & np.isfinite(outcome)
        if rows.sum() < _FEWEST:
            return None
        columns = {"intercept": np.ones(int(rows.sum())), name: place[rows]}
        found = linear(columns, outcome[rows], clusters=sheet.cluster[rows].tolist())
        return found.coefficients[name]

    judge = slope("slope", value)
    assert judge is not None
    coefficient: Estimate = judge
    adjusted: tuple[str, ...] = ()
    known = used & np.isfinite(people)
    if known.sum() >= _MANY:
        columns = {"intercept": np.ones(len(sheet)), "length": place, "people": people}
        found = linear(
            {name: column[known] for name, column in columns.items()},
            value[known],
            clusters=sheet.cluster[known].tolist(),
        )
        coefficient, adjusted = found.coefficients["length"], ("people",)
    return LengthBias(
        judge,
        slope("slope", np.where(used, people, np.nan)),
        slope("excess", value - people),
        coefficient,
        adjusted,
        "score per SD of log length",
    )
