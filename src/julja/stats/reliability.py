"""Does a model know when it is right? Confidence against accuracy.

`confidence` (n,) is the chance that a model gives its own answer, `right` (n,) is 1 where that is
right, else 0. Sources: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017) for the
expected calibration error; HELM (Liang et al. 2022, arXiv 2211.09110, appendix C) for bins of equal
mass and the selective accuracy; Murphy and Winkler (1977) for the diagram.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats, Interval, wilson
from julja.types import Json

Ints: TypeAlias = NDArray[np.int64]
BINS = 10
# With fewer answers a bin or two would be all there is.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: their number, mean confidence, accuracy and its interval."""

    n: int
    confidence: float
    accuracy: float
    ci: Interval


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well confidence tells accuracy.

    `ece` is the mean distance of the bins' accuracy from their confidence, weighed by size; it is
    above 0 by chance alone, `ece_chance` on average in answers as sure as they say. `bias` is mean
    confidence less accuracy (above 0: too sure of itself). `brier` is the mean squared error of the
    confidence, `auroc` the chance that a right answer is surer than a wrong one (None where all are
    right or all wrong), `selective_area` the mean accuracy of the i surest answers over all i.
    """

    n: int
    accuracy: float
    confidence: float
    ece: float
    ece_chance: float
    bias: float
    brier: float
    auroc: float | None
    selective_area: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Json]:
        """As a report has it."""
        found = {name: getattr(self, name) for name in self.__slots__ if name != "bins"}
        bins = [
            {"n": b.n, "confidence": b.confidence, "accuracy": b.accuracy, "ci": list(b.ci)}
            for b in self.bins
        ]
        return found | {"bins": bins}


def reliability(
    confidence: Floats, right: Floats, *, bins: int = BINS, seed: int = 0
) -> Reliability | None:
    """The calibration of some answers, in bins of equal mass; None with fewer than twenty.

    There are fewer bins where there are few answers: ten answers in each at least.
    """
    n = len(confidence)
    if n < FEWEST:
        return None
    order = np.argsort(confidence, kind="stable")
    sure, true = confidence[order], right[order]
    parts = np.array_split(np.arange(n), max(2, min(bins, n // 10)))
    made = tuple(
        Bin(
            len(part),
            float(sure[part].mean()),
            float(true[part].mean()),
            wilson(float(true[part].sum()), len(part)),
        )
        for part in parts
    )
    surest = np.cumsum(right[np.argsort(-confidence, kind="stable")]) / np.arange(1, n + 1)
    return Reliability(
        n,
        float(right.mean()),
        float(confidence.mean()),
        _ece(sure, true[None, :], parts)[0],
        _chance(sure, parts, seed),
        float(confidence.mean() - right.mean()),
        float(((confidence - right) ** 2).mean()),
        _auroc(confidence, right),
        float(surest.mean()),
        made,
    )


def _ece(sure: Floats, true: Floats, parts: list[Ints]) -> list[float]:
    """The expected calibration error of each row of `true` (b, n)."""
    total = np.zeros(len(true))
    for part in parts:
        total += len(part) / len(sure) * np.abs(true[:, part].mean(axis=1) - sure[part].mean())
    found: list[float] = total.tolist()
    return found


def _chance(sure: Floats, parts: list[Ints], seed: int, draws: int = 200) -> float:
    """The mean error of answers that are right as often as their confidence says."""
    generator = np.random.default_rng(seed)
    draws = max(20, min(draws, 20_000_000 // len(sure)))
    true = (generator.random((draws, len(sure))) < sure).astype(float)
    return float(np.mean(_ece(sure, true, parts)))


def _auroc(confidence: Floats, right: Floats) -> float | None:
    """By ranks (Mann and Whitney 1947), ties being half."""
    good = right > 0.5
    wins, losses = int(good.sum()), int((~good).sum())
    if not wins or not losses:
        return None
    _, code, count = np.unique(confidence, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[code]
    return float((ranks[good].sum() - wins * (wins + 1) / 2) / (wins * losses))
