"""Does a judge favour models of its own family?

That a judge likes its own family's answers is no bias if they are good. So its verdicts are held
against people's on the same answers, and against those of judges from other families.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.audit.judges.sheet import Ints, Sheet
from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.stats.regression import linear
from julja.types import Estimate

# Fewer items say nothing of a habit.
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class SelfPreference:
    """Of pairs in which one answer is of the judge's family: what its verdicts are worth to that.

    Of scores: how much more its own family gets than others. `excess` is the judge x family
    interaction: by how much the judge favours its family more than people do; `over_judges`, more
    than judges of other families do. `own` counts the items with an answer of the family.
    """

    judge: Estimate
    people: Estimate | None
    excess: Estimate | None
    over_judges: Estimate | None
    coefficient: Estimate | None
    own: int


def own_side(sheet: Sheet, family: str) -> Floats:
    """1 where A (or the only answer) is of the family, -1 where B is, 0 for neither or both."""
    a = np.array([name == family for name in sheet.family_a], float)
    b = np.array([name == family for name in sheet.family_b], float)
    return a - b if sheet.kind == "pair" else a


def self_preference(
    sheet: Sheet, places: Ints, people: Floats, others: Floats, own: Floats
) -> SelfPreference | None:
    """A judge's self-preference.

    `people` and `others` (u) are the mean values of people and of judges from other families, NaN
    where there is none; `own` (u) is as `own_side` has it. None where no item tells.
    """
    value = sheet.mean(places)
    rated = np.isfinite(value)
    if sheet.kind == "label" or not (rated & (own != 0)).any():
        return None
    if sheet.kind == "score" and not (rated & (own == 0)).any():
        return None

    def favour(name: str, outcome: Floats, low: float, high: float) -> Estimate | None:
        rows = np.isfinite(outcome) & rated
        if sheet.kind == "score":
            return _gap(name, outcome, own, rows, sheet)
        rows = rows & (own != 0)
        if rows.sum() < _FEWEST:
            return None
        names = sheet.cluster[rows].tolist()
        return estimate(name, outcome[rows].tolist(), clusters=names, low=low, high=high)

    def to_own(worth: Floats) -> Floats:
        found: Floats = np.where(own < 0, 1 - worth, worth) if sheet.kind == "pair" else worth
        return found

    judge = favour("own_preferred", to_own(value), 0.0, 1.0)
    if judge is None:
        return None
    return SelfPreference(
        judge,
        favour("own_preferred", to_own(people), 0.0, 1.0),
        favour("excess", to_own(value) - to_own(people), -1.0, 1.0),
        favour("excess", to_own(value) - to_own(others), -1.0, 1.0),
        _at_equal_labels(sheet, value, people, own) if sheet.kind == "score" else None,
        int((rated & (own != 0)).sum()),
    )


def _gap(
    name: str, outcome: Floats, own: Floats, used: NDArray[np.bool_], sheet: Sheet
) -> Estimate | None:
    """The mean of the family's answers less that of the others."""
    if used.sum() < _FEWEST or len(np.unique(own[used])) < 2:
        return None
    columns = {"intercept": np.ones(int(used.sum())), name: own[used]}
    found = linear(columns, outcome[used], clusters=sheet.cluster[used].tolist())
    return found.coefficients[name]


def _at_equal_labels(sheet: Sheet, value: Floats, people: Floats, own: Floats) -> Estimate | None:
    used = np.isfinite(value) & np.isfinite(people)
    columns = {"intercept": np.ones(len(sheet)), "own": own, "people": people}
    if used.sum() < _FEWEST:
        return None
    found = linear(
        {name: column[used] for name, column in columns.items()},
        value[used],
        clusters=sheet.cluster[used].tolist(),
    )
    return None if found.note else found.coefficients["own"]
