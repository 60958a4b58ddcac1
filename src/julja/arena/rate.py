"""From battles to a table of ratings: `rate(battles, options)`.

battles -> those with a verdict -> models that can be compared -> fit -> intervals -> table
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from julja.arena import select
from julja.arena.battles import UNKNOWN, VERDICTS, Battles
from julja.arena.fits import Estimated, Fitting, estimate
from julja.arena.options import RateOptions
from julja.arena.position import position, position_remark
from julja.arena.rows import Standing, rating_rows
from julja.arena.style import Design, design
from julja.arena.table import RatingTable, Uncertainty
from julja.errors import ConfigError, DataError, did_you_mean
from julja.stats.intervals import Floats
from julja.stats.ratings.graph import Components, components
from julja.stats.ratings.pairs import count_cells

__all__ = ["RateOptions", "rate"]

# Fewer clusters than this are few for errors by cluster (Cameron and Miller, Journal of Human
# Resources 50, 2015, section VI).
_FEW_CLUSTERS = 30


@dataclass(frozen=True, slots=True)
class _Usable:
    """Battles that can be rated, what each is worth to A, its weight, and its style."""

    battles: Battles
    outcome: Floats
    weight: Floats
    style: Design | None
    counts: dict[str, int]
    remarks: tuple[str, ...]


def rate(
    battles: Battles,
    options: RateOptions | None = None,
    *,
    tick: Callable[[int], None] = lambda done: None,
) -> RatingTable:
    """Rate the models of a table of battles; `tick` is called with the resamples that are done.

    Raises DataError where no battle has a verdict or no two models can be compared, ConfigError for
    an anchor, a baseline or a cluster that the battles don't have.
    """
    options = options or RateOptions()
    options.check()
    usable = _usable(battles, options)
    known = usable.battles
    named = {"anchor": options.anchor and options.anchor[0], "baseline": options.baseline}
    for what, name in named.items():
        _must_be(what, name, known.models, "is in none of the battles")
    cells = count_cells(known.a, known.b, usable.outcome, usable.weight, models=len(known.models))
    graph = components(cells.pairs())
    # Online Elo gives every model a number, whatever it is worth.
    core = graph.core if options.method != "elo" else np.ones(len(known.models), bool)
    inside = core[known.a] & core[known.b]
    names = tuple(name for name, is_in in zip(known.models, core, strict=True) if is_in)
    if len(names) < 2:
        raise DataError(
            "no two models can be compared: each won, or lost, all its battles against the others.",
            hint="It takes more battles; --method elo gives numbers all the same.",
        )
    for what, name in named.items():
        _must_be(
            what, name, names, "has no finite rating: it won or lost all, or never met the others"
        )
    fitting = _fitting(usable, core, inside, names, options)
    solved = estimate(fitting, tick)
    place = position(fitting)
    rows = rating_rows(
        Standing(known, usable.outcome, usable.weight, graph, core), solved.solution, options
    )
    return RatingTable(
        rows,
        options.method,
        _uncertainty(fitting, solved, options),
        options.scale,
        options.base,
        {**usable.counts, "rated": int(inside.sum())},
        (
            *usable.remarks,
            *_torn(known, graph, options),
            *_few(fitting),
            *solved.remarks,
            *position_remark(place),
        ),
        options.anchor,
        options.baseline,
        _parameters(solved, usable.style),
        place,
        names,
        None if solved.covariance is None else options.factor**2 * solved.covariance,
    )


def _must_be(what: str, name: str | None, models: Sequence[str], trouble: str) -> None:
    if name is not None and name not in models:
        shown = ", ".join(models[:8]) + (" …" if len(models) > 8 else "")
        raise ConfigError(
            f"the {what} {name!r} {trouble}.",
            hint=did_you_mean(name, models) or f"There are {shown}.",
        )


def _usable(battles: Battles, options: RateOptions) -> _Usable:
    """Leave out what can't be rated, and count it."""
    counts = {"battles": len(battles)}
    is_known = battles.verdict != UNKNOWN
    if battles.score is not None and options.graded:
        is_known |= ~np.isnan(battles.score)
    counts["no_verdict"] = int((~is_known).sum())
    same = battles.a == battles.b
    counts["same_model"] = int((same & is_known).sum())
    strong = np.isin(battles.verdict, [VERDICTS.index("A>>B"), VERDICTS.index("B>>A")])
    weight = np.where(strong, options.strong, 1.0) * battles.weight
    if np.isnan(weight).any() or (weight < 0).any() or np.isinf(weight).any():
        raise DataError("a battle's weight must be a number that is not negative.")
    counts["no_weight"] = int((is_known & ~same & (weight == 0)).sum())
    kept = is_known & ~same & (weight > 0)
    style = None
    if options.ties == "drop":
        ties = kept & (battles.outcome == 0.5)
        counts["ties"] = int(ties.sum())
        kept &= ~ties
    if options.style:
        style = design(battles, options.constants)
        counts["no_style"] = int((kept & style.missing).sum())
        style = replace(style, z=style.z[kept[~style.missing]])
        kept &= ~style.missing
    if not kept.any():
        raise DataError(
            f"none of {len(battles)} battles can be rated: {counts['no_verdict']} have no verdict.",
            hint="`--json` names what was read; see --columns for files of your own.",
        )
    known = _compact(battles.take(kept))
    counts["duplicates"] = int(select.duplicates(known).sum())
    graded = options.graded and options.method in ("bt", "elo")
    outcome = known.graded if graded else known.outcome
    remarks = (*_left_out(battles, known, counts), *_remarks(known, counts, style, options))
    return _Usable(known, outcome, weight[kept], style, counts, remarks)


