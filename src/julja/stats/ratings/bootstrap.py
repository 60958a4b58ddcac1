"""Ratings of battles drawn anew: how they would differ on other battles like these.

Battles are drawn with replacement, as one multinomial draw of the counts of equal battles; or whole
clusters are (all battles on a prompt, all votes of a voter). Every table is fitted anew, starting
at the ratings of all battles, where Newton's method takes two or three steps.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.stats.intervals import Floats
from julja.stats.ratings.bradley_terry import MODELS, Fit
from julja.stats.ratings.graph import Components, components
from julja.stats.ratings.models import Model
from julja.stats.ratings.newton import maximise, pair_objective, solve
from julja.stats.ratings.pairs import Cells, Ints, Pairs

# Numbers held at once for the tables of one batch: what fits a cache.
_BATCH = 400_000
_MOST_STEPS = 20
# Up to so many unknowns numpy solves many systems in one call, without starting threads.
_SMALL = 48
# Newton's method converges quadratically: after a step of 1e-5 the error is near 1e-10.
_SMALL_STEP = 1e-5


@dataclass(frozen=True, slots=True)
class Resamples:
    """Fitted ratings of d tables drawn anew: `ratings` (d, m), `extra` (d) where the model has one.

    A model that won or lost everything in a table has the rating inf or -inf there; one that the
    table does not connect to the others NaN. `unbounded` (m) counts both.
    """

    ratings: Floats
    extra: Floats | None
    unbounded: NDArray[np.int64]


def draw_counts(
    cells: Cells, clusters: Ints | None, draws: int, generator: np.random.Generator
) -> Iterator[Floats]:
    """Batches of counts (batch, c) of each cell in tables drawn anew, `draws` in all."""
    total = int(cells.count.sum())
    batch = max(1, min(draws, _BATCH // max(len(cells.count), cells.models**2)))
    sizes = [min(batch, draws - start) for start in range(0, draws, batch)]
    if clusters is None:
        share = cells.count / total
        for size in sizes:
            yield generator.multinomial(total, share, size).astype(float)
        return
    from scipy.sparse import csr_matrix

    _, group = np.unique(clusters, return_inverse=True)
    groups = int(group.max()) + 1
    held = csr_matrix((np.ones(total), (cells.cell, group)), shape=(len(cells.count), groups))
    chances = np.full(groups, 1 / groups)
    for size in sizes:
        times = generator.multinomial(groups, chances, size).astype(float)
        yield (held @ times.T).T


def bootstrap(
    cells: Cells,
    fitted: Fit,
    draws: int,
    generator: np.random.Generator,
    *,
    clusters: Ints | None = None,
    tick: Callable[[int], None] = lambda done: None,
) -> Resamples:
    """Fit the model of `fitted` to `draws` tables drawn anew from its cells.

    `clusters` (n, codes) draws whole clusters; `tick` is called with how many tables are done.
    """
    start = np.append(fitted.ratings, [] if fitted.extra is None else [fitted.extra])
    whole = cells.pairs()
    found: list[Floats] = []
    for counts in draw_counts(cells, clusters, draws, generator):
        found.append(_refit(cells.pairs(counts), whole, MODELS[fitted.kind], start))
        tick(sum(map(len, found)))
    every = np.concatenate(found) if found else np.zeros((0, len(start)))
    ratings = every[:, : cells.models]
    extra = None if fitted.extra is None else every[:, -1]
    return Resamples(ratings, extra, (~np.isfinite(ratings)).sum(axis=0))


def _refit(pairs: Pairs, whole: Pairs, model: Model, start: Floats) -> Floats:
    """The parameters of each table of a batch; shape (batch, q)."""
    size = pairs.models
    found = np.tile(start, (len(pairs.wins), 1))
    torn: list[int] = []
    for row in np.flatnonzero(_lost_edges(pairs, whole)).tolist():
        graph = components(_one(pairs, row))
        if not graph.is_connected:
            found[row] = _partly(_one(pairs, row), graph, model, start)
            torn.append(row)
    active = np.setdiff1d(np.arange(len(found)), torn)
    for _ in range(_MOST_STEPS):
        if not len(active):
            return found
        steps = _steps(_some(pairs, active), model, found[active])
        found[active] += steps
        active = active[np.abs(steps).max(axis=1) > _SMALL_STEP]
        # What runs away gets Newton's method with halved steps instead.
        active = active[np.isfinite(found[active]).all(axis=1)]
    for row in range(len(found)):
        if row in active or (row not in torn and not np.isfinite(found[row]).all()):
            found[row] = maximise(
                pair_objective(_one(pairs, row), model, 0.0), start, size
            ).parameters
    return found


def _lost_edges(pairs: Pairs, whole: Pairs) -> NDArray[np.bool_]:
    """Tables in which some model no longer scores against one that it scored against."""
    up, down = (whole.wins + whole.ties > 0), (whole.losses + whole.ties > 0)
    lost = ((pairs.wins + pairs.ties == 0) & up) | ((pairs.losses + pairs.ties == 0) & down)
    found: NDArray[np.bool_] = lost.any(axis=1)
    return found


def _steps(pairs: Pairs, model: Model, points: Floats) -> Floats:
    """Newton's step of each table at its own point; shapes (batch, q). NaN where it has none."""
    size, (batch, width) = pairs.models, points.shape
    x = points[:, pairs.i] - points[:, pairs.j]
    extra = points[:, size:] if model.has_extra else None
    terms = model.terms(x, pairs.wins, pairs.ties, pairs.losses, extra)
    hessian = np.zeros((batch, width, width))
    hessian[:, pairs.i, pairs.j] = hessian[:, pairs.j, pairs.i] = -terms.hxx
    diagonal = np.arange(size)
    hessian[:, diagonal, diagonal] = -hessian[:, :size, :size].sum(axis=2)
    gradient = np.zeros((batch, width))
    gradient[:, :size] = _divergences(pairs, terms.dx)
    if model.has_extra:
        assert terms.de is not None and terms.hxe is not None and terms.hee is not None
        cross = _divergences(pairs, terms.hxe)
        hessian[:, :size, size] = hessian[:, size, :size] = cross
        hessian[:, size, size] = terms.hee.sum(axis=1)
        gradient[:, size] = terms.de.sum(axis=1)
    means = hessian[:, diagonal, diagonal].mean(axis=1)
    hessian[:, :size, :size] += (np.maximum(means, 1e-300) / size)[:, None, None]
    return _solved(hessian, gradient)


