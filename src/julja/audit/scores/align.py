"""Several tables of scores under one spelling of each model's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from julja.audit.scores.table import ScoreTable
from julja.errors import DataError
from julja.stats.intervals import Floats

# {"name in any table": "name"}, or {"table": {"name there": "name"}}, or both mixed.
Names: TypeAlias = Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Tables whose models bear the same names.

    `models` are those that two tables have at least, `single` those of one only; `scores` (k, m)
    has NaN where a table lacks a model; `by_case` are the names that matched but for their case,
    `unused` the tables that names were given for and that aren't there.
    """

    tables: tuple[ScoreTable, ...]
    models: tuple[str, ...]
    single: tuple[str, ...]
    scores: Floats
    by_case: tuple[str, ...]
    unused: tuple[str, ...]


def align(tables: Sequence[ScoreTable], names: Names) -> Aligned:
    """Rename models as `names` says, then to the first spelling seen of names equal but for case.

    Raises DataError where two models of one table get the same name.
    """
    spelling: dict[str, str] = {}
    found, folded = [], []
    for table in tables:
        own = names.get(table.name)
        flat = {alias: name for alias, name in names.items() if isinstance(name, str)}
        mapped = {**flat, **(own if isinstance(own, Mapping) else {})}
        lower = {alias.lower(): name for alias, name in mapped.items()}
        spelt = []
        for model in table.models:
            name = mapped.get(model) or lower.get(model.lower(), model)
            spelt.append(spelling.setdefault(name.lower(), name))
            if spelt[-1] != name:
                folded.append(name)
        _refuse_twins(table, spelt)
        found.append(table.take(table.models, spelt))
    seen = [model for table in found for model in table.models]
    count = {model: 0 for model in seen}
    for model in seen:
        count[model] += 1
    models = tuple(model for model in count if count[model] > 1)
    grid = [aligned(table, models, table.score) for table in found]
    return Aligned(
        tuple(found),
        models,
        tuple(model for model in count if count[model] == 1),
        np.array(grid).reshape(len(found), len(models)),
        tuple(dict.fromkeys(folded)),
        _unused(names, [table.name for table in tables]),
    )


def aligned(table: ScoreTable, models: Sequence[str], values: Floats) -> Floats:
    """A column of a table (its scores, say) in the order of `models`; NaN where it lacks one."""
    known = dict(zip(table.models, values.tolist(), strict=True))
    return np.array([known.get(model, np.nan) for model in models], dtype=float)


def _unused(names: Names, tables: Sequence[str]) -> tuple[str, ...]:
    given = [name for name, value in names.items() if not isinstance(value, str)]
    return tuple(name for name in given if name not in tables)


def _refuse_twins(table: ScoreTable, spelt: Sequence[str]) -> None:
    for name in dict.fromkeys(spelt):
        twins = [m for m, new in zip(table.models, spelt, strict=True) if new == name]
        if len(twins) > 1:
            raise DataError(
                f"{table.name}: {' and '.join(twins)} would both be {name!r}.",
                hint=f'Rename one here alone: {{"{table.name}": {{"{twins[0]}": "NAME"}}}}',
            )
