"""Small regressions for audits: coefficients with cluster-robust errors.

Outcomes may lie anywhere in 0..1 for the logistic one: a tie is half a win. Sources: McCullagh and
Nelder (1989) for Newton's method (IRLS); Papke and Wooldridge (1996) for fractional outcomes; Liang
and Zeger (1986) for the sandwich, with the factor G/(G-1) (n-1)/(n-k) for G clusters, n rows and k
coefficients.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats, t_interval
from julja.stats.resample import cluster_codes, cluster_sums
from julja.types import Estimate


@dataclass(frozen=True, slots=True)
class Regression:
    """`coefficients` by name, each with a Student interval; `covariance` (k, k) of all of them.

    `note` says why there are none: "separated" where the outcomes can be told apart without error
    (a coefficient would be infinite), "collinear" where the columns can't be told apart.
    """

    coefficients: dict[str, Estimate]
    covariance: Floats
    n: int
    clusters: int
    note: str = ""


def logistic(
    columns: dict[str, Floats], outcome: Floats, *, clusters: Sequence[Hashable] | None = None
) -> Regression:
    """Fit logit P(outcome) = columns @ beta; `columns` (n,) each, give the intercept as one."""
    design, y, codes = _prepared(columns, outcome, clusters)
    beta = np.zeros(design.shape[1])
    if _collinear(design):
        return _none(columns, y, codes, "collinear")
    for _ in range(100):
        chance = 0.5 * (1 + np.tanh(0.5 * np.clip(design @ beta, -60, 60)))
        hessian = (design * (chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.lstsq(hessian, design.T @ (y - chance), rcond=None)[0]
        beta = beta + step / max(1.0, float(np.abs(step).max()) / 2)
        if float(np.abs(step).max()) < 1e-9 or float(np.abs(design @ beta).max()) > 50:
            break
    if float(np.abs(design @ beta).max()) > 30:
        return _none(columns, y, codes, "separated")
    chance = 0.5 * (1 + np.tanh(0.5 * design @ beta))
    bread = _inverse((design * (chance * (1 - chance))[:, None]).T @ design)
    return _robust(columns, beta, bread, design * (y - chance)[:, None], codes, "logistic")


def linear(
    columns: dict[str, Floats], outcome: Floats, *, clusters: Sequence[Hashable] | None = None
) -> Regression:
    """Fit outcome = columns @ beta by least squares; give the intercept as a column."""
    design, y, codes = _prepared(columns, outcome, clusters)
    if _collinear(design):
        return _none(columns, y, codes, "collinear")
    bread = _inverse(design.T @ design)
    beta = bread @ design.T @ y
    return _robust(columns, beta, bread, design * (y - design @ beta)[:, None], codes, "linear")


def _prepared(
    columns: dict[str, Floats], outcome: Floats, clusters: Sequence[Hashable] | None
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    design = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])
    y = np.asarray(outcome, dtype=float)
    if not (np.isfinite(design).all() and np.isfinite(y).all()):
        raise ValueError("a regression takes rows without gaps")
    return design, y, cluster_codes(clusters, len(y))


def _collinear(design: Floats) -> bool:
    if len(design) <= design.shape[1]:
        return True
    return bool(np.linalg.matrix_rank(design) < design.shape[1])


def _inverse(hessian: Floats) -> Floats:
    return np.asarray(np.linalg.inv(hessian), dtype=np.float64)


def _none(columns: dict[str, Floats], y: Floats, codes: NDArray[np.int64], note: str) -> Regression:
    nothing = {name: Estimate(name, None, None, None, len(y), None, note) for name in columns}
    size = len(columns)
    return Regression(nothing, np.full((size, size), np.nan), len(y), int(codes.max()) + 1, note)


def _robust(
    columns: dict[str, Floats],
    beta: Floats,
    bread: Floats,
    scores: Floats,
    codes: NDArray[np.int64],
    method: str,
) -> Regression:
    sums = cluster_sums(scores, codes)
    n, groups = len(scores), len(sums)
    if groups < 2:
        found = {
            name: Estimate(name, float(b), None, None, n, None, "one cluster")
            for name, b in zip(columns, beta, strict=True)
        }
        return Regression(found, np.full(bread.shape, np.nan), n, groups, "one cluster")
    small = groups / (groups - 1) * (n - 1) / (n - len(beta))
    covariance = small * bread @ (sums.T @ sums) @ bread
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    degrees = max(1, groups - len(beta))
    found = {
        name: Estimate(
            name, float(b), float(e), t_interval(float(b), float(e), degrees), n, None, method
        )
        for name, b, e in zip(columns, beta, errors, strict=True)
    }
    return Regression(found, covariance, n, groups)
