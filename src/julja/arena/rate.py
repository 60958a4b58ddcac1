"""From battles to a table of ratings: `rate(battles, options)`.

battles -> those with a verdict -> the models that can be compared -> fit -> intervals -> table
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from julja.arena.battles import UNKNOWN, VERDICTS, Battles
from julja.arena.table import Ends, Method, Rating, RatingTable, Uncertainty
from julja.errors import ConfigError, DataError, did_you_mean
from julja.stats.intervals import LEVEL, Floats
from julja.stats.ratings.bradley_terry import Fit, fit
from julja.stats.ratings.graph import components
from julja.stats.ratings.pairs import Ints, count_cells
from julja.stats.ratings.ranks import interval_ranks, rank_intervals

IntervalMethod: TypeAlias = Literal["sandwich", "bootstrap"]
BOOTSTRAPS = 1000
NORMAL_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class RateOptions:
    """How battles are rated; the defaults are the Chatbot Arena's scale without an anchor.

    A rating is `initial` + `scale` / ln(`base`) x log-odds, the mean of all models at `initial`, or
    shifted so that the `anchor` has its rating. `cluster` names what goes together for the errors:
    "prompt", "judge", a field of the battles, "none"; by default prompts, where they repeat.
    `bootstrap` resamples give the intervals where it is set; `strong` is what A>>B counts.
    """

    method: Method = "bt"
    anchor: tuple[str, float] | None = None
    baseline: str | None = None
    bootstrap: int | None = None
    cluster: str | None = None
    level: float = LEVEL
    scale: float = 400.0
    base: float = 10.0
    initial: float = 1000.0
    strong: float = 1.0
    seed: int = 0


def rate(battles: Battles, options: RateOptions | None = None) -> RatingTable:
    """Rate the models of a table of battles.

    Raises DataError where no battle has a verdict, ConfigError for an anchor, a baseline or a
    cluster that the battles don't have.
    """
    options = options or RateOptions()
    known = battles.take(battles.verdict != UNKNOWN)
    counts = {"battles": len(battles), "no_verdict": len(battles) - len(known)}
    if not len(known):
        raise DataError("no battle has a verdict: there is nothing to rate.")
    weight = np.where(_is_strong(known), options.strong, 1.0) * known.weight
    cells = count_cells(known.a, known.b, known.outcome, weight, models=len(known.models))
    core = components(cells.pairs()).core
    inside = core[known.a] & core[known.b]
    number = np.cumsum(core) - 1
    kept = known.take(inside)
    clusters, unit, units = cluster_codes(kept, options.cluster)
    if options.method == "elo":
        raise ConfigError("elo comes next")
    fitted = fit(
        count_cells(
            number[kept.a], number[kept.b], kept.outcome, weight[inside], models=int(core.sum())
        ),
        options.method,
        clusters=clusters,
    )
    names = tuple(name for name, is_in in zip(known.models, core, strict=True) if is_in)
    return _table(known, kept, names, fitted, options, counts, (unit, units))


def _is_strong(battles: Battles) -> NDArray[np.bool_]:
    strong = [VERDICTS.index("A>>B"), VERDICTS.index("B>>A")]
    return np.isin(battles.verdict, strong)


def cluster_codes(battles: Battles, name: str | None) -> tuple[Ints | None, str, int]:
    """Which battles go together: (codes (n) or None for each its own, the unit's name, how many).

    Battles without a value (an empty prompt) are a cluster of their own each.
    """
    if name == "none":
        return None, "battle", len(battles)
    wanted = name or "prompt"
    if wanted == "prompt":
        codes, names = battles.prompt.astype(np.int64), battles.prompts
    elif wanted == "judge":
        codes, names = battles.judge.astype(np.int64), battles.judges
    elif wanted in battles.columns:
        known, codes = np.unique(
            np.array([str(value or "") for value in battles.columns[wanted]]), return_inverse=True
        )
        names = tuple(known)
    else:
        fields = ["prompt", "judge", "none", *battles.columns]
        raise ConfigError(
            f"the battles have no field {wanted!r} to cluster by.",
            hint=did_you_mean(wanted, fields) or f"They have {', '.join(fields)}.",
        )
    empty = np.array([not text for text in names])[codes]
    codes = np.where(empty, len(names) + np.arange(len(codes)), codes)
    _, codes = np.unique(codes, return_inverse=True)
    count = int(codes.max()) + 1
    if name is None and count == len(battles):
        return None, "battle", len(battles)
    return codes, wanted, count


def _table(
    known: Battles,
    kept: Battles,
    names: tuple[str, ...],
    fitted: Fit,
    options: RateOptions,
    counts: dict[str, int],
    unit: tuple[str, int],
) -> RatingTable:
    factor = options.scale / np.log(options.base)
    zero = _index(names, options.anchor[0], "anchor") if options.anchor else None
    shift = options.initial
    change = np.eye(len(names))
    if zero is not None and options.anchor:
        shift = options.anchor[1] - factor * fitted.ratings[zero]
        change[:, zero] -= 1
    ratings = shift + factor * fitted.ratings
    size = len(names)
    covariance = factor**2 * change @ fitted.covariance[:size, :size] @ change.T
    stderr = np.sqrt(np.maximum(np.diagonal(covariance), 0))
    half = _quantile(options.level, unit[1] if unit[0] != "battle" else None) * stderr
    ranks = interval_ranks(ratings - half, ratings + half)
    draws = np.random.default_rng(options.seed).multivariate_normal(
        ratings, covariance, NORMAL_DRAWS, check_valid="ignore", method="eigh"
    )
    low, high = rank_intervals(draws, options.level)
    rates = _win_rates(fitted, names, options.baseline)
    outcome = kept.outcome
    rows = []
    for index, name in enumerate(names):
        mine = np.where(kept.a == known.models.index(name), outcome, np.nan)
        mine = np.where(kept.b == known.models.index(name), 1 - outcome, mine)
        mine = mine[~np.isnan(mine)]
        ends: Ends = (float(ratings[index] - half[index]), float(ratings[index] + half[index]))
        rows.append(
            Rating(
                name,
                float(ratings[index]),
                float(stderr[index]),
                ends,
                int(ranks[index]),
                (int(low[index]), int(high[index])),
                len(mine),
                int((mine > 0.5).sum()),
                int((mine == 0.5).sum()),
                int((mine < 0.5).sum()),
                float(rates[index]),
                None,
            )
        )
    rows.sort(key=lambda row: -(row.rating or 0.0))
    return RatingTable(
        tuple(rows),
        options.method,
        Uncertainty(
            "sandwich" if unit[0] == "battle" else "cluster sandwich",
            options.level,
            *unit,
            0,
            options.seed,
            "normal draws",
            options.anchor[0] if options.anchor else "mean of the models",
        ),
        options.scale,
        options.base,
        counts,
        anchor=options.anchor,
        baseline=options.baseline,
        names=names,
        covariance=covariance,
    )


def _win_rates(fitted: Fit, names: tuple[str, ...], baseline: str | None) -> Floats:
    chances = fitted.win_probability()
    if baseline is not None:
        found: Floats = chances[:, _index(names, baseline, "baseline")]
        return found
    np.fill_diagonal(chances, 0)
    found = chances.sum(axis=1) / max(len(names) - 1, 1)
    return found


def _quantile(level: float, clusters: int | None) -> float:
    from scipy.stats import norm, t

    tail = (1 + level) / 2
    return float(norm.ppf(tail) if clusters is None else t.ppf(tail, max(clusters - 1, 1)))


def _index(names: tuple[str, ...], name: str, what: str) -> int:
    if name not in names:
        raise ConfigError(
            f"the {what} {name!r} is none of the rated models.",
            hint=did_you_mean(name, names) or f"They are {', '.join(names[:8])} …",
        )
    return names.index(name)