def _compact(battles: Battles) -> Battles:
    """The same without models that fight none of the battles."""
    used = np.zeros(len(battles.models), bool)
    used[battles.a] = used[battles.b] = True
    if used.all():
        return battles
    number = (np.cumsum(used) - 1).astype(np.int32)
    names = tuple(name for name, is_used in zip(battles.models, used, strict=True) if is_used)
    return replace(battles, models=names, a=number[battles.a], b=number[battles.b])


def _left_out(battles: Battles, known: Battles, counts: dict[str, int]) -> tuple[str, ...]:
    """What is not rated and why, and the models that this leaves nothing of."""
    reasons = {
        "no_verdict": "no verdict",
        "same_model": "a model against itself",
        "no_weight": "a weight of 0",
        "ties": "a tie",
        "no_style": "no record of the answers' style",
    }
    parts = [f"{counts[name]} {text}" for name, text in reasons.items() if counts.get(name)]
    if not parts:
        return ()
    gone = sorted(set(_fighting(battles)) - set(known.models))
    lost = f"; nothing is left of {_listed(gone)}" if gone else ""
    return (f"left out of {counts['battles']} battles: {', '.join(parts)}{lost}.",)


def _fighting(battles: Battles) -> list[str]:
    used = np.union1d(battles.a, battles.b)
    return [battles.models[code] for code in used.tolist()]


def _remarks(
    known: Battles, counts: dict[str, int], style: Design | None, options: RateOptions
) -> tuple[str, ...]:
    found = []
    if known.score is not None and options.method in ("rao-kupper", "davidson"):
        found.append("graded scores are not used: this method takes verdicts.")
    if options.method == "elo" and np.isnan(known.time).any():
        found.append(
            "not every battle records its time: Elo, which depends on the order, takes that of the"
            " rows."
        )
    if repeats := counts["duplicates"]:
        found.append(
            f"{repeats} of {len(known)} battles repeat another in prompt, models and verdict (judge"
            " and time too, where recorded): they are counted."
        )
    if style is not None and style.flat:
        found.append(f"style: {', '.join(style.flat)} never differ, and are left out.")
    if options.constants is not None:
        found.append("style: the coefficients are frozen; intervals don't hold their errors.")
    return tuple(found)


def _fitting(
    usable: _Usable,
    core: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    names: tuple[str, ...],
    options: RateOptions,
) -> Fitting:
    """The battles among the models that are rated, those numbered anew."""
    kept = usable.battles.take(inside)
    number = (np.cumsum(core) - 1).astype(np.int64)
    clusters, unit, units = select.clusters(kept, options.cluster)
    if units < 2:
        if options.cluster is not None:
            raise ConfigError(
                f"--cluster {options.cluster}: all battles share one {unit}, which leaves nothing"
                " to tell errors from.",
                hint="--cluster none",
            )
        clusters, unit, units = None, "battle", len(kept)
    order = np.arange(len(kept))
    if options.method == "elo" and not np.isnan(kept.time).any():
        order = np.argsort(kept.time, kind="stable")
    z = None if usable.style is None else usable.style.z[inside][order]
    return Fitting(
        number[kept.a][order],
        number[kept.b][order],
        usable.outcome[inside][order],
        usable.weight[inside][order],
        names,
        None if clusters is None else clusters[order],
        unit,
        units,
        z,
        kept.first[order],
        options,
    )


def _uncertainty(fitting: Fitting, solved: Estimated, options: RateOptions) -> Uncertainty:
    clustered = "" if fitting.clusters is None else "cluster "
    drawn = f"{clustered}bootstrap" if solved.draws else "normal draws"
    return Uncertainty(
        solved.method,
        options.level,
        fitting.unit,
        fitting.units,
        solved.draws,
        options.seed,
        "none" if solved.method == "none" else drawn,
        options.anchor[0] if options.anchor else "the mean of the rated models",
    )


def _torn(known: Battles, graph: Components, options: RateOptions) -> tuple[str, ...]:
    """Which models the battles don't connect, or leave without a limit."""
    groups: dict[int, list[str]] = {1: [], -1: [], 0: []}
    for name, side, is_in in zip(known.models, graph.side.tolist(), graph.core, strict=True):
        if not is_in:
            groups[side].append(name)
    if options.method == "elo":
        names = [name for group in groups.values() for name in group]
        text = "the battles don't determine their ratings against the others; Elo gives numbers all"
        return (f"{_listed(names)}: {text} the same.",) if names else ()
    lines = {
        1: "never lost to the rated models: no upper limit, only a lower end is given",
        -1: "never won against the rated models: no lower limit, only an upper end is given",
        0: "not connected to the rated models by the battles: no rating",
    }
    return tuple(
        f"{_listed(groups[side])}: {text}. It takes battles against models of like strength."
        for side, text in lines.items()
        if groups[side]
    )


def _few(fitting: Fitting) -> tuple[str, ...]:
    if fitting.clusters is None or fitting.units >= _FEW_CLUSTERS:
        return ()
    return (
        f"only {fitting.units} clusters ({fitting.unit}): errors by cluster are rough with so few;"
        " --cluster none takes every battle for independent.",
    )


def _parameters(solved: Estimated, style: Design | None) -> dict[str, object]:
    found: dict[str, object] = dict(solved.parameters)
    if style is not None:
        found["style"] = {
            name: {**row, "spread": float(spread)}
            for name, row, spread in zip(
                style.features, solved.coefficients, style.spreads, strict=True
            )
        }
    return found


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
