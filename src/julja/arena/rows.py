"""The rows of a rating table from a solution: ratings, intervals, ranks, win rates."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from julja.arena.battles import Battles
from julja.arena.options import RateOptions
from julja.arena.solution import Solution, draw_stderr, percentile_ends
from julja.arena.table import Ends, Rating
from julja.stats.intervals import Floats
from julja.stats.ratings.graph import Components
from julja.stats.ratings.limits import lower_limit
from julja.stats.ratings.pairs import add_up
from julja.stats.ratings.ranks import interval_ranks


@dataclass(frozen=True, slots=True)
class Standing:
    """Battles with a verdict (n), their worth to A and weight, and which models are rated.

    `core` (m) marks the models whose ratings are finite against each other, `side` where the
    others stand to them (see `Components`).
    """

    battles: Battles
    outcome: Floats
    weight: Floats
    graph: Components
    core: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Line:
    """What a row says of a rating; ends that are not known are NaN, those without limit inf."""

    rating: float | None
    stderr: float | None
    low: float
    high: float


def rating_rows(standing: Standing, solution: Solution, options: RateOptions) -> tuple[Rating, ...]:
    """All rows, best first; models without a rating stand where the battles allow."""
    battles = standing.battles
    numbers = np.flatnonzero(standing.core)
    names = [battles.models[number] for number in numbers]
    anchor = options.anchor
    relative = solution.relative(None if anchor is None else names.index(anchor[0]))
    shift = options.initial if anchor is None else anchor[1]
    lines: list[_Line | None] = [None] * len(battles.models)
    for number, line in zip(numbers.tolist(), _rated(relative, shift, options), strict=True):
        lines[number] = line
    scale = {number: lines[number].rating for number in numbers.tolist()}  # type: ignore[union-attr]
    for number in np.flatnonzero(~standing.core).tolist():
        lines[number] = _limited(standing, number, scale, options)
    every = [line for line in lines if line is not None]
    low, high = (np.array([getattr(line, end) for line in every]) for end in ("low", "high"))
    ranks = interval_ranks(low, high)
    rank_ends = _rank_ends(relative, standing.core, low, high, ranks, options)
    baseline = None if options.baseline is None else names.index(options.baseline)
    rates = dict(zip(numbers.tolist(), solution.win_rates(baseline).tolist(), strict=True))
    errors = solution.win_rate_errors(baseline, options.level)
    error_of = dict(zip(numbers.tolist(), errors, strict=True))
    tallies = _tallies(standing)
    rows = [
        Rating(
            model=name,
            rating=line.rating,
            stderr=line.stderr,
            ci=_ends(line),
            rank=int(ranks[number]) if _is_placed(line) else None,
            rank_ci=rank_ends[number],
            battles=sum(tallies[number]),
            wins=tallies[number][0],
            ties=tallies[number][1],
            losses=tallies[number][2],
            win_rate=rates.get(number),
            win_rate_stderr=error_of.get(number, (None, None))[0],
            win_rate_ci=error_of.get(number, (None, None))[1],
            note=_note(standing, number),
        )
        for number, (name, line) in enumerate(zip(battles.models, every, strict=True))
    ]
    return tuple(sorted((row for row in rows if row.battles), key=_place))


def _rated(solution: Solution, shift: float, options: RateOptions) -> list[_Line]:
    ratings = shift + options.factor * solution.ratings
    if solution.covariance is not None:
        own = np.diagonal(solution.covariance)[: len(ratings)]
        errors = options.factor * np.sqrt(np.maximum(own, 0))
        half = solution.quantile(options.level) * errors
        return [
            _Line(float(rating), float(error), float(rating - reach), float(rating + reach))
            for rating, error, reach in zip(ratings, errors, half, strict=True)
        ]
    if solution.draws is None:
        return [_Line(float(rating), None, math.nan, math.nan) for rating in ratings]
    draws = shift + options.factor * solution.draws
    ends = percentile_ends(draws, options.level)
    return [
        _Line(
            float(rating),
            error,
            math.nan if pair is None else (-math.inf if pair[0] is None else pair[0]),
            math.nan if pair is None else (math.inf if pair[1] is None else pair[1]),
        )
        for rating, error, pair in zip(ratings, draw_stderr(draws), ends, strict=True)
    ]


def _limited(
    standing: Standing, number: int, ratings: dict[int, float | None], options: RateOptions
) -> _Line:
    """A model without a finite rating: the one end that its battles set."""
    side = int(standing.graph.side[number])
    battles = standing.battles
    mine = (battles.a == number) | (battles.b == number)
    other = np.where(battles.a == number, battles.b, battles.a)
    met = mine & standing.core[other] & (standing.weight > 0)
    if side == 0 or not met.any():
        return _Line(None, None, math.nan, math.nan)
    against = np.array([ratings[model] for model in other[met].tolist()], float) / options.factor
    limit = side * lower_limit(side * against, standing.weight[met], options.level)
    end = limit * options.factor
    return _Line(None, None, *((end, math.inf) if side > 0 else (-math.inf, end)))


def _rank_ends(
    solution: Solution,
    core: NDArray[np.bool_],
    low: Floats,
    high: Floats,
    ranks: NDArray[np.int64],
    options: RateOptions,
) -> list[tuple[int, int] | None]:
    """The interval of each rank among all models.

    Those without a rating are above or below another where their one end says so, else either.
    """
    generator = np.random.default_rng(options.seed)
    inner = iter(solution.rank_ends(generator, options.level))
    found: list[tuple[int, int] | None] = []
    free = ~core
    for number in range(len(core)):
        others = np.arange(len(core)) != number
        if core[number]:
            ends = next(inner, None)
            if ends is None:
                found.append(None)
                continue
            others &= free
        else:
            ends = (1, 1)
        surely = others & (low > high[number])
        surely_below = others & (high < low[number])
        maybe = others & ~surely & ~surely_below
        # The rank by intervals is the milder one: it never lies outside.
        first = min(ends[0] + int(surely.sum()), int(ranks[number]))
        found.append((first, ends[1] + int(surely.sum()) + int(maybe.sum())))
    return found


def _tallies(standing: Standing) -> list[tuple[int, int, int]]:
    """Wins, ties and losses of each model, counted as battles."""
    battles, size = standing.battles, len(standing.battles.models)
    won = (standing.outcome > 0.5).astype(float)
    tied = (standing.outcome == 0.5).astype(float)
    lost = 1 - won - tied
    wins = add_up(battles.a, won, size) + add_up(battles.b, lost, size)
    ties = add_up(battles.a, tied, size) + add_up(battles.b, tied, size)
    losses = add_up(battles.a, lost, size) + add_up(battles.b, won, size)
    table = np.stack([wins, ties, losses], axis=1).astype(int)
    return [(int(row[0]), int(row[1]), int(row[2])) for row in table]


def _note(standing: Standing, number: int) -> str:
    if standing.core[number]:
        return ""
    return {
        1: "no upper limit: never lost to the rated models",
        -1: "no lower limit: never won against the rated models",
        0: "can't be compared with the rated models",
    }[int(standing.graph.side[number])]


def _is_placed(line: _Line) -> bool:
    return not (math.isnan(line.low) and math.isnan(line.high))


def _ends(line: _Line) -> Ends | None:
    if not _is_placed(line):
        return None
    return tuple(end if math.isfinite(end) else None for end in (line.low, line.high))  # type: ignore[return-value]


def _place(row: Rating) -> tuple[float, float]:
    """Where a row stands: above all, by rating, below all, and last what can't be compared."""
    if row.rating is not None:
        return 1, -row.rating
    if row.ci is None:
        return 3, 0.0
    low, high = row.ci
    return (0, -(low or 0.0)) if high is None else (2, -high)
