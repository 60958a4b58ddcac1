"""Does a judge prefer the answer that it is shown first, or second?

With both orders of each pair the answer is exact: what the order changes is bias. With a random
order, the first answer should win half of the time. With a fixed order the share of the first mixes
position with how good the models are: only people's verdicts on the same pairs can part the two.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.audit.judges.sheet import Ints, Sheet
from julja.stats.estimate import estimate
from julja.stats.intervals import Floats
from julja.types import Estimate

Design: TypeAlias = Literal["both orders", "random order", "fixed order"]
# A draw by lot gives so uneven an order once in ten thousand times.
_RARE = 1e-4


@dataclass(frozen=True, slots=True)
class PositionBias:
    """`first_preferred` is the mean worth of a verdict to the answer shown first; .5 is fair.

    `consistency` is the share of pairs with the same verdict in both orders, `to_first` and
    `to_second` that of pairs in which the answer shown first (second) won both times: the rest is a
    tie in one order only. `excess` is first_preferred less what people gave the same answers.
    `pairs` counts pairs seen in both orders, `one_order` those seen in one.
    """

    design: Design
    first_preferred: Estimate
    consistency: Estimate | None
    to_first: Estimate | None
    to_second: Estimate | None
    excess: Estimate | None
    pairs: int
    one_order: int


def position_bias(sheet: Sheet, places: Ints, people: Floats) -> PositionBias | None:
    """A judge's position bias; `places` are its ratings, `people` (u) the people's mean or NaN.

    None where no rating says which answer was shown first.
    """
    kept = places[(sheet.first[places] >= 0) & np.isfinite(sheet.value[places])]
    if not len(kept):
        return None
    a_first, b_first = (sheet.mean(kept[sheet.first[kept] == side]) for side in (0, 1))
    both = np.isfinite(a_first) & np.isfinite(b_first)
    one = np.isfinite(a_first) ^ np.isfinite(b_first)
    if both.any():
        return _both_orders(sheet, a_first, b_first, both, int(one.sum()))
    to_first: Floats = np.where(np.isfinite(a_first), a_first, 1 - b_first)
    truth: Floats = np.where(np.isfinite(a_first), people, 1 - people)
    labelled = one & np.isfinite(truth)
    excess = None
    if labelled.sum() > 1:
        excess = _mean("excess", sheet, (to_first - truth), labelled, low=-1.0)
    return PositionBias(
        design="random order" if _is_random(sheet, kept) else "fixed order",
        first_preferred=_mean("first_preferred", sheet, to_first, one),
        consistency=None,
        to_first=None,
        to_second=None,
        excess=excess,
        pairs=0,
        one_order=int(one.sum()),
    )


def _both_orders(
    sheet: Sheet, a_first: Floats, b_first: Floats, both: NDArray[np.bool_], one_order: int
) -> PositionBias:
    first = (a_first + 1 - b_first) / 2
    sides = np.sign(a_first - 0.5), np.sign(b_first - 0.5)
    return PositionBias(
        design="both orders",
        first_preferred=_mean("first_preferred", sheet, first, both),
        consistency=_mean("consistency", sheet, sides[0] == sides[1], both),
        to_first=_mean("to_first", sheet, (sides[0] > 0) & (sides[1] < 0), both),
        to_second=_mean("to_second", sheet, (sides[0] < 0) & (sides[1] > 0), both),
        excess=None,
        pairs=int(both.sum()),
        one_order=one_order,
    )


def _mean(
    name: str,
    sheet: Sheet,
    values: Floats | NDArray[np.bool_],
    units: NDArray[np.bool_],
    low: float = 0.0,
) -> Estimate:
    clusters = sheet.cluster[units].tolist()
    return estimate(name, values[units].astype(float).tolist(), clusters=clusters, low=low)


def _is_random(sheet: Sheet, places: Ints) -> bool:
    """True unless models are shown first too unevenly for a draw by lot.

    With x how much oftener each model was first than second, x' L+ x is chi-squared with one degree
    less than there are models (L is the Laplacian of who met whom, x's covariance). Where models
    aren't named, A and B are taken.
    """
    from scipy.stats import chi2

    units = sheet.unit[places]
    a, b = sheet.a[units], sheet.b[units]
    if (a < 0).any() or (b < 0).any():
        a, b = np.zeros_like(units), np.ones_like(units)
    kinds = int(max(a.max(), b.max())) + 1
    ahead = np.zeros(kinds)
    np.add.at(ahead, a, 1 - 2 * sheet.first[places])
    np.add.at(ahead, b, 2 * sheet.first[places] - 1)
    laplacian = np.zeros((kinds, kinds))
    np.add.at(laplacian, (a, a), 1)
    np.add.at(laplacian, (b, b), 1)
    np.add.at(laplacian, (a, b), -1)
    np.add.at(laplacian, (b, a), -1)
    statistic = float(ahead @ np.linalg.pinv(laplacian) @ ahead)
    return float(chi2.sf(statistic, max(1, kinds - 1))) > _RARE
