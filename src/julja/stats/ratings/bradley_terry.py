"""Ratings by maximum likelihood: Bradley-Terry, and its two extensions for ties.

>>> import numpy as np
>>> a, b = np.array([0, 0, 0, 1]), np.array([1, 1, 1, 0])
>>> found = fit_bradley_terry(a, b, np.array([1.0, 1.0, 1.0, 1.0]), models=2)
>>> round(float(found.ratings[0] - found.ratings[1]), 6)  # log(3): three of four battles won
1.098612
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from julja.stats.intervals import Floats
from julja.stats.ratings.graph import components
from julja.stats.ratings.models import BRADLEY_TERRY, DAVIDSON, RAO_KUPPER, Model
from julja.stats.ratings.newton import maximise, pair_objective
from julja.stats.ratings.pairs import Cells, Ints, Pairs, count_cells
from julja.stats.ratings.sandwich import cluster_meat, sandwich, score_meat

Kind: TypeAlias = Literal["bt", "rao-kupper", "davidson"]
MODELS: dict[Kind, Model] = {"bt": BRADLEY_TERRY, "rao-kupper": RAO_KUPPER, "davidson": DAVIDSON}


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted ratings of m models.

    `ratings` (m) are log-odds with mean 0; `extra` is the threshold of ties eta (Rao-Kupper) or
    log(nu) (Davidson), else None. `covariance` (q, q with q = m, or m + 1) belongs to both, the
    ratings relative to their mean: a sandwich. `information` (q, q) is the inverse Hessian, their
    covariance if every battle went as the model has it. `clusters` is how many groups the errors
    were summed in.
    """

    kind: Kind
    ratings: Floats
    extra: float | None
    covariance: Floats
    information: Floats
    log_likelihood: float
    steps: int
    clusters: int

    @property
    def stderr(self) -> Floats:
        """Standard error of each rating, relative to the mean of all; shape (m,)."""
        found: Floats = np.sqrt(np.diagonal(self.covariance)[: len(self.ratings)])
        return found

    def difference_stderr(self) -> Floats:
        """Standard error of every difference rating_i - rating_j; shape (m, m)."""
        size = len(self.ratings)
        part = self.covariance[:size, :size]
        own = np.diagonal(part)
        found: Floats = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * part, 0))
        return found

    def win_probability(self) -> Floats:
        """What model i is expected to score against model j, a tie as half; shape (m, m)."""
        x = self.ratings[:, None] - self.ratings[None, :]
        extra = None if self.extra is None else np.array(self.extra)
        return MODELS[self.kind].score(x, extra)


def fit_bradley_terry(
    a: Ints,
    b: Ints,
    outcome: Floats,
    weight: Floats | None = None,
    *,
    models: int,
    clusters: Ints | None = None,
    ridge: float = 0.0,
) -> Fit:
    """Fit Bradley-Terry ratings to n battles, ties and graded outcomes as shares of a win.

    `clusters` (n, codes from 0) says which battles go together, for the errors. `ridge` is the
    precision of a normal prior around 0 (1 means a standard deviation of 1 unit of log-odds): with
    it, models that won everything or never met the others have a finite rating too. Without it,
    raises ValueError where the battles leave a rating without limit (see `components`).
    """
    cells = count_cells(a, b, outcome, weight, models=models)
    return fit(cells, "bt", clusters=clusters, ridge=ridge)


def fit(
    cells: Cells, kind: Kind = "bt", *, clusters: Ints | None = None, ridge: float = 0.0
) -> Fit:
    """Fit one of the models to battles that `count_cells` summed up; see `fit_bradley_terry`."""
    pairs = cells.pairs()
    if ridge == 0 and not components(pairs).is_connected:
        raise ValueError("the battles leave some ratings without a limit: see `components`")
    model = MODELS[kind]
    top = maximise(pair_objective(pairs, model, ridge), start_of(pairs, kind), pairs.models)
    meat, groups = _meat(cells, model, top.parameters, clusters)
    return Fit(
        kind,
        top.parameters[: pairs.models],
        float(top.parameters[-1]) if model.has_extra else None,
        sandwich(top.hessian, meat, pairs.models),
        sandwich(top.hessian, top.hessian, pairs.models),
        top.log_likelihood,
        top.steps,
        groups,
    )


def start_of(pairs: Pairs, kind: Kind) -> Floats:
    """Where Newton's method begins: equal ratings, and the tie parameter that fits them.

    Raises ValueError where there is no tie at all, or nothing else: the parameter has no limit.
    """
    start = np.zeros(pairs.models)
    if kind == "bt":
        return start
    ties = float(pairs.ties.sum())
    share = ties / float((pairs.wins + pairs.ties + pairs.losses).sum())
    if not 0 < share < 1:
        raise ValueError("a model of ties needs both ties and decided battles")
    theta = (1 + share) / (1 - share)
    own = np.log(theta) if kind == "rao-kupper" else np.log(2 * share / (1 - share))
    return np.append(start, own)


def _meat(
    cells: Cells, model: Model, parameters: Floats, clusters: Ints | None
) -> tuple[Floats, int]:
    """The sum of squared scores, and the number of clusters."""
    size = cells.models
    i, j = cells.i[cells.pair], cells.j[cells.pair]
    own = parameters[size:] if model.has_extra else None
    terms = model.terms(parameters[i] - parameters[j], *cells.split(), own)
    extra = np.zeros((len(i), 0)) if terms.de is None else terms.de[:, None]
    if clusters is None:
        return score_meat(i, j, size, terms.dx, extra, cells.count), int(cells.count.sum())
    row = cells.cell
    meat = cluster_meat(i[row], j[row], size, terms.dx[row], extra[row], clusters)
    return meat, len(np.unique(clusters))
