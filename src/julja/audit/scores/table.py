"""A table of scores: models, their scores, and all that is known of how sure those are.

What an audit compares, whatever file it came from (`julja.audit.scores.read`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np

from julja.errors import DataError
from julja.stats.intervals import Floats

UNKNOWN_UNIT = "unknown"
STATED = "as stated"


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores (m,) of m models, higher is better.

    `lower` and `upper` (m,) are the ends of intervals as a file states them, at `level` (None where
    it doesn't say); `stderr` (m,) are standard errors; NaN where not given. `draws` holds each
    model's bootstrap values (of any number; empty where there are none); in a `paired` table draw d
    of all models is of the same resample. `unit` is what was resampled; `others` are the same
    scores with intervals by other units, for comparison; `covariance` (m, m) is that of the scores
    where it is known; `how` says what the ends are made of.
    """

    name: str
    models: tuple[str, ...]
    score: Floats
    lower: Floats
    upper: Floats
    stderr: Floats
    draws: tuple[Floats, ...]
    level: float | None = None
    unit: str = UNKNOWN_UNIT
    paired: bool = False
    remarks: tuple[str, ...] = ()
    others: tuple["ScoreTable", ...] = ()
    covariance: Floats | None = None
    how: str = STATED

    @classmethod
    def of(
        cls,
        name: str,
        scores: Mapping[str, float],
        *,
        lower: Mapping[str, float] | None = None,
        upper: Mapping[str, float] | None = None,
        stderr: Mapping[str, float] | None = None,
        draws: Mapping[str, Floats] | None = None,
        level: float | None = None,
        unit: str = UNKNOWN_UNIT,
        paired: bool = False,
        remarks: Sequence[str] = (),
        others: Sequence["ScoreTable"] = (),
        how: str = STATED,
    ) -> "ScoreTable":
        """The table of some models by name; what a mapping lacks is not known."""

        def column(values: Mapping[str, float] | None) -> Floats:
            return np.array([(values or {}).get(model, np.nan) for model in scores], dtype=float)

        none: Floats = np.empty(0)
        return cls(
            name,
            tuple(scores),
            column(scores),
            column(lower),
            column(upper),
            column(stderr),
            tuple((draws or {}).get(model, none) for model in scores),
            level,
            unit,
            paired,
            tuple(remarks),
            tuple(others),
            how=how,
        )

    def take(self, models: Sequence[str], names: Sequence[str] | None = None) -> "ScoreTable":
        """The rows of some models, in that order, under other names where they are given."""
        place = {model: index for index, model in enumerate(self.models)}
        rows = [place[model] for model in models]
        return replace(
            self,
            models=tuple(names or models),
            score=self.score[rows],
            lower=self.lower[rows],
            upper=self.upper[rows],
            stderr=self.stderr[rows],
            draws=tuple(self.draws[row] for row in rows),
            others=tuple(other.take(models, names) for other in self.others),
            covariance=None if self.covariance is None else self.covariance[np.ix_(rows, rows)],
        )

    def turned(self) -> "ScoreTable":
        """The same scores where lower is better, turned so that higher is."""
        return replace(
            self,
            score=-self.score,
            lower=-self.upper,
            upper=-self.lower,
            draws=tuple(-values for values in self.draws),
            others=tuple(other.turned() for other in self.others),
        )


@dataclass(frozen=True, slots=True)
class Intervals:
    """The ends (m,) of a table's intervals, NaN where there are none, and how they came about."""

    lower: Floats
    upper: Floats
    level: float | None
    method: str
    bootstraps: int | None
    unit: str

    @property
    def known(self) -> bool:
        """True where every model has an interval."""
        return not bool(np.isnan(self.lower).any() or np.isnan(self.upper).any())


def intervals(table: ScoreTable, level: float) -> Intervals:
    """A table's intervals at a level, by the best means that the table offers.

    Percentiles of bootstrap values where every model has some; else the file's own ends where they
    are of that level, or of one that it doesn't state; else the normal interval of standard errors.
    """
    tail = (1 - level) / 2
    if table.models and all(len(values) for values in table.draws):
        ends = np.array([np.quantile(values, [tail, 1 - tail]) for values in table.draws])
        most = max(len(values) for values in table.draws)
        return Intervals(ends[:, 0], ends[:, 1], level, "bootstrap percentiles", most, table.unit)
    stated = not np.isnan(table.lower).any() and not np.isnan(table.upper).any()
    if stated and table.level in (None, level):
        return Intervals(table.lower, table.upper, table.level, table.how, None, table.unit)
    spread = _stderr(table)
    z = NormalDist().inv_cdf(1 - tail)
    low, high = table.score - z * spread, table.score + z * spread
    known = not np.isnan(spread).any()
    method = "normal, of standard errors" if known else "none"
    return Intervals(low, high, level if known else None, method, None, table.unit)