def _divergences(pairs: Pairs, flow: Floats) -> Floats:
    """The sum of f (e_i - e_j) for each table; `flow` (batch, p), shape (batch, m)."""
    table = np.zeros((len(flow), pairs.models, pairs.models))
    table[:, pairs.i, pairs.j] = flow
    found: Floats = table.sum(axis=2) - table.sum(axis=1)
    return found


def _solved(matrices: Floats, rights: Floats) -> Floats:
    """The solutions of systems (batch, q, q); NaN for a singular one."""
    steps: Floats = np.full(rights.shape, np.nan)
    if rights.shape[1] <= _SMALL:
        with contextlib.suppress(np.linalg.LinAlgError):
            steps[:] = np.linalg.solve(matrices, rights[:, :, None])[:, :, 0]
            return steps
    for row, (matrix, right) in enumerate(zip(matrices, rights, strict=True)):
        with contextlib.suppress(ArithmeticError):
            steps[row] = solve(matrix, right)
    return steps


def _partly(pairs: Pairs, graph: Components, model: Model, start: Floats) -> Floats:
    """The parameters of a table that leaves ratings without limit: inf, -inf or NaN for those.

    The ratings of the core keep the mean that they have among all battles, so that they can be
    compared with those of other tables.
    """
    size = pairs.models
    found = start.copy()
    found[:size] = np.select([graph.side > 0, graph.side < 0], [np.inf, -np.inf], np.nan)
    number = np.cumsum(graph.core) - 1
    inside = graph.core[pairs.i] & graph.core[pairs.j]
    members = int(graph.core.sum())
    first = start[:size][graph.core]
    kept = Pairs(
        members,
        number[pairs.i[inside]],
        number[pairs.j[inside]],
        pairs.wins[inside],
        pairs.ties[inside],
        pairs.losses[inside],
    )
    if members > 1:
        begin = np.append(first - first.mean(), start[size:])
        top = maximise(pair_objective(kept, model, 0.0), begin, members).parameters
        found[:size][graph.core] = top[:members] + first.mean()
        found[size:] = top[members:]
    else:
        found[:size][graph.core] = first
    return found


def _one(pairs: Pairs, row: int) -> Pairs:
    return Pairs(
        pairs.models, pairs.i, pairs.j, pairs.wins[row], pairs.ties[row], pairs.losses[row]
    )


def _some(pairs: Pairs, rows: NDArray[np.int64]) -> Pairs:
    return Pairs(
        pairs.models, pairs.i, pairs.j, pairs.wins[rows], pairs.ties[rows], pairs.losses[rows]
    )