def moments(table: ScoreTable, level: float) -> tuple[Floats, Floats, str]:
    """(means, variances, their source): of the bootstrap values (ddof 0), or of the score itself.

    Variances are NaN, and the source "none", where neither values, errors nor intervals are known;
    intervals of an unstated level are taken to be at `level`.
    """
    if table.models and all(len(values) for values in table.draws):
        mean = np.array([float(values.mean()) for values in table.draws])
        variance = np.array([float(values.var()) for values in table.draws])
        return mean, variance, "bootstrap values"
    spread = _stderr(table)
    if not np.isnan(spread).any():
        return table.score, spread**2, "standard errors"
    z = NormalDist().inv_cdf((1 + (table.level or level)) / 2)
    half = (table.upper - table.lower) / 2
    source = "none" if np.isnan(half).any() else "widths of the intervals"
    return table.score, (half / z) ** 2, source


def _stderr(table: ScoreTable) -> Floats:
    """Standard errors: as given, else from intervals of a stated level; NaN where neither is."""
    if table.level is None or not np.isnan(table.stderr).any():
        return table.stderr
    z = NormalDist().inv_cdf((1 + table.level) / 2)
    found: Floats = np.where(
        np.isnan(table.stderr), (table.upper - table.lower) / (2 * z), table.stderr
    )
    return found


@dataclass(frozen=True, slots=True)
class Joined:
    """Two tables over the models that both have, in one order and under the second's names.

    `by_case` lists the first's names that match but for their case; `left_out`, by table, who is
    not compared: in no other table, or not among the names that were asked for.
    """

    first: ScoreTable
    second: ScoreTable
    by_case: tuple[str, ...]
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def join(first: ScoreTable, second: ScoreTable, names: Mapping[str, str] | None = None) -> Joined:
    """The models in common, best of the second table first.

    `names` maps the names of one table to those of the other, either way round; only the models
    that it names are then taken. Names are matched as they are, then without regard to case.
    Raises DataError where fewer than two models are left.
    """
    mapping = _oriented(names, first, second) if names is not None else None
    exact = set(second.models)
    folded = {model.lower(): model for model in reversed(second.models)}
    pairs: dict[str, str] = {}
    by_case: list[str] = []
    for model in first.models:
        target = model if mapping is None else _look_up(mapping, model)
        found = None if target is None else _fold(target, exact, folded)
        if target is None or found is None:
            continue
        if found in pairs:
            raise DataError(
                f"{first.name}: {pairs[found]} and {model} are both {found} in {second.name}.",
                hint="Say with --names which of them is meant.",
            )
        pairs[found] = model
        if found != target or (mapping is not None and model not in mapping):
            by_case.append(model)
    if len(pairs) < 2:
        raise DataError(
            f"{first.name} and {second.name} have {len(pairs)} models in common.",
            hint=f"Map their names with --names FILE.json: {_example(first, second)}",
        )
    best = np.argsort(-second.score, kind="stable")
    order = [second.models[i] for i in best if second.models[i] in pairs]
    used = set(pairs.values())
    left = {
        first.name: tuple(model for model in first.models if model not in used),
        second.name: tuple(model for model in second.models if model not in pairs),
    }
    taken = first.take([pairs[model] for model in order], order)
    return Joined(taken, second.take(order), tuple(by_case), left)


def _oriented(names: Mapping[str, str], first: ScoreTable, second: ScoreTable) -> Mapping[str, str]:
    """The mapping from the first table's names to the second's, turned round where need be."""

    def hits(pairs: Mapping[str, str]) -> int:
        one, two = ({model.lower() for model in table.models} for table in (first, second))
        return sum(k.lower() in one and v.lower() in two for k, v in pairs.items())

    turned = {value: key for key, value in names.items()}
    best = max((names, turned), key=hits)
    if not hits(best):
        raise DataError(
            f"--names maps no model of {first.name} to one of {second.name}.",
            hint=f"It should hold pairs as {_example(first, second)}",
        )
    return best


def _fold(target: str, exact: set[str], folded: Mapping[str, str]) -> str | None:
    return target if target in exact else folded.get(target.lower())


def _look_up(mapping: Mapping[str, str], model: str) -> str | None:
    if model in mapping:
        return mapping[model]
    return next((v for k, v in mapping.items() if k.lower() == model.lower()), None)


def _example(first: ScoreTable, second: ScoreTable) -> str:
    one, two = (table.models[0] if table.models else "NAME" for table in (first, second))
    return f'{{"{one}": "{two}", …}}'
